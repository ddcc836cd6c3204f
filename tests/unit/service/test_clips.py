"""Clips that a report lists, cut from a video."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

from factories import Clip
from sightline.media.clips.cut import ClipCutter, Span
from sightline.media.index import index_video
from sightline.media.thumbnails import thumbnail
from sightline.service.clips import REEL, WINDOWS, cut_clips, cut_pictures, write_windows
from sightline.service.folder import RunFolder
from sightline.stages.decode import VideoSource

CLIP = {"kind": "goal", "title": "Goal: Reds", "team": "home"}


def listed(number: int, start_s: float, stop_s: float) -> dict[str, Any]:
    middle_s = (start_s + stop_s) / 2
    return {
        **CLIP,
        "file": f"{number:02d}-goal.mp4",
        "start_s": start_s,
        "stop_s": stop_s,
        "picture_s": middle_s,
    }


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "out")
    made.create()
    (made.work / "figures").mkdir()
    return made


def test_clips_reel_pictures_and_list_are_written(clip: Callable[..., Clip], folder: RunFolder) -> None:
    video = clip(frames=100, gop=25).path

    cut_clips(video, [listed(1, 2.0, 3.0), listed(2, 0.5, 1.5)], folder, folder.work / "figures")

    assert {path.name for path in folder.clips.iterdir()} == {"01-goal.mp4", "02-goal.mp4", REEL, WINDOWS}
    names = {"01-goal.jpg", "01-goal.mp4", "02-goal.jpg", "02-goal.mp4"}
    assert {path.name for path in (folder.work / "figures").iterdir()} == names


def test_no_clips_leave_no_folder(clip: Callable[..., Clip], folder: RunFolder) -> None:
    folder.clips.mkdir()

    cut_clips(clip(frames=10).path, [], folder, folder.work / "figures")

    assert not folder.clips.exists()


@pytest.mark.parametrize(
    ("lead_s", "copied", "frames"), [(5.0, True, 50), (0.1, False, 26)], ids=["copied", "coded again"]
)
def test_a_clip_is_copied_from_a_key_frame_that_is_near_enough(
    lead_s: float, copied: bool, frames: int, clip: Callable[..., Clip], tmp_path: Path
) -> None:
    video = clip(frames=100, gop=25).path
    out = tmp_path / "cut.mp4"

    was_copied = ClipCutter(video, lead_s=lead_s).cut(out, Span(Fraction(48, 25), Fraction(3)))

    index = index_video(out)
    assert was_copied == copied
    assert abs(len(index) - (frames if copied else 27)) <= 2
    assert index.time_s(0) <= Fraction(1, 25)


@pytest.mark.data
@pytest.mark.parametrize("start_s", [0, 5, 20])
def test_a_copied_clip_decodes_to_its_last_frame(start_s: int, data_dir: Path, tmp_path: Path) -> None:
    """The file hides pictures before its start, its key frame among them."""
    video, out = data_dir / "videos" / "football" / "tactical_720p.mp4", tmp_path / "cut.mp4"

    assert ClipCutter(video).cut(out, Span(Fraction(start_s), Fraction(start_s + 2)))

    source = VideoSource(out)
    source.open()
    packets = [packet for segment in source.segments() for packet in source.read(segment)]
    source.close()
    assert len(packets) >= 55
    assert not [packet.index for packet in packets if packet.failed]


def two_videos(path: Path, *, cover: bool, pixel_aspect: Fraction = Fraction(1)) -> Path:
    """A dark video, or a cover, of 32x32 px before a bright one of 96x64 px."""
    with av.open(str(path), "w") as container:
        streams = []
        for codec, size in (("mjpeg" if cover else "libx264", (32, 32)), ("libx264", (64, 96))):
            stream = container.add_stream(codec, rate=25, options={"g": "25"})
            stream.height, stream.width = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            streams.append((stream, size))
        streams[1][0].codec_context.sample_aspect_ratio = pixel_aspect
        if cover:
            streams[0][0].disposition = Disposition.attached_pic
        for number in range(50):
            for (stream, size), grey in zip(streams, (30, 200), strict=True):
                if number and cover and grey == 30:
                    continue
                picture = av.VideoFrame.from_ndarray(np.full((*size, 3), grey, np.uint8), format="bgr24")
                picture.pts, picture.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(picture))
        for stream, _ in streams:
            container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("cover", [True, False], ids=["a cover", "a smaller video"])
def test_a_copied_clip_is_of_the_video_that_is_analysed(cover: bool, tmp_path: Path) -> None:
    video = two_videos(tmp_path / "two.mp4", cover=cover)

    assert ClipCutter(video).cut(tmp_path / "cut.mp4", Span(Fraction(1), Fraction(2)))

    assert thumbnail(tmp_path / "cut.mp4", 0.0, None).mean() > 150
    info = index_video(tmp_path / "cut.mp4").info
    assert (info.size, info.frames) == ((64, 96), 25)


@pytest.mark.parametrize("lead_s", [5.0, 0.0], ids=["copied", "coded again"])
def test_a_clip_of_wide_pixels_is_shown_as_wide(lead_s: float, tmp_path: Path) -> None:
    video = two_videos(tmp_path / "wide.mp4", cover=False, pixel_aspect=Fraction(16, 11))
    cutter, span = ClipCutter(video, lead_s=lead_s), Span(Fraction(1, 2), Fraction(3, 2))

    assert cutter.cut(tmp_path / "cut.mp4", span) == bool(lead_s)
    cutter.preview(tmp_path / "preview.mp4", span, width=140)

    cut, preview = index_video(tmp_path / "cut.mp4").info, index_video(tmp_path / "preview.mp4").info
    assert (cut.size, cut.pixel_aspect) == ((64, 96), Fraction(16, 11))
    assert (preview.size, preview.pixel_aspect) == ((64, 140), 1)


def test_the_same_cut_twice_gives_the_same_bytes(clip: Callable[..., Clip], tmp_path: Path) -> None:
    video = clip(frames=60, gop=20).path
    spans = [Span(Fraction(0), Fraction(1)), Span(Fraction(8, 5), Fraction(2))]

    for name in ("a.mp4", "b.mp4"):
        ClipCutter(video).join(tmp_path / name, spans)

    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_the_list_of_clips_loads_in_kloppy(tmp_path: Path) -> None:
    from kloppy import sportscode

    write_windows([listed(1, 2.0, 3.0), listed(2, 5.0, 7.5)], tmp_path / "clips.xml")

    codes = sportscode.load((tmp_path / "clips.xml").read_bytes()).codes
    assert [
        (code.code, code.timestamp.total_seconds(), code.end_timestamp.total_seconds()) for code in codes
    ] == [
        ("goal", 2.0, 3.0),
        ("goal", 5.0, 7.5),
    ]


def picture(name: str, t_s: float, crop: list[float]) -> dict[str, Any]:
    return {"file": name, "t_s": t_s, "crop_px": crop, "box_px": [12, 12, 20, 20]}


def test_pictures_that_a_report_lists_are_cut_out_of_the_video(
    clip: Callable[..., Clip], folder: RunFolder
) -> None:
    video, figures = clip(frames=60, gop=25).path, folder.work / "figures"
    size = index_video(video).info.size

    listed = [picture("b.jpg", 1.5, [10, 10, 40, 30]), picture("a.jpg", 0.2, [-5, -5, 9999, 9999])]
    cut_pictures(video, [*listed, picture("c.jpg", 1.5, [0, 0, 4, 4])], figures)

    shapes = {path.name: cv2.imread(str(path)).shape[:2] for path in figures.iterdir()}
    assert shapes == {"a.jpg": size, "b.jpg": (20, 30), "c.jpg": (4, 4)}


def test_pictures_of_wide_pixels_have_square_ones(clip: Callable[..., Clip], folder: RunFolder) -> None:
    video, figures = clip(frames=5).path, folder.work / "figures"

    cut_pictures(video, [picture("a.jpg", 0.0, [10, 10, 40, 30])], figures, pixel_aspect=Fraction(3, 2))

    assert cv2.imread(str(figures / "a.jpg")).shape[:2] == (20, 45)


def test_a_video_that_is_gone_leaves_pictures_out(folder: RunFolder, tmp_path: Path) -> None:
    cut_pictures(tmp_path / "gone.mp4", [picture("a.jpg", 0.0, [0, 0, 9, 9])], folder.work / "figures")
    assert not list((folder.work / "figures").iterdir())
