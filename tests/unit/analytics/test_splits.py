"""However the stored tables are cut into batches, every result is the same to the last bit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.analytics.census import Census
from sightline.analytics.counting import Line, LineCounter
from sightline.analytics.flow import FlowField, Ways
from sightline.analytics.heatmap import Grid, HeatMap
from sightline.analytics.motion import Motion
from sightline.analytics.occupancy import Occupancy
from sightline.analytics.rows import Batch, FrameRows, TrackRows, batches
from sightline.analytics.speeds import SpeedLimit, SpeedWatch
from sightline.analytics.zones import Zone, ZoneStays
from sightline.core.space import Homography

SIZE_PX = 300.0
LINE = Line("line", (0.0, 150.0), (SIZE_PX, 160.0), margin_px=8.0, max_gap_s=2.0)
ZONE = Zone("zone", np.array([[80, 80], [220, 90], [200, 240], [90, 200]], float), grace_s=0.3)
LIMIT = SpeedLimit("fast", 60.0, in_metres=False, for_s=0.5)


def made_up(seed: int, frames: int = 160, people: int = 4) -> tuple[FrameRows, TrackRows]:
    """Random walks with gaps, leaps, skipped frames, an uneven clock, filled-in rows and changing classes."""
    chance = np.random.default_rng(seed)
    times_s = np.cumsum(chance.choice([0.02, 0.04, 0.11, 0.9], frames, p=[0.45, 0.45, 0.08, 0.02]))
    looked = chance.random(frames) < 0.8
    spots = 150 + np.cumsum(chance.normal(0, 6, (frames, people, 2)), axis=0)
    spots += np.where(chance.random((frames, people, 1)) < 0.01, 120, 0)
    there = looked[:, None] & (chance.random((frames, people)) < 0.85)
    there &= np.sin(np.arange(frames)[:, None] / 15 + np.arange(people)) > -0.7
    frame, person = np.nonzero(there)
    x, y = spots[frame, person].T
    rows = TrackRows(
        frame.astype(np.int64) + 7,
        times_s[frame],
        person.astype(np.int64) + 1,
        np.stack([x - 15, y - 60, x + 15, y], axis=1).astype(np.float32),
        chance.random(len(frame)).astype(np.float32),
        chance.integers(0, 2, len(frame)).astype(np.int32),
        chance.random(len(frame)) < 0.9,
        np.zeros(len(frame), np.int64),
    )
    return FrameRows(np.arange(frames) + 7, times_s, looked), rows


def cut(rows, places):
    """Split rows at some places, given as shares of their number."""
    at = sorted({0, len(rows), *(int(place * len(rows)) for place in places)})
    return [rows[start:stop] for start, stop in pairwise(at)]


def results(made: list[Batch]) -> dict[str, object]:
    """Everything that can be measured, as comparable values."""
    census = Census(min_score=0.1)
    for batch in made:
        census.update(batch)
    roll = census.result()
    line, stays, places = LineCounter(LINE), ZoneStays(ZONE), Occupancy(buckets=4)
    heat = HeatMap(Grid.over_image((300, 300), columns=20))
    to_ground = Homography(np.array([[0.05, 0.0, 0.0], [0.0, 0.05, 0.0], [0.0, 0.002, 1.0]]))
    motion, flow, ways, watch = (
        Motion(homography=to_ground),
        FlowField(heat._grid),
        Ways(roll),
        SpeedWatch(LIMIT),
    )
    seconds = []
    for whole in made:
        batch = roll.select(whole, min_score=0.1)
        line.update(batch)
        stays.update(batch)
        places.update(batch, ZONE.inside(batch))
        seconds += places.drain()
        heat.update(batch)
        steps = motion.update(batch)
        for taker in (flow, ways, watch):
            taker.update(steps)
    steps = motion.finish()
    for taker in (flow, ways, watch):
        taker.update(steps)
    presence = places.result()
    return {
        "roll": roll,
        "line": line.result(),
        "stays": stays.result(),
        "presence": presence,
        "seconds": [*seconds, *places.drain()],
        "series": (places.series.width_s, places.series.result()),
        "heat": heat.result(),
        "travel": motion.result(),
        "flow": flow.result(),
        "ways": [(way.track_id, way.points_px.tolist()) for way in ways.result()],
        "excess": watch.result(),
    }


def same(one: object, other: object) -> bool:
    """Equal to the last bit, NaN equal to NaN."""
    return repr_of(one) == repr_of(other)


def repr_of(value: object) -> str:
    with np.printoptions(threshold=10**9, floatmode="unique"):
        return repr(value)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10_000),
    st.lists(st.floats(0, 1), max_size=8),
    st.lists(st.floats(0, 1), max_size=8),
)
def test_no_result_depends_on_how_the_tables_are_cut(seed, frame_cuts, track_cuts):
    frames, tracks = made_up(seed)
    whole = results(list(batches([frames], [tracks])))
    parts = results(list(batches(cut(frames, frame_cuts), cut(tracks, track_cuts))))
    for name, expected in whole.items():
        assert same(parts[name], expected), name


@pytest.mark.slow
def test_nor_when_every_frame_comes_alone():
    frames, tracks = made_up(5)
    whole = results(list(batches([frames], [tracks])))
    single = results(list(batches((frames[row : row + 1] for row in range(len(frames))), [tracks])))
    assert len(list(batches((frames[row : row + 1] for row in range(len(frames))), [tracks]))) > 100
    for name, expected in whole.items():
        assert same(single[name], expected), name


def test_the_made_up_tracks_hold_what_the_property_is_about():
    """Else the property would say nothing."""
    found = [results(list(batches(*([part] for part in made_up(seed))))) for seed in range(8)]
    assert sum(len(each["line"].crossings) for each in found) > 5
    assert sum(at.quality == "interpolated" for each in found for at in each["line"].crossings) > 0
    assert sum(each["line"].unresolved for each in found) > 0
    assert sum(stay.complete for each in found for stay in each["stays"]) > 3
    assert sum(not stay.complete for each in found for stay in each["stays"]) > 3
    assert sum(int(each["travel"].breaks.sum()) for each in found) > 5
    assert sum(len(each["excess"]) for each in found) > 3
    assert any(np.isfinite(each["travel"].mean_speed_mps).any() for each in found)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_length_of_the_clip():
    import tracemalloc

    def peak(seconds: int) -> int:
        frames = FrameRows(np.arange(seconds * 10), np.arange(seconds * 10) / 10, np.ones(seconds * 10, bool))
        heat, places, motion = HeatMap(Grid.over_image((300, 300))), Occupancy(), Motion()
        line, stays = LineCounter(LINE), ZoneStays(ZONE)
        tracemalloc.start()
        for batch in batches([frames], standing(seconds)):
            line.update(batch)
            stays.update(batch)
            places.update(batch, ZONE.inside(batch))
            places.drain()
            heat.update(batch)
            motion.update(batch)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(3000) < peak(500) + 150_000  # eight bytes a row would be 200,000


def standing(seconds: int):
    """One person who stands still, a batch a second."""
    for second in range(seconds):
        frames = np.arange(second * 10, second * 10 + 10)
        count = len(frames)
        yield TrackRows(
            frames,
            frames / 10,
            np.ones(count, np.int64),
            np.tile(np.array([100, 100, 130, 180], np.float32), (count, 1)),
            np.ones(count, np.float32),
            np.zeros(count, np.int32),
            np.ones(count, bool),
            np.zeros(count, np.int64),
        )
