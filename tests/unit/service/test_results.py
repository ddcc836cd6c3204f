"""Reading a finished run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sightline.core.errors import ConfigError, ResultsInvalidError
from sightline.core.tables import TABLES
from sightline.service import tables as tables_module
from sightline.service.export import export_csv, export_mot
from sightline.service.folder import sha256_of, write_json
from sightline.service.results import Results
from sightline.service.tables import ParquetTables, ParquetWriter


def rows(frames: list[int]) -> pa.RecordBatch:
    """Tracks 1, 2, ... of the given frames; a frame named twice has two tracks."""
    seen: dict[int, int] = {}
    made = []
    for frame in frames:
        seen[frame] = seen.get(frame, 0) + 1
        box = {"x1_px": 1.0, "y1_px": 2.0, "x2_px": 3.0 + frame, "y2_px": 4.0}
        made.append(
            {"frame": frame, "t_s": frame / 10, "track_id": seen[frame], **box, "score": 0.5}
            | {"class_id": 0, "class_name": "person", "quality": "seen"}
        )
    return pa.RecordBatch.from_pylist(made, schema=TABLES["tracks"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with ParquetWriter(tmp_path / "tables") as writer:
        writer.write("tracks", rows([0, 0, 1]))
        writer.write("tracks", rows([3, 3, 3, 7]))
    path = tmp_path / "tables" / "tracks.parquet"
    facts = {"sha256": sha256_of(path), "bytes": path.stat().st_size}
    write_json(tmp_path / "manifest.json", {"format": 1, "files": {"tables/tracks.parquet": facts}})
    return tmp_path


def test_a_folder_that_lacks_a_table_is_refused_and_one_that_lacks_its_video_is_not(folder: Path) -> None:
    files = Results(folder).manifest["files"]
    write_json(folder / "manifest.json", {"files": {**files, "annotated.mp4": {}}})
    assert Results(folder).tables.names() == ("tracks",)
    (folder / "tables" / "tracks.parquet").unlink()
    with pytest.raises(ConfigError, match=r"not whole: it lacks tracks\.parquet"):
        Results(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 1}', "\udc80"])
def test_a_damaged_manifest_is_told_as_that(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(ConfigError, match=r"manifest\.json is damaged"):
        Results(folder)


def test_results_of_another_format_are_refused(folder: Path) -> None:
    write_json(folder / "manifest.json", {**Results(folder).manifest, "format": 2})
    with pytest.raises(ConfigError, match="format 2, and format 1 is read"):
        Results(folder)


def test_a_table_without_a_column_that_is_asked_for_is_refused(folder: Path) -> None:
    path = folder / "tables" / "tracks.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["score"]), path)
    with pytest.raises(ConfigError, match="lacks the columns score"):
        list(Results(folder).tables.batches("tracks", ["frame", "score"]))


def test_a_column_of_another_type_is_refused_by_its_name(folder: Path) -> None:
    path = folder / "tables" / "tracks.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("score")
    pq.write_table(table.set_column(place, "score", table["score"].cast(pa.string())), path)
    for ask in (
        lambda: list(Results(folder).tables.batches("tracks")),
        lambda: Results(folder).query("select max(score) from tracks"),
        lambda: export_csv(folder, folder / "out.csv"),
        lambda: export_mot(folder, folder / "out.txt"),
    ):
        with pytest.raises(
            ResultsInvalidError, match=r"tracks.parquet has string in its column score, not float"
        ):
            ask()


def test_a_row_without_its_frame_is_refused(folder: Path) -> None:
    path = folder / "tables" / "tracks.parquet"
    table = pq.read_table(path)
    place = table.column_names.index("frame")
    pq.write_table(table.set_column(place, "frame", pa.nulls(len(table), pa.int64())), path)
    with pytest.raises(ResultsInvalidError, match=r"tracks.parquet lacks values in its column frame"):
        list(Results(folder).tables.batches("tracks"))


def test_a_foreign_table_is_no_part_of_an_export_but_answers_sql(folder: Path) -> None:
    pq.write_table(pa.table({"a": [7]}), folder / "tables" / "extra.parquet")
    export_csv(folder, folder / "csv")
    assert [path.name for path in (folder / "csv").iterdir()] == ["tracks.csv"]
    assert Results(folder).query("select a from extra").rows == [(7,)]


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("media", None), ("media", "x"), ("media", {"frame_rate_hz": "fast"}), ("ledger", {}), ("ledger", []),
        ("provenance", None), ("provenance", [1]),
    ],
)  # fmt: skip
def test_a_part_of_the_manifest_that_is_damaged_is_named(folder: Path, part: str, wrong: object) -> None:
    write_json(folder / "manifest.json", {**Results(folder).manifest, part: wrong})
    with pytest.raises(ResultsInvalidError, match=f"manifest.json is damaged: its {part} cannot be read"):
        getattr(Results(folder), part)


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_damaged_report_is_told_as_that(folder: Path, text: str) -> None:
    (folder / "report.json").write_text(text, encoding="utf-8")
    with pytest.raises(ResultsInvalidError, match=r"report\.json is damaged or missing"):
        _ = Results(folder).report


def test_a_table_that_is_damaged_in_its_middle_is_told_as_that(folder: Path) -> None:
    path = folder / "tables" / "tracks.parquet"
    content = path.read_bytes()
    path.write_bytes(content[:8] + bytes(400) + content[408:])
    with pytest.raises(ConfigError, match="not a readable table"):
        list(Results(folder).tables.batches("tracks"))
    with pytest.raises(ConfigError, match="not a readable table"):
        path.write_bytes(content[:100])
        Results(folder).query("select 1")


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_tracks_come_frame_by_frame_however_the_rows_are_batched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, batch_rows: int
) -> None:
    monkeypatch.setattr(tables_module, "_BATCH_ROWS", batch_rows)

    found = [(frame, tracks.track_ids.tolist()) for frame, tracks in Results(folder).tracks()]

    assert found == [(0, [1, 2]), (1, [1]), (3, [1, 2, 3]), (7, [1])]


def test_boxes_come_as_they_were_stored(folder: Path) -> None:
    tracks = dict(Results(folder).tracks())

    np.testing.assert_array_equal(tracks[7].boxes_px, [[1, 2, 10, 4]])


def test_a_file_that_was_changed_or_removed_is_noticed(folder: Path) -> None:
    results = Results(folder)
    assert results.changed_files() == []

    (folder / "tables" / "tracks.parquet").write_bytes(b"else")

    assert results.changed_files() == ["tables/tracks.parquet"]


def test_a_folder_without_a_finished_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no finished run") as caught:
        Results(tmp_path)

    assert "--resume" in (caught.value.hint or "")


def test_a_table_that_is_not_there_is_refused_with_those_that_are(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no table 'poses'") as caught:
        Results(folder).table("poses")

    assert "tracks" in (caught.value.hint or "")


@pytest.mark.parametrize("columns", [None, ("track_id", "frame")])
def test_a_table_without_rows_is_a_table_all_the_same(
    tmp_path: Path, columns: tuple[str, ...] | None
) -> None:
    with ParquetWriter(tmp_path / "tables") as writer:
        writer.write("tracks", rows([]))
    write_json(tmp_path / "manifest.json", {"files": {}})

    table = Results(tmp_path).table("tracks", columns)

    assert table.num_rows == 0
    assert table.column_names == list(columns or TABLES["tracks"].names)


def test_a_damaged_table_is_refused(folder: Path) -> None:
    (folder / "tables" / "tracks.parquet").write_bytes(b"not parquet at all")

    with pytest.raises(ConfigError, match="not a readable table"):
        list(ParquetTables(folder / "tables").batches("tracks"))


def test_a_later_folder_hides_an_earlier_ones_table(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with ParquetWriter(other) as writer:
        writer.write("tracks", rows([5]))

    read = ParquetTables(folder / "tables", other)

    assert read.rows("tracks") == 1
    assert read.names() == ("tracks",)
    assert read.rows("events") == 0
    assert list(read.batches("events")) == []


def test_an_error_while_writing_leaves_no_table(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ParquetWriter(tmp_path) as writer:
        writer.write("tracks", rows([5]))
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []
