"""The people scene: what is told about it is what is drawn. That one seed is one clip is in its contract."""

from __future__ import annotations

import json
from fractions import Fraction

import av
import numpy as np
import pyarrow.parquet as pq
import pytest

from sightline.analytics.counting import IN, OUT, LineCounter
from sightline.analytics.rows import FrameRows, TrackRows, batches
from sightline.analytics.rules import parse_rules
from sightline.core.errors import SettingsError
from sightline.core.tables import schema_of
from sightline.ports import SceneOptions
from sightline.service.mot_files import read_mot_truth
from sightline.sim.people import PeopleScene
from sightline.sim.scene import frame_count

TINY = SceneOptions(seconds=0.4, size=(120, 214), frame_rate_hz=Fraction(10), actors=6)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def usual() -> PeopleScene:
    return PeopleScene(SceneOptions())


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory):
    out = tmp_path_factory.mktemp("rendered")
    return out, PeopleScene(TINY).render(out)


def test_the_clip_has_the_frames_and_times_asked_for(rendered) -> None:
    _, paths = rendered
    with av.open(str(paths["clip"])) as clip:
        times_s = [float(frame.time) for frame in clip.decode(video=0)]

    assert len(times_s) == frame_count(TINY) == 4
    np.testing.assert_allclose(np.diff(times_s), 0.1)


def test_truth_files_agree_with_one_another(rendered) -> None:
    _, paths = rendered
    gt = read_mot_truth(paths["gt"])
    tracks, objects = pq.read_table(paths["tracks"]), pq.read_table(paths["objects"])

    assert tracks.schema == schema_of("tracks")
    assert tracks["track_id"].to_pylist() == gt.track_ids.tolist()
    assert tracks["frame"].to_pylist() == gt.frames.tolist()
    np.testing.assert_allclose(
        np.stack([tracks[name] for name in ("x1_px", "y2_px")], 1), gt.boxes_px[:, [0, 3]], atol=0.02
    )
    assert objects.num_rows >= tracks.num_rows
    assert pq.read_table(paths["cameras"]).num_rows == 4
    assert json.loads(paths["scene"].read_text())["seed"] == 7


def test_boxes_lie_around_what_is_drawn() -> None:
    options = SceneOptions(seconds=0.1, size=(180, 320), actors=8, noise=0.0, seed=3)
    shot = next(PeopleScene(options).shots())
    empty = next(PeopleScene(SceneOptions(**{**_fields(options), "actors": 0})).shots())
    changed = np.abs(shot.image.astype(int) - empty.image).max(axis=2) > 24

    clear = [item for item in shot.seen if item.visibility > 0.95]
    assert len(clear) >= 3
    assert empty.seen == []
    for item in clear:
        x1, y1, x2, y2 = item.box_px
        inside = changed[int(y1) : int(np.ceil(y2)), int(x1) : int(np.ceil(x2))]
        assert inside.mean() > 0.25
        assert inside[: max(len(inside) // 6, 2)].any(), "the head"
        assert inside[-3:].any(), "the feet"


def test_feet_are_where_the_ground_says(usual: PeopleScene) -> None:
    shot = next(usual.shots())
    for item in shot.seen:
        if item.visibility > 0.9:
            foot_px = shot.camera.ground_to_image().project(np.array([item.place_m]))[0]
            x1, _, x2, y2 = item.box_px
            assert x1 - 8 < foot_px[0] < x2 + 8
            assert foot_px[1] == pytest.approx(y2, abs=0.12 * (y2 - item.box_px[1]) + 2)


def test_people_cross_both_ways_and_wait_at_the_kiosk(usual: PeopleScene) -> None:
    events = usual.events()

    assert events["lines"]["gate"]["in"] >= 2
    assert events["lines"]["gate"]["out"] >= 2
    assert sum(item["complete"] and item["dwell_s"] > 2 for item in events["dwells"]) >= 1


def test_ids_are_counted_from_one_without_gaps(usual: PeopleScene) -> None:
    assert [actor.track_id for actor in usual.actors] == list(range(1, len(usual.actors) + 1))


def test_its_rules_are_valid_and_counting_true_feet_gives_the_true_counts(usual: PeopleScene) -> None:
    rules = parse_rules(json.dumps(usual.rules())).bind(usual.options.size, {0: "person"})
    (line,) = rules.lines
    counter = LineCounter(line)
    for batch in batches(*_true_rows(usual)):
        counter.update(batch)
    counts, truth = counter.result(), usual.events()["lines"]["gate"]

    assert (counts.count(IN), counts.count(OUT)) == (truth["in"], truth["out"])
    assert rules.homography is not None
    rest = usual.rest.image_to_ground().matrix
    np.testing.assert_allclose(rules.homography.matrix, rest, rtol=0.02, atol=0.02)


def test_a_shaking_and_sweeping_camera_keeps_its_truth() -> None:
    settings = {"sweep_deg": 4.0}
    options = SceneOptions(
        seconds=1.0, size=(120, 214), frame_rate_hz=Fraction(2), shake_px=2.0, settings=settings
    )
    first, second = PeopleScene(options).shots()

    assert first.camera != second.camera
    for shot in (first, second):
        for item in shot.seen:
            foot_px = shot.camera.ground_to_image().project(np.array([item.place_m]))[0]
            assert item.full_box_px[0] - 5 < foot_px[0] < item.full_box_px[2] + 5


@pytest.mark.parametrize(
    ("case", "changes", "message"),
    [
        ("odd size", {"size": (121, 214)}, "214x121"),
        ("too small", {"size": (60, 80)}, "80x60"),
        ("no time", {"seconds": 0.0}, "0 s"),
        ("no frames", {"frame_rate_hz": Fraction(0)}, "0 frames"),
        ("negative noise", {"noise": -1.0}, "noise"),
        ("too many", {"actors": 1000}, "1000 actors"),
        ("unknown setting", {"settings": {"weather": "snow"}}, "weather"),
    ],
)
def test_what_cannot_be_filmed_is_refused_with_a_hint(case: str, changes: dict, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        PeopleScene(SceneOptions(**{**_fields(TINY), **changes}))

    assert caught.value.hint


def _fields(options: SceneOptions) -> dict:
    return {name: getattr(options, name) for name in SceneOptions.__dataclass_fields__}


def _true_rows(scene: PeopleScene):
    """Tracks whose boxes stand exactly on the true places."""
    rate_hz, frames = float(scene.options.frame_rate_hz), frame_count(scene.options)
    onto = scene.rest.ground_to_image()
    rows = []
    for frame in range(frames):
        for actor in scene.actors:
            now = actor.path.at(frame / rate_hz)
            if now is not None:
                x, y = onto.project(now[0][None])[0]
                rows.append((frame, actor.track_id, x - 10, y - 60, x + 10, y))
    table = np.array(rows)
    count = len(table)
    tracks = TrackRows(
        frames=table[:, 0].astype(np.int64),
        times_s=table[:, 0] / rate_hz,
        track_ids=table[:, 1].astype(np.int64),
        boxes_px=table[:, 2:].astype(np.float32),
        scores=np.ones(count, np.float32),
        class_ids=np.zeros(count, np.int32),
        seen=np.ones(count, np.bool_),
        holds_ns=np.zeros(count, np.int64),
    )
    numbers = np.arange(frames)
    return [FrameRows(numbers, numbers / rate_hz, np.ones(frames, np.bool_))], [tracks]
