"""Draws a training's losses over its steps as SVG: `python -m training.curve hazard --out docs/models/hazard-curve.svg`."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from training.train import RUNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 640, 240, 48, 36, 24
COLOURS = {"score": "#1f6f8b", "box": "#c8553d"}


def read_curve(path: Path) -> dict[str, list[float]]:
    """Give the columns of a `curve.csv`; what a resumed run wrote twice counts once, the later line."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = {int(row["step"]): row for row in csv.DictReader(file)}
    ordered = [rows[step] for step in sorted(rows)]
    return {name: [float(row[name]) for row in ordered] for name in (ordered[0] if ordered else {})}


def draw_curve(columns: Mapping[str, Sequence[float]], title: str) -> str:
    """Give the plot; each loss is a share of its own highest value, which its label tells."""
    steps = columns["step"]
    last = max(steps)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="15" font-weight="bold">{title}</text>',
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - 8}" fill="none" stroke="#555"/>',
        f'<text x="{WIDTH - 8}" y="{HEIGHT - 20}" text-anchor="end">{last:.0f} steps</text>',
    ]
    for place, (name, colour) in enumerate(COLOURS.items()):
        values, highest = columns[name], max(columns[name])
        points = " ".join(
            f"{LEFT + (WIDTH - 8 - LEFT) * step / last:.1f},{HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / highest:.1f}"
            for step, value in zip(steps, values, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        label = f"{name} loss: {values[0]:.2f} at first, highest {highest:.2f}, {values[-1]:.2f} at the end"
        parts.append(
            f'<text x="{LEFT + 270 * place}" y="{HEIGHT - 6}" fill="{colour}" font-size="10">{label}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a recipe whose run is in training/runs")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    columns = read_curve(RUNS / given.name / "curve.csv")
    given.out.write_text(draw_curve(columns, f"sightline-{given.name}-n, training"), encoding="utf-8")


if __name__ == "__main__":
    main()
