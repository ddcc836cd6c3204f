"""Objects in an S3 bucket, through obstore."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

from sightline.adapters.objects.keys import checked_key
from sightline.core.errors import (
    AdapterError,
    AdapterUnavailableError,
    ConflictError,
    SettingsError,
    SourceUnavailableError,
)
from sightline.core.optional import require

if TYPE_CHECKING:
    from sightline.adapters.wiring import Wiring
    from sightline.core.breaker import Breaker

_PART_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 20
_REFUSED = "status code: 4"
_INCOMING = ".incoming"  # no key starts with a dot
_TIMEOUT = {"connect_timeout": "5s", "timeout": "60s"}
_RETRY_WITHIN = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as a bucket lists it."""

    key: str
    size_bytes: int
    tag: str


class S3Store:
    """Keeps each object under its key in a bucket; an object is there whole or not at all.

    Up to one part per object is stored by one conditional request. A longer one is uploaded in parts under a
    hidden key and gets its name by a conditional copy inside the server, so that two writers cannot both win.
    Keys and secrets come from the usual `AWS_*` variables, files or the machine's role.

    Args:
        url: `s3://bucket/prefix`.
        breaker: Keeps callers from waiting for a server that is away.
        endpoint: Address of a server that is not Amazon's, else empty.
        region: Its region.
        retries: How often a request is tried again before it fails.

    Raises:
        MissingDependencyError: The `s3` extra is not installed.
        SettingsError: The address cannot be understood.
    """

    def __init__(
        self,
        url: str,
        breaker: Breaker,
        *,
        endpoint: str = "",
        region: str = "us-east-1",
        retries: int = 3,
    ) -> None:
        self._obstore = require("obstore", extra="s3")
        store = require("obstore.store", extra="s3")
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc:
            raise SettingsError(
                f"not the address of a bucket: {url}",
                hint="set SIGHTLINE_OBJECTS_URL, as in s3://bucket/prefix",
            )
        self._breaker = breaker
        self._place = url.rstrip("/")
        self._store = store.S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            region=region,
            copy_if_not_exists="multipart",
            client_options={**_TIMEOUT, "allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": retries, "retry_timeout": _RETRY_WITHIN},
            **({"endpoint": endpoint} if endpoint else {}),
        )

    @classmethod
    def wired(cls, wiring: Wiring) -> S3Store:
        """Make it as the settings say."""
        settings = wiring.settings
        store = cls(
            settings.objects_url,
            wiring.breakers.of("s3"),
            endpoint=settings.s3_endpoint,
            region=settings.s3_region,
        )
        wiring.breakers.watch("s3", store.ping)
        return store

    def put(self, key: str, data: Iterable[bytes]) -> None:
        """Store under a new key, whole or not at all; raises `ConflictError` where the key is taken."""
        checked_key(key)
        chunks = iter(data)
        first, longer = _first_part(chunks)
        if not longer:
            with self._named(key):
                self._obstore.put(self._store, key, first, mode="create")
            return
        incoming = f"{_INCOMING}/{uuid4().hex}"
        try:
            with self._named(key):
                whole = chain((first,), chunks)
                self._obstore.put(self._store, incoming, whole, use_multipart=True, chunk_size=_PART_BYTES)
                self._obstore.copy(self._store, incoming, key, overwrite=False)
        finally:
            with suppress(AdapterUnavailableError), self._named(incoming):
                self._obstore.delete(self._store, incoming)

    def get(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`; raises `SourceUnavailableError`."""
        checked_key(key)
        with self._named(key):
            size_bytes = self._obstore.head(self._store, key)["size"]
        end = size_bytes if end is None else min(end, size_bytes)
        if start >= end:
            return
        with self._named(key):
            found = self._obstore.get(self._store, key, options={"range": (start, end)})
        chunks = iter(found.stream(min_chunk_size=_CHUNK_BYTES))
        while True:
            with self._named(key):
                chunk = next(chunks, None)
            if chunk is None:
                return
            yield bytes(chunk)

    def list(self, prefix: str) -> Sequence[str]:
        """Keys under a prefix, sorted."""
        return [entry.key for entry in self.entries(prefix)]

    def entries(self, prefix: str) -> Sequence[Entry]:
        """Objects under a prefix with their size and ETag, sorted by key."""
        folder = prefix.rpartition("/")[0]
        with self._named(prefix):
            found = [
                Entry(entry["path"], entry["size"], entry["e_tag"] or "")
                for page in self._obstore.list(self._store, prefix=folder or None)
                for entry in page
            ]
        wanted = [one for one in found if one.key.startswith(prefix) and not one.key.startswith(".")]
        return sorted(wanted, key=lambda one: one.key)

    def delete(self, key: str) -> None:
        """Remove a key; does nothing where there is none."""
        checked_key(key)
        with self._named(key):
            self._obstore.delete(self._store, key)

    def sign(self, key: str, *, expires_s: float) -> str:
        """Give an address from which anybody may read the object for a while."""
        checked_key(key)
        with self._named(key):
            return str(self._obstore.sign(self._store, "GET", key, timedelta(seconds=expires_s)))

    def ping(self) -> None:
        """Raises `AdapterUnavailableError` where the server does not answer."""
        with suppress(SourceUnavailableError), self._named(_INCOMING):
            self._obstore.head(self._store, _INCOMING)

    @contextmanager
    def _named(self, key: str) -> Iterator[None]:
        """Give the server's failures their names, and count them."""
        errors = self._obstore.exceptions
        with self._breaker.guard():
            try:
                yield
            except errors.AlreadyExistsError as error:
                raise ConflictError(f"the object {key!r} exists already") from error
            except FileNotFoundError as error:
                raise SourceUnavailableError(f"there is no object {key!r} in {self._place}") from error
            except errors.GenericError as error:
                text = str(error).splitlines()[0]
                if _REFUSED in text:
                    raise AdapterError(
                        f"the object store refuses {key!r}: {text}",
                        hint="check the bucket, and what its keys may do",
                    ) from error
                raise AdapterUnavailableError(
                    f"the object store does not answer: {text}",
                    hint="check SIGHTLINE_OBJECTS_URL and its server",
                ) from error
            except errors.BaseError as error:
                raise AdapterError(
                    f"the object store refuses {key!r}: {str(error).splitlines()[0]}",
                    hint="check the AWS_* variables, and what their account may do with the bucket",
                ) from error


def _first_part(chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Collect up to one part, and say whether there may be more."""
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= _PART_BYTES:
            return bytes(found), True
    return bytes(found), False
