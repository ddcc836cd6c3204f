"""Addresses that are told what happens to runs, and what was sent to them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from sightline.core.errors import ConfigError
from sightline.core.events import EventKind, RunEvent

ENDS = (EventKind.PIPELINE_COMPLETED, EventKind.PIPELINE_FAILED)
_SECRET_PREFIX = "whsec_"  # noqa: S105 - what a secret begins with
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that its owner wants told about his runs.

    Attributes:
        id: Unique and sortable by age.
        owner: Id of the user about whose runs it is told.
        url: Where it is told: https, or http.
        kinds: What it is told.
        seed: Chance in base64, of which the secret that signs what is sent is made; see `secret_from`.
        active: Whether anything is sent.
        reason: Why it is not active; empty where its owner chose that, or it is.
        created_s: Wall clock, seconds since the Unix epoch.
        version: Rises with each change; a write with an old one loses.
    """

    id: str
    owner: str
    url: str
    kinds: tuple[EventKind, ...]
    seed: str = field(repr=False)
    active: bool = True
    reason: str = ""
    created_s: float = 0.0
    version: int = 0

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or len(self.url) > _LONGEST_URL:
            raise ConfigError(f"not an address to send to: {self.url[:80]!r}", hint="as in https://host/path")
        if parts.username or parts.password:
            raise ConfigError(
                "an address with a password in it is not taken", hint="check the signature instead"
            )
        if not self.kinds or list(self.kinds) != sorted(set(self.kinds)):
            raise ConfigError(f"kinds must be some, sorted and unique, got {[*self.kinds]}")
        secret_from(self.seed, b"")


class DeliveryState(StrEnum):
    """waiting -> delivered | dead; a dead one may be replayed, which makes it wait again."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one webhook.

    Attributes:
        id: Made from webhook and event, so that the same event is sent once; sortable by the event's age.
        webhook_id: Where it goes.
        run_id: Whose event it is.
        kind: What happened.
        body: What is sent: JSON.
        state: How far it has come.
        attempts: How often it was tried.
        next_s: Not tried before that: wall clock, seconds since the Unix epoch.
        status: What the address answered last, an HTTP status; 0 where nothing.
        error: Why the last try failed; empty where none did.
        created_s: When the event happened, likewise.
        updated_s: When it was last tried, or made.
    """

    id: str
    webhook_id: str
    run_id: str
    kind: EventKind
    body: str
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    next_s: float = 0.0
    status: int = 0
    error: str = ""
    created_s: float = 0.0
    updated_s: float = 0.0


def delivery_id(webhook_id: str, event: RunEvent) -> str:
    """Give the one id that an event has for a webhook."""
    told = f"{webhook_id}\n{event.run_id}\n{event.cursor}".encode()
    return f"{int(event.t_s * 1000):012x}-{hashlib.sha256(told).hexdigest()[:24]}"


def secret_bytes(secret: str) -> bytes:
    """Give what a secret stands for.

    Raises:
        ConfigError: It is none.
    """
    try:
        found = base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not secret.startswith(_SECRET_PREFIX) or len(found) < 16:
        raise ConfigError(
            "a webhook's secret is `whsec_` and 16 bytes or more in base64",
            hint="leave it out, and one is made",
        )
    return found


def secret_of(random: bytes) -> str:
    """Write random bytes as a secret."""
    return _SECRET_PREFIX + base64.b64encode(random).decode()


def secret_from(seed: str, key: bytes) -> str:
    """Give the secret of a webhook: of no use is the seed, which is stored, without the key, which is not.

    Args:
        seed: As stored. Older versions stored the secret itself, `whsec_...`; it is given back.
        key: The server's, for this purpose alone.

    Raises:
        ConfigError: It is neither.
    """
    if seed.startswith(_SECRET_PREFIX):
        secret_bytes(seed)
        return seed
    secret_bytes(_SECRET_PREFIX + seed)
    return secret_of(hmac.new(key, seed.encode(), hashlib.sha256).digest())


def new_seed(random: bytes) -> str:
    """Write 16 random bytes or more as a seed."""
    return base64.b64encode(random).decode()


def signed_headers(secret: str, delivery_id: str, body: bytes, *, now_s: float) -> Mapping[str, str]:
    """Give the headers by which a receiver knows who sent a body, and when.

    Source:
        The Standard Webhooks specification, symmetric signatures (v1).
    """
    stamp = str(int(now_s))
    message = b".".join((delivery_id.encode(), stamp.encode(), body))
    digest = hmac.new(secret_bytes(secret), message, hashlib.sha256).digest()
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def is_signed(
    secret: str, headers: Mapping[str, str], body: bytes, *, now_s: float, tolerance_s: float = 300.0
) -> bool:
    """Whether a body came from whoever knows the secret, and lately: what a receiver asks.

    Args:
        secret: The webhook's.
        headers: As they came; names in lower case.
        body: As it came, before it is read as JSON.
        now_s: Wall clock, seconds since the Unix epoch.
        tolerance_s: How old, or how far ahead, a message may be.
    """
    stamp = headers.get("webhook-timestamp", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now_s - int(stamp)) > tolerance_s:
        return False
    wanted = signed_headers(secret, headers.get("webhook-id", ""), body, now_s=int(stamp))[
        "webhook-signature"
    ]
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(one.encode(), wanted.encode()) for one in given)
