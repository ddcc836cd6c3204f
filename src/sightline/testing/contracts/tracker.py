"""What every `Tracker` promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sightline.core.detections import Detections
from sightline.core.errors import AnalysisError
from sightline.core.frames import Frame
from sightline.testing.fakes import plain_image

_STEP_S = 0.04


def crowd(index: int, people: int = 5) -> Detections:
    """Give people who walk to the right in lanes of their own, each seen surely, now and then one missing."""
    numbers = [number for number in range(people) if (index + 7 * number) % 11 or index < 8]
    lefts = np.array([20.0 + 3 * index + 15 * number for number in numbers])
    tops = np.array([40.0 + 90 * number for number in numbers])
    boxes = np.stack([lefts, tops, lefts + 30, tops + 70], axis=1).reshape(-1, 4)
    scores = np.array([0.9 - 0.02 * number for number in numbers])
    return Detections(boxes.astype(np.float32), scores.astype(np.float32), np.zeros(len(numbers), np.int32))


class TrackerContract:
    """Subclass it and give a fresh tracker in `make`."""

    FRAMES = 40

    def make(self) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    def follow(self, tracker: Any, first: int, end: int) -> list[Any]:
        """Give what the tracker says of the crowd's frames."""
        picture = plain_image(0, (480, 640))
        return [
            tracker.update(crowd(index), t_s=index * _STEP_S, frame=Frame.from_image(picture, index=index))
            for index in range(first, end)
        ]

    def test_people_in_lanes_of_their_own_keep_their_identity(self) -> None:
        lanes: dict[int, set[int]] = {}
        for tracks in self.follow(self.make(), 0, self.FRAMES):
            for box, identity in zip(tracks.boxes_px, tracks.track_ids.tolist(), strict=True):
                lanes.setdefault(identity, set()).add(round((float(box[1]) - 40) / 90))
        assert all(len(seen) == 1 for seen in lanes.values())
        assert len(lanes) == 5

    def test_identities_start_at_one_or_above_and_rise_within_a_frame(self) -> None:
        for tracks in self.follow(self.make(), 0, self.FRAMES):
            ids = tracks.track_ids
            assert (ids >= 1).all()
            assert (np.diff(ids) > 0).all()

    def test_no_detections_give_no_tracks(self) -> None:
        tracker = self.make()
        for index in range(3):
            frame = Frame.from_image(plain_image(index), index=index)
            assert len(tracker.update(Detections.empty(), t_s=index * _STEP_S, frame=frame)) == 0

    def test_a_fresh_tracker_does_the_same_again(self) -> None:
        assert _plain(self.follow(self.make(), 0, self.FRAMES)) == _plain(
            self.follow(self.make(), 0, self.FRAMES)
        )

    @pytest.mark.parametrize("cut", [0, 1, 13, 39])
    def test_a_restored_tracker_goes_on_as_if_never_stopped(self, cut: int) -> None:
        through = _plain(self.follow(self.make(), 0, self.FRAMES))
        first, second = self.make(), self.make()
        self.follow(first, 0, cut)
        state = first.snapshot()
        assert isinstance(state, bytes)
        second.restore(state)
        assert _plain(self.follow(second, cut, self.FRAMES)) == through[cut:]

    def test_equal_memories_give_equal_bytes(self) -> None:
        first, second = self.make(), self.make()
        self.follow(first, 0, 20)
        self.follow(second, 0, 20)
        assert first.snapshot() == second.snapshot()
        third = self.make()
        third.restore(first.snapshot())
        assert third.snapshot() == first.snapshot()

    def test_a_snapshot_is_a_copy(self) -> None:
        tracker = self.make()
        self.follow(tracker, 0, 10)
        state = tracker.snapshot()
        self.follow(tracker, 10, 20)
        tracker.restore(state)
        assert tracker.snapshot() == state

    @pytest.mark.parametrize("t_s", [1.0, 0.5])
    def test_time_must_rise(self, t_s: float) -> None:
        tracker = self.make()
        frame = Frame.from_image(plain_image(0))
        tracker.update(crowd(0), t_s=1.0, frame=frame)
        state = tracker.snapshot()
        with pytest.raises(AnalysisError):
            tracker.update(crowd(1), t_s=t_s, frame=frame)
        assert tracker.snapshot() == state


def _plain(results: list[Any]) -> list[Any]:
    return [(one.track_ids.tolist(), one.boxes_px.tolist(), one.scores.tolist()) for one in results]
