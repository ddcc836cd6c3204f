"""Each family reads boxes that were written into its outputs by hand."""

from __future__ import annotations

import numpy as np
import pytest

from graphs import constant_graph
from sightline.core.errors import InferenceFailedError, UnknownLayoutError, WeightsMissingError
from sightline.core.frames import Frame
from sightline.core.models import Task
from sightline.ports import ModelOptions
from sightline.vision.models.nanodet import NanodetModel
from sightline.vision.models.omz import OmzModel
from sightline.vision.models.rtmdet import RtmdetModel
from sightline.vision.models.yolo import YoloModel
from sightline.vision.models.yolox import YoloxModel

SIZE = (64, 96)  # cells: 8x12 + 4x6 + 2x3 = 126
CELLS = 126
BOX = (24.0, 16.0, 48.0, 56.0)  # in pixels of the input
SOURCE = (640, 960)
IN_SOURCE = [240, 160, 480, 560]


def frame(size=SOURCE):
    return Frame.from_image(np.zeros((*size, 3), np.uint8))


def logit(score):
    return np.log(score / (1 - score))


def yolox(score, class_id=1, box=BOX):
    """The box at the finest level, cell (row 2, column 3)."""
    raw = np.zeros((1, CELLS, 5 + 3), np.float32)
    row, stride = 2 * 12 + 3, 8
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    raw[0, row, :4] = (
        x / stride - 3,
        y / stride - 2,
        np.log((box[2] - box[0]) / 8),
        np.log((box[3] - box[1]) / 8),
    )
    raw[0, row, 4] = 0.95
    raw[0, row, 5 + class_id] = score / 0.95
    return {"output": raw}


def yolo(score, class_id=1, box=BOX):
    raw = np.zeros((1, 4 + 3, CELLS), np.float32)
    raw[0, :4, 77] = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, box[2] - box[0], box[3] - box[1])
    raw[0, 4 + class_id, 77] = score
    return {"output0": raw}


def yolo_end_to_end(score, class_id=1, box=BOX):
    raw = np.zeros((1, 20, 6), np.float32)
    raw[0, 3] = (*box, score, class_id)
    return {"output0": raw}


def rtmdet(score, class_id=1, box=BOX):
    """The box at the middle level, from cell (row 2, column 2): the point (32, 32)."""
    maps = [np.full((1, 3, *grid), -10.0, np.float32) for grid in ((8, 12), (4, 6), (2, 3))]
    sides = [np.zeros((1, 4, *grid), np.float32) for grid in ((8, 12), (4, 6), (2, 3))]
    maps[1][0, class_id, 2, 2] = logit(score)
    sides[1][0, :, 2, 2] = (32 - box[0], 32 - box[1], box[2] - 32, box[3] - 32)
    return {f"cls{i}": each for i, each in enumerate(maps)} | {
        f"reg{i}": each for i, each in enumerate(sides)
    }


