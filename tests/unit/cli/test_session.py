"""A command that goes on for long waits for a database server; a database in a file has nobody to wait for."""

from __future__ import annotations

import pytest

from sightline import bootstrap
from sightline.cli.session import await_platform
from sightline.core.errors import AdapterUnavailableError


class Asked:
    """An event that is set at some wait; remembers how long each was."""

    def __init__(self, at=None):
        self.at, self.waits = at, []

    def wait(self, seconds):
        self.waits.append(seconds)
        return len(self.waits) == self.at


@pytest.fixture
def away(monkeypatch, tmp_path, logs_as_before):
    """Says for how many tries the database is away."""
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path))

    def for_tries(count, url="postgresql://me@db/sightline"):
        monkeypatch.setenv("SIGHTLINE_DATABASE_URL", url)
        left = [count]

        def build(_settings):
            left[0] -= 1
            if left[0] >= 0:
                raise AdapterUnavailableError("the database does not answer")
            return "platform"

        monkeypatch.setattr(bootstrap, "build_platform", build)

    return for_tries


def test_it_is_waited_for_ever_longer_and_said_so(away, capsys):
    away(7)
    asked = Asked()
    assert await_platform(asked) == "platform"
    assert asked.waits == [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 7
    assert "database_awaited error=the database does not answer again_in_s=0.5" in said[0]


def test_one_that_is_there_is_not_waited_for(away):
    away(0)
    asked = Asked()
    assert await_platform(asked) == "platform"
    assert asked.waits == []


def test_who_is_stopped_while_it_waits_stops(away):
    away(9)
    assert await_platform(Asked(at=2)) is None


def test_a_file_that_cannot_be_opened_is_an_error(away):
    away(9, url="sqlite:////nowhere/sightline.db")
    with pytest.raises(AdapterUnavailableError):
        await_platform(Asked())
