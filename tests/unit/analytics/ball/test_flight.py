from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.ball.space.flight import lift_ball
from sightline.analytics.ball.space.pieces import FlightSettings
from sightline.core.errors import AnalysisError, SettingsError

T_S = np.arange(75) / 25


def camera() -> np.ndarray:
    """A main camera: 15 m up, 60 m behind the near line, looking at the centre spot."""
    place = np.array([0.0, -60.0, 15.0])
    ahead = -place / np.linalg.norm(place)
    right = np.cross(ahead, (0.0, 0.0, 1.0))
    right /= np.linalg.norm(right)
    turn = np.stack((right, np.cross(ahead, right), ahead))
    inner = np.array([[1500.0, 0.0, 640.0], [0.0, 1500.0, 360.0], [0.0, 0.0, 1.0]])
    return inner @ np.column_stack((turn, -turn @ place))


def shown(points_m: np.ndarray) -> np.ndarray:
    solid = np.concatenate((points_m, np.ones((len(points_m), 1))), axis=1) @ camera().T
    return solid[:, :2] / solid[:, 2:]


def kicked() -> np.ndarray:
    """Rolls for a second, is chipped for 1.2 s, and rolls on."""
    way = np.zeros((75, 3))
    way[:, 0] = np.interp(T_S, (0, 1, 2.2, 3), (-12, -8, 8, 11))
    way[:, 1] = np.interp(T_S, (0, 1, 2.2, 3), (0, 2, 8, 9))
    up = np.clip(T_S - 1.0, 0, 1.2)
    way[:, 2] = 0.11 + 9.81 / 2 * up * (1.2 - up)
    return way


def test_a_chip_is_lifted_off_the_grass(rng):
    truth = kicked()
    players = np.tile(np.array([[-8.2, 2.1], [8.3, 8.2]]), (75, 1, 1))
    lifted = lift_ball(
        T_S,
        shown(truth) + rng.normal(0, 0.8, (75, 2)),
        np.broadcast_to(camera(), (75, 3, 4)),
        players_m=players,
    )
    errors_m = np.linalg.norm(lifted.positions_m - truth, axis=1)
    assert (errors_m < 1.0).mean() > 0.85
    assert lifted.positions_m[40, 2] == pytest.approx(truth[40, 2], abs=0.4)
    assert lifted.flying[32:50].all()
    assert not lifted.flying[:20].any()
    flat_m = shown(truth)  # taken to be on the grass, the highest point lies metres too far
    plane = np.linalg.inv(camera()[:, [0, 1, 3]]) @ np.append(flat_m[40], 1.0)
    assert np.hypot(*(plane[:2] / plane[2] - truth[40, :2])) > 5.0


def test_a_rolling_ball_stays_on_the_grass(rng):
    truth = np.stack((np.linspace(-15, 10, 75), np.linspace(-5, 3, 75), np.full(75, 0.11)), axis=1)
    lifted = lift_ball(T_S, shown(truth) + rng.normal(0, 0.8, (75, 2)), np.broadcast_to(camera(), (75, 3, 4)))
    assert np.linalg.norm(lifted.positions_m - truth, axis=1).max() < 0.8
    assert not lifted.flying.any()


def test_where_there_is_no_track_or_no_camera_there_are_no_metres():
    pixels = shown(kicked())
    cameras = np.broadcast_to(camera(), (75, 3, 4)).copy()
    pixels[:20] = np.nan
    cameras[60:] = np.nan
    lifted = lift_ball(T_S, pixels, cameras)
    known = ~np.isnan(lifted.positions_m[:, 0])
    assert known[20:60].all()
    assert not known[:20].any()
    assert not known[60:].any()


def test_interpolated_positions_do_not_count():
    truth = kicked()
    pixels = shown(truth)
    seen = np.ones(75, np.bool_)
    seen[30:34] = False
    pixels[30:34] += 40.0
    players = np.tile(np.array([[-8.2, 2.1], [8.3, 8.2]]), (75, 1, 1))
    lifted = lift_ball(T_S, pixels, np.broadcast_to(camera(), (75, 3, 4)), players_m=players, seen=seen)
    assert np.median(np.linalg.norm(lifted.positions_m - truth, axis=1)) < 0.5


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(AnalysisError, match="do not fit"):
        lift_ball(T_S, np.zeros((5, 2)), np.zeros((75, 3, 4)))
    with pytest.raises(SettingsError):
        FlightSettings(noise_px=0.0)
    with pytest.raises(SettingsError):
        FlightSettings(air_drag_hz=(0.1, -1.0))


def hidden_kick() -> np.ndarray:
    """Lies at a player's feet for 1.2 s and is chipped 23 m from there, away from the camera."""
    way = np.zeros((75, 3))
    way[:, 0] = np.interp(T_S, (0, 1.2, 2.8), (-5, -5, 0))
    way[:, 1] = np.interp(T_S, (0, 1.2, 2.8), (2, 2, 25))
    up = np.clip(T_S - 1.2, 0, 1.6)
    way[:, 2] = 0.11 + 9.81 / 2 * up * (1.6 - up)
    return way


def test_a_flight_begins_where_the_ball_was_though_its_kick_is_hidden(rng):
    truth = hidden_kick()
    seen = np.ones(75, np.bool_)
    seen[22:36] = False
    lifted = lift_ball(
        T_S,
        shown(truth) + rng.normal(0, 0.8, (75, 2)),
        np.broadcast_to(camera(), (75, 3, 4)),
        players_m=np.tile(np.array([[-5.0, 2.4], [0.3, 25.2]]), (75, 1, 1)),
        seen=seen,
    )
    assert np.linalg.norm(lifted.positions_m - truth, axis=1)[22:36].max() < 1.0
    assert np.linalg.norm(np.diff(lifted.positions_m, axis=0), axis=1).max() < 1.0
