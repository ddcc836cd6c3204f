"""Importing does nothing and costs little."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import sightline

SOURCE = Path(sightline.__file__).parent
MODULES = sorted(SOURCE.rglob("*.py"))
HEAVY = {
    "cv2",
    "openvino",
    "onnxruntime",
    "pyarrow",
    "av",
    "scipy",
    "duckdb",
    "sqlalchemy",
    "matplotlib",
    "fastapi",
}


def loaded_by(statement: str) -> set[str]:
    """Top-level packages in memory after a statement, in a fresh interpreter."""
    code = (
        f"{statement}\nimport json, sys\nprint(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_sightline_loads_nothing_heavy():
    assert not loaded_by("import sightline") & (HEAVY | {"numpy", "pydantic", "typer"})


@pytest.mark.parametrize("module", ["sightline.ports", "sightline.plugins", "sightline.settings"])
def test_the_small_modules_stay_light(module):
    assert not loaded_by(f"import {module}") & HEAVY


def test_the_command_line_shows_its_help_without_anything_heavy():
    statement = (
        "import sys\nsys.argv = ['sightline', '--help']\nfrom sightline.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass"
    )
    assert not loaded_by(statement) & HEAVY


def test_the_public_names_are_sorted_and_there():
    assert sightline.__all__ == sorted(sightline.__all__)
    assert len(sightline.__all__) <= 20
    assert [name for name in dir(sightline) if not name.startswith("_")] == [
        name for name in sightline.__all__ if not name.startswith("_")
    ]
    for name in sightline.__all__:
        assert getattr(sightline, name) is not None


def test_an_unknown_public_name_raises_as_python_does():
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        sightline.nothing_of_the_kind  # noqa: B018


def test_modules_do_no_work_when_imported():
    """At the top of a file: imports, definitions, constants; no bare calls, loops or `with`."""
    allowed = (
        ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If
    )  # fmt: skip
    busy = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in MODULES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if not isinstance(node, allowed)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    assert not busy


def test_errors_are_caught_by_name_but_at_the_borders():
    borders = {
        "engine/wrapper.py",
        "engine/run.py",
        "cli/main.py",
        "asgi/middleware.py",
        "service/jobs/work.py",
        "service/live/owner.py",
    }
    bare = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path in MODULES
        if path.relative_to(SOURCE).as_posix() not in borders
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) == "Exception")
    ]
    assert not bare
