"""Every frame by number and exact time."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from sightline.media.index import index_video
from sightline.media.probe import probe


@pytest.mark.parametrize(
    ("kind", "container", "codec"),
    [
        ("mp4", "mp4", "h264"),
        ("mov", "mov", "h264"),
        ("mkv", "mkv", "h264"),
        ("ts", "mpegts", "h264"),
        ("h264-avi", "avi", "h264"),
        ("mpeg4-avi", "avi", "mpeg4"),
        ("mpg", "mpeg", "mpeg2video"),
        ("webm", "webm", "vp8"),
        ("vp9-webm", "webm", "vp9"),
        ("gif", "gif", "gif"),
        ("hevc", "mp4", "hevc"),
    ],
)
def test_a_video_of_each_kind_is_described(make, kind, container, codec):
    path = make(kind)
    info = probe(path)
    rate_hz = Fraction(10 if kind == "gif" else 25)
    assert (info.container, info.codec) == (container, codec)
    assert (info.size, info.rotation_deg) == ((64, 96), 0)
    assert (info.frame_rate_hz, info.variable_frame_rate) == (rate_hz, False)
    assert (info.frames, info.duration_s) == (30, 30 / rate_hz)
    assert (info.size_bytes, info.audio_codec) == (path.stat().st_size, None)


@pytest.mark.parametrize("kind", ["mp4", "mov"])
def test_a_file_without_a_known_ending_is_what_it_says_itself(make, kind):
    path = make(kind)
    assert probe(path.rename(path.with_suffix(".upload"))).container == kind


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts", "h264-avi", "mpeg4-b-avi", "mpg", "webm", "gif"])
def test_times_are_those_that_the_frames_were_written_with(make, kind):
    index = index_video(make(kind))
    gaps = [index.time_s(number) - index.time_s(0) for number in range(len(index))]
    step = Fraction(1, 10 if kind == "gif" else 25)
    assert gaps == [number * step for number in range(30)]


@pytest.mark.parametrize(
    "kind", ["mpeg2-flat-mpg", "mpeg2-flat-ts", "mpeg2-flat-mp4", "mpeg2-flat-mkv", "mpeg2-ts", "ts"]
)
def test_times_are_those_of_showing_also_where_a_codec_could_hold_frames_back_and_does_not(make, kind):
    path = make(kind)
    with av.open(str(path)) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
        assert shown[0] > 0 or kind.endswith(("mp4", "mkv"))
    assert index_video(path).pts.tolist() == shown


def test_variable_frame_rate_keeps_each_time_exactly(make):
    ticks = [20 * number + 3 * (number % 7) for number in range(30)]
    index = index_video(make(ticks=ticks, tick_hz=600))
    assert [index.time_s(number) for number in range(30)] == [Fraction(tick, 600) for tick in ticks]
    assert index.info.variable_frame_rate
    assert index.info.frame_rate_hz == Fraction(29 * 600, ticks[-1])


@pytest.mark.parametrize(("kind", "start"), [("mpeg2-ts", 1000), ("mkv", 77), ("mp4", 50)])
def test_a_late_start_is_kept_and_not_moved_to_zero(make, kind, start):
    late = index_video(make(kind, ticks=[start + number for number in range(30)]))
    assert late.time_s(0) == late.segments(1)[0].start_pts_s == Fraction(start, 25)
    assert late.info.duration_s == Fraction(30, 25)


@pytest.mark.parametrize("target_s", [0, 0.1, 0.4, 0.5, 0.9, 100])
@pytest.mark.parametrize("kind", ["mp4", "open-gop-ts", "h264-avi", "mpg", "gif"])
def test_segments_cover_each_frame_once_and_start_at_key_frames(make, kind, target_s):
    index = index_video(make(kind, frames=40))
    segments = index.segments(target_s)
    assert [segment.number for segment in segments] == list(range(len(segments)))
    assert segments[0].first_frame == 0
    assert segments[-1].end_frame == 40
    assert segments[-1].end_pts_s is None
    keys = set(index.rank[index.keys].tolist())
    for before, after in pairwise(segments):
        assert before.end_frame == after.first_frame
        assert before.end_pts_s == after.start_pts_s == index.time_s(after.first_frame)
        assert after.first_frame in keys
        assert before.end_pts_s - before.start_pts_s >= Fraction(str(target_s))


def test_a_segment_ends_at_the_first_key_frame_that_is_late_enough(make):
    index = index_video(make(frames=40))  # a key frame every 10 frames, 0.4 s
    assert [segment.first_frame for segment in index.segments(0.4)] == [0, 10, 20, 30]
    assert [segment.first_frame for segment in index.segments(0.41)] == [0, 20]
    assert [segment.first_frame for segment in index.segments(0)] == [0, 10, 20, 30]


def test_frames_are_found_by_time(make):
    index = index_video(make())
    assert [index.frame_at(t_s) for t_s in (-5, 0, 0.039, 0.04, Fraction(1, 5), 99)] == [0, 0, 0, 1, 5, 29]


@pytest.mark.parametrize(("rotation", "turn"), [(-90, 90), (90, 270), (180, 180), (0, 0)])
def test_rotation_metadata_gives_the_upright_size_and_the_clockwise_turn(make, rotation, turn):
    info = probe(make(rotation=rotation))
    assert info.rotation_deg == turn
    assert info.size == ((96, 64) if turn in {90, 270} else (64, 96))


@pytest.mark.parametrize(
    ("kind", "given", "rotation", "expected"),
    [
        ("mp4", Fraction(16, 11), None, Fraction(16, 11)),
        ("mp4", Fraction(16, 11), -90, Fraction(11, 16)),
        ("mkv", Fraction(8, 9), None, Fraction(8, 9)),
        ("h264-avi", Fraction(4, 3), None, Fraction(4, 3)),
        ("mp4", None, None, Fraction(1)),
        ("mp4", Fraction(1, 100), None, Fraction(1)),
    ],
)
def test_pixels_that_are_not_square_are_told(make, kind, given, rotation, expected):
    info = probe(make(kind, pixel_aspect=given, rotation=rotation))
    assert info.pixel_aspect == expected
    assert info.shown_aspect == Fraction(*info.size[::-1]) * expected


def test_packets_that_an_edit_list_hides_are_no_frames(make, tmp_path):
    source = make(frames=30)
    cut = tmp_path / "cut.mov"
    with av.open(str(source)) as given, av.open(str(cut), "w") as container:
        stream = container.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(given.streams.video[0]):
            if packet.dts is not None:
                packet.pts, packet.dts = packet.pts - 512 * 4, packet.dts - 512 * 4
                packet.stream = stream
                container.mux(packet)
    index = index_video(cut)
    assert len(index) == 26
    assert len(index.rank) == 30
    assert index.time_s(0) == 0


def test_two_frames_at_one_time_are_moved_apart_by_a_tick(make, tmp_path):
    source = make("mpeg4-avi", frames=12)
    twice = tmp_path / "twice.mkv"
    with av.open(str(source)) as given, av.open(str(twice), "w") as container:
        stream = container.add_stream_from_template(given.streams.video[0])
        for number, packet in enumerate(given.demux(given.streams.video[0])):
            if packet.dts is not None:
                packet.time_base = Fraction(1, 1000)
                packet.pts = packet.dts = [0, 40, 80, 80, 80, 120][number] if number < 6 else 40 * number
                packet.stream = stream
                container.mux(packet)
    index = index_video(twice)
    assert (np.diff(index.pts) > 0).all()
    assert index.pts[:6].tolist() == [0, 40, 80, 81, 82, 120]


def test_a_hidden_vp8_packet_is_no_frame(make):
    path = make("webm", frames=12)
    with av.open(str(path)) as container:
        fifth = [bytes(packet) for packet in container.demux(video=0) if packet.size][5]
    hidden = bytes([fifth[0] & ~0x10]) + fifth[1:]
    path.write_bytes(path.read_bytes().replace(fifth, hidden))
    assert len(index_video(path)) == 11


def test_the_index_is_the_same_each_time(make):
    path = make("open-gop-mkv")
    one, two = index_video(path), index_video(path)
    assert one.info == two.info
    for name in ("pts", "rank", "packet_of", "keys", "packet_pts", "packet_dts", "packet_sizes"):
        assert (getattr(one, name) == getattr(two, name)).all(), name


def test_a_sound_track_is_named(tmp_path):
    from factories import make_clip

    info = probe(make_clip(tmp_path / "loud.mp4", audio=True).path)
    assert (info.audio_codec, info.frames) == ("aac", 20)


def test_one_frame_has_no_rate_but_a_duration(make):
    info = probe(make(frames=1))
    assert (info.frames, info.frame_rate_hz, info.variable_frame_rate) == (1, None, False)
    assert info.duration_s == Fraction(1, 25)
