"""Every tracker that ships."""

from __future__ import annotations

from typing import Any

import pytest

from sightline import plugins
from sightline.testing.contracts import TrackerContract


class TestByteTrack(TrackerContract):
    def make(self) -> Any:
        return plugins.load("trackers", "bytetrack")()


class TestByteTrackWithCameraMotion(TrackerContract):
    def make(self) -> Any:
        return plugins.load("trackers", "bytetrack")(camera_motion=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestOcSort(TrackerContract):
    def make(self) -> Any:
        pytest.importorskip("trackers")
        return plugins.load("trackers", "ocsort")()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestBotSort(TrackerContract):
    def make(self) -> Any:
        pytest.importorskip("trackers")
        return plugins.load("trackers", "botsort")()


def test_every_tracker_is_tested_here():
    assert set(plugins.names("trackers")) == {"bytetrack", "ocsort", "botsort"}
