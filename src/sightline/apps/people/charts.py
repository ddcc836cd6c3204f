"""Draws numbers over time as SVG: people present, crossings of each line, people in each zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sightline.analytics.counting import IN, OUT, LineCounts
from sightline.apps.people.svg import fill
from sightline.reporting.numbers import at, count_ticks, time_ticks

if TYPE_CHECKING:
    from sightline.analytics.occupancy import Bucket
    from sightline.apps.people.measure import Found, OverTime

_WIDTH, _PLOT_HEIGHT = 960, 170
_LEFT, _RIGHT, _TOP, _GAP = 48, 16, 34, 34
MOST_PANELS = 6


class _Axes:
    """Where a value lies in a panel."""

    def __init__(self, length_s: float, highest: float, top: float) -> None:
        self.length_s = max(length_s, 1e-9)
        self.counts = count_ticks(max(highest, 1))
        self.top, self.bottom = top, top + _PLOT_HEIGHT

    def x(self, seconds: float) -> float:
        part = min(max(seconds / self.length_s, 0.0), 1.0)
        return _LEFT + part * (_WIDTH - _LEFT - _RIGHT)

    def y(self, count: float) -> float:
        return self.bottom - count / self.counts[-1] * _PLOT_HEIGHT

    def ticks(self) -> dict[str, Any]:
        times = time_ticks(self.length_s)
        return {
            "top": self.top,
            "bottom": self.bottom,
            "counts": [(count, self.y(count)) for count in self.counts],
            "times": [(seconds, self.x(seconds)) for seconds in times],
        }


def present_chart(found: Found) -> str:
    """Draw how many were in the picture: the mean as a line, the most as a band, unseen time hatched."""
    return _chart([_present_panel(found, found.whole, "In the picture", _TOP)])


def zones_chart(found: Found) -> str:
    """Draw how many were in each zone, one panel each."""
    panels = [
        _present_panel(found, place, zone.name, _panel_top(row))
        for row, (zone, _, place) in enumerate(found.zones[:MOST_PANELS])
    ]
    return _chart(panels)


def lines_chart(found: Found) -> str:
    """Draw how the counts of each line grew, one panel each."""
    panels = [
        _crossings_panel(found, line.name, counts, _panel_top(row))
        for row, (line, counts) in enumerate(found.lines[:MOST_PANELS])
    ]
    return _chart(panels)


def _panel_top(row: int) -> float:
    return _TOP + row * (_PLOT_HEIGHT + _TOP + _GAP)


def _chart(panels: Sequence[dict[str, Any]]) -> str:
    height = _panel_top(len(panels)) - _TOP
    return fill("chart.svg.j2", panels=panels, width=_WIDTH, height=height, left=_LEFT, right=_WIDTH - _RIGHT)


def _present_panel(found: Found, place: OverTime, title: str, top: float) -> dict[str, Any]:
    axes = _Axes(found.last_s - found.first_s, place.presence.maximum, top)
    pieces, unseen = [], []
    for bucket in place.buckets:
        left = axes.x(bucket.start_s - found.first_s)
        right = axes.x(bucket.start_s - found.first_s + place.width_s)
        if bucket.coverage == 0:
            unseen.append((left, right))
        else:
            pieces.append((left, right, bucket))
    runs: list[list[tuple[float, float, Bucket]]] = []
    for piece in pieces:
        if runs and runs[-1][-1][1] >= piece[0] - 1e-6:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return {
        "title": title,
        "legend": [("mean", "mean"), ("most", "most at once")],
        **axes.ticks(),
        "areas": [_stairs(axes, run, "maximum", closed=True) for run in runs],
        "paths": [("mean", _stairs(axes, run, "mean", closed=False)) for run in runs],
        "unseen": unseen,
        "ends": [],
    }


def _stairs(axes: _Axes, run: Sequence[tuple[float, float, Bucket]], name: str, *, closed: bool) -> str:
    points = []
    for left, right, bucket in run:
        level = at(axes.y(getattr(bucket, name)))
        points += [f"{at(left)},{level}", f"{at(right)},{level}"]
    if closed:
        points = [f"{at(run[0][0])},{at(axes.bottom)}", *points, f"{at(run[-1][1])},{at(axes.bottom)}"]
    return "M" + " L".join(points) + ("Z" if closed else "")


def _crossings_panel(found: Found, title: str, counts: LineCounts, top: float) -> dict[str, Any]:
    totals = {way: counts.count(way) for way in (IN, OUT)}
    axes = _Axes(found.last_s - found.first_s, max(totals.values()), top)
    paths, ends = [], []
    for way, name in ((OUT, "out"), (IN, "in")):
        at_x: dict[str, int] = {}  # one step a drawn column at most
        crossed = [event.t_s - found.first_s for event in counts.crossings if event.direction == way]
        for count, seconds in enumerate(sorted(crossed), start=1):
            at_x[at(axes.x(seconds))] = count
        level = at(axes.y(0))
        points = [f"{at(axes.x(0))},{level}"]
        for x, count in at_x.items():
            points.append(f"{x},{level}")
            level = at(axes.y(count))
            points.append(f"{x},{level}")
        points.append(f"{at(axes.x(axes.length_s))},{level}")
        paths.append((name, "M" + " L".join(points)))
        ends.append((name, axes.y(totals[way]), totals[way]))
    return {
        "title": title,
        "legend": [("in", f"in {totals[IN]}"), ("out", f"out {totals[OUT]}")],
        **axes.ticks(),
        "areas": [],
        "paths": paths,
        "unseen": [],
        "ends": ends,
    }
