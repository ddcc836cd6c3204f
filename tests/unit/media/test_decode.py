"""Every declared frame, in order, always the same."""

import av
import cv2
import numpy as np
import pytest

from sightline.core.errors import SourceUnavailableError
from sightline.media.container import MediaLimits
from sightline.media.decode import SegmentDecoder
from sightline.media.index import index_video

ALL = [
    "mp4", "mov", "mkv", "ts", "open-gop-mkv", "open-gop-ts", "h264-avi", "mpeg4-avi", "mpeg4-b-avi",
    "mpg", "mpeg1-mpg", "mpeg2-ts", "webm", "vp9-webm", "gif", "hevc",
]  # fmt: skip
WHOLE_S = 1e6


def numbers(path, index, segments, **options):
    with SegmentDecoder(path, index, **options) as decoder:
        return [
            round(float(frame.image[4:12, 4:12].mean()) / 4)
            for segment in segments
            for frame in decoder.read(segment)
        ]


@pytest.mark.parametrize("kind", ALL)
def test_each_index_holds_the_picture_that_was_written_there(make, kind):
    path = make(kind)
    index = index_video(path)
    found = np.array(numbers(path, index, index.segments(0.4)))
    tolerance = 5 if kind == "gif" else 1  # eight reds and greens, four blues
    assert np.abs(found - np.arange(30)).max() <= tolerance


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ALL)
def test_segments_decode_to_what_one_go_gives_in_any_order(make, digests, kind, threads):
    path = make(kind)
    index = index_video(path)
    whole = digests(path, index, index.segments(WHOLE_S))
    segments = index.segments(0.4)
    assert len(segments) > 1 or kind == "gif"
    assert digests(path, index, segments, threads=threads) == whole
    assert digests(path, index, segments[::-1], threads=threads) == whole
    assert "decode" not in whole


@pytest.mark.parametrize("kind", ["mp4", "ts", "h264-avi"])
def test_the_pictures_are_those_of_a_plain_decoder(make, kind):
    path = make(kind)
    index = index_video(path)
    with av.open(str(path)) as container:
        plain = [
            frame.to_ndarray(format="bgr24", interpolation="AREA") for frame in container.decode(video=0)
        ]
    with SegmentDecoder(path, index, threads=2) as decoder:
        ours = [frame.image for segment in index.segments(0.4) for frame in decoder.read(segment)]
    assert len(ours) == len(plain)
    assert all(np.array_equal(one, two) for one, two in zip(ours, plain, strict=True))


def test_frames_carry_their_exact_times(make):
    path = make("ts")
    index = index_video(path)
    with SegmentDecoder(path, index) as decoder:
        frames = [frame for segment in index.segments(0.4) for frame in decoder.read(segment)]
    assert [frame.pts_s for frame in frames] == [index.time_s(number) for number in range(30)]


def test_pictures_are_scaled_contiguous_and_the_callers_own(make):
    path = make()
    index = index_video(path)
    with SegmentDecoder(path, index, size=(50, 70), threads=2) as decoder:
        images = [frame.image for frame in decoder.read(index.segments(WHOLE_S)[0])]
    for image in images:
        assert image.shape == (50, 70, 3)
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous
        assert image.flags.writeable
    kept = images[1].copy()
    images[0][:] = 0
    assert np.array_equal(images[1], kept)


def test_scaling_shows_the_same_scene(make):
    path = make(size=(128, 192), frames=5)
    index = index_video(path)
    segment = index.segments(WHOLE_S)[0]
    with SegmentDecoder(path, index) as full, SegmentDecoder(path, index, size=(64, 96)) as half:
        for large, small in zip(full.read(segment), half.read(segment), strict=True):
            one, two = (cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in (large.image, small.image))
            reference = cv2.resize(one, (96, 64), interpolation=cv2.INTER_AREA)
            assert np.abs(reference.astype(int) - two).mean() < 3


@pytest.mark.parametrize(
    ("rotation", "turn"),
    [(-90, cv2.ROTATE_90_CLOCKWISE), (90, cv2.ROTATE_90_COUNTERCLOCKWISE), (180, cv2.ROTATE_180)],
)
@pytest.mark.parametrize("scale", [1, 2])
def test_rotated_video_comes_out_upright_at_the_size_asked_for(make, rotation, turn, scale):
    plain, turned = make(frames=3, name="plain"), make(frames=3, rotation=rotation)
    upright = index_video(turned).info.size
    size = (upright[0] // scale, upright[1] // scale)
    stored = size if rotation == 180 else size[::-1]
    with (
        SegmentDecoder(plain, index_video(plain), size=stored) as one,
        SegmentDecoder(turned, index_video(turned), size=size) as two,
    ):
        lying = [frame.image for frame in one.read(index_video(plain).segments(WHOLE_S)[0])]
        standing = [frame.image for frame in two.read(index_video(turned).segments(WHOLE_S)[0])]
    for before, after in zip(lying, standing, strict=True):
        assert after.shape[:2] == size
        assert np.array_equal(cv2.rotate(before, turn), after)


def test_unwanted_frames_come_without_a_picture(make):
    path = make()
    index = index_video(path)
    with SegmentDecoder(path, index, threads=2) as decoder:
        frames = list(decoder.read(index.segments(WHOLE_S)[0], lambda number: number % 3 == 0))
    assert [frame.index for frame in frames if frame.image is not None] == list(range(0, 30, 3))
    assert all(frame.error is None for frame in frames)


def test_colours_keep_their_order(tmp_path):
    path = tmp_path / "red.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.height = stream.width = 64
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), (10, 20, 240), np.uint8), format="bgr24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    index = index_video(path)
    with SegmentDecoder(path, index) as decoder:
        (frame,) = decoder.read(index.segments(1)[0])
    assert np.abs(frame.image.reshape(-1, 3).mean(axis=0) - (10, 20, 240)).max() < 6


