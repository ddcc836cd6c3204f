"""What every `Application` promises."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sightline.core.ledger import FrameStatus, Ledger
from sightline.core.tables import TABLES, schema_of
from sightline.ports import ReportContext, StageContext
from sightline.testing.fakes import FakeModel, fake_media, fake_tracker, plain_image, walker
from sightline.testing.tables import MemoryTables

_FRAMES = 20


def _batch(table: str, rows: list[dict[str, Any]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema=schema_of(table))


def one_walker() -> dict[str, pa.RecordBatch]:
    """Give the tables of a clip in which one square walks to the right."""
    frames, boxes = [], []
    for index in range(_FRAMES):
        moment = {"frame": index, "t_s": index / 10}
        frames.append({**moment, "segment": 0, "status": FrameStatus.INFERRED.value, "detections": 1})
        x1_px, y1_px, x2_px, y2_px = walker(index).boxes_px[0].tolist()
        boxes.append(
            {
                **moment,
                "x1_px": x1_px,
                "y1_px": y1_px,
                "x2_px": x2_px,
                "y2_px": y2_px,
                "score": 0.9,
                "class_id": 0,
                "class_name": "person",
                "track_id": 1,
                "quality": "seen",
            }
        )
    plain = [{key: row[key] for key in schema_of("detections").names} for row in boxes]
    return {
        "frames": _batch("frames", frames),
        "detections": _batch("detections", plain),
        "tracks": _batch("tracks", boxes),
    }


class ApplicationContract:
    """Subclass it and give the application in `make`."""

    def make(self) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    def detector(self) -> Any:
        """Give a detector that suits it; any does for most."""
        return FakeModel()

    def context(self, folder: Path, tables: dict[str, pa.RecordBatch]) -> tuple[ReportContext, MemoryTables]:
        """Give what a report is made from, and where its own tables go."""
        stored, written = MemoryTables(), MemoryTables()
        for name, batch in tables.items():
            stored.write(name, batch)
        frames = tables["frames"].num_rows if "frames" in tables else 0
        (folder / "figures").mkdir(parents=True, exist_ok=True)
        context = ReportContext(
            media=fake_media(_FRAMES),
            read=stored,
            write=written,
            settings=dict(self.make().defaults()),
            provenance={"sightline": "0", "model": {"name": "fake", "sha256": ""}, "settings": {}},
            ledger=Ledger(decoded=frames, inferred=frames).to_json(),
            background=plain_image(0) if frames else None,
            figures=folder / "figures",
        )
        return context, written

    def test_it_has_a_name_and_settings_that_are_plain_data(self) -> None:
        app = self.make()
        assert app.name
        assert json.loads(json.dumps(dict(app.defaults()))) == dict(app.defaults())

    def test_its_stages_have_names_of_their_own(self) -> None:
        app = self.make()
        context = StageContext(
            media=fake_media(),
            models={"detector": self.detector()},
            tracker=fake_tracker,
            settings=dict(app.defaults()),
        )
        names = [stage.name for stage in app.stages(context)]
        assert len(set(names)) == len(names)

    @pytest.mark.parametrize("tables", [one_walker(), {}], ids=["one walker", "nothing"])
    def test_a_report_is_plain_data_and_the_same_again(
        self, tmp_path: Path, tables: dict[str, pa.RecordBatch]
    ) -> None:
        texts, written = [], []
        for name in ("a", "b"):
            context, own = self.context(tmp_path / name, tables)
            report = self.make().report(context)
            texts.append(json.dumps(report, allow_nan=False))
            written.append({table: own.table(table) for table in TABLES})
        assert texts[0] == texts[1]
        assert written[0] == written[1]
        assert _files(tmp_path / "a") == _files(tmp_path / "b")

    def test_the_page_needs_nothing_from_outside(self, tmp_path: Path) -> None:
        context, _ = self.context(tmp_path, one_walker())
        app = self.make()
        page = app.page(app.report(context), context.figures)
        assert page.lstrip().lower().startswith("<!doctype html>")
        assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|\#)""", page)
        assert "<script src" not in page


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
