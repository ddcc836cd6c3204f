"""Labels are read as they were meant, and places are dealt out whole."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from training.data.brazil import ALLIGATOR, IGNORED, LONGITUDINAL, TRANSVERSE, crack_boxes, pothole_boxes
from training.data.deal import deal
from training.data.find_places import compare, variant_of
from training.data.labelled import CLASS_NAMES, DOMAINS, load_split
from training.data.people import read_match
from training.data.pixels import extract, picture_size
from training.data.splits import PARTS, Entry, read_split, write_split
from training.data.stored import read_stored, stored_frames, stored_rows, write_stored
from training.data.yolo import read_yolo
from training.recipe import read_recipe

MODELS = ("ball", "football", "hazard", "people")


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("2 0.5 0.5 0.2 0.4", (40, 15, 60, 35)),
        ("2 0.95 0.5 0.2 0.4", (85, 15, 100, 35)),
        ("2 0.1 0.2 0.5 0.2 0.5 0.6", (10, 10, 50, 30)),
    ],
    ids=["box", "box over the edge is cut", "polygon"],
)
def test_a_label_line_gives_a_box_in_pixels(tmp_path, line, box):
    (tmp_path / "a.txt").write_text(line + "\n\n")
    boxes, classes = read_yolo(tmp_path / "a.txt", 100, 50)
    np.testing.assert_allclose(boxes, [box], atol=1e-4)
    assert classes.tolist() == [2]


def test_repeated_and_hair_thin_labels_are_left_out(tmp_path):
    (tmp_path / "a.txt").write_text(
        "0 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.2 0.4\n1 0.5 0.5 0.2 0.4\n0 0.5 0.5 0.001 0.4\n"
    )
    _, classes = read_yolo(tmp_path / "a.txt", 100, 100)
    assert classes.tolist() == [0, 1]


def test_a_picture_without_a_label_file_holds_nothing(tmp_path):
    boxes, classes = read_yolo(tmp_path / "none.txt", 100, 100)
    assert boxes.shape == (0, 4)
    assert classes.shape == (0,)


def test_a_line_that_is_neither_box_nor_polygon_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.2\n")
    with pytest.raises(ValueError, match="neither a box nor a polygon"):
        read_yolo(tmp_path / "a.txt", 100, 100)


def blank():
    return np.zeros((400, 640), np.uint8)


def test_pieces_of_a_pothole_that_nearly_touch_are_one():
    mask = cv2.rectangle(blank(), (100, 100), (140, 130), 255, -1)
    cv2.rectangle(mask, (144, 100), (180, 130), 255, -1)
    cv2.rectangle(mask, (300, 300), (330, 320), 255, -1)
    cv2.rectangle(mask, (500, 300), (502, 302), 255, -1)
    found = pothole_boxes(mask > 0)
    assert sorted(box for box, _ in found) == [(100, 100, 181, 131), (300, 300, 331, 321)]


@pytest.mark.parametrize(
    ("draw", "kind"),
    [
        (lambda m: cv2.line(m, (300, 150), (310, 350), 255, 3), LONGITUDINAL),
        (lambda m: cv2.line(m, (200, 300), (450, 306), 255, 3), TRANSVERSE),
        (
            lambda m: [
                cv2.circle(m, (x, y), 2, 255, -1) for x in range(200, 320, 8) for y in range(200, 300, 8)
            ],
            ALLIGATOR,
        ),
        (lambda m: cv2.line(m, (200, 200), (360, 360), 255, 3), IGNORED),
        (lambda m: cv2.circle(m, (300, 300), 5, 255, -1), IGNORED),
    ],
    ids=["along the road", "across it", "a patch of crumbs", "slanted: in doubt", "too small to tell"],
)
def test_a_crack_gets_a_class_only_where_its_shape_leaves_no_doubt(draw, kind):
    mask = blank()
    draw(mask)
    assert [found for _, found in crack_boxes(mask > 0)] == [kind]


def test_crowd_and_benches_of_a_football_frame_are_ignored(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(
        "2 0.5 0.4 0.02 0.1\n3 0.2 0.6 0.02 0.1\n0 0.5 0.5 0.01 0.01\n"
    )
    boxes, classes = read_match(tmp_path / "images" / "a.jpg", 1000, 500)
    assert classes.tolist() == [0, 0, 1, -1, -1]
    np.testing.assert_allclose(boxes[3:], [[0, 0, 1000, 173], [0, 227, 1000, 500]], atol=0.01)


def test_the_size_of_a_picture_is_read_off_its_head(tmp_path):
    image = np.zeros((37, 53, 3), np.uint8)
    for name in ("a.jpg", "a.png"):
        cv2.imwrite(str(tmp_path / name), image)
        assert picture_size(tmp_path / name) == (53, 37)


def test_a_frame_of_a_video_is_written_once(tmp_path, clip):
    made = clip(frames=5)
    name = f"{made.path.name}#3"
    first = extract([name], made.path.parent, tmp_path / "cache")[name]
    written = first.stat().st_mtime_ns
    assert cv2.imread(str(first)) is not None
    assert extract([name], made.path.parent, tmp_path / "cache")[name].stat().st_mtime_ns == written
    with pytest.raises(FileNotFoundError, match="has no frame 5"):
        extract([f"{made.path.name}#99"], made.path.parent, tmp_path / "cache")


def test_a_split_file_comes_back_sorted_and_without_repeats(tmp_path):
    entries = [Entry("b.jpg", "set", "set/1"), Entry("a.jpg", "set", "set/1"), Entry("b.jpg", "set", "set/1")]
    write_split("model", "val", entries, tmp_path)
    assert read_split("model", "val", tmp_path) == sorted(set(entries))
    (tmp_path / "model" / "val.txt").write_text("a.jpg set\n")
    with pytest.raises(ValueError, match="expected path, domain and place"):
        read_split("model", "val", tmp_path)


def test_stored_labels_of_a_frame_come_back_cut_at_its_edge(tmp_path):
    write_stored(
        "model", {"videos/a/clip.mp4#3": [[-5, 0, 10, 20, 0], [5, 5, 9, 9, -1]], "b.avi#0": []}, tmp_path
    )
    boxes, classes = read_stored("model", tmp_path / "clip" / "000003.jpg", 100, 15, tmp_path)
    assert boxes.tolist() == [[0, 0, 10, 15], [5, 5, 9, 9]]
    assert classes.tolist() == [0, -1]
    assert read_stored("model", tmp_path / "b" / "000000.jpg", 100, 15, tmp_path)[0].shape == (0, 4)
    assert stored_frames("model", tmp_path) == ["videos/a/clip.mp4#3", "b.avi#0"]


def test_stored_labels_of_a_picture_are_found_by_its_set_and_name(tmp_path):
    stored = {"roads/one/images/a_2.jpg": [[1, 2, 3, 4, 0]], "roads/two/images/a_2.jpg": []}
    write_stored("model", stored, tmp_path)
    assert len(read_stored("model", tmp_path / "one" / "images" / "a_2.jpg", 9, 9, tmp_path)[0]) == 1
    assert len(read_stored("model", tmp_path / "two" / "images" / "a_2.jpg", 9, 9, tmp_path)[0]) == 0
    with pytest.raises(KeyError):
        read_stored("model", tmp_path / "three" / "images" / "a_2.jpg", 9, 9, tmp_path)


def test_no_ball_is_learned_from_the_videos_that_balls_are_tested_on():
    """People are learned from them, balls in them are ignored; the ball model begins with weights that saw none of it."""
    tested = {name.split("#")[0] for name in stored_frames("ball")}
    assert len(stored_frames("ball")) >= 150
    people = stored_rows("people")
    ball = CLASS_NAMES["people"].index("sports ball")
    assert not [
        name for name in people if name.split("#")[0] in tested and ball in {row[4] for row in people[name]}
    ]
    recipe, begun = "ball", set()
    while recipe and recipe not in begun:
        begun.add(recipe)
        recipe = read_recipe(recipe).start
    assert "people" not in begun


def test_places_are_dealt_whole_near_to_the_shares_and_the_same_every_time():
    entries = [
        Entry(f"{place}-{at}", "set", f"set/{place}") for place in range(40) for at in range(place % 4 + 1)
    ]
    counts = {entry.path: [1, int(entry.place.endswith("3"))] for entry in entries}
    parts = deal(entries, counts, seed=1)
    assert parts == deal(entries, counts, seed=1)
    assert sorted(entry for part in PARTS for entry in parts[part]) == sorted(entries)
    places = [{entry.place for entry in parts[part]} for part in PARTS]
    assert not places[0] & places[1]
    assert not places[0] & places[2]
    assert not places[1] & places[2]
    for share, part in zip((0.7, 0.1, 0.2), PARTS, strict=True):
        assert abs(len(parts[part]) / len(entries) - share) < 0.05


@pytest.mark.parametrize("model", MODELS)
def test_no_two_parts_of_a_model_share_a_place_or_a_picture(model):
    parts = {part: read_split(model, part) for part in PARTS}
    assert parts["test"]
    assert all(parts.values()) or model == "ball"
    for at, one in enumerate(PARTS):
        for other in PARTS[at + 1 :]:
            assert not {entry.place for entry in parts[one]} & {entry.place for entry in parts[other]}
            assert not {entry.path for entry in parts[one]} & {entry.path for entry in parts[other]}


@pytest.mark.parametrize("model", MODELS)
def test_every_domain_of_a_split_can_be_read(model):
    domains = {entry.domain for part in PARTS for entry in read_split(model, part)}
    assert domains == set(DOMAINS[model])


def test_no_match_is_tested_on_that_the_people_model_saw():
    seen = {entry.place for part in ("train", "val") for entry in read_split("people", part)}
    assert not seen & {entry.place for entry in read_split("football", "test")}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("night_d_pothole_24", "rain_pothole_24", True),
        ("night_pothole_8_png", "pothole_8", True),
        ("pothole_b_hs_24", "pothole_b_ls_24", True),
        ("pothole_b_hs_24", "pothole_24", False),
    ],
)
def test_variants_of_a_photograph_are_known_by_name(one, other, same):
    assert (variant_of(one) == variant_of(other)) is same


def test_groupings_are_compared_both_ways():
    old = [Entry("a", "s", "1"), Entry("b", "s", "1"), Entry("c", "s", "2")]
    new = [Entry("a", "s", "x"), Entry("b", "s", "y"), Entry("c", "s", "y")]
    assert compare(new, old) == (1, 1)
    assert compare(old, old) == (0, 0)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_labels_of_every_part_lie_in_their_pictures(model, data_dir):
    names = CLASS_NAMES[model]
    for part in PARTS:
        for each in load_split(model, part, data_dir):
            sides = each.boxes_px[:, 2:] - each.boxes_px[:, :2]
            assert (sides > 0).all(), each.path.name
            assert (each.boxes_px >= 0).all()
            assert (each.boxes_px <= [each.width, each.height] * 2).all()
            assert set(each.class_ids.tolist()) <= {-1, *range(len(names))}
            assert len(each.boxes_px) == len(each.class_ids) == len(each.objects_px) + len(each.ignored_px)
