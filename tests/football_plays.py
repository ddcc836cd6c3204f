"""Plays with exact truth: where everybody stands, and where the ball is when; straight lines between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import numpy as np

from sightline.analytics.football.match import Match, Period, PitchSize, Player, Role, Team

RATE_HZ = 25
HOME = {
    "h1": (-48.0, 0.0),
    "h2": (-30.0, -20.0),
    "h3": (-32.0, -7.0),
    "h4": (-32.0, 7.0),
    "h5": (-30.0, 20.0),
    "h6": (-15.0, -6.0),
    "h7": (-15.0, 8.0),
    "h8": (5.0, -22.0),
    "h9": (20.0, 3.0),
    "h10": (3.0, 10.0),
    "h11": (5.0, 24.0),
}
AWAY = {
    "a1": (48.0, 0.0),
    "a2": (31.0, 19.0),
    "a3": (33.0, 8.0),
    "a4": (33.0, -8.0),
    "a5": (31.0, -19.0),
    "a6": (16.0, 9.0),
    "a7": (16.0, -7.0),
    "a8": (-4.0, 20.0),
    "a9": (-20.0, -2.0),
    "a10": (-2.0, -12.0),
    "a11": (-5.0, -26.0),
}
KEEPERS = ("h1", "a1")

Way = Sequence[tuple[float, ...]]


def along(way: Way, rate_hz: float = RATE_HZ) -> np.ndarray:
    """Positions of something that is at `(t, x, y[, z])`, in order, from the first time to the last."""
    rows = np.array([(*point, 0.0)[:4] for point in way])
    count = round((rows[-1, 0] - rows[0, 0]) * rate_hz) + 1
    times = rows[0, 0] + np.arange(count) / rate_hz
    return np.stack([np.interp(times, rows[:, 0], rows[:, axis]) for axis in (1, 2, 3)], axis=1)


def play(
    ball: Way,
    moved: Mapping[str, tuple[float, float] | Way] | None = None,
    *,
    without: Sequence[str] = (),
    home_attacks: int = 1,
    periods: Sequence[tuple[float, int]] | None = None,
    **fields: object,
) -> Match:
    """Give a match from the ball's way; players stand still where `HOME` and `AWAY` have them unless `moved`.

    Args:
        ball: `(t, x, y[, z])` points; kicks are where it turns.
        moved: Player -> place, or way.
        without: Players who are not there.
        home_attacks: Of the one period.
        periods: `(length s, home_attacks)` of each period instead.
        fields: Of the match, instead.
    """
    ball_m = along(ball)
    count = len(ball_m)
    places = {**HOME, **AWAY, **(moved or {})}
    names = [name for name in places if name not in without]
    columns = []
    for name in names:
        place = places[name]
        if isinstance(place[0], tuple):
            way = along(place)[:, :2]
            columns.append(
                np.concatenate((way, np.repeat(way[-1:], max(0, count - len(way)), axis=0)))[:count]
            )
        else:
            columns.append(np.tile(place, (count, 1)))
    players = tuple(
        Player(
            name,
            Team.HOME if name.startswith("h") else Team.AWAY if name.startswith("a") else None,
            Role.GOALKEEPER if name in KEEPERS else Role.PLAYER,
        )
        for name in names
    )
    spans, at = [], 0
    for number, (length_s, attacks) in enumerate(periods or ((count / RATE_HZ, home_attacks),), start=1):
        stop = min(count, at + round(length_s * RATE_HZ))
        spans.append(Period(number, at, stop, attacks))
        at = stop
    values = {
        "frame_rate_hz": Fraction(RATE_HZ),
        "frames": np.arange(count),
        "t_s": np.arange(count) / RATE_HZ,
        "periods": tuple(spans),
        "players": players,
        "positions_m": np.stack(columns, axis=1) if columns else np.zeros((count, 0, 2)),
        "ball_m": ball_m,
        "ball_states": np.full(count, "seen"),
        "pitch": PitchSize(105.0, 68.0),
    }
    return Match(**{**values, **fields})  # type: ignore[arg-type]


def told(match: Match, *dead: tuple[float, float]) -> np.ndarray:
    """Give `alive` for a match: on, but for some spans of seconds."""
    alive = np.ones(len(match), np.bool_)
    for start, stop in dead:
        alive[(match.t_s >= start) & (match.t_s < stop)] = False
    return alive
