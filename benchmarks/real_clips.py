"""Every real clip through `sightline analyze`, annotated: what became of its frames, and a picture of each.

`python benchmarks/real_clips.py [--results DIR]` writes docs/pictures/real_clips.jpg and the table in docs/accuracy.md.
Results that are there already are used as they are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from clips import DATA, OUT, ROOT, WEIGHTS, need_data
from document import table, write_section
from sightline.media.thumbnails import thumbnail
from sightline.service.results import Results

TILE = (180, 320)
COLUMNS = 4
HEADER = ("clip", "picture", "frames", "looked at", "failed", "detections", "tracks", "fps")


def analysed(clip: Path, results: Path) -> Results:
    """Give the results of one clip, made where they are not there yet."""
    folder = results / clip.name
    if not (folder / "manifest.json").is_file():
        command = ["sightline", "analyze", str(clip), "--out", str(folder), "--overwrite", "--quiet"]
        subprocess.run([*command, "--model", str(WEIGHTS)], check=True)
    return Results(folder)


def row(clip: Path, results: Results) -> list[str]:
    """Give one line of the table."""
    ledger, manifest = results.ledger, results.manifest
    height, width = results.media.size
    tracks = results.table("tracks", ["track_id"])["track_id"]
    return [
        f"{clip.parent.name}/{clip.name}",
        f"{width} x {height}",
        str(ledger.decoded),
        str(ledger.inferred),
        str(sum(ledger.failed.values())),
        str(results.tables.rows("detections")),
        str(len(set(tracks.to_pylist()))),
        f"{manifest['performance']['analyze']['fps']:.0f}",
    ]


def tile(clip: Path, results: Results) -> np.ndarray:
    """Give the middle of the annotated video in a box of one size, named."""
    picture = thumbnail(results.folder / "annotated.mp4", float(results.media.duration_s) / 2, TILE[0])
    scale = min(TILE[0] / picture.shape[0], TILE[1] / picture.shape[1])
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    box = np.full((TILE[0] + 22, TILE[1] + 4, 3), 24, np.uint8)
    left = (TILE[1] - small.shape[1]) // 2 + 2
    box[2 : 2 + small.shape[0], left : left + small.shape[1]] = small[: TILE[0]]
    name = f"{clip.parent.name}/{clip.stem}"
    cv2.putText(box, name, (6, TILE[0] + 16), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (230, 230, 230), 1, cv2.LINE_AA)
    return box


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=OUT / "real", help="where results lie or go")
    given = parser.parse_args()
    need_data()
    clips = sorted(path for path in (DATA / "videos").rglob("*") if path.is_file())
    found = [(clip, analysed(clip, given.results)) for clip in clips]
    tiles = [tile(clip, results) for clip, results in found]
    tiles += [np.full_like(tiles[0], 24)] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    sheet = ROOT / "docs" / "pictures" / "real_clips.jpg"
    cv2.imwrite(str(sheet), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 82])
    lines = table(HEADER, [row(clip, results) for clip, results in found])
    text = f"```\npython benchmarks/real_clips.py\n```\n\n{lines}"
    write_section("real-clips", text, ROOT / "docs" / "accuracy.md")
    print(json.dumps({"clips": len(found), "sheet": str(sheet.relative_to(ROOT))}))
    print(lines)


if __name__ == "__main__":
    main()
