"""What keeps a request that is sent twice from being done twice."""

from __future__ import annotations

from dataclasses import dataclass

WATCHED = "watch:"
"""How the keys of files begin that turned up in a watched place: they are remembered for good."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A request that was taken once: sent again under the same key, it is not done again.

    Attributes:
        owner: Id of the user who sent it.
        key: The `Idempotency-Key` that they chose.
        digest: SHA-256 of what they sent.
        result_id: Id of what came of it; empty while it is being done.
        created_s: Wall clock, seconds since the Unix epoch.
    """

    owner: str
    key: str
    digest: str
    result_id: str = ""
    created_s: float = 0.0
