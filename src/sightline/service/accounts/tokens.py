"""Signed tokens: short statements of this server to itself, each good for one purpose.

JSON Web Tokens, HMAC-SHA-256 alone. Each audience has a key of its own, derived from the server's secret, so that a
token of one kind can never be taken for another, whatever its header says.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.errors import AuthenticationError, OutputUnwritableError, SettingsError

if TYPE_CHECKING:
    from sightline.settings import Settings

ISSUER = "sightline"
_ALGORITHM = "HS256"
_MOST_CHARACTERS = 4096
_LEAST_SECRET_BYTES = 32


class Audience(StrEnum):
    """What a token is for."""

    ACCESS = "access"
    TICKET = "ticket"
    SETUP = "setup"
    LINK = "link"


def issue(
    settings: Settings, audience: Audience, subject: str, *, now_s: float, ttl_s: float, **claims: Any
) -> str:
    """Sign a token about `subject` that holds for `ttl_s` seconds."""
    import jwt

    body = {
        "iss": ISSUER,
        "aud": audience.value,
        "sub": subject,
        "iat": int(now_s),
        "exp": int(now_s + ttl_s),
    }
    return jwt.encode({**claims, **body}, derived_key(settings, audience), algorithm=_ALGORITHM)


def read(settings: Settings, audience: Audience, token: str, *, now_s: float) -> Mapping[str, Any]:
    """Give what a token says.

    Raises:
        AuthenticationError: It is not one of this server's, is for something else, or has expired.
    """
    import jwt

    if len(token) > _MOST_CHARACTERS:
        raise _refused(audience)
    try:
        claims: Mapping[str, Any] = jwt.decode(
            token,
            derived_key(settings, audience),
            algorithms=[_ALGORITHM],
            audience=audience.value,
            issuer=ISSUER,
            # The platform's clock decides, below.
            options={
                "require": ["iss", "aud", "sub", "iat", "exp"],
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError:
        raise _refused(audience) from None
    if now_s >= float(claims["exp"]):
        raise AuthenticationError(f"the {audience} token has expired", hint="get a new one")
    return claims


def digest(secret: str) -> str:
    """Give what is kept of a random secret: 256 bits of chance need no slow hash."""
    return sha256(secret.encode()).hexdigest()


def matches(secret: str, kept: str) -> bool:
    """Whether a secret is the one that was kept, in the same time whatever it is."""
    return hmac.compare_digest(digest(secret), kept)


def derived_key(settings: Settings, purpose: str) -> bytes:
    """Give the 32 bytes that the server's secret comes to for one purpose, as good as a secret of its own."""
    secret = _secret(settings.secret_key.get_secret_value(), settings.home)
    return hmac.digest(secret, f"sightline {purpose}".encode(), "sha256")


@lru_cache(maxsize=8)
def _secret(given: str, home: Path) -> bytes:
    """Give the server's secret: the setting, or else a file that is made where there is none."""
    if given:
        if len(given) < _LEAST_SECRET_BYTES:
            raise SettingsError(
                f"SIGHTLINE_SECRET_KEY has {len(given)} characters, at least {_LEAST_SECRET_BYTES} are needed",
                hint='python -c "import secrets; print(secrets.token_urlsafe(48))"',
            )
        return given.encode()
    path = home / "secret.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        _write_once(path)
        return path.read_bytes().strip()
    except OSError as error:
        raise OutputUnwritableError(
            f"the server's secret cannot be kept in {path}: {error.strerror}",
            hint="set SIGHTLINE_SECRET_KEY, or SIGHTLINE_HOME to a folder you may write to",
        ) from None


def _write_once(path: Path) -> None:
    """Make the file, readable by its owner alone; whoever comes second finds it whole."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _refused(audience: Audience) -> AuthenticationError:
    is_link = audience in {Audience.LINK, Audience.SETUP}
    hint = "copy the whole link, or ask for a new one" if is_link else "sign in again"
    return AuthenticationError(f"not a valid {audience} token", hint=hint)
