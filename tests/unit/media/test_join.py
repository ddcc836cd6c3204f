"""Clips joined without coding them again."""

from __future__ import annotations

import av
import pytest

from sightline.core.errors import OutputUnwritableError
from sightline.media.clips.join import join_files
from sightline.media.index import index_video


def test_joined_clips_hold_every_picture_one_after_the_other(clip, tmp_path):
    clips = [clip("a", frames=12).path, clip("b", frames=7).path, clip("c", frames=3).path]
    join_files(clips, tmp_path / "reel.mp4")
    index = index_video(tmp_path / "reel.mp4")
    assert len(index) == 22
    times = [float(index.time_s(frame)) for frame in range(22)]
    assert times == pytest.approx([frame / 25 for frame in range(22)], abs=1e-3)
    with av.open(str(tmp_path / "reel.mp4")) as reel:
        assert sum(1 for _ in reel.decode(video=0)) == 22


def test_what_cannot_be_joined_leaves_nothing(clip, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    with pytest.raises(OutputUnwritableError):
        join_files([clip(frames=3).path, broken], tmp_path / "reel.mp4")
    assert not (tmp_path / "reel.mp4").exists()
    assert not list(tmp_path.glob(".reel*"))
