"""What cannot be used is refused by name, with one line and a hint, before anything large is allocated."""

import os
import resource
from pathlib import Path

import av
import pytest

from factories import make_audio_only
from sightline.core.errors import (
    MediaError,
    MediaTooLargeError,
    SourceUnavailableError,
    UnsupportedFormatError,
)
from sightline.media.container import MediaLimits
from sightline.media.probe import probe


def nothing(path: Path) -> None:
    assert not path.exists()


def folder(path: Path) -> None:
    path.mkdir()


def empty(path: Path) -> None:
    path.touch()


def text(path: Path) -> None:
    path.write_text("Dear diary, today I was a video.\n" * 50)


def playlist(path: Path) -> None:
    path.write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n")


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("given", "error", "says"),
    [
        (nothing, SourceUnavailableError, "there is no file"),
        (folder, UnsupportedFormatError, "is a folder"),
        (empty, UnsupportedFormatError, "is empty"),
        (text, UnsupportedFormatError, "not a video"),
        (playlist, UnsupportedFormatError, "not a video"),
        (pipe, UnsupportedFormatError, "not a regular file"),
        (make_audio_only, UnsupportedFormatError, "sound but no video"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, given, error, says):
    path = tmp_path / "clip.mp4"
    given(path)
    with pytest.raises(error, match=says) as caught:
        probe(path)
    assert str(path) in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


def test_a_file_that_may_not_be_read_is_refused(make, monkeypatch):
    path = make()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SourceUnavailableError, match="may not be read"):
        probe(path)


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_an_mp4_cut_short_before_its_index_is_refused(make, keep):
    path = make()
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    with pytest.raises(UnsupportedFormatError, match="cut short"):
        probe(path)


def test_a_video_without_frames_is_refused(tmp_path, make):
    path = tmp_path / "none.mov"
    with av.open(str(make())) as given, av.open(str(path), "w") as container:
        container.add_stream_from_template(given.streams.video[0])
        container.start_encoding()
    with pytest.raises(UnsupportedFormatError, match="holds no video"):
        probe(path)


@pytest.mark.parametrize("size", [(1, 1), (8, 64), (64, 15)])
def test_pictures_too_small_to_hold_anything_are_refused(make, size):
    with pytest.raises(UnsupportedFormatError, match="px"):
        probe(make("gif", size=size, frames=2))


def test_a_small_picture_is_read_where_the_limit_allows_it():
    assert MediaLimits().min_side_px == 16


def test_a_header_of_20000_by_20000_px_is_refused_without_allocating_a_picture(make):
    path = make("gif", frames=2)
    data = bytearray(path.read_bytes())
    data[6:10] = (20000).to_bytes(2, "little") * 2
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(MediaTooLargeError, match="20000x20000"):
        probe(path)
    assert (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000
    )  # KiB; a picture has 1.6 million


def test_a_container_that_declares_more_than_its_pictures_have_is_refused(make):
    path = make()
    data = bytearray(path.read_bytes())
    entry = data.find(b"avc1", data.find(b"stsd"))
    data[entry + 28 : entry + 32] = (20000).to_bytes(2, "big") * 2
    path.write_bytes(data)
    with pytest.raises(MediaTooLargeError, match="20000x20000"):
        probe(path)


@pytest.mark.parametrize("kind", ["mp4", "ts", "gif", "vp9-webm"])
def test_pictures_over_the_limit_are_refused(make, kind):
    path = make(kind)
    assert probe(path, MediaLimits(max_pixels=64 * 96)).size == (64, 96)
    with pytest.raises(MediaTooLargeError, match="96x64 px"):
        probe(path, MediaLimits(max_pixels=64 * 96 - 1))


def test_videos_over_the_limits_on_bytes_and_time_are_refused(make):
    path = make()
    with pytest.raises(MediaTooLargeError, match="bytes"):
        probe(path, MediaLimits(max_bytes=100))
    with pytest.raises(MediaTooLargeError, match="lasts 1 s"):
        probe(path, MediaLimits(max_duration_s=1.0))


def test_a_colon_in_a_name_is_no_protocol(make):
    path = make()
    odd = path.rename(path.with_name("http:clip é.mp4"))
    assert probe(odd).frames == 30


def test_a_cover_picture_is_no_video(tmp_path, make):
    sound = make_audio_only(tmp_path / "sound.m4a")
    path = tmp_path / "cover.mp4"
    with av.open(str(sound)) as given, av.open(str(path), "w", format="mp4") as container:
        out = container.add_stream_from_template(given.streams.audio[0])
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = 1 << 10
        frame = av.VideoFrame(64, 64, "yuvj420p")
        frame.pts = 0
        container.mux(cover.encode(frame))
        container.mux(cover.encode(None))
        for packet in given.demux(audio=0):
            if packet.dts is not None:
                packet.stream = out
                container.mux(packet)
    with pytest.raises(UnsupportedFormatError, match="sound but no video"):
        probe(path)


@pytest.mark.parametrize("kind", ["mp4", "mkv", "ts", "h264-avi", "mpg", "webm", "gif"])
def test_any_mutation_is_either_read_or_refused_by_name(make, kind, rng, capfd):
    path = make(kind, frames=12)
    data = path.read_bytes()
    for _ in range(12):
        mutated = bytearray(data)
        for _ in range(8):
            mutated[rng.integers(len(mutated))] = rng.integers(256)
        path.write_bytes(mutated[: rng.integers(1, len(mutated) + 1)] if rng.integers(3) == 0 else mutated)
        try:
            frames = probe(path).frames
        except MediaError as error:
            frames = len(error.hint or "")
        assert frames > 0
    assert capfd.readouterr().err == ""
