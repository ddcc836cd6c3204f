"""Says where runs stand, to few exactly and to many at once.

An answer is read anew for everybody who asks. Where many ask about the same run, they share one that is a fifth of a
second old at most: two hundred who look on must not slow the run that they look at.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from sightline.api.views.pipelines import PipelineStatus
from sightline.core.errors import SightlineError
from sightline.service.pipelines.find import check_access, look_up
from sightline.service.pipelines.status import status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.core.accounts import Principal
    from sightline.service.pipelines.progress import ProgressBoard
    from sightline.service.platform import Platform

_SHARED_FOR_S = 0.2
_WINDOW_S = 1.0
_MANY = 20
_MOST_KEPT = 1024


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status as it is sent, and who may have it."""

    owner: str
    groups: frozenset[str]
    body: bytes
    read_s: float


class _Asked:
    """A run that is asked about."""

    def __init__(self, now_s: float) -> None:
        self.answer: _Answer | None = None
        self.reading: asyncio.Future[_Answer] | None = None
        self._since_s = now_s
        self._count = self._before = 0

    @property
    def by_many(self) -> bool:
        """Whether many have asked within the last seconds that were counted."""
        return max(self._count, self._before) > _MANY

    def count(self, now_s: float) -> None:
        """Count one who asks."""
        passed_s = now_s - self._since_s
        if passed_s >= _WINDOW_S:
            self._before = self._count if passed_s < 2 * _WINDOW_S else 0
            self._since_s, self._count = now_s, 0
        self._count += 1

    def recent(self, now_s: float) -> _Answer | None:
        """Give what was read a moment ago; None where nothing was."""
        answer = self.answer
        return answer if answer is not None and now_s - answer.read_s < _SHARED_FOR_S else None

    def forget(self) -> None:
        """Share nothing that was read, or begun to be read, before now."""
        self.answer = self.reading = None


class StatusCache:
    """Answers with a run's status; lives in one event loop.

    Args:
        platform: Where the runs are.
        board: Keeps their pace.
    """

    def __init__(self, platform: Platform, board: ProgressBoard) -> None:
        self._platform = platform
        self._board = board
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    async def answer(self, who: Principal, run_id: str) -> bytes:
        """Give the status as JSON.

        Raises:
            RunNotFoundError: There is no such run, or none that they may know of.
        """
        now_s = time.monotonic()
        asked = self._asked.setdefault(run_id, _Asked(now_s))
        while len(self._asked) > _MOST_KEPT:
            self._asked.popitem(last=False)
        asked.count(now_s)
        answer = await (self._shared(asked, run_id, now_s) if asked.by_many else self._read(run_id))
        check_access(who, run_id, answer.owner, answer.groups)
        return answer.body

    def at_hand(self, run_id: str, caller: Callable[[], Principal | None]) -> bytes | None:
        """Give the status as JSON where many ask for it, and it was read a moment ago.

        Args:
            run_id: Of which run.
            caller: Says who asks; None where that is not known.

        Returns:
            None where it is to be read, or refused: `answer` does either.
        """
        now_s = time.monotonic()
        asked = self._asked.get(run_id)
        answer = asked.recent(now_s) if asked is not None and asked.by_many else None
        who = caller() if answer is not None else None
        if asked is None or answer is None or who is None:
            return None
        try:
            check_access(who, run_id, answer.owner, answer.groups)
        except SightlineError:
            return None
        asked.count(now_s)
        return answer.body

    def forget(self) -> None:
        """Share no answer from before now: whoever has changed something is to see it."""
        for asked in self._asked.values():
            asked.forget()

    async def _shared(self, asked: _Asked, run_id: str, now_s: float) -> _Answer:
        """Give an answer that is new enough, or that is being read: however slow that is, one at a time does it."""
        if (recent := asked.recent(now_s)) is not None:
            return recent
        if asked.reading is None:
            asked.reading = asyncio.ensure_future(self._read(run_id))
        reading = asked.reading
        try:
            answer = await asyncio.shield(reading)
        finally:
            if asked.reading is reading and reading.done():
                asked.reading = None
                asked.answer = reading.result() if reading.exception() is None else None
        return answer

    async def _read(self, run_id: str) -> _Answer:
        return await run_in_threadpool(self._read_now, run_id)

    def _read_now(self, run_id: str) -> _Answer:
        read_s = time.monotonic()
        run, groups = look_up(self._platform, run_id)
        status = PipelineStatus.of_status(status_of(self._platform, run, self._board))
        return _Answer(run.owner, groups, status.model_dump_json().encode(), read_s)
