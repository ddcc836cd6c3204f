"""Finds flights in ball paths: stretches that follow gravity, whatever the tracker did to identities.

One gravity is found for the whole clip (its length gives the scale, its angle the camera's roll). Each stretch is then
grown as a parabola around it, and its ends are placed between frames, where the ball stopped following it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.parabolas import (
    FlightSettings,
    Gravity,
    Piece,
    fit_fall,
    grow,
    tolerance_px,
)
from sightline.analytics.juggling.paths import BallPath, Flight

__all__ = ["FlightSettings", "Gravity", "find_flights", "find_gravity"]

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.core.arrays import Float64


def find_gravity(paths: Sequence[BallPath], settings: FlightSettings | None = None) -> Gravity | None:
    """Give the clip's gravity: the acceleration that most of the moving balls' time shares.

    Returns:
        None where nothing falls: too few points, or balls that are only carried.
    """
    settings = settings or FlightSettings()
    found = [_windows(path, settings) for path in paths if len(path) >= settings.least_points + 1]
    if not found:
        return None
    speeds2 = np.concatenate([one[0] for one in found])
    rms = np.concatenate([one[1] for one in found])
    blur = float(np.median(np.concatenate([one[2] for one in found])))
    if not len(speeds2):
        return None
    noise = max(float(np.median(rms)), 1e-3)
    heights = np.concatenate([path.points_px[:, 1] for path in paths])
    span_px = float(np.quantile(heights, 0.98) - np.quantile(heights, 0.02))
    spread = noise * blur
    down = speeds2[(speeds2[:, 1] > 4 * spread) & (rms < 2.5 * noise + settings.tolerance_share * span_px)]
    if len(down) < 2 * settings.least_points:
        return None
    centre = _mode(down, settings.gravity_spread, spread)
    width = 1.5 * settings.gravity_spread * centre[1] + 2 * spread
    near = np.abs(down - centre).max(axis=1) < width
    if near.sum() < 2 * settings.least_points or near.mean() < 0.1:
        return None
    rough = np.median(down[near], axis=0)
    return _refined(paths, Gravity(float(rough[0]), float(rough[1]), noise), settings)


def _refined(paths: Sequence[BallPath], rough: Gravity, settings: FlightSettings) -> Gravity | None:
    """Give the gravity that long flights agree on; None where no flight is long enough to be sure of one."""
    gravity = rough
    for _ in range(2):
        pulls, weights = [], []
        for flight, t_s, points in _stretches(paths, gravity, settings):
            if flight.last - flight.first + 1 >= 5 and t_s[-1] - t_s[0] >= 1.1 * settings.window_s:
                pulls.append(2 * np.polynomial.polynomial.polyfit(t_s - t_s[0], points, 2)[2])
                weights.append((t_s[-1] - t_s[0]) ** 2)
        if len(pulls) < 2:
            return None
        best = [_weighted_median(np.array(pulls)[:, axis], np.array(weights)) for axis in (0, 1)]
        agreeing = np.abs(np.array(pulls)[:, 1] - best[1]) < 0.25 * abs(best[1])
        if best[1] <= 0 or agreeing.sum() < 2 or agreeing.mean() < 0.5:
            return None
        gravity = Gravity(best[0], best[1], rough.noise_px)
    return gravity


def _stretches(
    paths: Sequence[BallPath], gravity: Gravity, settings: FlightSettings
) -> list[tuple[Piece, Float64, Float64]]:
    """Give all pieces with their times and places in the picture."""
    upright = [gravity.upright(path.points_px) for path in paths]
    tolerance = tolerance_px(upright, gravity, settings)
    found = []
    for index, path in enumerate(paths):
        for piece in grow(index, path.t_s, upright[index], gravity.length_px_s2, tolerance, settings):
            span = slice(piece.first, piece.last + 1)
            found.append((piece, path.t_s[span], path.points_px[span]))
    return found


def _weighted_median(values: Float64, weights: Float64) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def find_flights(
    paths: Sequence[BallPath], gravity: Gravity, settings: FlightSettings | None = None
) -> tuple[Flight, ...]:
    """Give all flights in order of their throws.

    Identities are followed through the air: where two paths swap balls in flight, the pieces of a parabola are
    joined again, and `ball_id` counts balls as they really are.

    Args:
        paths: What the tracker saw.
        gravity: From `find_gravity`.
        settings: What counts as a flight.
    """
    settings = settings or FlightSettings()
    upright = [gravity.upright(path.points_px) for path in paths]
    if not upright:
        return ()
    tolerance = tolerance_px(upright, gravity, settings)
    pieces: list[Piece] = []
    for index, path in enumerate(paths):
        pieces += grow(index, path.t_s, upright[index], gravity.length_px_s2, tolerance, settings)
    chains = _join(pieces, paths, upright, gravity, tolerance, settings)
    balls = _relabel(chains, paths)
    level = _hand_level(chains, paths, upright)
    flights = [
        _flight(chain, ball, paths, upright, gravity, level, tolerance)
        for chain, ball in zip(chains, balls, strict=True)
    ]
    return tuple(sorted((one for one in flights if one), key=lambda one: (one.throw_t_s, one.ball_id)))


def _windows(path: BallPath, settings: FlightSettings) -> tuple[Float64, Float64, Float64]:
    """Fit a quadratic to every window: accelerations `(m, 2)`, residuals `(m,)`, and the error an error makes."""
    step_s = float(np.median(np.diff(path.t_s)))
    size = int(np.clip(round(settings.window_s / step_s), 5, 11))
    if len(path) < size:
        return np.zeros((0, 2)), np.zeros(0), np.zeros(1)
    rows = np.arange(len(path) - size + 1)[:, None] + np.arange(size)
    t_s = path.t_s[rows]
    whole = t_s[:, -1] - t_s[:, 0] < 1.6 * size * step_s
    rows, t_s = rows[whole], t_s[whole]
    ago = (t_s - t_s.mean(axis=1, keepdims=True)) / (size * step_s)
    design = np.stack([np.ones_like(ago), ago, ago**2], axis=-1)
    solver = np.linalg.pinv(design)
    points = path.points_px[rows]
    fit = solver @ points
    rest = points - design @ fit
    rms = np.sqrt((rest**2).sum(axis=(1, 2)) / (2 * (size - 3)))
    scale = 2.0 / (size * step_s) ** 2
    blur = np.linalg.norm(solver[:, 2], axis=1) * scale
    return fit[:, 2] * scale, rms, blur if len(blur) else np.zeros(1)


def _mode(samples: Float64, share: float, spread: float) -> Float64:
    """Give the densest place; a stronger pull wins over an equally common weaker one."""
    pick = samples[:: max(1, len(samples) // 400)]
    width = share * pick[:, 1] + spread
    apart = np.abs(samples[None] - pick[:, None]) / width[:, None, None]
    density = np.exp(-0.5 * (apart**2).sum(axis=2)).sum(axis=1) / len(samples)
    return np.asarray(pick[np.argmax(density * np.sqrt(pick[:, 1]))])


def _join(
    pieces: list[Piece], paths: Sequence[BallPath], upright: Sequence[Float64], gravity: Gravity,
    tolerance: float, settings: FlightSettings,
) -> list[list[Piece]]:  # fmt: skip
    """Put pieces of one parabola together, also across paths; each chain is in order of time."""
    ordered = sorted(pieces, key=lambda piece: (paths[piece.path].t_s[piece.first], piece.path))
    chains: list[list[Piece]] = []
    for piece in ordered:
        start_s = paths[piece.path].t_s[piece.first]
        best: tuple[float, list[Piece]] | None = None
        for chain in reversed(chains):
            before = chain[-1]
            gap_s = start_s - paths[before.path].t_s[before.last]
            if not -1e-9 < gap_s <= settings.join_s:
                continue
            off = _misfit_together(chain, piece, paths, upright, gravity, settings)
            if off < tolerance and (best is None or off < best[0]):
                best = (off, chain)
        if best is None:
            chains.append([piece])
        else:
            best[1].append(piece)
    return chains


def _misfit_together(
    chain: list[Piece], piece: Piece, paths: Sequence[BallPath], upright: Sequence[Float64], gravity: Gravity,
    settings: FlightSettings,
) -> float:  # fmt: skip
    """Give how far the points of all pieces lie from one parabola through them."""
    t_s, points = _points([*chain, piece], paths, upright)
    x, y = fit_fall(t_s, points, gravity.length_px_s2, gravity.noise_px, settings.gravity_spread)
    whole = Piece(piece.path, 0, 0, float(t_s[0]), x, y, 0.0)
    return float(np.sqrt(((whole.at(t_s) - points) ** 2).sum(axis=1).mean()))


def _points(
    chain: list[Piece], paths: Sequence[BallPath], upright: Sequence[Float64]
) -> tuple[Float64, Float64]:
    """Give times and upright places of all points of a chain."""
    t_s = np.concatenate([paths[one.path].t_s[one.first : one.last + 1] for one in chain])
    return t_s, np.concatenate([upright[one.path][one.first : one.last + 1] for one in chain])


def _relabel(chains: list[list[Piece]], paths: Sequence[BallPath]) -> list[int]:
    """Give each chain its ball: the one that its first path carried to its throw.

    A path that takes up another ball's parabola in mid-air hands its name on to where the chain continues.
    """
    bearer = {index: path.ball_id for index, path in enumerate(paths)}
    events: list[tuple[float, int, int]] = []
    for number, chain in enumerate(chains):
        events.append((float(paths[chain[0].path].t_s[chain[0].first]), 0, number))
        events.append((float(paths[chain[-1].path].t_s[chain[-1].last]), 1, number))
    balls = [-1] * len(chains)
    for _, kind, number in sorted(events):
        chain = chains[number]
        if kind == 0:
            balls[number] = bearer[chain[0].path]
        elif chain[0].path != chain[-1].path:
            old, new = chain[0].path, chain[-1].path
            if bearer[new] != balls[number]:
                other = [path for path, ball in bearer.items() if ball == balls[number]]
                bearer[new], displaced = balls[number], bearer[new]
                for path in other or [old]:
                    bearer[path] = displaced
    return balls


def _hand_level(chains: list[list[Piece]], paths: Sequence[BallPath], upright: Sequence[Float64]) -> float:
    """Give the usual height of throws and catches: the median of the lowest points of flights."""
    lows = [
        max(
            upright[chain[0].path][chain[0].first, 1],
            upright[chain[-1].path][chain[-1].last, 1],
        )
        for chain in chains
        if paths[chain[-1].path].t_s[chain[-1].last] - paths[chain[0].path].t_s[chain[0].first] > 0.2
    ]
    return float(np.median(lows)) if lows else np.inf


def _flight(  # noqa: PLR0917 - one chain and one clip's constants
    chain: list[Piece], ball: int, paths: Sequence[BallPath], upright: Sequence[Float64], gravity: Gravity,
    level_px: float, tolerance: float,
) -> Flight | None:  # fmt: skip
    """Make a flight of a chain: refit over all its pieces, and place its ends between frames."""
    t_s, points = _points(chain, paths, upright)
    x, y = fit_fall(t_s, points, gravity.length_px_s2, gravity.noise_px, FlightSettings().gravity_spread)
    whole = Piece(chain[0].path, chain[0].first, chain[-1].last, float(t_s[0]), x, y, 0.0)
    if y[2] <= 0:
        return None
    rms = float(np.sqrt(np.mean((whole.at(t_s) - points) ** 2)))
    throw_s, thrown = _end(whole, chain[0], paths, upright, -1, level_px, tolerance)
    catch_s, landed = _end(whole, chain[-1], paths, upright, 1, level_px, tolerance)
    apex_s = float(np.clip(whole.t0_s - y[1] / (2 * y[2]), throw_s, catch_s))
    places = gravity.tilted(whole.at(np.array([throw_s, catch_s, apex_s])))
    return Flight(
        ball_id=ball,
        throw_t_s=throw_s,
        catch_t_s=catch_s,
        throw_px=(float(places[0, 0]), float(places[0, 1])),
        catch_px=(float(places[1, 0]), float(places[1, 1])),
        apex_t_s=apex_s,
        apex_px=(float(places[2, 0]), float(places[2, 1])),
        gravity_px_s2=float(2 * y[2]),
        rms_px=rms,
        thrown=thrown,
        landed=landed,
        points=len(t_s),
    )


def _end(  # noqa: PLR0917 - one end of a flight and one clip's constants
    whole: Piece, piece: Piece, paths: Sequence[BallPath], upright: Sequence[Float64], step: int,
    level_px: float, tolerance: float,
) -> tuple[float, bool]:  # fmt: skip
    """Give when a flight began (step -1) or ended (+1), and whether that was seen.

    Outside the flight the distance to its parabola grows from nothing: with time after a catch, where speed jumps,
    and with time squared before a throw, where only the acceleration does. Extrapolating back gives the moment.
    """
    t_s, points = paths[piece.path].t_s, upright[piece.path]
    row = piece.first if step < 0 else piece.last
    edge_s = float(t_s[row])
    frame_s = float(np.median(np.diff(t_s)))
    outside = [row + step * k for k in (1, 2, 3) if 0 <= row + step * k < len(t_s)]
    near = [one for one in outside if abs(t_s[one] - edge_s) < 4.5 * frame_s]
    if len(near) >= 2 and abs(t_s[near[0]] - edge_s) < 2.5 * frame_s:
        off = np.linalg.norm(whole.at(t_s[near]) - points[near], axis=1)
        grown = np.sqrt(off) if step < 0 else off
        slope = (grown[-1] - grown[0]) / max(abs(t_s[near[-1]] - t_s[near[0]]), 1e-9)
        if slope > 0 and off[0] > 0.5 * tolerance:
            moment = float(t_s[near[0]] - step * grown[0] / slope)
            low, high = sorted((edge_s - step * frame_s, float(t_s[near[0]])))
            return float(np.clip(moment, low, high)), True
        return edge_s, True
    height = float(whole.at(np.array([edge_s]))[0, 1])
    limit_s = float(t_s[outside[0]]) if outside else edge_s + step * np.inf
    if height >= level_px - 3 * tolerance:
        return edge_s, True
    a, b, c = whole.y[2], whole.y[1], whole.y[0] - level_px
    root = b * b - 4 * a * c
    if root <= 0:
        return edge_s, False
    moment = whole.t0_s + (-b + step * np.sqrt(root)) / (2 * a)
    if (moment - edge_s) * step > 0.35 or (moment - limit_s) * step > 0:
        return edge_s, bool(outside)
    return float(moment), bool(outside)
