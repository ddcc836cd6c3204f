"""Opens MP4 files to be written: whole or not at all, index first, the same bytes for the same packets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import av

from sightline.core.errors import NO_ROOM, OutputFullError, OutputUnwritableError

if TYPE_CHECKING:
    from av.container import OutputContainer

BITEXACT = 1 << 23
"""Flag of a coder that leaves its version out of what it writes."""


def part_of(path: Path) -> Path:
    """Give the name under which a file grows beside its own until it is whole."""
    return path.with_name(f".{path.name}.part")


def open_mp4(path: Path) -> OutputContainer:
    """Open a file for writing; its index goes to its beginning when it is closed."""
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    return av.open("file:" + os.fspath(path), "w", format="mp4", options=options)


@contextmanager
def new_mp4(path: Path) -> Iterator[OutputContainer]:
    """Give a container that takes its place under `path` when the block ends well; else nothing is left.

    Raises:
        OutputFullError: The disk is full.
        OutputUnwritableError: It cannot be written.
    """
    part = part_of(path)
    try:
        with writing_to(path):
            with open_mp4(part) as container:
                yield container
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Turn refusals of the system and of FFmpeg into errors with a hint.

    Raises:
        OutputFullError: The disk is full.
        OutputUnwritableError: Anything else that stops writing.
    """
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        if error.errno in NO_ROOM:
            raise OutputFullError(
                f"no room left for {path}", hint="free some space and resume the run"
            ) from error
        at_fault = (
            "check the folder and its permissions"
            if isinstance(error, OSError)
            else "the coder failed, as it does where memory is short: try fewer threads, or go without this video"
        )
        raise OutputUnwritableError(
            f"{path} cannot be written: {error.strerror or error}", hint=at_fault
        ) from error
