"""Passwords: what is asked of them, and how they are kept (Argon2id)."""

from __future__ import annotations

from functools import lru_cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

    from sightline.settings import Settings

SHORTEST = 12
LONGEST = 256

# Each hash takes tens of megabytes: sign-ins wait for one another rather than for memory.
_TURNS = BoundedSemaphore(2)


def check_password(password: str, *, name: str) -> None:
    """Refuse a password that others would guess.

    Raises:
        SettingsError: It is too short, too long or too easy to guess.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise SettingsError(
            f"a password has {SHORTEST} to {LONGEST} characters", hint="a sentence is easy to remember"
        )
    if len(set(password)) < 5 or name.casefold() in password.casefold():
        raise SettingsError("that password is too easy to guess", hint="a sentence without your name")


def hash_password(settings: Settings, password: str) -> str:
    """Give what is kept of a password."""
    hasher = _hasher(settings.password_memory_kib)
    with _TURNS:
        return hasher.hash(password)


def password_holds(settings: Settings, kept: str, password: str) -> bool:
    """Whether a password is the one that was kept; takes as long where nothing was kept."""
    from argon2.exceptions import InvalidHashError, VerificationError

    hasher = _hasher(settings.password_memory_kib)
    if len(password) > LONGEST:
        return False
    with _TURNS:
        try:
            hasher.verify(kept or _nobody(settings.password_memory_kib), password)
        except (VerificationError, InvalidHashError):
            return False
    return bool(kept)


def is_outdated(settings: Settings, kept: str) -> bool:
    """Whether a password was hashed with less memory or time than is asked for now."""
    return _hasher(settings.password_memory_kib).check_needs_rehash(kept)


@lru_cache(maxsize=4)
def _hasher(memory_kib: int) -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher(time_cost=3, memory_cost=memory_kib, parallelism=1)


@lru_cache(maxsize=4)
def _nobody(memory_kib: int) -> str:
    """The hash of a password that nobody has, to be as slow about unknown names as about known ones."""
    import secrets

    return _hasher(memory_kib).hash(secrets.token_urlsafe(32))
