"""Settings come from the environment, are checked, and never show a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from sightline.core.errors import SettingsError
from sightline.core.home import data_home
from sightline.settings import (
    Settings,
    described,
    read_settings,
    unknown_variables,
    without_password,
)


def test_a_variable_sets_a_setting(monkeypatch):
    monkeypatch.setenv("SIGHTLINE_THREADS", "3")
    monkeypatch.setenv("SIGHTLINE_SEGMENT_S", "2.5")
    settings = read_settings()
    assert (settings.threads, settings.segment_s) == (3, 2.5)


def test_what_is_given_wins_and_none_counts_as_not_given(monkeypatch):
    monkeypatch.setenv("SIGHTLINE_THREADS", "3")
    assert read_settings(threads=1).threads == 1
    assert read_settings(threads=None).threads == 3


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SIGHTLINE_THREADS", "-1"),
        ("SIGHTLINE_THREADS", "many"),
        ("SIGHTLINE_PRECISION", "f64"),
        ("SIGHTLINE_SEGMENT_S", "0"),
        ("SIGHTLINE_MAX_ATTEMPTS", "0"),
        ("SIGHTLINE_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=variable) as caught:
        read_settings()
    assert value in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_empty_variable_is_no_value(monkeypatch):
    monkeypatch.setenv("SIGHTLINE_THREADS", "")
    assert read_settings().threads == 0


def test_everything_lies_under_home_unless_said_otherwise(tmp_path):
    settings = read_settings(home=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/sightline.db"
    assert settings.models == tmp_path / "models"
    assert settings.logs == tmp_path / "logs"
    elsewhere = read_settings(home=tmp_path, database_url="postgresql://db/x", models_dir=Path("/m"))
    assert (elsewhere.database, elsewhere.models) == ("postgresql://db/x", Path("/m"))


def test_settings_cannot_be_changed_once_read():
    with pytest.raises(ValueError, match="frozen"):
        read_settings().threads = 5


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, "/u/.local/share/sightline"),
        ("linux", {"XDG_DATA_HOME": "/data"}, "/data/sightline"),
        ("linux", {"XDG_DATA_HOME": "relative"}, "/u/.local/share/sightline"),
        ("darwin", {"XDG_DATA_HOME": "/data"}, "/u/Library/Application Support/sightline"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/sightline"),
        ("win32", {}, "/u/AppData/Local/sightline"),
    ],
)
def test_home_is_where_the_platform_keeps_data(platform, environ, expected):
    assert data_home(environ, platform, Path("/u")) == Path(expected)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@db.host:5432/runs", "postgresql://me:***@db.host:5432/runs"),
        (
            "postgresql+psycopg://me:p%40ss@db/runs?sslmode=on",
            "postgresql+psycopg://me:***@db/runs?sslmode=on",
        ),
        ("postgresql://me@db/runs", "postgresql://me@db/runs"),
        ("sqlite:////home/me/sightline.db", "sqlite:////home/me/sightline.db"),
        ("", ""),
    ],
)
def test_a_password_is_not_shown(url, shown):
    assert without_password(url) == shown


def test_every_setting_has_a_title_a_sentence_and_a_unit_where_it_is_a_number():
    for row in described(Settings()):
        assert row["title"], row["name"]
        assert row["description"].endswith("."), row["name"]
        if isinstance(getattr(Settings(), row["name"]), int | float) and row["name"] != "seed":
            assert row["unit"], row["name"]


def test_a_shown_setting_hides_its_password():
    given = Settings(database_url="postgresql://me:hunter2@db/x", secret_key="hunter2" * 8)
    rows = {row["name"]: row for row in described(given)}
    assert "hunter2" not in str(rows)
    assert rows["database_url"]["value"] == "postgresql://me:***@db/x"


def test_a_misspelled_variable_is_found():
    environ = {"SIGHTLINE_TREADS": "2", "SIGHTLINE_THREADS": "2", "SIGHTLINE_TEST_DATA": "x", "HOME": "/u"}
    assert unknown_variables(environ) == ("SIGHTLINE_TREADS",)
