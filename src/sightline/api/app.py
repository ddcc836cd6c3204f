"""Gives the API's routes; the server joins them with what else it serves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

PREFIX = "/api/v1"


def routers() -> Sequence[APIRouter]:
    """Give every route of the API, one router a resource."""
    from sightline.api.routes import (
        catalog,
        events,
        health,
        pipelines,
        reference,
        results,
        uploads,
        videos,
        webhooks,
    )
    from sightline.api.routes.accounts import audit, auth, groups, keys, quotas, setup, shares, users

    return (
        health.router,
        reference.router,
        catalog.router,
        pipelines.router,
        events.router,
        results.router,
        videos.router,
        uploads.router,
        webhooks.router,
        setup.router,
        auth.router,
        users.router,
        keys.router,
        groups.router,
        shares.router,
        quotas.router,
        audit.router,
    )
