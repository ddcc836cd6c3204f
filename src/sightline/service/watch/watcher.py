"""Makes a run of each file that turns up in a watched place: once, across restarts, whoever watches.

What was taken is remembered as a receipt under a key made of the application, the file's name and its mark. A process
that dies between the receipt and the run leaves a receipt without a result: after a while somebody looks for the run
by its tag, and begins it where there is none.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from sightline.core.accounts import LOCAL, Principal
from sightline.core.errors import (
    AccessDeniedError,
    AdapterError,
    ConflictError,
    LimitError,
    OutputError,
    SightlineError,
    SourceUnavailableError,
)
from sightline.core.receipts import WATCHED, Receipt
from sightline.core.runs import LOCAL_OWNER, RunFilter
from sightline.core.videos import VideoFilter, VideoState
from sightline.service.accounts.access import allow_any
from sightline.service.accounts.users import named_user
from sightline.service.pipelines.start import PipelineRequest, start_pipeline
from sightline.service.videos.find import ready_file
from sightline.service.videos.sources import fetch_video, file_at
from sightline.service.watch.places import Found, Place, open_place

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.ports import Lock
    from sightline.service.platform import Platform
    from sightline.settings import WatchedPlace

_log = structlog.get_logger()
_LEASE_S = 3600.0
_GIVEN_UP_S = 600.0
"""A receipt without a result that is older belongs to a process that died."""
_NOT_THIS_ONE = (AdapterError, ConflictError, SourceUnavailableError)
_NONE_NOW = (LimitError, OutputError)
_COMES_AGAIN = (*_NOT_THIS_ONE, *_NONE_NOW)
"""What a later look may well overcome; anything else is wrong with the file, or with what is asked of it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a file.

    Attributes:
        found: The file.
        run: Its run; None where the file was refused.
        error: Why it was refused.
    """

    found: Found
    run: Run | None
    error: SightlineError | None = None


class Watcher:
    """Watches one place for one user.

    Args:
        platform: The adapters.
        wanted: Where, for whom, and what to make of what turns up.

    Raises:
        AddressRefusedError: The place may not be read.
        SourceUnavailableError: There is no such folder.
        NotFoundError: There is no such user.
        AccessDeniedError: That user may begin no runs.
    """

    def __init__(self, platform: Platform, wanted: WatchedPlace) -> None:
        self._platform = platform
        self._wanted = wanted
        self._who = _principal(platform, wanted.owner)
        self._place: Place = open_place(platform, wanted.place)
        self._done: set[str] = set()

    def look(self) -> Iterator[Taken]:
        """Take what is new, unless somebody else is watching the same place now; give what becomes of each file.

        A file that cannot be taken now is met again by the next look, and holds up no other.

        Raises:
            SightlineError: The place is away, or there is no room or quota left; the next look may do better.
        """
        lock = self._platform.locks.take(f"watch:{self._wanted.place}"[:200], lease_s=_LEASE_S)
        if lock is None:
            return
        try:
            for found in self._place.look():
                try:
                    taken = self._take(found, lock)
                except _NOT_THIS_ONE as error:
                    _log.warning("watch_waits", file=found.name, code=error.code, error=str(error))
                    continue
                if taken is not None:
                    yield taken
        finally:
            self._platform.locks.release(lock)

    def _take(self, found: Found, lock: Lock) -> Taken | None:
        """Begin a file's run; None where it was taken already, or somebody else may be at it."""
        key = hashlib.sha256(f"{self._wanted.app}\n{found.name}\n{found.mark}".encode()).hexdigest()
        if key in self._done:
            return None
        receipts, now_s = self._platform.receipts, self._platform.clock.now_s()
        receipt = Receipt(self._who.user_id, f"{WATCHED}{key}", key, created_s=now_s)
        earlier = receipts.claim(receipt)
        if earlier is not None and (earlier.result_id or now_s - earlier.created_s < _GIVEN_UP_S):
            if earlier.result_id:
                self._done.add(key)
            return None
        tag = f"watch:{key[:16]}"
        try:
            run = (earlier and self._begun(tag)) or self._begin(found, tag, lock)
        except _COMES_AGAIN:
            receipts.drop(receipt.owner, receipt.key)
            raise
        except SightlineError as error:
            receipts.settle(replace(receipt, result_id=f"refused:{error.code}"[:64]))
            self._done.add(key)
            _log.warning("watch_refused", file=found.name, code=error.code, error=str(error))
            return Taken(found, None, error)
        except BaseException:
            receipts.drop(receipt.owner, receipt.key)
            raise
        receipts.settle(replace(receipt, result_id=run.id))
        self._done.add(key)
        _log.info("watch_taken", file=found.name, run=run.id)
        return Taken(found, run)

    def _begun(self, tag: str) -> Run | None:
        """Give the run that a process began before it died."""
        found = self._platform.runs.list(RunFilter(owner=self._who.user_id, tag=tag), limit=1)
        return found[0] if found else None

    def _begin(self, found: Found, tag: str, lock: Lock) -> Run:
        platform, wanted = self._platform, self._wanted
        request = PipelineRequest(
            app=wanted.app,
            model=wanted.model or None,
            priority=wanted.priority,
            stage_configs=wanted.stage_configs,
            settings=wanted.settings,
            tags=(*wanted.tags, tag),
        )
        if not found.name.startswith("s3://"):
            return start_pipeline(platform, self._who, file_at(platform, found.name), request).run
        had = VideoFilter(owner=self._who.user_id, tag=tag, state=VideoState.READY)
        videos = platform.videos.list(had, limit=1)
        video = videos[0] if videos else fetch_video(platform, self._who, found.name, tags=request.tags)
        platform.locks.extend(
            lock, lease_s=_LEASE_S
        )  # raises where fetching took so long that others went on
        return start_pipeline(
            platform, self._who, ready_file(platform, video), request, video_id=video.id
        ).run


