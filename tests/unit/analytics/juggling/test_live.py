"""The live meter: catches while they happen, the pattern as in a whole clip."""

import numpy as np

from sightline.analytics.juggling.live.meter import JuggleMeter, named
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.simulate import Juggler, Run, perform

FPS, SIZE, RADIUS_PX = 60.0, (720, 1280), 12.0
SEEN = TrackerErrors(noise_px=0.5, misses=0.03)


def juggled(text="3", beats=14, dropped=None):
    rng = np.random.default_rng(4)
    performance = perform([Run(parse(text), beats, dropped)], Juggler(), rng)
    frames = [[] for _ in range(int(performance.end_s * FPS) + 1)]
    for path in observe(performance, Lens(fps=FPS), SEEN, rng):
        for frame, place in zip(path.frames.tolist(), path.points_px.tolist(), strict=True):
            frames[frame].append(place)
    return performance, [np.array(places, np.float64).reshape(-1, 2) for places in frames]


def fed(meter, frames):
    return [
        meter.feed(frame, frame / FPS, places, np.full(len(places), RADIUS_PX), np.ones(len(places)))
        for frame, places in enumerate(frames)
    ]


def test_every_catch_is_counted_and_told_within_150_ms():
    performance, frames = juggled()
    meter = JuggleMeter(SIZE)
    ticks = fed(meter, frames)
    caught = [(tick.t_s, moment.t_s) for tick in ticks for moment in tick.moments]
    real = sorted(throw.catch_t_s for throw in performance.throws if throw.value >= 3)
    assert abs(ticks[-1].catches - len(real)) <= 1
    settled_s = caught[0][0]
    late = [said - min(real, key=lambda t_s: abs(t_s - when)) for said, when in caught if when > settled_s]
    assert len(late) >= 6
    assert max(late) < 0.15
    assert named(meter.remembered()).siteswap == "3"


def test_a_drop_is_told_and_begins_the_run_anew():
    performance, frames = juggled(dropped=8)
    ticks = fed(JuggleMeter(SIZE), frames)
    assert ticks[-1].drops == len(performance.drops) == 1
    assert ticks[-1].run < ticks[-1].catches


def test_what_does_not_fly_is_no_catch():
    still = [np.array([[600.0 + 20 * np.sin(frame / 20), 500.0]]) for frame in range(90)]
    assert fed(JuggleMeter(SIZE), still)[-1].catches == 0
    assert fed(JuggleMeter(SIZE), [np.zeros((0, 2))] * 90)[-1].catches == 0


def test_a_look_for_the_pattern_is_due_every_few_catches():
    _, frames = juggled()
    meter = JuggleMeter(SIZE)
    fed(meter, frames)
    assert meter.is_due
    meter.remembered()
    assert not meter.is_due
