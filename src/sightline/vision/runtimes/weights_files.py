"""Checks on weights files that every runtime makes before it reads one."""

from __future__ import annotations

from pathlib import Path

from sightline.core.errors import WeightsInvalidError, WeightsMissingError

DAMAGED_HINT = "fetch it again, or check it with `sightline models verify`"


def files_of(weights: Path) -> tuple[Path, ...]:
    """Give the files that make up some weights: an OpenVINO `.xml` has its `.bin` beside it.

    Raises:
        WeightsMissingError: One of them is not there.
        WeightsInvalidError: One of them is empty.
    """
    files = (weights, weights.with_suffix(".bin")) if weights.suffix == ".xml" else (weights,)
    for file in files:
        if not file.is_file():
            beside = f"; it belongs beside {weights.name}" if file != weights else ""
            raise WeightsMissingError(
                f"there are no weights at {file}{beside}", hint="`sightline models list` shows what is there"
            )
        if file.stat().st_size == 0:
            raise WeightsInvalidError(f"{file} is empty", hint=DAMAGED_HINT)
    return files


def invalid(weights: Path, runtime: str, error: Exception) -> WeightsInvalidError:
    """Give the error for a file that a runtime could not read, with the last line of what it said: those before tell of its own code.

    What it said may quote the damaged file, so it need be neither UTF-8 nor printable.
    """
    whole = error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else str(error)
    lines = [line.strip() for line in whole.splitlines() if line.strip()]
    said = lines[-1].rstrip(".") if lines else type(error).__name__
    readable = "".join(letter if letter.isprintable() else "?" for letter in said[:160])
    return WeightsInvalidError(f"{runtime} cannot read {weights.name}: {readable}", hint=DAMAGED_HINT)
