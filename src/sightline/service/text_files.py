"""Reads text, JSON and CSV files that a user names; a byte-order mark in front is passed over."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path, hint: str) -> str:
    """Read a file of UTF-8 text.

    Args:
        path: The file.
        hint: What both errors tell the user to give.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceUnavailableError(f"cannot read {path}: {error.strerror}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise UnsupportedFormatError(f"{path} is not a text file", hint=hint) from error


def read_json(path: Path, hint: str) -> Any:
    """Read a JSON file, whatever it holds.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not JSON.
    """
    text = read_text(path, hint)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnsupportedFormatError(f"{path} is not JSON: {error}", hint=hint) from error


def read_json_object(path: Path, hint: str) -> dict[str, Any]:
    """Read a JSON file that holds an object with something in it.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not JSON, or no such object.
    """
    found = read_json(path, hint)
    if not isinstance(found, dict) or not found:
        raise UnsupportedFormatError(f"{path} holds no JSON object, or an empty one", hint=hint)
    return found


def read_csv(path: Path, hint: str) -> list[dict[str, str]]:
    """Read the rows of a CSV file with a header; lines that begin with `#` are remarks.

    Raises:
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not text, or not CSV.
    """
    lines = [line for line in read_text(path, hint).splitlines(keepends=True) if not line.startswith("#")]
    try:
        return list(csv.DictReader(lines))
    except csv.Error as error:
        raise UnsupportedFormatError(f"{path} is not CSV: {error}", hint=hint) from error
