"""What every `FrameSource` promises."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from sightline.core.packets import Packet


class FrameSourceContract:
    """Subclass it and give a source of at least two segments in `make`; the same each time for a folder."""

    def make(self, folder: Path) -> Any:
        """Give an implementation, not open."""
        raise NotImplementedError

    @pytest.fixture
    def source(self, tmp_path: Path) -> Iterator[Any]:
        source = self.make(tmp_path)
        source.open()
        yield source
        source.close()

    def test_segments_cover_every_frame_once_and_in_order(self, source: Any) -> None:
        segments = source.segments()
        assert len(segments) >= 2
        assert [segment.number for segment in segments] == list(range(len(segments)))
        assert segments[0].first_frame == 0
        for segment, following in itertools.pairwise(segments):
            assert segment.end_frame == following.first_frame
            assert segment.end_pts_s == following.start_pts_s
        assert segments[-1].end_pts_s is None
        assert all(segment.frames > 0 for segment in segments)

    def test_the_media_say_how_many_frames_there_are(self, tmp_path: Path) -> None:
        source = self.make(tmp_path)
        info = source.open()
        assert info.frames == sum(segment.frames for segment in source.segments())
        source.close()

    def test_segments_are_the_same_however_often_they_are_asked_for(
        self, source: Any, tmp_path: Path
    ) -> None:
        again = self.make(tmp_path)
        again.open()
        assert list(source.segments()) == list(source.segments()) == list(again.segments())
        again.close()

    def test_a_segment_gives_each_of_its_frames_one_packet(self, source: Any) -> None:
        for segment in source.segments():
            packets = list(source.read(segment))
            assert [one.index for one in packets] == list(range(segment.first_frame, segment.end_frame))
            assert {one.segment for one in packets} == {segment.number}
            assert not any(one.ends_segment for one in packets)

    def test_time_rises_and_starts_where_the_segment_says(self, source: Any) -> None:
        times = []
        for segment in source.segments():
            packets = list(source.read(segment))
            assert packets[0].pts_s == segment.start_pts_s
            times += [one.pts_s for one in packets]
        assert all(earlier < later for earlier, later in itertools.pairwise(times))

    def test_a_packet_has_a_picture_or_a_reason_why_not(self, source: Any) -> None:
        for packet in _all(source):
            reasons = [packet.skipped is not None, packet.failed is not None, packet.frame is not None]
            assert sum(reasons) == 1
            if packet.frame is not None:
                assert (packet.frame.index, packet.frame.pts_s) == (packet.index, packet.pts_s)

    def test_a_segment_read_alone_or_again_is_the_same(self, source: Any, tmp_path: Path) -> None:
        through = {packet.index: packet for packet in _all(source)}
        alone = self.make(tmp_path)
        alone.open()
        last = alone.segments()[-1]
        for packet in (*alone.read(last), *alone.read(last)):
            other = through[packet.index]
            assert (packet.pts_s, packet.skipped, packet.failed) == (
                other.pts_s,
                other.skipped,
                other.failed,
            )
            if packet.frame is not None and other.frame is not None:
                np.testing.assert_array_equal(packet.frame.image, other.frame.image)
        alone.close()

    def test_a_read_may_be_given_up_half_way(self, source: Any) -> None:
        first = source.segments()[0]
        reading = source.read(first)
        next(reading)
        reading.close()
        assert len(list(source.read(first))) == first.frames


def _all(source: Any) -> Iterator[Packet]:
    for segment in source.segments():
        yield from source.read(segment)
