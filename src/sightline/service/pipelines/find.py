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
    run, groups = look_up(platform, run_id)
    check_access(who, run_id, run.owner, groups, action)
    return run


def look_up(platform: Platform, run_id: str) -> tuple[Run, frozenset[str]]:
    """Give a run and the groups that it is shared with.

    Raises:
        RunNotFoundError: There is none of that id.
    """
    try:
        run = platform.runs.get(run_id)
    except RunNotFoundError:
        raise _missing(run_id) from None
    return run, shared_with(platform, Resource.RUN, run.id)


def check_access(
    who: Principal, run_id: str, owner: str, groups: frozenset[str], action: str = "runs.read"
) -> None:
    """Refuse what somebody may not do to a run.

    Raises:
        RunNotFoundError: They may not even know of it.
        AccessDeniedError: They may look at it, and not do that.
    """
    allow(who, action, owner_id=owner, shared_with=groups, missing=_missing(run_id))


def _missing(run_id: str) -> RunNotFoundError:
    """Say that there is no such run, in the same words where there is one that is hidden."""
    return RunNotFoundError(f"there is no run {run_id!r}", hint="GET /api/v1/pipelines lists those there are")
