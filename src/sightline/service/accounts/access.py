"""The one table of what each role may do, and the two questions that are asked of it.

An action is `subject.verb`. What it is done to is one's own, shared with one of one's groups, or somebody else's;
an action on nothing in particular (creating, listing) counts as on one's own. docs/security.md shows the table, and
a test holds the page to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sightline.core.accounts import Principal, Role
from sightline.core.errors import AccessDeniedError, SightlineError

_NOBODY: frozenset[Role] = frozenset()
_ADMIN = frozenset({Role.ADMIN})
_WORKERS = frozenset({Role.ADMIN, Role.ANALYST})
_ALL = frozenset(Role)


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may do something: to their own things, to things shared with them, and to everybody else's."""

    own: frozenset[Role]
    shared: frozenset[Role] = _NOBODY
    others: frozenset[Role] = _NOBODY

    @property
    def anyone(self) -> frozenset[Role]:
        """Roles that may do it to something at all."""
        return self.own | self.shared | self.others


RULES: Mapping[str, Rule] = {
    "account.read": Rule(own=_ALL),
    "account.change": Rule(own=_ALL),
    "audit.read": Rule(own=_ADMIN, others=_ADMIN),
    "cameras.create": Rule(own=_WORKERS),
    "cameras.read": Rule(own=_ALL, shared=_ALL, others=_ADMIN),
    "cameras.change": Rule(own=_WORKERS, others=_ADMIN),
    "cameras.delete": Rule(own=_WORKERS, others=_ADMIN),
    "groups.read": Rule(own=_ALL, others=_ALL),
    "groups.change": Rule(own=_ADMIN, others=_ADMIN),
    "keys.create": Rule(own=_ALL),
    "keys.read": Rule(own=_ALL, others=_ADMIN),
    "keys.delete": Rule(own=_ALL, others=_ADMIN),
    "live.create": Rule(own=_WORKERS),
    "live.read": Rule(own=_ALL, shared=_ALL, others=_ADMIN),
    "live.change": Rule(own=_WORKERS, others=_ADMIN),
    "live.send": Rule(own=_WORKERS, others=_ADMIN),
    "models.read": Rule(own=_ALL, others=_ALL),
    "quotas.read": Rule(own=_ALL, others=_ADMIN),
    "quotas.change": Rule(own=_ADMIN, others=_ADMIN),
    "runs.create": Rule(own=_WORKERS),
    "runs.read": Rule(own=_ALL, shared=_ALL, others=_ADMIN),
    "runs.change": Rule(own=_WORKERS, others=_ADMIN),
    "runs.delete": Rule(own=_WORKERS, others=_ADMIN),
    "runs.share": Rule(own=_WORKERS, others=_ADMIN),
    "shares.create": Rule(own=_WORKERS, others=_ADMIN),
    "shares.read": Rule(own=_ALL, others=_ADMIN),
    "shares.delete": Rule(own=_WORKERS, others=_ADMIN),
    "system.read": Rule(own=_ADMIN, others=_ADMIN),
    "system.change": Rule(own=_ADMIN, others=_ADMIN),
    "users.create": Rule(own=_ADMIN, others=_ADMIN),
    "users.read": Rule(own=_ADMIN, others=_ADMIN),
    "users.change": Rule(own=_ADMIN, others=_ADMIN),
    "users.delete": Rule(own=_ADMIN, others=_ADMIN),
    "videos.create": Rule(own=_WORKERS),
    "videos.read": Rule(own=_ALL, shared=_ALL, others=_ADMIN),
    "videos.change": Rule(own=_WORKERS, others=_ADMIN),
    "videos.delete": Rule(own=_WORKERS, others=_ADMIN),
    "webhooks.create": Rule(own=_WORKERS),
    "webhooks.read": Rule(own=_WORKERS, others=_ADMIN),
    "webhooks.change": Rule(own=_WORKERS, others=_ADMIN),
    "webhooks.delete": Rule(own=_WORKERS, others=_ADMIN),
}


def allow_any(principal: Principal, action: str) -> None:
    """Refuse an action that whoever asks may do to nothing at all; asked before anything is looked up.

    Raises:
        AccessDeniedError: Their role, or the scopes of their key, leave it out.
    """
    if principal.role not in RULES[action].anyone:
        raise _denied(principal, action)
    _check_scope(principal, action)


def allow(
    principal: Principal,
    action: str,
    *,
    owner_id: str | None = None,
    shared_with: Collection[str] = (),
    missing: SightlineError | None = None,
) -> None:
    """Refuse an action on one thing.

    Args:
        principal: Who is asking.
        action: As in `runs.delete`.
        owner_id: Whose the thing is; None where the action is on nothing in particular.
        shared_with: Groups that it is shared with.
        missing: Raised instead where they may not even read the thing: the very error that they would get were
            there no such thing, so that nobody learns what exists.

    Raises:
        AccessDeniedError: They may not do that.
        SightlineError: `missing`.
    """
    if not can(principal, action, owner_id=owner_id, shared_with=shared_with):
        reading = action.partition(".")[0] + ".read"
        hidden = not can(principal, reading, owner_id=owner_id, shared_with=shared_with)
        if missing is not None and hidden:
            raise missing from _denied(principal, action)  # the door tells the audit of the cause
        raise _denied(principal, action)
    _check_scope(principal, action)


def can(
    principal: Principal, action: str, *, owner_id: str | None = None, shared_with: Collection[str] = ()
) -> bool:
    """Whether somebody's role lets them do something to a thing; scopes are not looked at."""
    rule = RULES[action]
    if owner_id is None or owner_id == principal.user_id:
        return principal.role in rule.own
    if principal.role in rule.others:
        return True
    return principal.role in rule.shared and not principal.group_ids.isdisjoint(shared_with)


def _check_scope(principal: Principal, action: str) -> None:
    if principal.covers(action):
        return
    if principal.is_link:
        raise AccessDeniedError("this link opens one thing, and not this", hint="ask for a link to it")
    raise AccessDeniedError(f"this key is not good for {action}", hint=f"make a key with the scope {action}")


def _denied(principal: Principal, action: str) -> AccessDeniedError:
    return AccessDeniedError(f"{principal.role} {principal.name} may not do {action}", hint="ask an admin")
