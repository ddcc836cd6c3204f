"""Reads a rules file from disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sightline.analytics.rules import parse_rules
from sightline.core.errors import RulesError

_MOST_BYTES = 1_000_000


def read_rules(path: Path) -> dict[str, Any]:
    """Give a rules file's content as checked plain data, defaults filled in.

    Raises:
        RulesError: It is not there, or does not follow the schema.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise RulesError(f"{path} is over {_MOST_BYTES} bytes", hint="is it a rules file at all?")
        rules: dict[str, Any] = parse_rules(text.decode("utf-8")).to_json()
    except OSError as error:
        raise RulesError(
            f"cannot read {path}: {error.strerror}", hint="check the path given to --rules"
        ) from None
    except UnicodeDecodeError:
        raise RulesError(
            f"{path} is not text", hint="a rules file is YAML in UTF-8; see docs/rules.md"
        ) from None
    return rules
