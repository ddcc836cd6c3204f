"""Tracks made by hand: who stands where in which frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from sightline.analytics.rows import Batch, FrameRows, TrackRows, batches

Places = Mapping[int, tuple[float, float]]


def _frames(count: int, rate_hz: float, looked: Callable[[int], bool]) -> FrameRows:
    numbers = np.arange(count)
    return FrameRows(numbers, numbers / rate_hz, np.array([looked(number) for number in range(count)]))


def _tracks(people: Mapping[int, Places], rate_hz: float, height_px: float, **columns) -> TrackRows:
    rows = sorted(
        (frame, track_id, *place) for track_id, places in people.items() for frame, place in places.items()
    )
    frames = np.array([row[0] for row in rows], np.int64)
    x, y = np.array([row[2] for row in rows], float), np.array([row[3] for row in rows], float)
    boxes = np.stack([x - 20, y - height_px, x + 20, y], axis=1) if rows else np.zeros((0, 4))
    count = len(rows)
    values = {
        "frames": frames,
        "times_s": frames / rate_hz,
        "track_ids": np.array([row[1] for row in rows], np.int64),
        "boxes_px": boxes.astype(np.float32),
        "scores": np.ones(count, np.float32),
        "class_ids": np.zeros(count, np.int32),
        "seen": np.ones(count, np.bool_),
        "holds_ns": np.zeros(count, np.int64),
    }
    return TrackRows(**{**values, **columns})


@pytest.fixture
def scene() -> Callable[..., list[Batch]]:
    """Make batches: `scene({1: {0: (x, y), 1: ...}}, frames=30)`; feet stand at the given points."""

    def make(
        people: Mapping[int, Places],
        *,
        frames: int,
        rate_hz: float = 10.0,
        height_px: float = 100.0,
        looked: Callable[[int], bool] = lambda frame: True,
        **columns,
    ) -> list[Batch]:
        rows = _tracks(people, rate_hz, height_px, **columns)
        return list(batches([_frames(frames, rate_hz, looked)], [rows]))

    return make


def way(*points: tuple[float, float], start: int = 0, without: tuple[int, ...] = ()) -> Places:
    """One point a frame from `start` on, some frames left out."""
    return {frame: point for frame, point in enumerate(points, start=start) if frame not in without}


@pytest.fixture
def straight() -> Callable[..., Places]:
    """Walk evenly: `straight((x, y), (x, y), frames=10)`, both ends included."""

    def make(begin, end, *, frames: int, start: int = 0, without: tuple[int, ...] = ()) -> Places:
        points = np.linspace(begin, end, frames)
        return way(*map(tuple, points.tolist()), start=start, without=without)

    return make
