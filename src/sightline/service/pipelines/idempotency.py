"""Does what comes under a key once: sent again, it is answered by what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sightline.core.errors import ConflictError, KeyReusedError
from sightline.core.receipts import Receipt

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.platform import Platform

_GIVEN_UP_S = 3600.0
"""Longer than answering takes, fetching a video included: what is older belongs to a server that died."""


def once(
    platform: Platform, who: Principal, key: str, digest: str, act: Callable[[], str]
) -> tuple[str, bool]:
    """Give the id of what came of a request, and whether it was done earlier.

    Args:
        platform: The adapters.
        who: Who asks; keys of different users have nothing to do with one another.
        key: Chosen by whoever asks.
        digest: SHA-256 of what is asked for.
        act: Does it, and gives the id of what came of it. Where it raises, the key may be used again.

    Raises:
        KeyReusedError: Something else was asked for under that key.
        ConflictError: It is being done now.
    """
    receipt = Receipt(who.user_id, key, digest, created_s=platform.clock.now_s())
    earlier = platform.receipts.claim(receipt)
    if earlier is not None:
        if earlier.digest != digest:
            raise KeyReusedError(
                "another request came under this Idempotency-Key", hint="take a new key for each new request"
            )
        if earlier.result_id:
            return earlier.result_id, True
        if platform.clock.now_s() - earlier.created_s < _GIVEN_UP_S:
            raise ConflictError("the same request is being answered now", hint="ask again in a moment")
        platform.receipts.drop(who.user_id, key)  # the server died at it
        if platform.receipts.claim(receipt) is not None:
            raise ConflictError("the same request is being answered now", hint="ask again in a moment")
    try:
        result_id = act()
    except BaseException:
        platform.receipts.drop(who.user_id, key)
        raise
    platform.receipts.settle(replace(receipt, result_id=result_id))
    return result_id, False
