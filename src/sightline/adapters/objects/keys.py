"""Which keys an object store takes."""

from __future__ import annotations

from sightline.core.errors import AdapterError

_MAX_CHARACTERS = 1024


def checked_key(key: str) -> str:
    """Give `key` back when it is safe as a path in any store.

    Raises:
        AdapterError: It is empty, too long, absolute, climbs out by `..`, or holds control characters.
    """
    parts = key.split("/")
    if (
        not key
        or len(key) > _MAX_CHARACTERS
        or any(part.startswith(".") or not part for part in parts)
        or any(character in "\\:" or ord(character) < 32 for character in key)
    ):
        raise AdapterError(
            f"not a usable key: {key[:80]!r}",
            hint="words joined by '/', none of them empty or starting with '.', without ':' and '\\'",
        )
    return key
