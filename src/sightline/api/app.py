"""Gives the API's routes; the server joins them with what else it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import APIRouter


def routers() -> Sequence[APIRouter]:
    """Give every route of the API, one router per resource."""
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
