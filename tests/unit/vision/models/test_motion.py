"""The background model on small drawn scenes."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from sightline.core.errors import InferenceFailedError
from sightline.core.frames import Frame
from sightline.ports import ModelOptions
from sightline.vision.models.blobs import clean, find_blobs
from sightline.vision.models.hog import HogModel
from sightline.vision.models.motion import MotionModel

SIZE = (120, 200)
RATE_HZ = 10


def scenery(seed=0):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 180, (12, 20, 3), dtype=np.uint8)
    return cv2.resize(coarse, SIZE[::-1], interpolation=cv2.INTER_LINEAR)


BACKDROP = scenery()


def person(image, x, y=40, *, width=14, height=44, colour=(230, 30, 30)):
    image = image.copy()
    image[y : y + height, x : x + width] = colour
    return image


def noisy(image, index, sigma=2.0):
    noise = np.random.default_rng([7, index]).normal(0, sigma, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def run(images, *, model=None, first=0, **options):
    model = model or fresh(**options)
    found = []
    for index, image in enumerate(images, first):
        frame = Frame.from_image(noisy(image, index), index=index, pts_s=Fraction(index, RATE_HZ))
        found.append(model.submit(frame).result())
    return found


def fresh(**options):
    model = MotionModel(None, ModelOptions(**options))
    model.open()
    return model


def walk(count, *, start=10, step=3, **look):
    return [person(BACKDROP, start + step * index, **look) for index in range(count)]


def overlap(box, x, y, width=14, height=44):
    across = min(box[2], x + width) - max(box[0], x)
    down = min(box[3], y + height) - max(box[1], y)
    shared = max(across, 0) * max(down, 0)
    return shared / (width * height + (box[2] - box[0]) * (box[3] - box[1]) - shared)


def test_somebody_who_walks_is_found_in_nearly_every_frame():
    found = run([BACKDROP] * 5 + walk(50))
    hits = [
        any(overlap(box, 10 + 3 * index, 40) > 0.5 for box in each.above(0.5).boxes_px)
        for index, each in enumerate(found[5:])
    ]
    assert np.mean(hits) > 0.95
    assert max(len(each.above(0.5)) for each in found) == 1


def test_an_empty_scene_gives_nothing_and_the_first_frame_never_does():
    assert all(len(each) == 0 for each in run([BACKDROP] * 30))
    assert len(run(walk(1))[0]) == 0


def test_somebody_who_walked_from_the_first_frame_leaves_no_ghost():
    found = run(walk(60, step=4, start=-4 * 8 + 40))
    last = found[45].above(0.5)
    assert len(last) <= 1


def test_boxes_are_in_source_pixels():
    frames = [BACKDROP] * 5 + walk(20)
    model = fresh()
    for index, image in enumerate(frames):
        frame = Frame(noisy(image, index), index, Fraction(index, RATE_HZ), (360, 600))
        found = model.submit(frame).result()
    assert overlap(found.boxes_px[0] / 3, 10 + 3 * 19, 40) > 0.5


def test_a_change_of_light_is_not_motion():
    brighter = [
        np.clip(BACKDROP.astype(int) + 2 * min(index, 12), 0, 255).astype(np.uint8) for index in range(40)
    ]
    assert all(len(each.above(0.3)) == 0 for each in run([BACKDROP] * 10 + brighter))


def test_a_shadow_is_not_part_of_what_throws_it():
    frames = []
    for image in walk(30):
        dark = image.astype(np.float32)
        x = 10 + 3 * len(frames)
        dark[78:90, x : x + 60] = 0.7 * BACKDROP[78:90, x : x + 60]
        dark[40:84, x : x + 14] = (230, 30, 30)
        frames.append(dark.astype(np.uint8))
    best = run([BACKDROP] * 20 + frames)[40].boxes_px[0]
    assert overlap(best, 10 + 3 * 20, 40) > 0.6


def test_a_camera_that_shakes_a_little_sees_no_motion_of_its_own():
    rng = np.random.default_rng(3)
    wide = cv2.resize(
        rng.integers(0, 255, (30, 50, 3), dtype=np.uint8), (220, 140), interpolation=cv2.INTER_LINEAR
    )
    frames = []
    for _ in range(40):
        x, y = rng.uniform(8, 12, 2)
        matrix = np.array([[1, 0, -x], [0, 1, -y]])
        frames.append(cv2.warpAffine(wide, matrix, SIZE[::-1]))
    found = run(frames)
    assert np.mean([len(each.above(0.5)) for each in found[10:]]) < 0.2


def test_another_scene_is_learned_anew():
    other = scenery(9)
    found = run([BACKDROP] * 20 + [other] * 30)
    assert all(len(each) == 0 for each in found[21:])


def test_what_stands_still_long_enough_becomes_scenery():
    frames = [BACKDROP] * 10 + [person(BACKDROP, 80)] * 20
    model = fresh()
    assert len(run(frames, model=model)[-1]) == 1
    later = Frame.from_image(noisy(person(BACKDROP, 80), 1), index=99, pts_s=Fraction(600))
    model.submit(later).result()
    again = Frame.from_image(noisy(person(BACKDROP, 80), 2), index=100, pts_s=Fraction(6001, 10))
    assert len(model.submit(again).result().above(0.5)) == 0


def test_two_who_stand_beside_each_other_are_two():
    frames = [person(image, 64 + 3 * index) for index, image in enumerate(walk(20, start=42))]
    found = run([BACKDROP] * 5 + frames)
    assert np.mean([len(each.above(0.5)) == 2 for each in found[8:]]) > 0.8


@pytest.mark.parametrize("at", [0, 1, 4, 12, 25])
def test_a_snapshot_goes_on_as_if_nothing_had_happened(at):
    frames = [BACKDROP] * 3 + walk(32)
    one = fresh()
    run(frames[:at], model=one)
    state = one.snapshot()
    expected = run(frames[at:], model=one, first=at)
    other = fresh()
    other.restore(state)
    assert other.snapshot() == state
    found = run(frames[at:], model=other, first=at)
    assert [each.boxes_px.tobytes() + each.scores.tobytes() for each in found] == [
        each.boxes_px.tobytes() + each.scores.tobytes() for each in expected
    ]
    assert one.snapshot() == other.snapshot()


@pytest.mark.parametrize("state", [b"", b"nonsense that is long enough to have a head, and a half"])
def test_other_bytes_are_no_snapshot(state):
    with pytest.raises(ValueError, match="not the memory"):
        fresh().restore(state)
    with pytest.raises(ValueError, match="cut"):
        fresh().restore(fresh().snapshot() + b"more")


def test_a_new_size_begins_anew():
    model = fresh()
    run([BACKDROP] * 10, model=model)
    small = Frame.from_image(np.zeros((40, 60, 3), np.uint8), index=10, pts_s=Fraction(1))
    assert len(model.submit(small).result()) == 0


def test_tiny_pictures_do_no_harm():
    model = fresh()
    for index in range(5):
        frame = Frame.from_image(np.full((1, 1, 3), 40 * index, np.uint8), index=index, pts_s=Fraction(index))
        assert len(model.submit(frame).result()) == 0


def test_it_forgets_when_it_is_closed():
    model = fresh()
    empty = model.snapshot()
    run([BACKDROP] * 4, model=model)
    assert model.snapshot() != empty
    model.close()
    assert model.snapshot() == empty


def test_parts_of_one_upright_thing_are_put_together_and_two_people_are_not():
    mask = np.zeros((100, 100), np.uint8)
    mask[10:24, 20:34] = mask[35:70, 20:34] = 255  # a head and shoulders, a gap, and the rest
    mask[5:42, 60:72] = mask[54:94, 62:74] = 255  # one behind the other
    boxes, scores = find_blobs(clean(mask), np.full((100, 100), 80, np.uint8))
    assert sorted(boxes.tolist()) == [[20, 10, 34, 70], [60, 5, 72, 42], [62, 54, 74, 94]]
    assert (scores > 0.8).all()


def test_specks_are_no_things():
    mask = np.zeros((100, 100), np.uint8)
    mask[10, 10] = mask[50:52, 50:52] = 255
    boxes, _ = find_blobs(clean(mask), np.full((100, 100), 80, np.uint8))
    assert len(boxes) == 0


class Windows:
    """Stands for OpenCV's detector: finds the same windows, in an order of its own."""

    def __init__(self, order):
        self.order = order

    def detectMultiScale(self, image, **options):  # noqa: N802 -- OpenCV's name
        windows = np.array([[100, 50, 64, 128], [104, 50, 64, 128], [300, 100, 128, 256]])
        return windows[self.order], np.array([[1.0], [1.0], [0.2]])[self.order]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_hog_answers_the_same_in_whatever_order_threads_find_windows(order):
    model = HogModel(None, ModelOptions(min_score=0.3))
    model.open()
    model._finder = Windows(order)
    frame = Frame(np.zeros((480, 640, 3), np.uint8), 0, Fraction(0), (960, 1280))
    found = model.submit(frame).result()
    expected = [[212.8, 117.92, 315.2, 338.08], [625.6, 235.84, 830.4, 676.16]]
    np.testing.assert_allclose(found.boxes_px, expected, atol=0.01)
    np.testing.assert_allclose(found.scores, [0.731, 0.55], atol=1e-3)
    model.close()
    with pytest.raises(InferenceFailedError, match="not open"):
        model.submit(frame)


def test_hog_searches_pictures_that_have_nothing():
    model = HogModel(None, ModelOptions())
    model.open()
    assert len(model.submit(Frame.from_image(np.full((200, 200, 3), 90, np.uint8))).result()) == 0
    model.close()


def test_hog_gives_nothing_on_pictures_too_small_for_a_person():
    model = HogModel(None, ModelOptions())
    model.open()
    frame = Frame.from_image(np.zeros((60, 60, 3), np.uint8))
    assert len(model.submit(frame).result()) == 0
    model.close()
