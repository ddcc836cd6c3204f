"""A file as packets, one for every frame that it declares."""

import numpy as np
import pytest

from sightline.core.errors import SettingsError, SourceUnavailableError
from sightline.media.motion_gate import MotionGate
from sightline.stages.decode import VideoSource


def packets(source: VideoSource) -> list:
    source.open()
    return [packet for segment in source.segments() for packet in source.read(segment)]


def test_each_frame_comes_once_in_order_with_its_time_and_picture(clip):
    made = clip(frames=20)
    source = VideoSource(made.path, segment_s=0.2)
    media = source.open()
    found = packets(source)
    source.close()
    assert media.frames == 20
    assert [packet.index for packet in found] == list(range(20))
    assert [packet.pts_s for packet in found] == list(made.pts_s)
    assert [packet.segment for packet in found] == sorted(number // 5 for number in range(20))
    for packet in found:
        assert packet.wants_work
        assert packet.frame.index == packet.index
        assert packet.frame.pts_s == packet.pts_s
        assert packet.frame.image.shape == (*media.size, 3)
        assert (packet.frame.source_size, packet.frame.source_id) == (media.size, "clip.mp4")


def test_pictures_are_scaled_and_know_the_sources_size(clip):
    source = VideoSource(clip(size=(96, 128)).path, size=(48, 64))
    frame = packets(source)[0].frame
    assert frame.image.shape == (48, 64, 3)
    assert frame.source_size == (96, 128)
    assert frame.to_source == (2.0, 2.0)


@pytest.mark.parametrize("stride", [1, 2, 3, 7])
def test_stride_counts_from_the_first_frame_of_the_source(clip, stride):
    found = packets(VideoSource(clip(frames=20).path, stride=stride, segment_s=0.2))
    looked_at = [packet.index for packet in found if packet.wants_work]
    assert looked_at == list(range(0, 20, stride))
    assert {packet.skipped for packet in found if not packet.wants_work} <= {"stride"}


def test_a_broken_frame_is_failed_by_decode(clip):
    made = clip("broken", suffix=".mkv", frames=20)
    data = bytearray(made.path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    made.path.write_bytes(data)
    found = packets(VideoSource(made.path))
    assert {packet.failed for packet in found if packet.failed} == {"decode"}
    assert all((packet.frame is None) == (packet.failed is not None) for packet in found)


def test_frames_in_which_nothing_moved_are_skipped_by_motion(clip):
    made = clip(frames=20, squares=1)
    moving = packets(VideoSource(made.path, motion_gate=MotionGate()))
    assert all(packet.wants_work for packet in moving)
    still = packets(VideoSource(made.path, motion_gate=MotionGate(min_change=255), segment_s=0.2))
    assert [packet.index for packet in still if packet.wants_work] == [0, 5, 10, 15]
    assert {packet.skipped for packet in still if not packet.wants_work} == {"motion"}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_segment_does_not_depend_on_what_was_read_before(clip, threads):
    made = clip(frames=20)
    fresh = VideoSource(made.path, segment_s=0.2, threads=threads, motion_gate=MotionGate())
    used = VideoSource(made.path, segment_s=0.2, threads=threads, motion_gate=MotionGate())
    packets(used)
    third = used.segments()[2]
    for one, two in zip(fresh.read(third), used.read(third), strict=True):
        assert (one.index, one.pts_s, one.skipped) == (two.index, two.pts_s, two.skipped)
        assert one.frame is None or np.array_equal(one.frame.image, two.frame.image)


def test_reading_goes_on_after_close(clip):
    source = VideoSource(clip().path)
    before = len(packets(source))
    source.close()
    source.close()
    assert len(packets(source)) == before


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceUnavailableError):
        VideoSource(tmp_path / "none.mp4").open()


@pytest.mark.parametrize("wrong", [{"stride": 0}, {"segment_s": 0}, {"segment_s": -1}])
def test_settings_out_of_range_are_refused(tmp_path, wrong):
    with pytest.raises(SettingsError) as caught:
        VideoSource(tmp_path / "any.mp4", **wrong)
    assert caught.value.hint
