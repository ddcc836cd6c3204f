"""Videos are written whole or not at all, at exact times, with their sound."""

import resource
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from sightline.core.errors import OutputFullError, OutputUnwritableError
from sightline.media.decode import SegmentDecoder
from sightline.media.encode import VideoWriter
from sightline.media.index import index_video

SIZE = (64, 96)


def image(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    picture = np.full((*size, 3), 40 + number % 100, np.uint8)
    picture[10:30, number : number + 20] = (20, 30, 220)
    return picture


def write(path: Path, frames: int = 20, *, times=None, size=SIZE, rate_hz=Fraction(25), **options) -> bytes:
    with VideoWriter(path, size=size, frame_rate_hz=rate_hz, **options) as writer:
        for number in range(frames):
            writer.write(image(number, size), times[number] if times else None)
    return path.read_bytes()


def silent_source(path: Path, codec: str, *, seconds: int = 2, channels: int = 2) -> Path:
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg2video", rate=25)
        video.width, video.height = 96, 64
        layout = "stereo" if channels == 2 else "mono"
        sound = container.add_stream(codec, rate=48000, layout=layout)
        tone = (np.sin(np.arange(1920) * 0.05) * 9000).astype(np.int16).repeat(channels)[None]
        for number in range(25 * seconds):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 90, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(video.encode(frame))
            samples = av.AudioFrame.from_ndarray(tone, format="s16", layout=layout)
            samples.sample_rate, samples.pts, samples.time_base = 48000, number * 1920, Fraction(1, 48000)
            container.mux(sound.encode(samples))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))
    return path


def test_what_is_written_is_what_is_read(tmp_path):
    path = tmp_path / "out.mp4"
    write(path)
    index = index_video(path)
    info = index.info
    assert (info.codec, info.size, info.frames) == ("h264", SIZE, 20)
    assert (info.frame_rate_hz, info.variable_frame_rate) == (Fraction(25), False)
    with SegmentDecoder(path, index) as decoder:
        frames = list(decoder.read(index.segments(9)[0]))
    for number, frame in enumerate(frames):
        assert frame.pts_s == Fraction(number, 25)
        assert np.abs(frame.image.astype(int) - image(number)).mean() < 8


@pytest.mark.parametrize(
    ("case", "times", "rate_hz"),
    [
        ("a phone's 600 ticks", [Fraction(20 * n + n % 7, 600) for n in range(20)], Fraction(30)),
        ("milliseconds", [Fraction(33 * n + n % 3, 1000) for n in range(20)], Fraction(30)),
        ("broadcast", [Fraction(3003 * n + n % 2, 90000) for n in range(20)], Fraction(30000, 1001)),
        ("an odd rate", [n / Fraction(2997, 100) for n in range(20)], Fraction(2997, 100)),
        ("a late start", [7 + Fraction(n, 25) for n in range(20)], Fraction(25)),
    ],
)
def test_times_are_kept_exactly(tmp_path, case, times, rate_hz):
    path = tmp_path / "out.mp4"
    write(path, times=times, rate_hz=rate_hz)
    index = index_video(path)
    assert [index.time_s(number) for number in range(20)] == times, case


def test_a_start_can_be_taken_off(tmp_path):
    path = tmp_path / "out.mp4"
    write(path, times=[100 + Fraction(n, 25) for n in range(20)], start_s=Fraction(100))
    assert index_video(path).time_s(0) == 0


def test_pixels_that_are_not_square_stay_so_for_players(tmp_path):
    square, wide = tmp_path / "square.mp4", tmp_path / "wide.mp4"
    assert b"pasp" not in write(square)
    assert b"pasp\x00\x00\x00\x10\x00\x00\x00\x0b" in write(wide, pixel_aspect=Fraction(16, 11))
    assert index_video(square).info.pixel_aspect == 1
    info = index_video(wide).info
    assert (info.size, info.pixel_aspect) == (SIZE, Fraction(16, 11))


@pytest.mark.parametrize("size", [(63, 95), (64, 95), (63, 96)])
def test_odd_sides_are_padded_by_one_pixel(tmp_path, size):
    path = tmp_path / "out.mp4"
    write(path, size=size)
    assert index_video(path).info.size == SIZE


@pytest.mark.parametrize(
    ("case", "times", "rate_hz", "variable"),
    [
        ("a picture every half hour", [Fraction(1800 * n) for n in range(4)], Fraction(1, 1800), False),
        ("a pause of half a day", [Fraction(n, 25) + 43200 * (n > 2) for n in range(6)], Fraction(25), True),
        (
            "a screen that stood still",
            [Fraction(n, 30) + 55 * (n > 2) for n in range(6)],
            Fraction(4700, 9),
            True,
        ),
        (
            "damage in an odd rate",
            [(n + 99 * (n > 2)) / Fraction(2997, 100) for n in range(6)],
            Fraction(2997, 100),
            False,
        ),
        ("a slow odd rate", [n / Fraction(341, 1000) for n in range(6)], Fraction(341, 1000), False),
    ],
)
def test_times_are_kept_over_pauses_that_are_longer_than_mp4_counts(tmp_path, case, times, rate_hz, variable):
    path = tmp_path / "out.mp4"
    write(path, frames=len(times), times=times, rate_hz=rate_hz, variable=variable)
    index = index_video(path)
    kept = {index.time_s(number) for number in range(len(index))}
    assert all(min(abs(one - time) for one in kept) <= Fraction(1, 5_000_000) for time in times), case
    assert max(kept) - times[-1] <= Fraction(1, 5_000_000)


