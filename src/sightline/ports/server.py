"""What a server keeps beside runs: accounts, videos, cameras, receipts, bytes; and how often somebody may ask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from sightline.core.accounts import Record
    from sightline.core.cameras import StoredCamera
    from sightline.core.limits import Rate
    from sightline.core.receipts import Receipt
    from sightline.core.videos import Video, VideoFilter

R = TypeVar("R", bound="Record")


class AccountStore(Protocol):
    """Users, keys, sessions, groups, shares and the audit: records of `core.accounts`, told apart by their class.

    Attributes:
        changes: Rises with each change that is made through this object, entries of the audit apart.
    """

    changes: int

    def add(self, *records: Record) -> None:
        """Store new records, all or none; raises `ConflictError` where an id or a unique name is taken."""
        ...

    def get(self, kind: type[R], record_id: str) -> R:
        """Raises `NotFoundError`."""
        ...

    def find(
        self, kind: type[R], *, limit: int = 100, before: str | None = None, **equals: Any
    ) -> Sequence[R]:
        """Those whose fields equal what is given, by falling id; `before` is the last id of the page before."""
        ...

    def update(self, record: R, *also: Record) -> R:
        """Store a change, and new records with it; refuses an old `version` with `ConflictError`."""
        ...

    def delete(self, record: Record, *also: Record) -> None:
        """Forget a record and what hangs on it, and store new ones with that; raises `NotFoundError`."""
        ...


class RateLimiter(Protocol):
    """Counts how often something is done. Safe to use from several threads.

    Attributes:
        waits: Whether a server has to be asked, so that an event loop must not.
    """

    waits: bool

    def take(self, key: str, rate: Rate) -> float:
        """Take one token from a bucket; 0 where there was one, else how long to wait for it, seconds."""


class VideoStore(Protocol):
    """What is known of the videos that users gave to the server. A lost race raises `ConflictError`."""

    def add(self, video: Video) -> None:
        """Store a new video; raises `ConflictError` where its id is taken."""
        ...

    def get(self, video_id: str) -> Video:
        """Raises `NotFoundError`."""
        ...

    def list(
        self, wanted: VideoFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Video]:
        """Those wanted, newest first; `before` is the last id of the page before."""
        ...

    def update(self, video: Video) -> Video:
        """Store a change; refuses an old `version`."""
        ...

    def delete(self, video_id: str) -> None:
        """Forget a video; raises `NotFoundError`."""
        ...


class CameraStore(Protocol):
    """Cameras that a server works on until somebody removes them."""

    def add(self, camera: StoredCamera) -> None:
        """Store a new camera; raises `ConflictError` where its id is taken."""
        ...

    def all(self) -> Sequence[StoredCamera]:
        """All there are, oldest first."""
        ...

    def assign(self, camera_id: str, server: str) -> None:
        """Note which server works on a camera, empty for none; does nothing where there is no such camera."""
        ...

    def delete(self, camera_id: str) -> None:
        """Forget a camera; does nothing where there is none."""
        ...


class ReceiptStore(Protocol):
    """Requests that were taken under a key of the sender's choice."""

    def claim(self, receipt: Receipt) -> Receipt | None:
        """Store a new receipt, and give None; or give the one that its owner has under that key already."""
        ...

    def settle(self, receipt: Receipt) -> None:
        """Store what came of it."""
        ...

    def drop(self, owner: str, key: str) -> None:
        """Forget one; does nothing where there is none."""
        ...

    def forget(self, *, before_s: float) -> int:
        """Drop those made before a time, but for those of watched files, and say how many."""
        ...


class ObjectStore(Protocol):
    """Bytes by key, each written once."""

    def put(self, key: str, data: Iterable[bytes]) -> None:
        """Store under a new key, whole or not at all; raises `ConflictError` where the key is taken."""
        ...

    def get(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`; raises `SourceUnavailableError`."""
        ...

    def list(self, prefix: str) -> Sequence[str]:
        """Keys under a prefix, sorted."""
        ...

    def delete(self, key: str) -> None:
        """Remove a key; does nothing where there is none."""
        ...

    def sign(self, key: str, *, expires_s: float) -> str:
        """Give an address from which anybody may read the object for a while."""
        ...


class Upkeep(Protocol):
    """Looks after the database."""

    def back_up(self, target: Path) -> Path:
        """Write a consistent copy of all that is committed; raises `ConfigError` where that is not ours to do."""
        ...

    def check(self) -> Sequence[str]:
        """Give what is wrong, in sentences; nothing where nothing is."""
        ...
