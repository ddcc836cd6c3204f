"""Writes the split files: `python -m training.data.make_splits --model hazard --data ../shared/data`.

Places of the road and pothole pictures come from `splits/hazard/places.txt`, which `training.data.find_places` writes
(minutes); everything else is read off file names. The same data gives the same files.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from pathlib import Path

from training.data.deal import SHARES as USUAL
from training.data.deal import deal
from training.data.labelled import CLASS_NAMES, DOMAINS
from training.data.pixels import picture_size
from training.data.splits import FOLDER, PARTS, Entry, Part, read_split, write_split
from training.data.stored import stored_frames, stored_rows

POSITION_GAP = 60
"""Frames of the Brazilian highways that are further apart along a road show different stretches; the marks in the file
names rise by 5 a frame, and a frame shows the road as far as a dozen frames ahead."""

SEED = 20261121

SHARES: dict[str, dict[Part, float]] = {"people": {"train": 0.57, "val": 0.1, "test": 0.33}}
"""Shares of the parts where they are not the usual ones."""

TEST_ONLY = frozenset({"ball"})
"""Models whose real pictures are all for testing; they learn from drawn ones."""

OPEN_VIDEOS = frozenset({"videos/people/one_by_one.mp4"})
"""Videos whose licence (CC BY 4.0) allows training; the rights in the others' footage are not clear."""


def hazard_entries(data_root: Path) -> list[Entry]:
    """Give every hazard picture with its place."""
    lines = (FOLDER / "hazard" / "places.txt").read_text(encoding="utf-8").splitlines()
    entries = [Entry(*line.split("\t")) for line in lines]
    return entries + brazil_entries(data_root)


def brazil_entries(data_root: Path) -> list[Entry]:
    """Give the highway pictures; a place is a run of frames without a gap above `POSITION_GAP`."""
    marked = []
    for path in sorted((data_root / "hazards/brazil/images").glob("*.jpg")):
        match = re.fullmatch(r"\d+_[A-Z]+_\d+_(\w+?)_(\d+)", path.stem)
        if match is None:
            raise ValueError(f"{path.name} does not name a road and a position")
        marked.append((match[1], int(match[2]), path))
    marked.sort()
    entries: list[Entry] = []
    place, before = "", ("", 0)
    for road, position, path in marked:
        if road != before[0] or position - before[1] > POSITION_GAP:
            place = f"brazil/{road}/{position:05d}"
        before = (road, position)
        entries.append(Entry(f"hazards/brazil/images/{path.name}", "brazil", place))
    return entries


def football_entries(data_root: Path) -> list[Entry]:
    """Give the broadcast frames; a place is a match, `<match>_<clip>_<frame>_png.jpg`."""
    return [
        Entry(f"football/detection/images/{path.name}", "broadcast", f"broadcast/{path.name.split('_')[0]}")
        for path in sorted((data_root / "football/detection/images").glob("*.jpg"))
    ]


def people_entries(data_root: Path) -> list[Entry]:
    """Give the general pictures, each its own place; see `people_extra` for what only training takes."""
    return [
        Entry(f"people/coco128/images/{path.name}", "coco", f"coco/{path.stem}")
        for path in sorted((data_root / "people/coco128/images").glob("*.jpg"))
    ]


def people_extra() -> dict[Part, list[Entry]]:
    """Give what goes with the general pictures without being dealt: matches keep their part, videos and roads are trained on."""
    extra: dict[Part, list[Entry]] = {part: [] for part in PARTS}
    for part in ("train", "val"):
        extra[part] += [entry for entry in read_split("football", part) if entry.domain == "broadcast"]
    roads = {entry.path: entry for entry in read_split("hazard", "train")}
    for name in stored_frames("people"):
        if name in roads:
            extra["train"].append(Entry(name, "road", roads[name].place))
            continue
        video = name.split("#")[0]
        domain = "video_open" if video in OPEN_VIDEOS else "video_unclear"
        extra["train"].append(Entry(name, domain, f"video/{Path(video).stem}"))
    return extra


def football_extra() -> dict[Part, list[Entry]]:
    """Give the frames of videos, which are trained on; where no ball is labelled, balls count for nothing."""
    extra: dict[Part, list[Entry]] = {part: [] for part in PARTS}
    for name, rows in stored_rows("football").items():
        has_ball = any(row[4] == 0 for row in rows)
        domain = "video_unclear" if has_ball else "video_unclear_no_ball"
        extra["train"].append(Entry(name, domain, f"video/{Path(name.split('#')[0]).stem}"))
    return extra


def ball_entries(_data_root: Path) -> list[Entry]:
    """Give the hand-labelled frames of real juggling, which are for testing alone; a place is a video."""
    return [
        Entry(name, name.split("/")[1], f"{name.split('/')[1]}/{Path(name.split('#')[0]).stem}")
        for name in stored_frames("ball")
    ]


EXTRA = {"football": football_extra, "people": people_extra}
"""What joins the parts without being dealt."""

ENTRIES = {
    "ball": ball_entries,
    "football": football_entries,
    "hazard": hazard_entries,
    "people": people_entries,
}


def main() -> None:
    """Deal the places of each source out and write the parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=sorted(ENTRIES), required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    chosen = parser.parse_args()
    entries = ENTRIES[chosen.model](chosen.data)
    parts: dict[Part, list[Entry]] = {part: [] for part in PARTS}
    if chosen.model in TEST_ONLY:
        parts["test"], entries = entries, []
    for source in sorted({_source(entry) for entry in entries}):
        of_source = [entry for entry in entries if _source(entry) == source]
        dealt = deal(
            of_source,
            _counts(chosen.model, of_source, chosen.data),
            seed=SEED,
            shares=SHARES.get(chosen.model, USUAL),
        )
        for part in PARTS:
            parts[part] += dealt[part]
    for part, more in EXTRA.get(chosen.model, dict)().items():
        parts[part] += more
    for part in PARTS:
        write_split(chosen.model, part, parts[part])
        print(part, len(parts[part]))


def _source(entry: Entry) -> str:
    """Domains that share places are dealt together: what stands before the first slash of a place."""
    return entry.place.split("/")[0]


def _counts(model: str, entries: list[Entry], data_root: Path) -> dict[str, list[int]]:
    counts = {}
    for entry in entries:
        path = data_root / entry.path
        _, classes = DOMAINS[model][entry.domain].read(path, *picture_size(path))
        seen = Counter(classes.tolist())
        counts[entry.path] = [seen[class_id] for class_id in range(len(CLASS_NAMES[model]))]
    return counts


if __name__ == "__main__":
    main()
