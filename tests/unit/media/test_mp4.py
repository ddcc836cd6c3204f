"""MP4 files that are written whole or not at all."""

from __future__ import annotations

import errno

import pytest

from sightline.core.errors import OutputFullError, OutputUnwritableError
from sightline.media.mp4 import new_mp4, part_of


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSPC, OutputFullError),
        (errno.EDQUOT, OutputFullError),
        (errno.EFBIG, OutputFullError),
        (errno.EIO, OutputUnwritableError),
    ],
)
def test_what_stops_writing_is_named_and_what_was_there_stays(code, expected, tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"as it was")
    with pytest.raises(expected, match=r"a\.mp4"), new_mp4(path):
        part_of(path).write_bytes(b"half of it")
        raise OSError(code, "no more")
    assert path.read_bytes() == b"as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OutputUnwritableError, match="No such file"), new_mp4(tmp_path / "none" / "a.mp4"):
        pass
