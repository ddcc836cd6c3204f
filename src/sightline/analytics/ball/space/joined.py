"""Fits the pieces of a ball's way once more, all of them together: where one ends the next begins.

A piece by itself knows its depth from its own ends alone. Joined to its neighbours it knows more: the place of a
header is told by the flights before and after it, that of a kick by the roll before it. Here the drag in the air grows
with the speed squared, as it does; each round takes the speeds of the round before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solveh_banded

from sightline.analytics.ball.space.pieces import FIRM, FREE, GRAVITY_MPS2, LEVEL, wanted_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.ball.space.pieces import FlightSettings, Run
    from sightline.core.arrays import Float64

DRAG_PER_M = 0.013
"""Half of air density times drag coefficient (0.25) times cross-section over mass: 0.5 * 1.2 * 0.25 * 0.038 / 0.43.

Source: Goff & Carré, Trajectory analysis of a soccer ball, American Journal of Physics 77 (2009).
"""
_ROUNDS = 3
_FALL = np.array([0.0, 0.0, -GRAVITY_MPS2])


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of a chain.

    Attributes:
        start: Cut at which it begins.
        stop: Cut at which it ends; the next piece begins there.
        before: What it begins at: `GROUND`, `PLAYER` or `LOOSE`.
        after: What it ends at.
        drag_hz: Share of its speed that a rolling ball loses a second, negative; positive for a flight.
        state: `(9,)` start, velocity and swerve, fitted by itself.
    """

    start: int
    stop: int
    before: int
    after: int
    drag_hz: float
    state: Float64


@dataclass(frozen=True, slots=True)
class _Motion:
    """How a piece's places follow from its state, row by row: by `lines` `(m, 3, 9)`, and `known_m` `(m, 3)` more."""

    lines: Float64
    known_m: Float64

    def places(self, state: Float64) -> Float64:
        return np.asarray(self.lines @ state + self.known_m, np.float64)


def fit_together(run: Run, links: Sequence[Link], settings: FlightSettings) -> Float64:
    """Fit all pieces of a chain at once.

    Args:
        run: What they explain.
        links: The chain, from the first row to the last.
        settings: Constants.

    Returns:
        `(m, 3)` places.
    """
    states = [link.state for link in links]
    motions = [_motion(run, link, link.state) for link in links]
    for _ in range(_ROUNDS):
        states = _solved(run, links, motions, settings)
        motions = [_motion(run, link, state) for link, state in zip(links, states, strict=True)]
    places = np.full((len(run.t_s), 3), np.nan)
    for link, motion, state in zip(links, motions, states, strict=True):
        rows = slice(int(run.cuts[link.start]), int(run.cuts[link.stop]) + 1)
        way = motion.places(state)
        if link.start:  # where two pieces meet, the place lies between what both say
            way[0] = (way[0] + places[rows.start]) / 2
        places[rows] = way
    return places


def _motion(run: Run, link: Link, state: Float64) -> _Motion:
    t_s = run.t_s[run.cuts[link.start] : run.cuts[link.stop] + 1]
    t_s = t_s - t_s[0]
    if link.drag_hz < 0:
        return _Motion(_lines(np.expm1(link.drag_hz * t_s) / link.drag_hz, t_s), np.zeros((len(t_s), 3)))
    free_mps = state[3:6] + t_s[:, None] * (state[6:] + _FALL)
    lost_mps = np.zeros_like(free_mps)
    for _ in range(2):
        speeds_mps = free_mps + lost_mps
        lost_mps = _summed(t_s, -DRAG_PER_M * np.linalg.norm(speeds_mps, axis=1)[:, None] * speeds_mps)
    return _Motion(_lines(t_s, t_s), _summed(t_s, lost_mps) + (t_s**2 / 2)[:, None] * _FALL)


def _lines(reach: Float64, t_s: Float64) -> Float64:
    parts = np.stack((np.ones_like(t_s), reach, t_s**2 / 2), axis=1)
    return np.asarray(np.kron(parts, np.eye(3)).reshape(len(t_s), 3, FREE), np.float64)


def _summed(t_s: Float64, rates: Float64) -> Float64:
    steps = (rates[1:] + rates[:-1]) / 2 * np.diff(t_s)[:, None]
    return np.concatenate((np.zeros((1, rates.shape[1])), np.cumsum(steps, axis=0)))


def _solved(
    run: Run, links: Sequence[Link], motions: Sequence[_Motion], settings: FlightSettings
) -> list[Float64]:
    """Solve for all states: normal equations in a band, for a piece knows its neighbours only."""
    bands, right = np.zeros((2 * FREE, FREE * len(links))), np.zeros(FREE * len(links))
    for place, (link, motion) in enumerate(zip(links, motions, strict=True)):
        inner, outer = _alone(run, link, motion, settings)
        _add(bands, right, place * FREE, inner, outer)
        if place:
            before = motions[place - 1]
            lines = np.concatenate((before.lines[-1], -motion.lines[0]), axis=1) / settings.joint_m
            gap = -before.known_m[-1] / settings.joint_m
            _add(bands, right, (place - 1) * FREE, lines.T @ lines, lines.T @ gap)
    return list(solveh_banded(bands, right, lower=True).reshape(-1, FREE))


def _add(bands: Float64, right: Float64, first: int, inner: Float64, outer: Float64) -> None:
    """Add a symmetric block to a lower band, in place."""
    count = len(outer)
    for under in range(count):
        bands[under, first : first + count - under] += np.diagonal(inner, -under)
    right[first : first + count] += outer


def _alone(run: Run, link: Link, motion: _Motion, settings: FlightSettings) -> tuple[Float64, Float64]:
    """Give the normal equations of a piece's sightings, of its ends, and of what is usual."""
    rows = np.arange(run.cuts[link.start], run.cuts[link.stop] + 1)
    rays = run.rays[rows] * run.weights[rows, None, None]
    lines = (rays[..., :3] @ motion.lines).reshape(-1, FREE)
    values = (-rays[..., 3] - np.einsum("mai,mi->ma", rays[..., :3], motion.known_m)).ravel()
    usual, firm = np.zeros(FREE), np.array([1e-6] * 3 + [1e-3] * 3 + [settings.swerve_mps2**-2] * 3)
    if link.drag_hz < 0:
        usual[2], firm = settings.radius_m, np.full(FREE, FIRM)
        firm[LEVEL] = (1e-6, 1e-6, 1e-2, 1e-2)
    inner, outer = lines.T @ lines + np.diag(firm), lines.T @ values + firm * usual
    for cut, kind, row in ((link.start, link.before, 0), (link.stop, link.after, -1)):
        wanted, errors = wanted_at(run, np.array([cut]), kind, settings)
        line = motion.lines[row] / errors[0][:, None]
        inner += line.T @ line
        outer += line.T @ ((wanted[0] - motion.known_m[row]) / errors[0])
    return inner, outer
