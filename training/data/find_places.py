"""Groups road and pothole pictures into places: `python -m training.data.find_places --data ../shared/data`.

Compares every picture with every other (about ten minutes of one core) and prints how its groups differ from those of
`splits/hazard/places.txt`; `--write` replaces the file. The committed file joins pictures from 12 agreeing features on,
one step more careful than needed: too much joined only makes places larger, too little would leak.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np

from training.data.places import Look, Seen, groups, read_all, same_pairs
from training.data.splits import FOLDER, Entry

FILE = FOLDER / "hazard" / "places.txt"

ROAD = Look(same_at=12)

PHOTOGRAPHS = Look(side_px=320, blur_px=1.5, equalise=True, mirrored=True, same_at=12)


def road_places(data_root: Path) -> list[Entry]:
    """Group the pictures of RDD China."""
    paths = sorted((data_root / "hazards/rdd_china_motorbike/images").glob("*.jpg"))
    seen = read_all(paths, ROAD)
    joined = groups(len(paths), [(one, other) for one, other, _ in _pairs(seen, seen, ROAD)])
    return [
        Entry(path.relative_to(data_root).as_posix(), "rdd_china", f"rdd_china/{paths[at].stem[-6:]}")
        for path, at in zip(paths, joined, strict=True)
    ]


def photograph_places(data_root: Path) -> list[Entry]:
    """Group the pothole photographs of both sets, by content and by the number that variants share."""
    folders = ("potholes_boxes", "potholes_polygons")
    paths = [
        path for folder in folders for path in sorted((data_root / "hazards" / folder / "images").iterdir())
    ]
    seen, mirrored = read_all(paths, PHOTOGRAPHS), read_all(paths, PHOTOGRAPHS, flip=True)
    pairs = [(one, other) for one, other, _ in _pairs(seen, seen, PHOTOGRAPHS)]
    pairs += [(one, other) for one, other, _ in _pairs(mirrored, seen, PHOTOGRAPHS)]
    first: dict[tuple[str | None, str], int] = {}
    for at, path in enumerate(paths):
        if (variant := variant_of(path.stem)) is not None:
            pairs.append((first.setdefault(variant, at), at))
    joined = groups(len(paths), pairs)
    return [
        Entry(
            path.relative_to(data_root).as_posix(),
            "pothole_boxes" if path.parts[-3] == "potholes_boxes" else "pothole_polygons",
            f"potholes/{paths[at].stem}",
        )
        for path, at in zip(paths, joined, strict=True)
    ]


def variant_of(stem: str) -> tuple[str | None, str] | None:
    """Give what the weather, light and shake variants of one photograph share; None for other names.

    Rain and night variants count as the plain ones do; the shaken (`b_`) have numbers of their own.
    """
    match = re.fullmatch(r"(?:night_d_|night_|rain_)?pothole_(b_)?(?:[hlm]s_)?(\d+)(?:_png)?", stem)
    return (match[1], match[2]) if match else None


def _pairs(asking: list[Seen], known: list[Seen], look: Look) -> list[tuple[int, int, int]]:
    def progress(done: int) -> None:
        if done % 100 == 0:
            print(f"{done} of {len(asking)}", flush=True)

    return same_pairs(asking, known, look, same=True, progress=progress)


def compare(new: list[Entry], old: list[Entry]) -> tuple[int, int]:
    """Count places of one list that are spread over several of the other: (new over old, old over new)."""
    by_path = {entry.path: entry.place for entry in old}
    pairs = {(entry.place, by_path[entry.path]) for entry in new if entry.path in by_path}
    counts = []
    for side in (0, 1):
        _, times = np.unique([pair[side] for pair in pairs], return_counts=True)
        counts.append(int((times > 1).sum()))
    return counts[0], counts[1]


def main() -> None:
    """Group, compare, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--write", action="store_true", help="replace the file of places")
    chosen = parser.parse_args()
    new = sorted([*photograph_places(chosen.data), *road_places(chosen.data)])
    print(len({entry.place for entry in new}), "places")
    if FILE.is_file():
        old = [Entry(*line.split("\t")) for line in FILE.read_text(encoding="utf-8").splitlines()]
        joins, splits = compare(new, old)
        print(f"{joins} new places join several of the file's; {splits} of the file's fall apart")
    if chosen.write:
        lines = [f"{entry.path}\t{entry.domain}\t{entry.place}\n" for entry in new]
        FILE.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
