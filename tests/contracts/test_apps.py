"""Every application that ships."""

from __future__ import annotations

from typing import Any

from sightline import plugins
from sightline.testing.contracts import ApplicationContract
from sightline.testing.fakes import FakeModel


class TestFootball(ApplicationContract):
    def make(self) -> Any:
        return plugins.load("apps", "football")()


class TestJuggling(ApplicationContract):
    def make(self) -> Any:
        return plugins.load("apps", "juggling")()


class TestPeople(ApplicationContract):
    def make(self) -> Any:
        return plugins.load("apps", "people")()


class TestRoad(ApplicationContract):
    def make(self) -> Any:
        return plugins.load("apps", "road")()

    def detector(self) -> Any:
        return FakeModel(class_names=("D00", "D10", "D20", "D40"))


def test_every_application_is_tested_here():
    assert plugins.names("apps") == ("football", "juggling", "people", "road")