def test_the_index_stands_first_so_that_players_can_start_early(tmp_path):
    data = write(tmp_path / "out.mp4")
    assert data.find(b"moov") < data.find(b"mdat")


def test_the_same_input_gives_the_same_bytes(tmp_path):
    source = silent_source(tmp_path / "sound.mkv", "libopus")
    options = {"audio_from": source, "threads": 2}
    assert write(tmp_path / "one.mp4", **options) == write(tmp_path / "two.mp4", **options)


@pytest.mark.parametrize(
    ("suffix", "codec", "coded_anew"),
    [
        (".mp4", "aac", False),
        (".ts", "aac", False),
        (".mkv", "libopus", True),
        (".avi", "pcm_s16le", True),
        (".avi", "libmp3lame", True),
        (".mkv", "ac3", True),
    ],
)
def test_sound_is_kept_and_ends_with_the_pictures(tmp_path, suffix, codec, coded_anew):
    source = silent_source(tmp_path / f"sound{suffix}", codec)
    path = tmp_path / "out.mp4"
    write(path, frames=25, audio_from=source)
    assert index_video(path).info.audio_codec == "aac"
    with av.open(str(path)) as container:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    assert 0.9 < len(samples) / 48000 < 1.1
    assert np.abs(samples[4800:40000]).max() > 0.1
    with av.open(str(source)) as given, av.open(str(path)) as kept:
        packets = [
            [bytes(packet) for packet in one.demux(audio=0) if packet.size][:20] for one in (given, kept)
        ]
    if suffix == ".mp4":
        assert packets[0] == packets[1]
    assert (packets[0] == packets[1] or suffix == ".ts") is not coded_anew


def test_sound_that_changes_its_channels_on_the_way_goes_on(tmp_path):
    parts = [silent_source(tmp_path / f"{n}.ts", "mp2", seconds=1, channels=n).read_bytes() for n in (2, 1)]
    source = tmp_path / "broadcast.ts"
    source.write_bytes(b"".join(parts))
    path = tmp_path / "out.mp4"
    write(path, frames=25, audio_from=source)
    assert index_video(path).info.frames == 25


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("suffix", "codec"), [(".ts", "aac"), (".ts", "ac3"), (".avi", "libmp3lame")])
def test_damaged_sound_never_costs_the_pictures(tmp_path, suffix, codec, seed):
    source = silent_source(tmp_path / f"sound{suffix}", codec, seconds=1)
    content, rng = bytearray(source.read_bytes()), np.random.default_rng(seed)
    for place in rng.integers(0, len(content), 400):
        content[place] = rng.integers(0, 256)
    source.write_bytes(content)
    path = tmp_path / "out.mp4"
    write(path, frames=25, audio_from=source)
    assert index_video(path).info.frames == 25


def test_a_source_without_sound_gives_a_video_without(tmp_path, make):
    path = tmp_path / "out.mp4"
    write(path, audio_from=make(name="mute"))
    assert index_video(path).info.audio_codec is None


def test_an_error_leaves_nothing_behind_and_an_old_file_in_place(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), VideoWriter(path, size=SIZE, frame_rate_hz=Fraction(25)) as writer:
        writer.write(image(0))
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_name_appears_only_when_the_video_is_whole(tmp_path):
    path = tmp_path / "out.mp4"
    with VideoWriter(path, size=SIZE, frame_rate_hz=Fraction(25)) as writer:
        writer.write(image(0))
        assert not path.exists()
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "none" / "out.mp4"
    with pytest.raises(OutputUnwritableError, match="No such file") as caught:
        write(path)
    assert str(path) in caught.value.message
    assert caught.value.hint


def test_pictures_of_another_size_and_time_that_does_not_rise_are_refused(tmp_path):
    with VideoWriter(tmp_path / "out.mp4", size=SIZE, frame_rate_hz=Fraction(25)) as writer:
        with pytest.raises(ValueError, match="pictures must be"):
            writer.write(image(0, (32, 32)))
        writer.write(image(0), Fraction(1))
        with pytest.raises(ValueError, match="must rise"):
            writer.write(image(1), Fraction(1))


def test_a_writer_that_is_not_open_says_so(tmp_path):
    with pytest.raises(ValueError, match="with statement"):
        VideoWriter(tmp_path / "out.mp4", size=SIZE, frame_rate_hz=Fraction(25)).write(image(0))


FILL = """
import resource, sys
from fractions import Fraction
from pathlib import Path
import numpy as np
from sightline.core.errors import OutputFullError
from sightline.media.encode import VideoWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
noise = np.random.default_rng(0)
try:
    with VideoWriter(Path(sys.argv[1]), size=(96, 128), frame_rate_hz=Fraction(25), crf=10) as writer:
        for _ in range(int(sys.argv[2])):
            writer.write(noise.integers(0, 255, (96, 128, 3), dtype=np.uint8))
except OutputFullError as error:
    print(error.code)
"""


@pytest.mark.slow
@pytest.mark.parametrize("frames", [12, 120])
def test_a_full_disk_is_named_and_leaves_nothing(tmp_path, frames):
    path = tmp_path / "out.mp4"
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(path), str(frames)], capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == (OutputFullError.code, "")
    assert list(tmp_path.iterdir()) == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 100_000
