from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.motion import Motion
from sightline.analytics.speeds import SpeedLimit, SpeedWatch
from sightline.core.space import Homography


def excesses(made, limit, **options):
    motion, watch = Motion(**options), SpeedWatch(limit)
    for batch in made:
        watch.update(motion.update(batch))
    watch.update(motion.finish())
    return watch.result()


def walk_run_walk():
    """10 frames a second: 50 px/s for 3 s, 300 px/s for 2 s, 50 px/s for 3 s."""
    speeds = [5.0] * 30 + [30.0] * 20 + [5.0] * 30
    return {frame: (x, 100.0) for frame, x in enumerate(np.cumsum(speeds).tolist())}


def test_a_stretch_above_the_limit_is_one_event(scene):
    (at,) = excesses(scene({3: walk_run_walk()}, frames=80), SpeedLimit("run", 200.0, in_metres=False))
    assert at.track_id == 3
    assert (at.frame, at.t_s) == (30, 3.0)
    assert at.speed == pytest.approx(300.0, rel=0.02)
    assert at.lasted_s == pytest.approx(1.5, abs=0.01)


def test_a_short_stretch_is_none(scene):
    limit = SpeedLimit("run", 200.0, in_metres=False, for_s=3.0)
    assert excesses(scene({3: walk_run_walk()}, frames=80), limit) == ()


def test_limits_in_metres_need_metres(scene):
    limit = SpeedLimit("run", 2.0, in_metres=True)
    made = scene({3: walk_run_walk()}, frames=80)
    assert excesses(made, limit) == ()
    (at,) = excesses(made, limit, homography=Homography(np.diag([0.01, 0.01, 1.0])))
    assert at.speed == pytest.approx(3.0, rel=0.02)


def test_two_stretches_are_two_events(scene):
    speeds = ([5.0] * 20 + [30.0] * 20) * 2
    places = {frame: (x, 100.0) for frame, x in enumerate(np.cumsum(speeds).tolist())}
    found = excesses(scene({1: places}, frames=80), SpeedLimit("run", 200.0, in_metres=False))
    assert [at.frame for at in found] == [20, 60]
