"""Looks at a provider's files before anybody parses them: what is there at all, and whose they look like."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from sightline.core.errors import ConfigError, SourceUnavailableError, UnsupportedFormatError

_HEAD_BYTES = 1 << 14
# How the first frames of a tracking file begin, by provider.
_MARKS = {
    "secondspectrum": rb'\A\s*\{[^\n]*"frameIdx"',
    "pff": rb'\A\s*\{[^\n]*"gameRefId"',
    "skillcorner": rb'"image_corners_projection"|"trackable_object"',
    "tracab": rb'\A\d+:-?\d+,-?\d+,-?\d+,-?\d+,-?\d+,|"FrameData"',
    "metrica": rb"(?m)^Period,Frame,Time \[s\]",
    "metrica-epts": rb"\A\d+:(NaN|\d*\.\d+),(NaN|\d*\.\d+),",
    "sportec": rb"<Positions\b",
    "statsperform": rb"\A\d{13};\d+,\d+,\d+:",
}
_ENDS = {".jsonl": b"}", ".json": b"}]", ".xml": b">", ".dat": b":;"}


def check_files(paths: Sequence[Path], *, folders: bool) -> None:
    """Refuse files that are not there, empty, given twice, or folders where there may be none.

    Raises:
        SourceUnavailableError: A file is not there.
        ConfigError: One is given twice.
        UnsupportedFormatError: One is empty, or a folder.
    """
    for path in paths:
        if not path.exists():
            raise SourceUnavailableError(f"no file {path}", hint="check the path")
        if path.is_dir() and not folders:
            raise UnsupportedFormatError(f"{path} is a folder", hint="give the file in it")
        if path.is_file() and not path.stat().st_size:
            raise UnsupportedFormatError(f"{path} is empty", hint="copy or export it anew")
    if len({path.resolve() for path in paths}) < len(paths):
        raise ConfigError("a file is given twice", hint="each argument takes a file of its own")


def check_sides(paths: Sequence[Path], sides: Sequence[str]) -> None:
    """Refuse files of one team each that are not in the order of `sides`, going by their first lines.

    Raises:
        ConfigError: They are swapped.
    """
    for path, side in zip(paths, sides, strict=False):
        first = head(path).split(b"\n", 1)[0]
        other = next((one for one in sides if one != side and one.encode() in first), None)
        if other is not None and side.encode() not in first:
            raise ConfigError(
                f"{path.name} is the {other.lower()} team's file and stands in the {side.lower()} team's place",
                hint=f"give the files in this order: {', '.join(sides).lower()}",
            )


def provider_of(path: Path) -> str | None:
    """Give whose tracking file this looks like, None where that is not known."""
    if not path.is_file():
        return None
    begin = head(path)
    return next((name for name, mark in _MARKS.items() if re.search(mark, begin)), None)


def open_text(path: Path) -> BinaryIO:
    """Open a file of text for its bytes, past a byte-order mark."""
    file = path.open("rb")
    if file.read(len(BOM_UTF8)) != BOM_UTF8:
        file.seek(0)
    return file


def head(path: Path) -> bytes:
    """Give the first bytes of a file, past a byte-order mark."""
    with open_text(path) as file:
        return file.read(_HEAD_BYTES)


def hint_of(provider: str, tracking: Sequence[Path], meta: Sequence[Path]) -> str | None:
    """Give what is wrong with files that could not be read, as far as their looks tell it."""
    for path in meta:
        if provider_of(path) is not None:
            return f"{path.name} is a tracking file: give it with --tracking"
    for path in tracking:
        looks = provider_of(path)
        if looks not in {None, provider}:
            return f"{path.name} looks like a file of {looks}: --provider {looks}"
    for path in (*tracking, *meta):
        if path.is_file() and b"\0" in head(path):
            return f"{path.name} is no text: packed, or another kind of file"
        if _is_cut(path):
            return f"{path.name} ends in the middle of something: it may be cut off; copy or export it anew"
    return None


def _is_cut(path: Path) -> bool:
    ends = _ENDS.get(path.suffix.lower())
    if ends is None or not path.is_file():
        return False
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 64))
        last = file.read().rstrip()
    return bool(last) and last[-1] not in ends
