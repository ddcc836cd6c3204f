"""Pictures to be sent come with the times at which they are due, or at which they came."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import av
import numpy as np
import pytest

from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError
from sightline.media.live import pace
from sightline.media.live.pace import pictures_of
from unit.service.live.streams import jpeg


def test_a_folders_pictures_follow_one_another_by_name_at_a_rate(tmp_path):
    for name in ("b.jpg", "a.png", "c.txt"):
        (tmp_path / name).write_bytes(name.encode())
    assert list(pictures_of(str(tmp_path), fps=4)) == [(0.0, b"a.png"), (0.25, b"b.jpg")]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsupportedFormatError):
        next(pictures_of(str(tmp_path / "empty")))


def test_a_videos_frames_have_its_own_times(clip):
    found = list(pictures_of(str(clip(frames=4, rate_hz=20).path)))
    assert [round(t_s, 3) for t_s, _ in found] == [0, 0.05, 0.1, 0.15]
    assert {data[:2] for _, data in found} == {jpeg()[:2]}


def test_a_webcams_frames_have_the_times_at_which_they_came(monkeypatch):
    frames = [av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="bgr24")] * 3
    opened = []

    class Device(nullcontext):
        def decode(self, video):
            return iter(frames)

    def open_device(device, *, format):  # noqa: A002 - as PyAV has it
        opened.append((device, format))
        return Device()

    clock = iter([100.0, 100.5, 100.7, 101.0])
    monkeypatch.setattr(pace.av, "open", open_device)
    monkeypatch.setattr(pace, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert [round(t_s, 3) for t_s, _ in pictures_of("0")] == [0.5, 0.7, 1.0]
    assert opened == [("/dev/video0", "v4l2")]


def test_a_webcam_that_is_not_there_is_named():
    with pytest.raises(SourceUnavailableError, match="/dev/video97"):
        next(pictures_of("97"))
