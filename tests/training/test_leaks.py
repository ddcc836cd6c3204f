"""Pictures of one place are recognised, and no two parts share any."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training.data.labelled import Labelled, load_split
from training.data.leaks import QUICK, leaks_between_parts, shared_places
from training.data.places import groups, same_pairs, see
from training.data.splits import PARTS

PICTURES_A_PLACE = 3
"""A place is many pictures that are linked with each other, so some of them find it."""


def scene(rng, size=(240, 320)):
    image = cv2.resize(
        rng.uniform(0, 255, (30, 40)).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC
    )
    for _ in range(60):
        corner = rng.integers(0, size[1], 2)
        cv2.rectangle(
            image, corner.tolist(), (corner + rng.integers(4, 30, 2)).tolist(), float(rng.integers(255)), -1
        )
    return np.clip(image, 0, 255).astype(np.uint8)


def turned(image, degrees=7, scale=1.1):
    move = cv2.getRotationMatrix2D((160, 120), degrees, scale)
    return cv2.warpAffine(image, move, (320, 240), borderMode=cv2.BORDER_REFLECT)


def darkened(image, rng):
    return np.clip(image * 0.25 + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("change", ["turned", "dark", "mirrored"])
def test_a_picture_seen_again_is_found_among_others(rng, change):
    scenes = [scene(rng) for _ in range(6)]
    again = {
        "turned": turned(scenes[2]),
        "dark": darkened(scenes[2], rng),
        "mirrored": np.ascontiguousarray(scenes[2][:, ::-1]),
    }[change]
    if change == "mirrored":  # as the asking side is flipped when mirrored pictures are looked for
        again = np.ascontiguousarray(again[:, ::-1])
    known = [see(image, QUICK) for image in scenes]
    pairs = same_pairs([see(again, QUICK)], known, QUICK)
    assert [other for _, other, _ in pairs] == [2]


def test_unlike_pictures_are_no_pair(rng):
    asking = [see(scene(rng), QUICK) for _ in range(3)]
    known = [see(scene(rng), QUICK) for _ in range(6)]
    assert same_pairs(asking, known, QUICK) == []


def test_a_picture_without_features_is_like_nothing(rng):
    grey = np.full((100, 100, 3), 128, np.uint8)
    assert same_pairs([see(grey, QUICK)], [see(scene(rng), QUICK), see(grey, QUICK)], QUICK) == []


def test_pairs_join_into_groups_named_by_their_first():
    assert groups(6, [(1, 2), (4, 2), (5, 3)]).tolist() == [0, 1, 1, 3, 1, 3]


def labelled(path, place):
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.int32)
    return Labelled(path, *none, 320, 240, "set", place, (0,))


def test_a_leak_between_two_parts_is_reported(tmp_path, rng):
    one = scene(rng)
    for name, image in {"a": one, "b": turned(one), "c": scene(rng)}.items():
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), image)
    train = [labelled(tmp_path / "a.jpg", "set/1"), labelled(tmp_path / "c.jpg", "set/2")]
    test = [labelled(tmp_path / "b.jpg", "set/3")]
    (leak,) = leaks_between_parts([train, [], test])
    assert (leak.one.path.stem, leak.other.path.stem) == ("b", "a")
    assert leaks_between_parts([train[1:], [], test]) == []
    assert shared_places([train, test]) == set()
    assert shared_places([train, [*test, train[0]]]) == {"set/1"}


def few(pictures):
    """A few pictures of each place, the same every time."""
    seen: dict[str, int] = {}
    chosen = []
    for each in pictures:
        seen[each.place] = seen.get(each.place, 0) + 1
        if seen[each.place] <= PICTURES_A_PLACE:
            chosen.append(each)
    return chosen


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("model", ["football", "hazard", "people"])
def test_no_picture_of_a_test_part_shows_a_place_of_training(model, data_dir):
    parts = [few(load_split(model, part, data_dir)) for part in PARTS]
    assert shared_places(parts) == set()
    leaks = leaks_between_parts(parts)
    assert [(leak.one.path.name, leak.other.path.name) for leak in leaks] == []


@pytest.mark.data
@pytest.mark.slow
def test_the_look_for_leaks_finds_what_is_known_to_be_one_place(data_dir):
    """A test that finds no leak proves nothing unless it can find one."""
    road = [each for each in load_split("hazard", "val", data_dir) if each.domain == "rdd_china"]
    asking, known = [], []
    for place in sorted({each.place for each in road}):
        pictures = [each for each in road if each.place == place]
        asking += pictures[:2]
        known += pictures[2:12]
    found = {leak.one.path for leak in leaks_between_parts([known, asking])}
    assert len(found) >= 0.8 * len(asking)
