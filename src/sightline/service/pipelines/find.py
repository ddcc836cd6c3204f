"""Finds a run for somebody: theirs, shared with them, or none at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.core.accounts import Resource
from sightline.core.errors import RunNotFoundError
from sightline.service.accounts.access import allow
from sightline.service.accounts.shares import shared_with

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.core.runs import Run
    from sightline.service.platform import Platform


def find_run(platform: Platform, who: Principal, run_id: str, action: str = "runs.read") -> Run:
    """Give a run that somebody may do `action` to.

    Raises:
        RunNotFoundError: There is none of that id, or none that they may know of.
        AccessDeniedError: They may look at it, and not do that.
    """
    missing = RunNotFoundError(
        f"there is no run {run_id!r}", hint="GET /api/v1/pipelines lists those there are"
    )
    try:
        run = platform.runs.get(run_id)
    except RunNotFoundError:
        raise missing from None  # in the same words as what is hidden
    allow(
        who,
        action,
        owner_id=run.owner,
        shared_with=shared_with(platform, Resource.RUN, run.id),
        missing=missing,
    )
    return run
