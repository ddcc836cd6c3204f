"""Draws on a pitch with mplsoccer: heat maps, passes, networks, shots, shapes. Equal data give equal bytes.

Both mplsoccer and matplotlib take seconds to import, so they are imported when the first figure is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import PitchSize
    from sightline.core.arrays import Float64

TURF, LINES, INK, DIM = "#173126", "#9db5a8", "#f2f5f3", "#a9bcb1"
_HEAT = ("#173126", "#1f5a46", "#4f9d5d", "#c9c54a", "#f7a63b", "#fbe7b2")
_DPI = 110
BINS = (42, 28)
_SMOOTH_CELLS = 1.2


@dataclass(frozen=True, slots=True)
class Dot:
    """A player's mark on a pitch: where, how large (0..1), and what is written on it."""

    x_m: float
    y_m: float
    label: str
    size: float = 1.0


@dataclass(frozen=True, slots=True)
class Shot:
    """A shot in the shooting team's own direction of play, +x: where from, and what became of it."""

    x_m: float
    y_m: float
    outcome: str
    worth: float


class Board:
    """Makes pitches and writes them into a folder.

    Args:
        folder: Where the figures go.
        pitch: The field's size.
    """

    def __init__(self, folder: Path, pitch: PitchSize) -> None:
        self._folder = folder
        self._size = pitch

    def heat(self, file: str, points_m: Float64) -> None:
        """Draw where somebody spent time; `(n, 2)` points, each worth the same time."""
        with self._single(file) as (pitch, axis):
            self._heat(pitch, axis, points_m)

    def heats(self, file: str, each: Sequence[tuple[str, Float64]], *, columns: int = 4) -> None:
        """Draw a small heat map for each of several people, each under a title."""
        rows = -(-len(each) // columns)
        with _style():
            from matplotlib.figure import Figure

            figure = Figure(figsize=(12.4, 2.42 * rows), facecolor=TURF, layout="constrained")
            pitch = self._pitch(linewidth=0.8)
            axes = np.atleast_1d(np.asarray(figure.subplots(rows, columns))).reshape(-1)
            for axis in axes[len(each) :]:
                axis.set_axis_off()
            for axis, (title, points_m) in zip(axes, each, strict=False):
                pitch.draw(ax=axis)
                self._heat(pitch, axis, points_m)
                axis.set_title(title, color=INK, fontsize=10.5, pad=3)
            self._save(figure, file)

    def passes(
        self,
        file: str,
        passes_m: tuple[Float64, Float64],
        complete: NDArray[np.bool_],
        color: str,
        below: str,
    ) -> None:
        """Draw passes as arrows from their starts to their ends, the complete ones in the team's colour.

        Args:
            file: What the figure is called.
            passes_m: `(n, 2)` starts and ends.
            complete: `(n,)` whether a team-mate got it.
            color: The team's.
            below: What is written below the pitch.
        """
        starts_m, ends_m = passes_m
        with self._single(file) as (pitch, axis):
            for mask, ink, alpha in ((~complete, DIM, 0.45), (complete, color, 0.9)):
                if mask.any():
                    start, end = self._corner(starts_m[mask]), self._corner(ends_m[mask])
                    pitch.arrows(
                        *start.T,
                        *end.T,
                        ax=axis,
                        color=ink,
                        alpha=alpha,
                        width=1.3,
                        headwidth=4.5,
                        headlength=4.5,
                    )
            self._write_below(axis, below)

    def network(
        self, file: str, dots: Sequence[Dot], links: Sequence[tuple[int, int, float]], color: str, below: str
    ) -> None:
        """Draw who passed to whom: a line for each pair as thick as they passed often (0..1); `below` as for passes."""
        with self._single(file) as (pitch, axis):
            for first, second, weight in links:
                (x1, y1), (x2, y2) = self._corner(
                    np.array([[dots[one].x_m, dots[one].y_m] for one in (first, second)])
                )
                pitch.lines(
                    x1, y1, x2, y2, ax=axis, lw=0.8 + 6.5 * weight, color=INK, alpha=0.15 + 0.55 * weight
                )
            self._dots(axis, dots, color)
            self._write_below(axis, below)

    def shapes(self, file: str, teams: Sequence[tuple[Sequence[Dot], str]]) -> None:
        """Draw both teams' average positions on one pitch."""
        with self._single(file) as (_, axis):
            for dots, color in teams:
                self._dots(axis, dots, color)

    def shots(self, file: str, teams: Sequence[tuple[Sequence[Shot], str]]) -> None:
        """Draw shots, the first team's to the right, the second's to the left; larger is worth more."""
        with self._single(file) as (pitch, axis):
            for (shots, color), side in zip(teams, (1, -1), strict=True):
                for shot in shots:
                    (place,) = self._corner(np.array([[shot.x_m * side, shot.y_m * side]]))
                    goal, target = shot.outcome == "goal", shot.outcome in {"goal", "saved"}
                    pitch.scatter(
                        *place,
                        ax=axis,
                        s=90 + 900 * shot.worth,
                        marker="football" if goal else "o",
                        color=None if goal else (color if target else "none"),
                        edgecolors=INK if target else color,
                        linewidths=1.4,
                        zorder=3,
                    )

    def voronoi(
        self, file: str, points_m: Float64, home: NDArray[np.bool_], colors: tuple[str, str], ball_m: Any
    ) -> None:
        """Draw whose each place is by who is nearest, at one moment."""
        with self._single(file) as (pitch, axis):
            spots = self._corner(points_m)
            areas = pitch.voronoi(*spots.T, home)
            for team, color in zip(areas, colors, strict=True):
                pitch.polygon(team, ax=axis, fc=color, ec=INK, lw=0.8, alpha=0.42)
            self._players(pitch, axis, spots, home, colors, ball_m)

    def control(
        self,
        file: str,
        shares: Float64,
        points_m: Float64,
        home: NDArray[np.bool_],
        colors: tuple[str, str],
        ball_m: Any,
    ) -> None:
        """Draw how likely home gets to each place first, `(rows, columns)` 0..1, y rising with the row."""
        with self._single(file) as (pitch, axis):
            from matplotlib.colors import LinearSegmentedColormap

            both = LinearSegmentedColormap.from_list("both", [colors[1], "#e9ece9", colors[0]])
            length, width = self._size.length_m, self._size.width_m
            axis.imshow(
                shares, extent=(0, length, 0, width), origin="lower", cmap=both, vmin=0, vmax=1, alpha=0.72,
                interpolation="bilinear", zorder=0.9,
            )  # fmt: skip
            self._players(pitch, axis, self._corner(points_m), home, colors, ball_m)

    def _players(
        self,
        pitch: Any,
        axis: Any,
        spots: Float64,
        home: NDArray[np.bool_],
        colors: tuple[str, str],
        ball_m: Any,
    ) -> None:
        for mask, color in ((home, colors[0]), (~home, colors[1])):
            pitch.scatter(*spots[mask].T, ax=axis, s=70, color=color, edgecolors=INK, linewidth=1.2, zorder=3)
        if ball_m is not None:
            (ball,) = self._corner(np.asarray([ball_m], np.float64))
            pitch.scatter(
                *ball, ax=axis, s=34, color="#ffffff", edgecolors="#000000", linewidth=1.2, zorder=4
            )

    def counts(self, points_m: Float64) -> Float64:
        """Give how many points lie in each of `BINS` (columns, rows) cells, `(rows, columns)`, y rising downwards."""
        found = self._pitch().bin_statistic(*self._corner(points_m).T, statistic="count", bins=BINS)
        return np.asarray(found["statistic"], np.float64)

    def _heat(self, pitch: Any, axis: Any, points_m: Float64) -> None:
        from matplotlib.colors import LinearSegmentedColormap
        from scipy.ndimage import gaussian_filter

        found = pitch.bin_statistic(*self._corner(points_m[:1]).T, statistic="count", bins=BINS)
        found["statistic"] = gaussian_filter(self.counts(points_m), _SMOOTH_CELLS)
        top = max(float(np.quantile(found["statistic"], 0.995)), 1e-9)
        ramp = LinearSegmentedColormap.from_list("heat", _HEAT)
        pitch.heatmap(found, ax=axis, cmap=ramp, vmin=0, vmax=top, zorder=0.6, rasterized=True)

    def _dots(self, axis: Any, dots: Sequence[Dot], color: str) -> None:
        for dot in dots:
            ((x, y),) = self._corner(np.array([[dot.x_m, dot.y_m]]))
            axis.scatter(x, y, s=230 + 420 * dot.size, color=color, edgecolors=INK, linewidth=1.5, zorder=3)
            axis.annotate(
                dot.label, (x, y), color=ink_on(color), fontsize=9.5, fontweight="bold", ha="center", va="center",
                zorder=4,
            )  # fmt: skip

    def _write_below(self, axis: Any, text: str) -> None:
        axis.annotate(
            text, (0.5, -0.012), xycoords="axes fraction", color=DIM,
            fontsize=9, ha="center", va="top",
        )  # fmt: skip

    def _corner(self, points_m: Float64) -> Float64:
        """From the centre spot to mplsoccer's corner."""
        half = np.array([self._size.length_m, self._size.width_m]) / 2
        return np.asarray(points_m, np.float64) + half

    def _pitch(self, linewidth: float = 1.2) -> Any:
        from mplsoccer import Pitch

        return Pitch(
            pitch_type="custom",
            pitch_length=self._size.length_m,
            pitch_width=self._size.width_m,
            pitch_color=TURF,
            line_color=LINES,
            linewidth=linewidth,
            line_zorder=1.5,
            goal_type="box",
        )

    @contextmanager
    def _single(self, file: str) -> Iterator[tuple[Any, Any]]:
        with _style():
            from matplotlib.figure import Figure

            figure = Figure(figsize=(7.4, 5.1), facecolor=TURF, layout="constrained")
            axis = figure.subplots()
            pitch = self._pitch()
            pitch.draw(ax=axis)
            yield pitch, axis
            self._save(figure, file)

    def _save(self, figure: Any, file: str) -> None:
        metadata = {"Date": None, "Creator": None} if file.endswith(".svg") else {"Software": None}
        figure.savefig(self._folder / file, dpi=_DPI, metadata=metadata)


def ink_on(color: str) -> str:
    """Give black or white, whichever reads better on `#rrggbb`."""
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#101412" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#ffffff"


@contextmanager
def _style() -> Iterator[None]:
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "sightline", "font.family": "DejaVu Sans", "svg.fonttype": "path"}):
        yield
