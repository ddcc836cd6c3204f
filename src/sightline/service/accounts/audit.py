"""The audit: every change to accounts and resources, and every refusal, one entry each."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.accounts import AuditEntry, Outcome, Principal
from sightline.core.limits import Rate

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_log = structlog.get_logger("sightline.audit")

# Somebody without an account cannot fill the disk with entries: past this rate they are in the log alone.
_STRANGERS = Rate(burst=60, per_s=0.5)


def new_id(now_s: float) -> str:
    """Give an id that sorts by age: microseconds since the epoch, then chance."""
    return f"{int(now_s * 1_000_000):014x}-{secrets.token_hex(5)}"


def entry(
    platform: Platform,
    by: Principal,
    action: str,
    target: str = "",
    *,
    outcome: Outcome = Outcome.DONE,
    **details: Any,
) -> AuditEntry:
    """Make an entry, to be stored in the same transaction as the change that it tells of."""
    now_s = platform.clock.now_s()
    return AuditEntry(
        id=new_id(now_s),
        t_s=now_s,
        actor_id=by.user_id,
        actor=by.name,
        action=action,
        outcome=outcome,
        target=target,
        key_id=by.key_id or "",
        address=by.address,
        request_id=by.request_id,
        details=details,
    )


def record(platform: Platform, told: AuditEntry) -> None:
    """Store an entry of its own."""
    _log.info(
        "audit",
        actor=told.actor,
        action=told.action,
        outcome=told.outcome.value,
        target=told.target,
        client=told.address,
    )
    if not told.actor_id and platform.limits.take(f"strangers:{told.address}", _STRANGERS) > 0:
        return
    platform.accounts.add(told)


def list_audit(
    platform: Platform, *, limit: int = 100, before: str | None = None, **equals: str
) -> Sequence[AuditEntry]:
    """Entries, newest first; `equals` by `actor_id`, `action`, `outcome` or `target`."""
    return platform.accounts.find(AuditEntry, limit=limit, before=before, **equals)
