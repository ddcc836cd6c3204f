"""Who is asking, what they may do, and how often: the one door that every route has.

A route says `Depends(may("runs.read"))`, which also gives it the `Principal`, or `Depends(public("why"))`. There is
no third way: a test finds every route that says neither. Refusals, and changes to what is not an account, are told to
the audit here; changes to accounts tell of themselves, in the transaction that makes them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from fastapi import Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from sightline.asgi.address import client_address
from sightline.asgi.callers import Callers
from sightline.core.accounts import Outcome, Principal
from sightline.core.errors import AccessError, AuthenticationError, SightlineError
from sightline.service.accounts.access import RULES, allow_any
from sightline.service.accounts.audit import entry, record
from sightline.service.accounts.authenticate import Credentials, nobody
from sightline.service.accounts.limits import Pace, check_pace

if TYPE_CHECKING:
    from sightline.core.accounts import AuditEntry
    from sightline.service.platform import Platform

_BEARER = "bearer "
# Their services store the audit entry together with the change.
_TELL_OF_THEMSELVES = frozenset({"account", "groups", "keys", "quotas", "shares", "users"})
# Many a second, so counted apart, and told by the session that they belong to.
_FRAMES = frozenset({"live.send"})


async def principal(connection: HTTPConnection) -> Principal:
    """Give who is asking.

    Raises:
        AuthenticationError: Nobody, or not provably.
        RateLimitedError: That was tried too often from one address.
    """
    platform: Platform = connection.app.state.platform
    callers, credentials = _callers(connection), credentials_of(connection)
    who = callers.known(credentials)
    if who is None:
        try:
            who = await run_in_threadpool(callers.find, credentials)
        except AuthenticationError as error:
            stranger = nobody(credentials)
            await _pass(platform, Pace.PUBLIC, stranger)
            refusal = _refusal(platform, stranger, "auth.request", connection, error)
            await run_in_threadpool(record, platform, refusal)
            raise
    connection.scope["sightline.user"] = who.name
    return who


def _callers(connection: HTTPConnection) -> Callers:
    state = connection.app.state
    if not hasattr(state, "callers"):
        state.callers = Callers(state.platform)
    found: Callers = state.callers
    return found


async def _pass(platform: Platform, pace: Pace, who: Principal) -> None:
    """Count one request, in a thread where a server has to be asked; raises `RateLimitedError`."""
    if platform.limits.waits:
        await run_in_threadpool(check_pace, platform, pace, who)
    else:
        check_pace(platform, pace, who)


def credentials_of(connection: HTTPConnection) -> Credentials:
    """Give what a request shows; a ticket counts for what only reads, as its address may be logged on the way."""
    given = connection.headers.get("authorization")
    query = connection.query_params
    reads = connection.scope["type"] == "websocket" or connection.scope.get("method") in {"GET", "HEAD"}
    return Credentials(
        bearer=None if given is None else _bearer(given),
        api_key=connection.headers.get("x-api-key"),
        ticket=query.get("ticket") if reads else None,
        link=query.get("share") if reads else None,
        address=client_address(connection),
        request_id=str(connection.scope.get("sightline.request_id", "")),
    )


class May:
    """Lets those pass who may do an action to something at all; the service asks again about the very thing."""

    def __init__(self, action: str) -> None:
        if action not in RULES:
            raise KeyError(f"service/accounts/access.py has no rule for {action!r}")
        self.action = action
        changes = not action.endswith(".read")
        self._pace = Pace.FRAME if action in _FRAMES else Pace.CHANGE if changes else Pace.READ
        self._tells = self._pace is Pace.CHANGE and action.partition(".")[0] not in _TELL_OF_THEMSELVES

    async def __call__(
        self,
        connection: HTTPConnection,
        who: Principal = Depends(principal),  # noqa: B008 - FastAPI's way
    ) -> AsyncIterator[Principal]:
        """Give who is asking, and tell the audit what came of it."""
        platform: Platform = connection.app.state.platform
        try:
            await _pass(platform, self._pace, who)
            allow_any(who, self.action)
            yield who
        except SightlineError as error:
            cause = error if isinstance(error, AccessError) else error.__cause__
            if isinstance(cause, AccessError):
                refusal = _refusal(platform, who, self.action, connection, cause)
                await run_in_threadpool(record, platform, refusal)
            raise
        if self._tells:
            told = entry(platform, who, self.action, connection.url.path)
            await run_in_threadpool(record, platform, told)


class Public:
    """Lets everybody pass, at a bounded pace."""

    def __init__(self, reason: str, pace: Pace = Pace.PUBLIC) -> None:
        self.reason = reason
        self._pace = pace

    async def __call__(self, connection: HTTPConnection) -> None:
        """Refuse an address that asks too often."""
        await _pass(connection.app.state.platform, self._pace, nobody(credentials_of(connection)))


def known_caller(connection: HTTPConnection, action: str) -> Principal | None:
    """Give who is asking where they are known and may read by `action`, and count the request.

    Never waits and never refuses: None leaves both to `may`.
    """
    platform: Platform = connection.app.state.platform
    who = None if platform.limits.waits else _callers(connection).known(credentials_of(connection))
    if who is None:
        return None
    try:
        check_pace(platform, Pace.READ, who)
        allow_any(who, action)
    except SightlineError:
        return None
    connection.scope["sightline.user"] = who.name
    return who


def tell_of_stranger(
    connection: HTTPConnection, action: str, target: str, error: SightlineError | None = None
) -> None:
    """Tell the audit what somebody without an account did, or was refused."""
    platform: Platform = connection.app.state.platform
    stranger = nobody(credentials_of(connection))
    if error is not None:
        told = entry(platform, stranger, action, target, outcome=Outcome.REFUSED, code=error.code)
    else:
        told = entry(platform, stranger, action, target)
    record(platform, told)


def may(action: str) -> May:
    """Give a route's rule, as in `who: Annotated[Principal, Depends(may("runs.read"))]`."""
    return May(action)


def public(reason: str) -> Public:
    """Give the rule of a route that needs no account, and why it needs none."""
    return Public(reason)


def _bearer(given: str) -> str:
    """Give the token of an `Authorization` header; any other scheme gives one that holds nowhere."""
    return given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else ""


def _refusal(
    platform: Platform, who: Principal, action: str, connection: HTTPConnection, error: SightlineError
) -> AuditEntry:
    return entry(
        platform,
        who,
        action,
        connection.url.path[:200],
        outcome=Outcome.REFUSED,
        code=error.code,
        method=connection.scope.get("method", "WEBSOCKET"),
    )