def _principal(platform: Platform, name: str) -> Principal:
    if name == LOCAL_OWNER:
        return LOCAL
    user = named_user(platform, name)
    who = Principal(user.id, user.name, user.role)
    if not user.active:
        raise AccessDeniedError(f"{user.name} is shut out", hint="choose another owner in SIGHTLINE_WATCH")
    allow_any(who, "runs.create")
    return who


class WatchKeeper:
    """Watches places in a thread of its own, as a chore that may take long.

    Args:
        platform: The adapters.
        places: Where.
        told: Told what became of each file.
    """

    def __init__(
        self,
        platform: Platform,
        places: Sequence[WatchedPlace],
        told: Callable[[Taken], None] = lambda _taken: None,
    ) -> None:
        self._platform = platform
        self._told = told
        self._watchers: dict[WatchedPlace, Watcher | None] = dict.fromkeys(places)
        self._trouble: dict[WatchedPlace, str] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sightline-watch")

    def start(self) -> None:
        """Begin, where there is something to watch."""
        if self._watchers:
            self._thread.start()

    def close(self) -> None:
        """Stop after the file that is being taken."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()

    def tend(self) -> None:
        """Look at each place once; trouble with one is logged, and costs the others nothing."""
        for place in self._watchers:
            if self._closing.is_set():
                return
            try:
                watcher = self._watchers[place] or Watcher(self._platform, place)
                self._watchers[place] = watcher
                for taken in watcher.look():
                    self._told(taken)
                self._trouble.pop(place, None)
            except SightlineError as error:
                if self._trouble.get(place) != str(error):  # said once, not at every look
                    _log.warning("watch_failed", place=place.place, code=error.code, error=str(error))
                self._trouble[place] = str(error)

    def _work(self) -> None:
        while not self._closing.wait(self._platform.settings.watch_every_s):
            self.tend()
