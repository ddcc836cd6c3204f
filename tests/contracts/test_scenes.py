"""Every scene that ships."""

from __future__ import annotations

from typing import Any

import pytest

from sightline import plugins
from sightline.testing.contracts import SceneContract


@pytest.mark.slow
class TestFootball(SceneContract):
    def make(self, options: Any) -> Any:
        return plugins.load("scenes", "football")(options)


@pytest.mark.slow
class TestJuggling(SceneContract):
    def make(self, options: Any) -> Any:
        return plugins.load("scenes", "juggling")(options)


@pytest.mark.slow
class TestPeople(SceneContract):
    def make(self, options: Any) -> Any:
        return plugins.load("scenes", "people")(options)


@pytest.mark.slow
class TestRoad(SceneContract):
    def make(self, options: Any) -> Any:
        return plugins.load("scenes", "road")(options)


def test_every_scene_is_tested_here():
    assert plugins.names("scenes") == ("football", "juggling", "people", "road")
