"""What templates are filled with is escaped, and nothing in them is forgotten."""

from __future__ import annotations

import sys

import jinja2
import pytest

from sightline.reporting.templates import filler


@pytest.fixture
def package(tmp_path, monkeypatch):
    templates = tmp_path / "two_pages" / "templates"
    templates.mkdir(parents=True)
    (templates.parent / "__init__.py").touch()
    (templates / "name.j2").write_text("<b>{{ name | plain }}</b>")
    (templates / "share.j2").write_text("{{ value | share }} {{ value | loud }}")
    monkeypatch.syspath_prepend(tmp_path)
    yield "two_pages"
    sys.modules.pop("two_pages", None)


def test_what_is_put_in_is_escaped(package):
    assert filler(package)("name.j2", name="<i>\x00") == "<b>&lt;i&gt;</b>"


def test_an_application_adds_filters_of_its_own(package):
    fill = filler(package, loud=lambda value: f"{value}!")
    assert fill("share.j2", value=0.5) == "50 % 0.5!"


def test_a_value_that_is_not_given_is_an_error(package):
    with pytest.raises(jinja2.UndefinedError):
        filler(package)("name.j2")
