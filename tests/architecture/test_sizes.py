"""Files stay short and are named by what they hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "sightline"
MODULES = sorted(SOURCE.rglob("*.py"))
FOLDERS = sorted({path.parent for path in MODULES})

LONGEST_MODULE_LINES = 500
LONGEST_FUNCTION_LINES = 60
MOST_MODULES = 12
# Folders that hold one thing of a kind a file, as many as there are.
LISTS = {
    "core": 30,  # one value type a file
    "testing/contracts": 24,  # one port a file
    "cli": 22,  # one command a file
    "media": 13,  # one part of reading or writing videos a file
    "service": 30,  # one use-case a file
    "vision": 14,  # one part of looking at a frame a file
    "vision/models": 16,  # one model family a file
    "analytics": 16,  # one measure a file
    "sim": 18,  # one part of a scene a file
}


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    first = function.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if is_text else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_modules_are_short():
    lines = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: count for name, count in lines.items() if count > LONGEST_MODULE_LINES}


def test_functions_are_short():
    long = {
        f"{name_of(path)}:{function.name}": code_lines(function)
        for path in MODULES
        for function in functions(ast.parse(path.read_text(encoding="utf-8")))
        if code_lines(function) > LONGEST_FUNCTION_LINES
    }
    assert not long


def test_folders_hold_few_modules():
    modules = {name_of(folder): len([*folder.glob("[!_]*.py")]) for folder in FOLDERS}
    assert not {name: count for name, count in modules.items() if count > LISTS.get(name, MOST_MODULES)}


def test_names_say_what_is_inside():
    banned = re.compile(r"(^|_)(utils?|helpers?|commons?|misc|managers?|stuff)($|_)|^base_|_base$")
    assert not [name_of(path) for path in [*MODULES, *FOLDERS] if banned.search(path.stem)]


def test_every_folder_is_a_package():
    assert not [name_of(folder) for folder in FOLDERS if not (folder / "__init__.py").exists()]
