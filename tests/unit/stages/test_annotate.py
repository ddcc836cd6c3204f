"""What an annotated video keeps of its source."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from sightline.media.encode import VideoWriter
from sightline.media.index import index_video
from sightline.stages.annotate import Scene, annotate_video


class Nothing:
    """Tables without a row."""

    def batches(self, *_: Any) -> Iterator[Any]:
        return iter(())


def test_an_annotated_video_is_shown_as_wide_as_its_source(tmp_path: Path) -> None:
    video, out = tmp_path / "video.mp4", tmp_path / "annotated.mp4"
    with VideoWriter(
        video, size=(64, 96), frame_rate_hz=Fraction(25), pixel_aspect=Fraction(16, 11)
    ) as writer:
        for _ in range(5):
            writer.write(np.zeros((64, 96, 3), np.uint8))
    index = index_video(video)

    annotate_video(
        video,
        Scene(index.info.size, Nothing(), None),
        out,
        media=index.info,
        segments=index.segments(10),
        threads=1,
        tell=lambda *_: None,
    )

    info = index_video(out).info
    assert (info.size, info.pixel_aspect, info.frames) == ((64, 96), Fraction(16, 11), 5)
