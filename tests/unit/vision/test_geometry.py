from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.vision.geometry import (
    Fit,
    Letterbox,
    Placement,
    content_size,
    scaled,
    tight_size,
    working_size,
)


@pytest.mark.parametrize(
    ("source", "fit", "expected"),
    [
        ((1080, 1920), Fit.TOP_LEFT, (234, 416)),
        ((1920, 1080), Fit.TOP_LEFT, (416, 234)),
        ((360, 480), Fit.CENTRE, (312, 416)),
        ((208, 208), Fit.CENTRE, (416, 416)),
        ((1080, 1920), Fit.STRETCH, (416, 416)),
        ((1, 4000), Fit.TOP_LEFT, (1, 416)),
    ],
)
def test_a_picture_takes_the_size_that_its_fit_says(source, fit, expected):
    assert content_size((416, 416), source, fit) == expected


@pytest.mark.parametrize("fit", list(Fit))
@pytest.mark.parametrize("source", [(1080, 1920), (577, 333), (416, 416), (48, 64)])
def test_a_box_laid_into_the_input_comes_back_where_it_was(fit, source):
    letterbox = Letterbox((416, 416), fit)
    image = np.zeros((*source, 3), np.uint8)
    _, placement = letterbox.place(image, source)
    scale = np.array([placement.size[1] / source[1], placement.size[0] / source[0]] * 2)
    box = np.array([[0.1 * source[1], 0.2 * source[0], 0.8 * source[1], 0.9 * source[0]]])
    laid = (box * scale + np.array(placement.offset_px * 2)).astype(np.float32)
    np.testing.assert_allclose(placement.boxes_to_source(laid), box, rtol=1e-4)


def test_boxes_are_cut_at_the_pictures_edges():
    placement = Placement((50, 100), (0, 0), (500, 1000))
    found = placement.boxes_to_source(np.array([[-5, -5, 200, 200]], np.float32))
    assert found.tolist() == [[0, 0, 1000, 500]]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 4000), st.integers(1, 4000), st.integers(0, 40), st.integers(0, 5))
def test_boxes_go_back_as_by_the_plain_formula(height, width, shift, count):
    placement = Placement((234, 416), (shift, 2 * shift), (height, width))
    boxes = np.random.default_rng(count).uniform(-50, 500, (count, 4)).astype(np.float32)
    offset = np.array([shift, 2 * shift] * 2, np.float32)
    scale = np.array([width / 416, height / 234] * 2, np.float32)
    plain = np.clip((boxes - offset) * scale, 0, np.array([width, height] * 2, np.float32))
    for laid in (boxes, np.asfortranarray(boxes)):
        assert placement.boxes_to_source(laid).tobytes() == plain.tobytes()


def test_points_outside_the_picture_stay_outside():
    placement = Placement((50, 100), (0, 10), (500, 1000))
    assert placement.points_to_source(np.array([[-5, 5]], np.float32)).tolist() == [[-50, -50]]


@pytest.mark.parametrize(
    ("fit", "corner"), [(Fit.TOP_LEFT, (0, 0)), (Fit.CENTRE, (0, 8))], ids=["top left", "centre"]
)
def test_what_a_picture_leaves_free_is_grey(fit, corner):
    image = np.full((16, 32, 3), 200, np.uint8)
    laid, placement = Letterbox((32, 32), fit).place(image, (160, 320))
    assert placement.offset_px == corner
    inside = np.zeros((32, 32), bool)
    inside[corner[1] : corner[1] + 16] = True
    assert (laid[inside] == 200).all()
    assert (laid[~inside] == 114).all()


def test_padding_is_renewed_when_the_sources_shape_changes():
    letterbox = Letterbox((32, 32))
    letterbox.place(np.full((32, 16, 3), 200, np.uint8), (64, 32))
    laid, _ = letterbox.place(np.full((16, 32, 3), 50, np.uint8), (32, 64))
    assert (laid[:16] == 50).all()
    assert (laid[16:] == 114).all()


def test_a_frame_decoded_to_the_right_size_is_not_scaled_again():
    image = np.random.default_rng(0).integers(0, 256, (18, 32, 3), dtype=np.uint8)
    laid, _ = Letterbox((32, 32)).place(image, (1080, 1920))
    assert (laid[:18] == image).all()


def test_a_frame_of_the_inputs_own_size_is_taken_as_it_is():
    image = np.zeros((32, 32, 3), np.uint8)
    laid, _ = Letterbox((32, 32)).place(image, (64, 64))
    assert laid is image


@pytest.mark.parametrize(("source", "expected"), [((720, 1280), (270, 480)), ((100, 200), (100, 200))])
def test_a_working_size_never_grows(source, expected):
    size = working_size(source, 480)
    assert size == expected
    assert scaled(np.zeros((*source, 3), np.uint8), size).shape == (*expected, 3)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ((360, 640), (256, 416)),
        ((640, 360), (416, 256)),
        ((480, 480), (416, 416)),
        ((20, 2000), (32, 416)),
        ((399, 416), (416, 416)),
    ],
)
def test_a_tight_input_holds_the_scaled_picture_in_whole_strides(source, expected):
    size = tight_size((416, 416), source, 32)
    assert size == expected
    assert content_size(size, source) == content_size((416, 416), source)
