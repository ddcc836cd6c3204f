"""What every `Stage` promises."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sightline.core.detections import Detections
from sightline.core.frames import Frame
from sightline.core.packets import Packet
from sightline.core.poses import Poses
from sightline.core.tracks import Tracks
from sightline.testing.fakes import plain_image, walker


def canned(name: str, index: int) -> Any:
    """Give what an earlier stage of that name might have found."""
    found = walker(index)
    ready = {
        "detections": found,
        "poses": Poses.empty(),
        "kits": {"track_id": [1], "l": [50.0], "a": [0.0], "b": [0.0], "share": [1.0]},
        "tracks": Tracks(found.boxes_px, found.scores, found.class_ids, np.array([1])),
    }
    return ready.get(name, found)


class StageContract:
    """Subclass it and give a stage, not open, in `make`."""

    FRAMES = 12

    def make(self) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    def packets(self, stage: Any) -> list[Packet]:
        """Give two segments with all that the stage consumes, a skipped and a failed frame among them."""
        packets = []
        for index in range(self.FRAMES):
            segment, pts_s = index // 6, Fraction(index, 10)
            packet = Packet(
                segment,
                index,
                pts_s,
                Frame(image=plain_image(index), index=index, pts_s=pts_s, source_size=(48, 64)),
            )
            for name in sorted(stage.consumes - {"frame"}):
                packet = packet.with_found(name, canned(name, index))
            if index == 3:
                packet = Packet(segment, index, pts_s, skipped="stride")
            if index == 8:
                packet = Packet(segment, index, pts_s, failed="decode")
            packets.append(packet)
            if index % 6 == 5:
                packets.append(Packet(segment, index + 1, pts_s, ends_segment=True))
        return packets

    def run(self, stage: Any, packets: list[Packet], *, batch: int = 1) -> list[Packet]:
        """Put packets through an opened stage and close it."""
        out: list[Packet] = []
        for at in range(0, len(packets), batch):
            out += stage.process(packets[at : at + batch])
        return out + list(stage.close())

    def test_it_says_what_it_needs_and_gives(self) -> None:
        stage = self.make()
        assert stage.name
        assert isinstance(stage.consumes, frozenset)
        assert isinstance(stage.produces, frozenset)
        assert not stage.consumes & stage.produces

    def test_packets_leave_in_the_order_they_came_and_none_is_lost(self) -> None:
        stage = self.make()
        stage.open()
        given = self.packets(stage)
        out = self.run(stage, given)
        assert [(one.index, one.ends_segment) for one in out] == [
            (one.index, one.ends_segment) for one in given
        ]

    def test_a_packet_without_a_picture_passes_untouched(self) -> None:
        stage = self.make()
        stage.open()
        given = self.packets(stage)
        out = self.run(stage, given)
        for before, after in zip(given, out, strict=True):
            if not before.wants_work and not before.ends_segment:
                assert after == before

    def test_what_it_promises_is_added_and_what_was_there_stays(self) -> None:
        stage = self.make()
        stage.open()
        given = self.packets(stage)
        out = self.run(stage, given)
        worked = False
        for before, after in zip(given, out, strict=True):
            if before.wants_work and after.failed is None:
                worked = True
                added = set(after.found) - set(before.found)
                assert added <= stage.produces
                assert all(after.found[name] is value for name, value in before.found.items())
        assert worked

    @pytest.mark.parametrize("batch", [2, 5, 100])
    def test_the_size_of_batches_changes_nothing(self, batch: int) -> None:
        single, other = self.make(), self.make()
        single.open()
        other.open()
        one = self.run(single, self.packets(single))
        many = self.run(other, self.packets(other), batch=batch)
        assert [_comparable(packet) for packet in one] == [_comparable(packet) for packet in many]

    def test_a_restored_stage_goes_on_as_if_never_stopped(self) -> None:
        through, first, second = self.make(), self.make(), self.make()
        if not hasattr(through, "snapshot"):
            pytest.skip("a stage without memory")
        for stage in (through, first, second):
            stage.open()
        packets = self.packets(through)
        half = len(packets) // 2
        expected = [_comparable(packet) for packet in self.run(through, packets)]
        for packet in packets[:half]:
            list(first.process([packet]))
        state = first.snapshot()
        second.restore(state)
        assert second.snapshot() == state
        rest = self.run(second, packets[half:])
        assert [_comparable(packet) for packet in rest] == expected[half:]


def _comparable(packet: Packet) -> tuple[Any, ...]:
    found = {name: _plain(value) for name, value in packet.found.items()}
    return packet.index, packet.ends_segment, packet.skipped, packet.failed, found


def _plain(value: Any) -> Any:
    if isinstance(value, Detections | Tracks):
        ids = value.track_ids.tolist() if isinstance(value, Tracks) else []
        return value.boxes_px.tolist(), value.scores.tolist(), value.class_ids.tolist(), ids
    if isinstance(value, Poses):
        return value.points_px.tolist(), value.scores.tolist()
    if isinstance(value, Mapping):
        return {name: np.asarray(column).tolist() for name, column in value.items()}
    return value
