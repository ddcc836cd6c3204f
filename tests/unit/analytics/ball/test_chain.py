from __future__ import annotations

import numpy as np

from sightline.analytics.ball.space import chain
from sightline.analytics.ball.space.pieces import FREE, GROUND, FlightSettings, Pieces, Run


def rolls(*told: tuple[int, float, float, float]) -> Pieces:
    """Rolls along x by the cut at which they end, their cost, their speed and how long they last; they may be anywhere."""
    count = len(told)
    states = np.zeros((count, FREE))
    states[:, 3] = [speed_mps for _, _, speed_mps, _ in told]
    return Pieces(
        np.array([end for end, _, _, _ in told]),
        np.full(count, GROUND),
        np.full(count, GROUND),
        np.array([cost for _, cost, _, _ in told]),
        states,
        np.full(count, -0.1),
        np.array([lasting_s for _, _, _, lasting_s in told]),
        np.broadcast_to(np.eye(3) * 1e6, (count, 2, 3, 3)),
    )


def test_a_short_piece_between_two_does_not_turn_a_ball_back_on_the_grass(monkeypatch):
    """In at 20 m/s and back out at 15, nobody near: by one short piece between them each of two turns looked likely."""
    by_start = {
        0: rolls((1, 6.0, 20.0, 1.0), (3, 27.0, 5.0, 2.1)),
        1: rolls((2, 6.0, -5.0, 0.08)),
        2: rolls((3, 6.0, -15.0, 1.0)),
    }
    taken = []
    monkeypatch.setattr(chain, "fit_pieces", lambda run, start, settings: by_start[start])
    monkeypatch.setattr(chain, "fit_together", lambda run, links, settings: taken.extend(links))
    rays = np.zeros((53, 2, 4))
    rays[:, [0, 1], [0, 2]] = 1.0
    cuts = np.array([0, 25, 27, 52])
    run = Run(np.arange(53) / 25, rays, np.ones(53), cuts, np.full((4, 2), np.nan), np.full(4, 30.0))
    chain.explained(run, FlightSettings())
    assert [(link.start, link.stop) for link in taken] == [(0, 3)]
