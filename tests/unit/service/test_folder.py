"""A run's folder: results appear whole or not at all; one process at a time."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.core.errors import ConflictError, OutputFullError, OutputUnwritableError
from sightline.core.tables import TABLES
from sightline.service.folder import RunFolder, whole, write_json, writing


def frames(first: int, count: int) -> pa.RecordBatch:
    rows = [
        {"frame": n, "t_s": n / 10, "segment": 0, "status": "inferred", "cause": None, "detections": 0}
        for n in range(first, first + count)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=TABLES["frames"])


def test_a_file_appears_only_when_it_was_written_to_the_end(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "report.json"

    with pytest.raises(ZeroDivisionError), whole(target) as path:
        path.write_text("half")
        raise ZeroDivisionError

    assert list(target.parent.iterdir()) == []
    write_json(target, {"a": 1})
    assert json.loads(target.read_text()) == {"a": 1}
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, OutputFullError), (errno.EDQUOT, OutputFullError), (errno.EACCES, OutputUnwritableError)],
)
def test_the_systems_refusals_become_errors_that_say_what_to_do(number: int, expected: type) -> None:
    with pytest.raises(expected) as caught, writing(Path("x.parquet")):
        raise OSError(number, "no")

    assert caught.value.hint


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(OutputUnwritableError):
        RunFolder(tmp_path / "file" / "out").create()


def test_parts_are_joined_in_order_a_row_group_each(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "out")
    for segment, (first, count) in enumerate([(0, 3), (3, 0), (3, 2)]):
        folder.write_part(segment, {"frames": frames(first, count)})

    folder.join_parts(3)

    table = pq.read_table(folder.tables / "frames.parquet")
    assert table["frame"].to_pylist() == [0, 1, 2, 3, 4]
    assert pq.read_metadata(folder.tables / "frames.parquet").num_row_groups == 2


def test_a_part_left_by_a_process_that_died_is_replaced(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "out")
    folder.write_part(0, {"frames": frames(0, 3), "tracks": pa.RecordBatch.from_pylist([], TABLES["tracks"])})
    (folder.part(1).with_suffix(".tmp")).mkdir()

    folder.write_part(0, {"frames": frames(0, 2)})

    assert [path.name for path in folder.part(0).iterdir()] == ["frames.parquet"]
    assert pq.read_metadata(folder.part(0) / "frames.parquet").num_rows == 2


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    one, two = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "two")
    for folder in (one, two):
        folder.write_part(0, {"frames": frames(0, 50)})
        folder.join_parts(1)

    assert (one.tables / "frames.parquet").read_bytes() == (two.tables / "frames.parquet").read_bytes()


def test_how_parts_are_packed_shows_in_no_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    names = [field.name for field in TABLES["tracks"]]
    rows = {name: rng.integers(1, 9, 400) for name in names}
    rows |= {name: rng.uniform(0, 500, 400).astype(np.float32) for name in names if name.endswith("_px")}
    rows |= {name: ["person"] * 400 for name in ("class_name", "quality")}
    arrays = [pa.array(rows[field.name]).cast(field.type) for field in TABLES["tracks"]]
    batch = pa.RecordBatch.from_arrays(arrays, schema=TABLES["tracks"])
    folder = RunFolder(tmp_path / "out")
    folder.write_part(0, {"tracks": batch})

    folder.join_parts(1)

    with pq.ParquetWriter(tmp_path / "plain.parquet", TABLES["tracks"], compression="zstd") as plain:
        plain.write_batch(batch)
    assert (folder.tables / "tracks.parquet").read_bytes() == (tmp_path / "plain.parquet").read_bytes()


def test_two_processes_cannot_hold_one_folder_and_a_dead_one_lets_go(tmp_path: Path) -> None:
    holder = (
        "import sys, pathlib; from sightline.service.folder import RunFolder\n"
        "with RunFolder(pathlib.Path(sys.argv[1])).locked():\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    folder = RunFolder(tmp_path / "out")
    command = [sys.executable, "-c", holder, str(folder.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(ConflictError, match="another process"), folder.locked():
            pass
        process.kill()
        process.wait()
    with folder.locked():
        pass


def test_clearing_leaves_what_is_not_ours(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    write_json(tmp_path / "manifest.json", {})
    (tmp_path / "notes.txt").write_text("mine")
    folder.write_part(0, {"frames": frames(0, 1)})

    folder.clear()

    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert not folder.is_complete
    assert not folder.part(0).exists()
