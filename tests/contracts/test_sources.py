"""Every frame source that ships, on files made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from factories import make_clip
from sightline.stages.decode import VideoSource
from sightline.testing.contracts import FrameSourceContract


def clip(folder: Path, suffix: str, **options: Any) -> Path:
    path = folder / f"clip{suffix}"
    if not path.exists():
        make_clip(path, frames=24, gop=5, **options)
    return path


class TestMp4(FrameSourceContract):
    def make(self, folder: Path) -> Any:
        return VideoSource(clip(folder, ".mp4"), size=None, segment_s=0.3)


class TestMp4ScaledWithStride(FrameSourceContract):
    def make(self, folder: Path) -> Any:
        return VideoSource(clip(folder, ".mp4"), size=(48, 64), stride=3, segment_s=0.3, threads=2)


class TestMkv(FrameSourceContract):
    def make(self, folder: Path) -> Any:
        return VideoSource(clip(folder, ".mkv"), size=None, segment_s=0.3)


class TestVariableFrameRate(FrameSourceContract):
    def make(self, folder: Path) -> Any:
        pts_ms = [40 * index + (17 if index % 3 else 0) for index in range(24)]
        return VideoSource(clip(folder, ".mp4", pts_ms=pts_ms), size=None, segment_s=0.3)


class TestMpegProgramStream(FrameSourceContract):
    def make(self, folder: Path) -> Any:
        return VideoSource(clip(folder, ".mpg"), size=None, segment_s=0.3)
