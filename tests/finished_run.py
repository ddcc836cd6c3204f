"""Makes the result folder of a run that never ran: small tables whose every row is known."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.core.runs import Run, RunState
from sightline.core.tables import schema_of

FRAMES = 20


def finished_run(folder: Path, run_id: str = "0001-aa", owner: str = "ann") -> Run:
    """Write tables `frames` and `tracks` and a manifest; give the completed run that they are of."""
    (folder / "tables").mkdir(parents=True)
    frames = [
        {"frame": n, "t_s": n / 10, "segment": 0, "status": "inferred", "detections": 1}
        for n in range(FRAMES)
    ]
    tracks = [
        {
            "frame": n,
            "t_s": n / 10,
            "track_id": n % 2,
            "score": n / FRAMES,
            "class_id": 0,
            "class_name": "person" if n % 2 else "ball",
            "quality": "seen",
        }
        for n in range(FRAMES)
    ]
    for name, rows in (("frames", frames), ("tracks", tracks)):
        table = pa.Table.from_pylist(rows, schema=schema_of(name))
        pq.write_table(table, folder / "tables" / f"{name}.parquet", row_group_size=6)
    (folder / "report.json").write_text('{"people": 2}', encoding="utf-8")
    (folder / "own.txt").write_text("not ours", encoding="utf-8")
    names = ("tables/frames.parquet", "tables/tracks.parquet", "report.json")
    files = {name: {"sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest()} for name in names}
    ledger = {"decoded": FRAMES, "inferred": FRAMES, "skipped": {}, "failed": {}, "coverage": 1.0}
    (folder / "manifest.json").write_text(json.dumps({"files": files, "ledger": ledger}), encoding="utf-8")
    return Run(
        id=run_id,
        state=RunState.COMPLETED,
        source="/videos/street.mp4",
        app="people",
        folder=str(folder),
        settings={"source": {"name": "street.mp4", "sha256": "00"}, "model": "motion"},
        owner=owner,
    )
