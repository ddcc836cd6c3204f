"""Prints what a model's parts hold: `python -m training.data.count --model hazard --data ../shared/data`."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.data.labelled import CLASS_NAMES, IGNORED, Labelled, load_split
from training.data.splits import PARTS


def table(model: str, data_root: Path) -> str:
    """Give a Markdown table of pictures, places and objects of each class by domain and part."""
    names = CLASS_NAMES[model]
    lines = [
        "| domain | part | pictures | places | without objects | "
        + " | ".join(names)
        + " | ignored regions |",
        "|---|---|" + "---:|" * (len(names) + 4),
    ]
    parts = {part: load_split(model, part, data_root) for part in PARTS}
    lines += [
        _row(domain, part, [each for each in parts[part] if each.domain == domain], names)
        for domain in sorted({each.domain for part in PARTS for each in parts[part]})
        for part in PARTS
    ]
    return "\n".join(lines)


def _row(domain: str, part: str, pictures: list[Labelled], names: tuple[str, ...]) -> str:
    objects = [
        sum(int((each.class_ids == at).sum()) for each in pictures) for at in (*range(len(names)), IGNORED)
    ]
    cells = [len(pictures), len({each.place for each in pictures})]
    cells += [sum(not len(each.objects_px) for each in pictures), *objects]
    return f"| {domain} | {part} | " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", choices=sorted(CLASS_NAMES), required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    chosen = parser.parse_args()
    print(table(chosen.model, chosen.data))


if __name__ == "__main__":
    main()
