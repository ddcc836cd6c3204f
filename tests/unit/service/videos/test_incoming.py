"""A file that comes in: one writer at a time, and no handle closed that is not its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.core.errors import ConflictError
from sightline.service.videos.incoming import IncomingFile


def incoming(path):
    return IncomingFile(path, limit_bytes=1_000_000, keep_free_bytes=0)


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path):
    with incoming(tmp_path / "part") as first:
        first.write(b"one ")
        with pytest.raises(ConflictError), incoming(tmp_path / "part"):
            pass
        first.write(b"two")
    assert (tmp_path / "part").read_bytes() == b"one two"


@pytest.mark.parametrize("refused", [False, True], ids=["written", "refused"])
def test_closing_twice_leaves_other_files_alone(tmp_path, refused):
    first, second = incoming(tmp_path / "part"), incoming(tmp_path / "part")
    first.__enter__()
    if refused:
        with pytest.raises(ConflictError):
            second.__enter__()
        closed = second
    else:
        first.__exit__(None, None, None)
        closed = first
    handles = [
        os.open(tmp_path / f"other {n}", os.O_RDWR | os.O_CREAT) for n in range(4)
    ]  # take the freed number
    closed.__exit__(None, None, None)
    for handle in handles:
        assert os.write(handle, b"still open")
        os.close(handle)


def test_a_copy_of_the_handle_in_another_process_does_not_keep_the_lock(tmp_path):
    file = incoming(tmp_path / "part")
    with file:
        file.write(b"one")
        held = next(
            int(one.name) for one in Path("/proc/self/fd").iterdir() if _leads_to(one, tmp_path / "part")
        )
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[held], close_fds=True
        )
    try:
        with incoming(tmp_path / "part") as again:
            assert again.size_bytes == 3
    finally:
        child.communicate(b"\n")


def _leads_to(link, path):
    try:
        return link.readlink() == path
    except OSError:  # the handle that the folder is listed with
        return False
