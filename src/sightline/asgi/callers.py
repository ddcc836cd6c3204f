"""Who asked a moment ago, so that not each of many requests of one caller is looked up.

What was found holds for a second, and no longer than until this process changes an account: a key that is revoked here
is refused at once, one that another process revokes within that second.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sightline.service.accounts.authenticate import Credentials, authenticate

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.platform import Platform

_HOLDS_S = 1.0
_MOST = 4096


@dataclass(frozen=True, slots=True)
class _Known:
    who: Principal
    found_s: float
    changes: int


class Callers:
    """Finds out who is asking; safe to use from several threads.

    Args:
        platform: Knows the accounts.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str | None, str | None], _Known] = OrderedDict()

    def known(self, credentials: Credentials) -> Principal | None:
        """Give who is asking where that was found out a moment ago."""
        found = self._known.get((credentials.bearer, credentials.api_key))
        if (
            found is None
            or not _may_be_kept(credentials)
            or found.changes != self._platform.accounts.changes
            or self._platform.clock.monotonic_s() - found.found_s >= _HOLDS_S
        ):
            return None
        return replace(found.who, address=credentials.address, request_id=credentials.request_id)

    def find(self, credentials: Credentials) -> Principal:
        """Look up who is asking.

        Raises:
            AuthenticationError: Nobody, or not provably.
        """
        changes, now_s = self._platform.accounts.changes, self._platform.clock.monotonic_s()
        who = authenticate(self._platform, credentials)
        if _may_be_kept(credentials):
            with self._lock:
                key = (credentials.bearer, credentials.api_key)
                self._known[key] = _Known(who, now_s, changes)
                self._known.move_to_end(key)
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        return who


def _may_be_kept(credentials: Credentials) -> bool:
    """Whether the caller has a key or a token, and shows nothing else."""
    one = (credentials.bearer is None) != (credentials.api_key is None)
    return one and credentials.ticket is None and credentials.link is None