@pytest.mark.parametrize("size", [(48, 72), (24, 36), (50, 70), (200, 300)])
def test_scaling_moves_nothing(make, size):
    path = make(size=(144, 216), frames=1)
    index = index_video(path)
    segment = index.segments(WHOLE_S)[0]
    with SegmentDecoder(path, index) as full, SegmentDecoder(path, index, size=size) as scaled:
        (large,), (small,) = list(full.read(segment)), list(scaled.read(segment))
    grey, found = (cv2.cvtColor(one.image, cv2.COLOR_BGR2GRAY) for one in (large, small))
    reference = cv2.resize(grey, size[::-1], interpolation=cv2.INTER_AREA)
    (right_px, down_px), _ = cv2.phaseCorrelate(reference.astype(np.float64), found.astype(np.float64))
    assert abs(right_px) < 0.1
    assert abs(down_px) < 0.1


def damaged(path, rng, *, holes, bytes_each=40, start=0.25, end=0.65):
    data = bytearray(path.read_bytes())
    for _ in range(holes):
        at = int(rng.integers(int(len(data) * start), int(len(data) * end)))
        data[at : at + bytes_each] = rng.bytes(bytes_each)
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts", "h264-avi", "mpg", "vp9-webm", "webm", "gif", "hevc"])
@pytest.mark.parametrize("attempt", range(3))
def test_damage_gives_the_same_frames_for_any_threads_and_order(make, digests, rng, kind, attempt):
    path = make(kind, frames=40)
    damaged(path, np.random.default_rng([attempt, *kind.encode()]), holes=1 + 3 * attempt)
    index = index_video(path)
    segments = index.segments(0.4)
    once = digests(path, index, segments)
    assert len(once) == len(index)
    for threads, order in ((1, segments[::-1]), (2, segments), (3, segments[::-1])):
        assert digests(path, index, order, threads=threads) == once


def test_broken_packets_are_decoded_around(make, digests):
    path = make("mp4", frames=40, size=(128, 192))
    clean = index_video(path)
    before = digests(path, clean, clean.segments(0.4))
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][12]
        at, size = packet.pos, packet.size
    data = bytearray(path.read_bytes())
    data[at + 5 : at + size] = b"\xff" * (size - 5)
    path.write_bytes(data)
    index = index_video(path)
    after = digests(path, index, index.segments(0.4))
    broken = [number for number, found in enumerate(after) if found == "decode"]
    assert broken
    assert all(10 <= number < 20 for number in broken)
    assert (after[:10], after[20:]) == (before[:10], before[20:])


def test_a_group_whose_key_frame_is_broken_is_broken(make, digests):
    path = make("mkv", frames=40)
    index = index_video(path)
    with av.open(str(path)) as container:
        key = [packet for packet in container.demux(video=0) if packet.size][int(index.keys[1])]
        coded = bytes(key)
    path.write_bytes(path.read_bytes().replace(coded, coded[:5] + bytes(len(coded) - 5)))
    index = index_video(path)
    found = digests(path, index, index.segments(WHOLE_S))
    assert [number for number, one in enumerate(found) if one == "decode"] == list(range(10, 20))


@pytest.mark.parametrize("kind", ["ts", "mkv", "h264-avi"])
def test_a_file_cut_short_gives_what_is_left(make, digests, kind):
    path = make(kind, frames=40)
    whole = index_video(path)
    before = digests(path, whole, whole.segments(0.4))
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    index = index_video(path)
    after = digests(path, index, index.segments(0.4), threads=2)
    assert 10 < len(index) < 40
    assert after[:10] == before[:10]
    assert after.count("decode") <= 2


def test_a_picture_that_grows_midway_is_scaled_to_the_declared_size(make, tmp_path):
    parts = [make("ts", size=size, frames=10, name=f"part{size[0]}") for size in ((64, 96), (128, 192))]
    path = tmp_path / "grown.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    index = index_video(path)
    with SegmentDecoder(path, index, threads=2) as decoder:
        frames = [frame for segment in index.segments(0) for frame in decoder.read(segment)]
    assert len(frames) == len(index)
    assert {frame.image.shape for frame in frames if frame.image is not None} == {(64, 96, 3)}


def test_a_picture_that_grows_over_the_limit_is_not_allocated(make, tmp_path):
    parts = [make("ts", size=size, frames=10, name=f"part{size[0]}") for size in ((64, 96), (128, 192))]
    path = tmp_path / "grown.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    limits = MediaLimits(max_pixels=100 * 100)
    index = index_video(path, limits)
    with SegmentDecoder(path, index, limits=limits) as decoder:
        frames = [frame for segment in index.segments(WHOLE_S) for frame in decoder.read(segment)]
    assert [frame.error for frame in frames[12:]] == ["decode"] * len(frames[12:])
    assert frames[0].image is not None


def test_a_file_that_is_gone_is_named(make):
    path = make()
    index = index_video(path)
    path.unlink()
    with SegmentDecoder(path, index) as decoder, pytest.raises(SourceUnavailableError):
        list(decoder.read(index.segments(1)[0]))


def test_reading_may_stop_early_and_start_again(make, digests):
    path = make(frames=40)
    index = index_video(path)
    segments = index.segments(0.4)
    expected = digests(path, index, segments)
    with SegmentDecoder(path, index, threads=2) as decoder:
        next(iter(decoder.read(segments[0])))
        next(iter(decoder.read(segments[2])))
        frames = [frame.index for frame in decoder.read(segments[1])]
    assert frames == list(range(10, 20))
    assert digests(path, index, segments) == expected
