"""How far runs have come, for many who ask often."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sightline.core.events import EventKind, RunEvent

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_MOST_KEPT = 4096
_ANALYZE = "analyze"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands, by its events.

    Attributes:
        stage: What is being done; empty before anything and after everything.
        done: Frames (or steps) of that stage that are done.
        total: Of how many; 0 while not known.
        fps: Frames a second over the last seconds; None while not known.
        eta_s: Seconds that the stage will still take; None while not known.
        frames_done: Frames of the video that are accounted for.
        frames_total: Frames that the video declares; 0 while not known.
        cursor: Of the last stored event that was looked at.
        t_s: Wall clock of the newest event of either kind.
    """

    stage: str = ""
    done: int = 0
    total: int = 0
    fps: float | None = None
    eta_s: float | None = None
    frames_done: int = 0
    frames_total: int = 0
    cursor: int = 0
    t_s: float = 0.0

    def after(self, event: RunEvent) -> Standing:
        """Give where the run stands after an event."""
        now = replace(self, cursor=max(self.cursor, event.cursor), t_s=max(self.t_s, event.t_s))
        facts = event.details
        if event.t_s < self.t_s and event.stage == self.stage:
            return now  # a stored event that is read late: the pace that was told since is newer
        if event.kind is EventKind.STAGE_STARTED:
            return replace(now, stage=event.stage, done=0, total=0, fps=None, eta_s=None)
        if event.kind is EventKind.STAGE_PROGRESS and facts.get("total"):
            done, total = int(facts["done"]), int(facts["total"])
            now = replace(
                now, stage=event.stage, done=done, total=total, fps=facts.get("fps"), eta_s=facts.get("eta_s")
            )
            if event.stage == _ANALYZE:
                now = replace(now, frames_done=max(done, now.frames_done), frames_total=total)
            return now
        if event.kind in {EventKind.PIPELINE_COMPLETED, EventKind.PIPELINE_FAILED}:
            return replace(now, stage="", fps=None, eta_s=None)
        return now


class ProgressBoard:
    """Keeps the standing of the runs that somebody asks about, so that asking again reads only what is new.

    Subscribe `take` to the bus to have the pace between two stored events as well.
    """

    def __init__(self) -> None:
        self._standings: OrderedDict[str, Standing] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, event: RunEvent) -> None:
        """Take note of an event that is only told, not stored."""
        if event.cursor:
            return  # stored events are read in their order, below
        with self._lock:
            self._put(event.run_id, self._standings.get(event.run_id, Standing()).after(event))

    def read(self, platform: Platform, run_id: str) -> Standing:
        """Give where a run stands, events that were stored meanwhile included."""
        with self._lock:
            standing = self._standings.get(run_id, Standing())
        fresh = platform.journal.events(run_id, after=standing.cursor)
        if not fresh:
            return standing
        with self._lock:
            standing = self._standings.get(run_id, Standing())
            for event in fresh:
                if event.cursor > standing.cursor:
                    standing = standing.after(event)
            self._put(run_id, standing)
        return standing

    def _put(self, run_id: str, standing: Standing) -> None:
        self._standings[run_id] = standing
        self._standings.move_to_end(run_id)
        while len(self._standings) > _MOST_KEPT:
            self._standings.popitem(last=False)
