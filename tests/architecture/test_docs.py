"""The docs name what the code has, and nothing that it does not have."""

import importlib.util
import inspect
import re
from pathlib import Path

import pyarrow as pa
import pytest

from sightline import plugins, ports
from sightline.core import errors
from sightline.core.tables import TABLES
from sightline.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
CONTRACTS = ROOT / "src" / "sightline" / "testing" / "contracts"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


def page(name):
    return (DOCS / name).read_text(encoding="utf-8")


def error_classes():
    return [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, BaseException) and kind.__module__ == errors.__name__
    ]


def all_ports():
    return [
        name
        for name, kind in inspect.getmembers(ports, inspect.isclass)
        if getattr(kind, "_is_protocol", False) and kind.__module__.startswith(ports.__name__ + ".")
    ]


def test_generated_pages_say_what_the_code_says():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.stale() == []


@pytest.mark.parametrize("kind", error_classes(), ids=lambda kind: kind.__name__)
def test_an_error_is_in_the_tree_and_on_its_page(kind):
    assert re.search(rf"\b{kind.__name__}\b", errors.__doc__)
    assert f"`{kind.__name__}`" in page("errors.md")


def test_the_tree_of_errors_names_only_what_there_is():
    drawn = set(re.findall(r"\b[A-Z]\w+Error\b|\bRunCancelled\b", errors.__doc__))
    assert drawn <= {kind.__name__ for kind in error_classes()}


def test_every_error_has_a_code_of_its_own():
    codes = [kind.code for kind in error_classes() if hasattr(kind, "code")]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_has_a_title_and_is_documented(name):
    field = Settings.model_fields[name]
    assert field.title
    assert field.description
    assert f"`SIGHTLINE_{name.upper()}`" in page("settings.md")


def documented_tables():
    """Column and type of each table as docs/tables.md writes them."""
    found = {}
    for part in re.split(r"^## ", page("tables.md"), flags=re.MULTILINE)[1:]:
        name = re.match(r"`(\w+)`", part)
        if name:
            found[name[1]] = re.findall(
                r"^\| `(\w+)` \| ([\w<>: ]+) \|[^|]*\|[^|]+\|$", part, flags=re.MULTILINE
            )
    return found


def test_every_table_is_documented_column_by_column():
    real = {name: [(field.name, str(field.type)) for field in schema] for name, schema in TABLES.items()}
    assert documented_tables() == real


# Rows about a whole match: no one frame is theirs.
OF_NO_FRAME = {"physical"}


@pytest.mark.parametrize("name", sorted(TABLES.keys() - OF_NO_FRAME))
def test_a_table_begins_with_frame_and_time(name):
    assert TABLES[name].names[:2] == ["frame", "t_s"]
    assert TABLES[name].types[:2] == [pa.int64(), pa.float64()]


@pytest.mark.parametrize("name", all_ports())
def test_a_port_is_told_about_in_extend(name):
    assert f"`{name}`" in page("extend.md")


@pytest.mark.parametrize("group", plugins.GROUPS)
def test_a_group_of_plugins_is_told_about_in_extend(group):
    assert f"`sightline.{group}`" in page("extend.md")


@pytest.mark.parametrize("group", plugins.GROUPS.keys() - {"models"})
def test_extend_names_every_plugin_of_a_group(group):
    (row,) = re.findall(rf"^\|.*`sightline\.{group}`.*$", page("extend.md"), flags=re.MULTILINE)
    assert [name for name in plugins.names(group) if not re.search(rf"\b{name}\b", row)] == []


@pytest.mark.parametrize("scene", plugins.names("scenes"))
def test_a_scene_and_its_settings_are_told_about(scene):
    told = page("simulate.md") + page("football/simulator.md")
    assert f"`sightline simulate {scene}" in told
    settings = plugins.load("scenes", scene).settings
    assert [
        name
        for name in settings
        if f"--set {name}=" not in told and f"`--{name.replace('_', '-')}" not in told
    ] == []


@pytest.mark.parametrize("contract", sorted(CONTRACTS.glob("[!_]*.py")), ids=lambda path: path.stem)
def test_a_contract_is_told_about_in_extend(contract):
    assert f"`contracts/{contract.name}`" in page("extend.md")


def test_the_tour_names_files_that_exist():
    named = re.findall(r"`((?:src|docs|tests)/[\w/]+\.(?:py|yaml|md))`", page("tour.md"))
    assert len(named) >= 10
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_files_that_pages_name_exist():
    parts = ("src", "tests", "benchmarks", "training", "docs", "examples")
    there = (
        "\n".join(f"/{path.relative_to(ROOT)}" for part in parts for path in (ROOT / part).rglob("*.py"))
        + "\n"
    )
    named = {
        (path.name, name)
        for path in PAGES
        for name in re.findall(r"`([\w.-]+(?:/[\w.-]+)+\.py)`", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 50
    assert [pair for pair in sorted(named) if f"/{pair[1]}\n" not in there] == []


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in PAGES
        for link in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", path.read_text(encoding="utf-8"))
        if not (path.parent / link).exists()
    ]
    assert not broken


def test_contributing_tells_of_every_folder_of_tests():
    told = re.findall(r"`tests/(\w+)/`", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert sorted(told) == sorted(
        path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "_."
    )


def test_the_front_page_lists_every_page():
    pages = [path.name for path in DOCS.glob("*.md") if path.name != "index.md"]
    assert not [name for name in pages if f"]({name})" not in page("index.md")]


def test_the_layout_tells_of_every_folder_and_of_files_that_exist():
    source = ROOT / "src" / "sightline"
    rows = re.findall(r"^\| (`[^|]+`) \|[^|]+\|([^|]*)\|$", page("architecture.md"), flags=re.MULTILINE)
    told = [name for places, _ in rows for name in re.findall(r"`([\w.]+?)/?`", places)]
    there = [path.name for path in source.iterdir() if path.is_dir() or path.suffix == ".py"]
    assert sorted(told) == sorted(name for name in there if not name.startswith("__"))
    for places, first in rows:
        for name in re.findall(r"`([\w./]+)`", first):
            folders = [source / place for place in re.findall(r"`([\w.]+)/`", places)]
            assert any((folder / name).exists() for folder in [source, *folders]), name
