"""Looks for pictures of one place in two parts: `python -m training.data.leaks --model hazard --data ../shared/data`.

The same local features that made the places (see `places`) look across the parts, mirrored pictures included. What is
left out of `places.txt` by mistake, or dealt out wrongly, is found here.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from training.data.labelled import CLASS_NAMES, Labelled, load_split
from training.data.pixels import read_picture
from training.data.places import Look, Seen, same_pairs, see
from training.data.splits import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence


QUICK = Look(
    side_px=160,
    blur_px=0.8,
    equalise=True,
    features=150,
    sought=50,
    clear=8,
    candidates=3,
    same_at=16,
)
"""Coarser than `places` looks: near-duplicates share dozens of features, and a test has a minute."""

LOGOS = {"brazil": (0.78, 0.14)}
"""Domains with the same logo in the top right corner of every picture: from which share of the width, down to which share
of the height. Features on it would make all of them one place."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Two pictures of different parts that show the same.

    Attributes:
        one: In validation or test.
        other: In another part.
        agreeing: Features that agree.
    """

    one: Labelled
    other: Labelled
    agreeing: int


def find_leaks(
    asking: Sequence[Labelled], known: Sequence[Labelled], look: Look = QUICK, *, mirrored: bool = False
) -> list[Leak]:
    """Find pictures of `asking` that `known` shows too.

    Args:
        asking: Pictures of one part.
        known: Pictures of another.
        look: How closely to look.
        mirrored: Mirror the pictures that ask.
    """
    one = [_see(each, look, flip=mirrored) for each in asking]
    other = [_see(each, look) for each in known]
    return [Leak(asking[row], known[at], count) for row, at, count in same_pairs(one, other, look)]


def leaks_between_parts(parts: Sequence[Sequence[Labelled]], look: Look = QUICK) -> list[Leak]:
    """Find every pair of pictures of one source that two parts share.

    Pictures of different sources come from different cameras, years and countries and are not compared. Only the
    photographs of potholes, gathered on the web, are also looked for mirrored.
    """
    leaks = []
    for source in sorted({each.place.split("/")[0] for part in parts for each in part}):
        of_source = [[each for each in part if each.place.split("/")[0] == source] for part in parts]
        for at, known in enumerate(of_source):
            asking = [each for part in of_source[at + 1 :] for each in part]
            for mirrored in (False, True) if source == "potholes" else (False,):
                leaks += find_leaks(asking, known, look, mirrored=mirrored)
    return leaks


def _see(each: Labelled, look: Look, *, flip: bool = False) -> Seen:
    image = read_picture(each.path)
    seen = see(image[:, ::-1].copy() if flip else image, look)
    if each.domain not in LOGOS:
        return seen
    left, bottom = LOGOS[each.domain]
    scale = look.side_px / max(image.shape)
    x, y = seen.points_px.T / scale
    kept = (x < left * each.width) | (y > bottom * each.height)
    return Seen(seen.points_px[kept], seen.features[kept])


def shared_places(parts: Sequence[Sequence[Labelled]]) -> set[str]:
    """Give the places that more than one part names."""
    named = [{each.place for each in part} for part in parts]
    return {place for at, one in enumerate(named) for other in named[at + 1 :] for place in one & other}


def main() -> None:
    """Print every leak; ends with 1 where there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=sorted(CLASS_NAMES), required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--closely", action="store_true", help="look as closely as for places (minutes)")
    chosen = parser.parse_args()
    look = (
        replace(QUICK, features=400, sought=200, clear=4, candidates=24, same_at=14)
        if chosen.closely
        else QUICK
    )
    leaks = leaks_between_parts([load_split(chosen.model, part, chosen.data) for part in PARTS], look)
    for leak in leaks:
        print(leak.one.path.name, leak.one.place, leak.other.path.name, leak.other.place, leak.agreeing)
    print(f"{len(leaks)} pairs of pictures show one place in two parts")
    raise SystemExit(bool(leaks))


if __name__ == "__main__":
    main()
