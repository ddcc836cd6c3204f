"""The batched filter against a plain matrix filter, and over gaps of any length."""

import numpy as np
import pytest

from sightline.vision.track import kalman

PLACES = np.array([[100.0, 400.0], [50.0, 80.0], [20.0, 60.0], [40.0, 30.0]])


def moving():
    """Two tracks after a few measurements: speeds and covariances are not at their first values."""
    state = kalman.start(PLACES)
    for step in range(1, 5):
        kalman.predict(state, 1.0)
        state = kalman.correct(state, PLACES + np.array([[3.0], [-2.0], [0.0], [0.0]]) * step)
    return state


def blocks(state, track):
    """One track's covariance as `(4, 2, 2)`: position and velocity of each coordinate."""
    pp, pv, vv = state[kalman.POSITION_VARIANCE], state[kalman.COVARIANCE], state[kalman.VELOCITY_VARIANCE]
    return np.stack([pp, pv, pv, vv], axis=1)[:, :, track].reshape(4, 2, 2)


def test_a_measurement_moves_the_state_as_the_textbook_filter_does():
    before = moving()
    measured = before[kalman.POSITION] + np.array([[4.0], [-3.0], [1.0], [2.0]])
    after = kalman.correct(before, measured)
    for track in range(2):
        sides = before[2:4, track]
        noise = np.square(np.concatenate((sides, sides)) / 20)
        for axis, covariance in enumerate(blocks(before, track)):
            gain = covariance[:, 0] / (covariance[0, 0] + noise[axis])
            rest = measured[axis, track] - before[axis, track]
            assert after[axis, track] == pytest.approx(before[axis, track] + gain[0] * rest)
            assert after[4 + axis, track] == pytest.approx(before[4 + axis, track] + gain[1] * rest)
            kept = np.eye(2) - np.outer(gain, (1.0, 0.0))
            assert np.allclose(blocks(after, track)[axis], kept @ covariance)


def test_a_step_moves_the_state_as_the_textbook_filter_does():
    before = moving()
    after = before.copy()
    kalman.predict(after, 1.0)
    motion = np.array([[1.0, 1.0], [0.0, 1.0]])
    for track in range(2):
        longer = before[2:4, track].max()
        lengths = np.array([longer, longer, *before[2:4, track]])
        for axis, covariance in enumerate(blocks(before, track)):
            shares = (1 / 60, 1 / 250) if axis < 2 else (1 / 200, 1 / 200)
            noise = np.diag(np.square(np.array(shares) * lengths[axis]))
            assert np.allclose(blocks(after, track)[axis], motion @ covariance @ motion.T + noise)
    assert np.allclose(after[:4], before[:4] + before[4:8])


@pytest.mark.parametrize("steps", [0.1, 1.0, 1.0000000001, 29.97 / 25, 40.0])
def test_equal_steps_give_equal_bits_whatever_came_between(steps):
    first, again = moving(), moving()
    kalman.predict(first, steps)
    for other in (1.0, steps / 2, steps * 3):
        kalman.predict(moving(), other)
    kalman.predict(again, steps)
    assert first.tobytes() == again.tobytes()
    noise = kalman._VELOCITY_NOISE * (steps * kalman._growth(steps))
    noise[0] += kalman._POSITION_NOISE * steps
    assert kalman._spread(steps).tobytes() == noise.tobytes()


@pytest.mark.parametrize("steps", [2, 3, 7])
def test_one_long_step_equals_many_short_ones_for_a_box_of_constant_size(steps):
    long, short = moving(), moving()
    long[kalman.SIZE_VELOCITY] = short[kalman.SIZE_VELOCITY] = 0.0
    kalman.predict(long, float(steps))
    for _ in range(steps):
        kalman.predict(short, 1.0)
    assert np.allclose(long, short, rtol=1e-12)


@pytest.mark.parametrize("steps", [0.2, 0.5, 0.9, 1.1, 2.5, 30.0])
def test_covariances_stay_possible_whatever_the_gap(steps):
    state = moving()
    for _ in range(20):
        kalman.predict(state, steps)
        assert (np.linalg.eigvalsh([blocks(state, track) for track in range(2)]) > 0).all()
        state = kalman.correct(state, state[kalman.POSITION])
        assert (np.linalg.eigvalsh([blocks(state, track) for track in range(2)]) > 0).all()


def test_a_steady_walk_is_learnt():
    state = kalman.start(PLACES)
    for step in range(1, 40):
        kalman.predict(state, 1.0)
        state = kalman.correct(state, PLACES + np.array([[2.5], [-1.5], [0.0], [0.0]]) * step)
    assert np.allclose(state[kalman.CENTRE_VELOCITY], [[2.5], [-1.5]], atol=0.02)
    assert np.allclose(state[kalman.SIZE], PLACES[2:], atol=0.05)


def test_tracks_do_not_touch_each_other():
    together = moving()
    alone = kalman.start(PLACES[:, 1:])
    for step in range(1, 5):
        kalman.predict(alone, 1.0)
        alone = kalman.correct(alone, PLACES[:, 1:] + np.array([[3.0], [-2.0], [0.0], [0.0]]) * step)
    assert (together[:, 1:] == alone).all()
