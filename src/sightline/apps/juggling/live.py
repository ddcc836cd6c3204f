"""Juggling of a stream while it runs: catches and drops as they happen, the pattern as soon as it is known."""

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sightline.analytics.juggling.live.meter import JuggleMeter, Named, named, ready

if TYPE_CHECKING:
    from sightline.analytics.juggling.arcs.candidates import Candidates
    from sightline.analytics.juggling.live.meter import Tick
    from sightline.apps.juggling.settings import JugglingSettings
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.core.tracks import Tracks


class Namer(Protocol):
    """Looks for the pattern beside the frames."""

    def ask(self, candidates: Candidates) -> Future[Named]:
        """Begin to look."""
        ...


class ProcessNamer:
    """Looks in a process of its own, which all streams share: beside the frames it would keep them waiting.

    The process takes seconds to start, so that it is started before there is anything to look at.
    """

    def __init__(self) -> None:
        _pool().submit(ready)

    def ask(self, candidates: Candidates) -> Future[Named]:
        """Begin to look; a process that has died is replaced at the next question."""
        try:
            return _pool().submit(named, candidates)
        except BrokenProcessPool:
            _pool.cache_clear()
            return _pool().submit(named, candidates)


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


class JugglingAnalysis:
    """Watches one stream; see `service.live.stream.analysis.Analysis`.

    Args:
        settings: The application's.
        class_names: The model's.
        namer: Looks for the pattern.
    """

    tracking = None  # balls follow parabolas, which a tracker of boxes knows nothing of

    def __init__(
        self, settings: JugglingSettings, class_names: Sequence[str], *, namer: Namer | None = None
    ) -> None:
        wanted = {name.lower() for name in settings.ball_classes}
        self._classes = [number for number, name in enumerate(class_names) if name.lower() in wanted]
        self._namer = namer or ProcessNamer()
        self._meter: JuggleMeter | None = None
        self._size: tuple[int, int] | None = None
        self._asked: Future[Named] | None = None
        self._named: Named | None = None
        self._tick: Tick | None = None
        self.min_score = settings.min_score
        self.iou = 1.0
        self.max_detections = settings.max_detections

    def update(
        self, frame: Frame, found: Tracks | Detections, extras: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Give what this frame completes; a picture of another size begins anew."""
        del extras
        ended: list[Mapping[str, Any]] = []
        if self._meter is None or frame.source_size != self._size:
            ended += self.finish()
            self._meter, self._size = JuggleMeter(frame.source_size), frame.source_size
        balls = found[np.isin(found.class_ids, self._classes)]
        boxes = balls.boxes_px.astype(np.float64)
        sides = boxes[:, 2:] - boxes[:, :2]
        radii = np.maximum(sides.min(axis=1) / 2, 0.5) if len(sides) else np.zeros(0)
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        tick = self._meter.feed(frame.index, frame.t_s, middles, radii, balls.scores.astype(np.float64))
        self._tick = tick
        events = [
            self._event("catch" if moment.kind == "caught" else "drop", frame, moment.t_s, moment.place_px)
            for moment in tick.moments
        ]
        if self._is_named():
            events.append(self._event("pattern", frame, frame.t_s, None))
        if self._asked is None and self._meter.is_due:
            self._asked = self._namer.ask(self._meter.remembered())
        return [*ended, *events]

    def finish(self) -> Sequence[Mapping[str, Any]]:
        """Give the name that all that is remembered has in the end, if it is another one; no frame waits any more."""
        if self._meter is None or self._tick is None or not self._tick.catches:
            return []
        changed = self._is_another(named(self._meter.remembered()))
        return [self._said("pattern", self._tick.t_s)] if changed else []

    def _is_named(self) -> bool:
        """Take an answer in, if there is one; says whether it changes what is known."""
        if self._asked is None or not self._asked.done():
            return False
        asked, self._asked = self._asked, None
        try:
            return self._is_another(asked.result())
        except BrokenProcessPool:
            return False

    def _is_another(self, answer: Named) -> bool:
        before, self._named = self._named, answer
        return before is None or (before.siteswap, before.balls) != (answer.siteswap, answer.balls)

    def _event(
        self, kind: str, frame: Frame, t_s: float, place_px: tuple[float, float] | None
    ) -> dict[str, Any]:
        place = {} if place_px is None else {"x_px": round(place_px[0], 1), "y_px": round(place_px[1], 1)}
        return {**self._said(kind, t_s), "frame": frame.index, **place}

    def _said(self, kind: str, t_s: float) -> dict[str, Any]:
        tick, known = self._tick, self._named
        return {
            "message": "juggle_event",
            "event": kind,
            "phase": "running",  # nothing of it lasts, so that a camera keeps no clips of it
            "t_s": round(t_s, 4),
            "catches": tick.catches if tick else 0,
            "run": tick.run if tick else 0,
            "drops": tick.drops if tick else 0,
            "balls": known.balls if known else None,
            "siteswap": known.siteswap if known else None,
            "confidence": None if known is None or known.confidence is None else round(known.confidence, 3),
        }
