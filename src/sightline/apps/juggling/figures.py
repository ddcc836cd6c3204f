"""Draws the figures of a report as SVG: where balls went, and the ladder of throws and catches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np

from sightline.analytics.juggling.paths import Hand
from sightline.apps.juggling.svg import fill
from sightline.reporting.inline import jpeg
from sightline.reporting.numbers import at

if TYPE_CHECKING:
    from sightline.analytics.juggling.arcs.parabolas import Arc
    from sightline.apps.juggling.measure import Found
    from sightline.core.arrays import UInt8
    from sightline.ports import ReportContext

PALETTE = ("#ffb454", "#5ad1ff", "#ff7eb6", "#8ce99a", "#b197fc", "#ffd43b", "#63e6be", "#ff8787", "#a5d8ff")
_WIDTH = 1280
_TALLEST = 1.25  # of the width
_STEPS = 24
_LADDER_S = 8.0


def draw_figures(found: Found, context: ReportContext) -> list[dict[str, str]]:
    """Write the figures into the context's folder.

    Returns:
        For each its `file`, `kind`, `title` and `caption`, in the order they are to be read.
    """
    listed = []
    for kind, title, caption, drawing in _figures(found, context):
        file = f"{kind}.svg"
        (context.figures / file).write_text(drawing, encoding="utf-8", newline="\n")
        listed.append({"file": file, "kind": kind, "title": title, "caption": caption})
    return listed


def _figures(found: Found, context: ReportContext) -> Iterator[tuple[str, str, str, str]]:
    arcs = found.keeping.arcs if found.keeping is not None else found.linked.arcs
    if not arcs:
        return
    caption = "Every flight that was found, one colour per ball."
    if found.keeping is not None:
        caption = "Every flight that was found; rings are touches, squares bounces."
    yield (
        "ways",
        "Where the ball went" if found.keeping else "Where the balls went",
        caption,
        _ways(found, context),
    )
    if found.juggle is not None and found.juggle.throws:
        yield (
            "ladder",
            "Ladder",
            "Time goes to the right; a line goes from the hand that threw to the hand that caught, in the ball's "
            "colour. Dashed throws were not seen but follow from the pattern.",
            _ladder(found),
        )


def _ways(found: Found, context: ReportContext) -> str:
    height, width = context.media.size
    wide = width * float(context.media.pixel_aspect)
    scale = min(_WIDTH / wide, _TALLEST * _WIDTH / height)
    size = max(1, round(wide * scale)), max(1, round(height * scale))
    scales = (wide / width * scale, scale)
    ways = []
    if found.keeping is not None:
        numbered: list[tuple[int, Arc]] = [(1, arc) for arc in found.keeping.arcs]
        spans = [(arc.first_s, arc.last_s) for arc in found.keeping.arcs]
    else:
        linked = found.linked
        numbered = [(flight.ball_id, arc) for flight, arc in zip(linked.flights, linked.arcs, strict=True)]
        spans = [(flight.throw_t_s, flight.catch_t_s) for flight in linked.flights]
    for (ball, arc), span in zip(numbered, spans, strict=True):
        points = arc.at(np.linspace(*span, _STEPS)) * scales
        path = "M" + " L".join(f"{at(x)},{at(y)}" for x, y in points.tolist())
        ways.append((path, PALETTE[(ball - 1) % len(PALETTE)]))
    marks = []
    if found.keeping is not None:
        marks = [
            (touch.place_px[0] * scales[0], touch.place_px[1] * scales[1], touch.kind)
            for touch in found.keeping.touches
        ]
    return fill(
        "ways.svg.j2",
        width=size[0],
        height=size[1],
        background=jpeg(_dimmed(context.background, size)),
        ways=ways,
        marks=marks,
    )


def _dimmed(background: UInt8 | None, size: tuple[int, int]) -> UInt8:
    """Give the scene grey and dark, so that what is drawn on it stands out."""
    if background is None:
        return np.full((size[1], size[0], 3), (44, 36, 30), np.uint8)
    grey = cv2.cvtColor(cv2.resize(background, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor((grey * 0.5).astype(np.uint8), cv2.COLOR_GRAY2BGR), np.uint8)


def _ladder(found: Found) -> str:
    """Draw throws between two rails, some seconds a row."""
    juggle = found.juggle
    if juggle is None:
        return ""
    first_s = min(throw.t_s for throw in juggle.throws)
    last_s = max(throw.catch_t_s or throw.t_s for throw in juggle.throws)
    rows = max(1, int(np.ceil((last_s - first_s) / _LADDER_S)))
    rails = {Hand.LEFT: 26.0, Hand.RIGHT: 116.0}
    tall, left, right = 168.0, 64.0, _WIDTH - 20.0
    lines = []
    for throw in juggle.throws:
        caught_s = throw.catch_t_s if throw.catch_t_s is not None else throw.t_s + 0.15
        hand = throw.catch_hand or throw.hand
        row = int((throw.t_s - first_s) / _LADDER_S)
        for each in range(row, min(rows, int((caught_s - first_s) / _LADDER_S) + 1)):
            x1, x2 = (
                left + (t_s - first_s - each * _LADDER_S) / _LADDER_S * (right - left)
                for t_s in (throw.t_s, caught_s)
            )
            y1, y2 = each * tall + rails[throw.hand], each * tall + rails[hand]
            bow = 0.0 if y1 != y2 else (30.0 if throw.hand is Hand.LEFT else -30.0)
            path = f"M{at(x1)},{at(y1)} Q{at((x1 + x2) / 2)},{at((y1 + y2) / 2 + bow)} {at(x2)},{at(y2)}"
            label = "" if throw.value is None or each != row else str(throw.value)
            color = PALETTE[(throw.ball_id - 1) % len(PALETTE)]
            lines.append(
                (path, color, throw.flight is None, throw.outcome == "dropped", x1, y1, label, y1 > y2)
            )
    ticks = [
        (left + second / _LADDER_S * (right - left), f"{row * _LADDER_S + second:g}", row)
        for row in range(rows)
        for second in range(int(_LADDER_S))
        if row * _LADDER_S + second <= last_s - first_s + 0.5
    ]
    return fill(
        "ladder.svg.j2", width=_WIDTH, height=rows * tall, tall=tall, rows=rows, rails=rails, left=left,
        right=right, lines=lines, ticks=ticks,
    )  # fmt: skip