def nanodet(score, class_id=1, box=BOX):
    """The box at the coarsest level, from the centre (48, 48) of a cell; each side one sharp bin or two halves."""
    classes = [np.zeros((1, cells, 3), np.float32) for cells in (96, 24, 6)]
    sides = [np.zeros((1, cells, 4 * 8), np.float32) for cells in (96, 24, 6)]
    classes[1][0, 1 * 6 + 2, class_id] = score  # middle level, centre (40, 24)
    for side, distance in enumerate((40 - box[0], 24 - box[1], box[2] - 40, box[3] - 24)):
        bins = np.full(8, -50.0)
        low, share = int(distance // 16), distance / 16 % 1
        bins[low] = np.log(1 - share) if share < 1 else -50
        if share:
            bins[low + 1] = np.log(share)
        sides[1][0, 1 * 6 + 2, 8 * side : 8 * side + 8] = bins
    return {f"cls{i}": each for i, each in enumerate(classes)} | {
        f"dis{i}": each for i, each in enumerate(sides)
    }


def omz(score, class_id=1, box=BOX):
    rows = np.zeros((1, 1, 5, 7), np.float32)
    rows[0, 0, 0] = (0, class_id, score, box[0] / 96, box[1] / 64, box[2] / 96, box[3] / 64)
    rows[0, 0, 1] = (-1, 0, 0.99, 0, 0, 1, 1)  # the list's end; what follows is left over
    rows[0, 0, 2] = (0, 0, 0.98, 0, 0, 1, 1)
    return {"detection_out": rows}


FAMILIES = [
    (YoloxModel, yolox),
    (YoloModel, yolo),
    (YoloModel, yolo_end_to_end),
    (RtmdetModel, rtmdet),
    (NanodetModel, nanodet),
    (OmzModel, omz),
]
NAMES = ("cat", "dog", "person")
all_families = pytest.mark.parametrize(("family", "write"), FAMILIES, ids=lambda each: each.__name__)


def found_by(family, path, outputs, *, metadata=None, image=None, **options):
    weights = constant_graph(path / "m.onnx", outputs, input_shape=(1, 3, *SIZE), metadata=metadata)
    model = family(weights, ModelOptions(**({"class_names": NAMES} | options)), "mine")
    model.open()
    try:
        return model.submit(image or frame()).result()
    finally:
        model.close()


@all_families
@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
def test_a_box_comes_back_in_source_pixels(tmp_path, family, write, runtime):
    found = found_by(family, tmp_path, write(0.8), runtime=runtime)
    np.testing.assert_allclose(found.boxes_px, [IN_SOURCE], atol=0.05)
    np.testing.assert_allclose(found.scores, [0.8], atol=1e-5)
    assert found.class_ids.tolist() == [1]


@all_families
@pytest.mark.parametrize(("score", "count"), [(0.31, 1), (0.29, 0)])
def test_only_boxes_of_at_least_the_lowest_score_are_reported(tmp_path, family, write, score, count):
    assert len(found_by(family, tmp_path, write(score), min_score=0.3)) == count


@all_families
def test_a_box_beyond_the_picture_is_cut(tmp_path, family, write):
    cut = found_by(family, tmp_path, write(0.8, box=(24.0, 16.0, 96.0, 64.0)), image=frame((320, 960)))
    # a picture twice as wide as the input's shape leaves half of it free, unless it is stretched
    assert cut.boxes_px[:, 3].max(initial=0) <= 320
    assert cut.boxes_px[:, 2].max(initial=0) <= 960


@all_families
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_outputs_that_are_no_numbers_fail_the_frame(tmp_path, family, write, bad):
    outputs = {name: np.full_like(value, bad) for name, value in write(0.8).items()}
    if family is OmzModel:
        outputs["detection_out"][..., 0] = 0
    with pytest.raises(InferenceFailedError, match="mine gave values that are not finite"):
        found_by(family, tmp_path, outputs)


@all_families
def test_it_says_what_it_is_before_its_weights_load(tmp_path, family, write):
    weights = constant_graph(tmp_path / "m.onnx", write(0.8), input_shape=(1, 3, *SIZE))
    info = family(weights, ModelOptions(class_names=NAMES), "mine", licence="MIT").info
    assert (info.name, info.family, info.task) == ("mine", family.family, Task.DETECT)
    assert (info.input_size, info.licence, info.class_names[:3]) == (SIZE, "MIT", NAMES)
    assert len(info.sha256) == 64


@all_families
def test_another_familys_graph_is_refused(tmp_path, family, write):
    weights = constant_graph(tmp_path / "m.onnx", {"vector": np.zeros((1, 5))}, input_shape=(1, 3, *SIZE))
    with pytest.raises(
        UnknownLayoutError, match=f"does not look like {family.family}: inputs images 1x3x64x96"
    ):
        family(weights, ModelOptions()).open()


@all_families
def test_weights_are_needed(family, write):
    with pytest.raises(WeightsMissingError, match="needs weights"):
        family(None, ModelOptions())


def read_cell_by_cell(raw, min_score, picked):
    """YOLOX's paper one cell at a time, each step rounded to float32."""
    cells = [(x, y, s) for s in (8, 16, 32) for y in range(SIZE[0] // s) for x in range(SIZE[1] // s)]
    boxes, scores, class_ids = [], [], []
    for row, (x, y, stride) in zip(raw, np.array(cells, np.float32), strict=True):
        score = row[4] * (row[5] if picked else row[5:].max())
        if row[4] < min_score or score < min_score:
            continue
        centre = (row[:2] + np.array([x, y])) * stride
        half = np.exp(row[2:4]) * (stride / 2)
        boxes.append(np.concatenate([centre - half, centre + half]))
        scores.append(score)
        class_ids.append(int(row[6] if picked else row[5:].argmax()))
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), class_ids


@pytest.mark.parametrize("min_score", [0.0, 0.1, 0.4, 0.99])
@pytest.mark.parametrize("picked", [False, True], ids=["all classes", "the best class"])
def test_yolox_reads_what_reading_cell_by_cell_gives_to_the_bit(tmp_path, picked, min_score):
    weights = constant_graph(tmp_path / "m.onnx", yolox(0.5), input_shape=(1, 3, *SIZE))
    model = YoloxModel(weights, ModelOptions(class_names=NAMES, min_score=min_score))
    model._prepare(SIZE)
    model._network.picks_classes = picked
    rng = np.random.default_rng(7)
    raw = rng.uniform(0, 1, (CELLS, 7 if picked else 8)).astype(np.float32)
    raw[:, :4] = rng.normal(0, 2, (CELLS, 4))
    raw[::5, 4], raw[::7, 5] = np.float32(min_score), 1  # on the limit
    raw[::9, 5:] = raw[::9, 5:6]  # of equal classes the first
    if picked:
        raw[:, 6] = rng.integers(0, 3, CELLS)
    given = raw.copy()

    for laid in (raw, np.asfortranarray(raw)):
        found = model._candidates((laid[None],))
        boxes, scores, class_ids = read_cell_by_cell(given, np.float32(min_score), picked)
        assert np.ascontiguousarray(found.boxes).tobytes() == boxes.tobytes()
        assert found.scores.tobytes() == scores.tobytes()
        assert found.class_ids.tolist() == class_ids
    assert raw.tobytes() == given.tobytes()


def test_a_large_stretched_box_still_ends_at_the_picture(tmp_path):
    found = found_by(YoloxModel, tmp_path, yolox(0.9, box=(-40.0, -40.0, 200.0, 200.0)))
    assert found.boxes_px.tolist() == [[0, 0, 960, 640]]


def test_a_box_without_area_in_the_picture_is_dropped(tmp_path):
    image = frame((320, 960))  # takes the upper half of the input
    assert len(found_by(YoloxModel, tmp_path, yolox(0.9, box=(10.0, 40.0, 30.0, 60.0)), image=image)) == 0


def test_a_centred_picture_is_shifted_back(tmp_path):
    found = found_by(YoloModel, tmp_path, yolo(0.9, box=(24.0, 20.0, 48.0, 40.0)), image=frame((320, 960)))
    np.testing.assert_allclose(found.boxes_px, [[240, 40, 480, 240]], atol=0.01)


def test_of_boxes_that_overlap_the_best_is_kept_unless_the_graph_has_chosen(tmp_path):
    raw = yolo(0.9)["output0"]
    raw[0, :, 78] = raw[0, :, 77]
    raw[0, 5, 78] = 0.7
    assert found_by(YoloModel, tmp_path, {"out": raw}).scores.tolist() == pytest.approx([0.9])
    chosen = yolo_end_to_end(0.7)["output0"]
    chosen[0, 9] = (*BOX, 0.9, 1)
    assert found_by(YoloModel, tmp_path, {"out": chosen}).scores.tolist() == pytest.approx([0.9, 0.7])


def test_only_so_many_boxes_are_given(tmp_path):
    raw = np.zeros((1, 20, 6), np.float32)
    raw[0, :10] = [(10 * i, 0, 10 * i + 5, 5, 0.5 + i / 50, 0) for i in range(10)]
    found = found_by(YoloModel, tmp_path, {"out": raw}, max_detections=3)
    assert found.scores.tolist() == pytest.approx([0.68, 0.66, 0.64])


def test_a_score_a_hair_above_one_counts_as_one(tmp_path):
    assert found_by(YoloModel, tmp_path, yolo(1.000001)).scores.tolist() == [1.0]


@pytest.mark.parametrize(
    ("metadata", "options", "expected"),
    [
        ({"names": "{0: 'ball', 1: 'hand', 2: 'face'}"}, {"class_names": ()}, ("ball", "hand", "face")),
        ({"names": "['ball', 'hand', 'face']"}, {"class_names": ()}, ("ball", "hand", "face")),
        ({"labels": "ball hand face"}, {"class_names": ()}, ("ball", "hand", "face")),
        ({"names": "{0: 'ball'}"}, {"class_names": ()}, ("class_0", "class_1", "class_2")),
        ({"names": "__import__('os')"}, {"class_names": ()}, ("class_0", "class_1", "class_2")),
        ({}, {"class_names": ("a",)}, ("a", "class_1", "class_2")),
        ({"names": "{0: 'ball', 1: 'hand', 2: 'face'}"}, {"class_names": ("a", "b", "c")}, ("a", "b", "c")),
    ],
)
def test_class_names_come_from_the_user_then_the_file_then_numbers(tmp_path, metadata, options, expected):
    weights = constant_graph(tmp_path / "m.onnx", yolo(0.9), input_shape=(1, 3, *SIZE), metadata=metadata)
    assert YoloModel(weights, ModelOptions(**options)).info.class_names == expected


def test_a_class_without_a_name_fails_the_frame(tmp_path):
    with pytest.raises(InferenceFailedError, match="gave class 4 but has 3 names"):
        found_by(OmzModel, tmp_path, omz(0.9, class_id=4))


@pytest.mark.parametrize(
    ("family", "expected"), [(YoloxModel, (64, 96)), (OmzModel, (64, 96)), (YoloModel, (64, 96))]
)
def test_the_size_to_decode_to_is_the_pictures_share_of_the_input(family, expected):
    assert family.decode_size(SIZE, SOURCE) == expected
    wide = family.decode_size(SIZE, (320, 960))
    assert wide == (SIZE if family is OmzModel else (32, 96))
