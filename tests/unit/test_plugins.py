"""Plugins: names to implementations, imported on first use."""

from __future__ import annotations

import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from sightline import plugins
from sightline.core.errors import UnknownPluginError

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_an_unknown_name_suggests_a_close_one():
    with pytest.raises(UnknownPluginError, match="no model family is called 'yolx'") as caught:
        plugins.load("models", "yolx")
    assert "yolox" in (caught.value.hint or "")


def test_a_name_like_none_lists_them_all():
    with pytest.raises(UnknownPluginError) as caught:
        plugins.load("trackers", "zzz")
    assert all(name in (caught.value.hint or "") for name in plugins.names("trackers"))


@pytest.mark.parametrize("group", plugins.GROUPS)
def test_every_group_has_a_built_in_implementation(group):
    assert plugins.names(group)
    assert list(plugins.names(group)) == sorted(plugins.names(group))


def test_what_is_installed_is_what_the_project_declares():
    declared = {
        (group, name, target)
        for group, entries in PROJECT["entry-points"].items()
        for name, target in entries.items()
    }
    installed = {
        (entry.group, entry.name, entry.value)
        for group in plugins.GROUPS
        for entry in entry_points(group=f"sightline.{group}")
        if entry.value.startswith("sightline.")
    }
    assert installed == declared


@pytest.mark.slow
@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group in plugins.GROUPS for name in plugins.names(group)]
)
def test_every_built_in_can_be_imported(group, name):
    assert callable(plugins.load(group, name))
