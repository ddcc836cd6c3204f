"""API keys: made by somebody for their own programs, shown once, kept as a hash."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sightline.core.accounts import ApiKey, Principal
from sightline.core.errors import AccessDeniedError, ConfigError, NotFoundError, QuotaExceededError
from sightline.service.accounts.access import allow
from sightline.service.accounts.audit import entry
from sightline.service.accounts.authenticate import KEY_MARK
from sightline.service.accounts.tokens import digest

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_MOST_KEYS = 100
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike: the id is read aloud and typed


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and, this once, its text."""

    key: ApiKey
    text: str = field(repr=False)


def add_key(
    platform: Platform,
    by: Principal,
    name: str,
    scopes: Sequence[str],
    *,
    ttl_s: float | None = None,
    user_id: str | None = None,
) -> NewKey:
    """Make a key.

    Args:
        platform: Keeps it.
        by: Who makes it; the key can do no more than the way they signed in.
        name: What it is for.
        scopes: What it is good for.
        ttl_s: How long it holds; None for ever.
        user_id: Whose it is to be; the command line may say so.

    Raises:
        ConfigError: The name, a scope or the time is wrong.
        AccessDeniedError: It would be good for more than the key that makes it.
        QuotaExceededError: They have very many already.
    """
    now_s = platform.clock.now_s()
    if ttl_s is not None and ttl_s <= 0:
        raise ConfigError(f"a key holds for a while, got {ttl_s:g} s", hint="leave it out for ever")
    if "*" not in by.scopes and not set(scopes) <= by.scopes:
        raise AccessDeniedError("a key cannot make a key that is good for more", hint="sign in instead")
    owner = user_id or by.user_id
    if len(platform.accounts.find(ApiKey, user_id=owner, revoked_s=None, limit=_MOST_KEYS)) >= _MOST_KEYS:
        raise QuotaExceededError(f"there are {_MOST_KEYS} keys already", hint="revoke some")
    secret = secrets.token_hex(32)  # one word: a double click takes all of it
    key = ApiKey(
        id="".join(secrets.choice(_ALPHABET) for _ in range(12)),
        user_id=owner,
        name=name,
        secret_sha256=digest(secret),
        scopes=tuple(sorted(set(scopes))),
        created_s=now_s,
        expires_s=None if ttl_s is None else now_s + ttl_s,
    )
    told = entry(platform, by, "keys.create", f"key:{key.id}", name=key.name, scopes=list(key.scopes))
    platform.accounts.add(key, told)
    return NewKey(key, f"{KEY_MARK}{key.id}_{secret}")


def list_keys(
    platform: Platform, user_id: str | None, *, limit: int = 100, before: str | None = None
) -> Sequence[ApiKey]:
    """Keys of a user, or of everybody."""
    mine = {} if user_id is None else {"user_id": user_id}
    return platform.accounts.find(ApiKey, limit=limit, before=before, **mine)


def revoke_key(platform: Platform, by: Principal, key_id: str) -> ApiKey:
    """End a key at once.

    Raises:
        NotFoundError: There is none of that id that they may know of.
    """
    missing = NotFoundError(f"there is no key {key_id[:80]!r}")
    try:
        key = platform.accounts.get(ApiKey, key_id)
    except NotFoundError:
        raise missing from None
    allow(by, "keys.delete", owner_id=key.user_id, missing=missing)
    if key.revoked_s is not None:
        return key
    told = entry(platform, by, "keys.delete", f"key:{key.id}", name=key.name)
    return platform.accounts.update(replace(key, revoked_s=platform.clock.now_s()), told)
