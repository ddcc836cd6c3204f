"""Training pictures and their labels stay together."""

import numpy as np
import pytest

from training.augment import IGNORE, Augmentation, Sample, letterbox, make_picture

PLAIN = Augmentation(
    mosaic=0, scale=(1, 1), aspect=1, flip=0, hue=0, saturation=0, brightness=0, blur=0, grey=0
)


def marked(box=(20, 30, 60, 50), size=(100, 100)):
    image = np.zeros((*size, 3), np.uint8)
    x1, y1, x2, y2 = box
    image[y1:y2, x1:x2] = 255
    return Sample(image, np.array([box], np.float32), np.array([0]), np.ones(1, bool))


def white_box(image):
    rows, columns = np.nonzero(image[:, :, 0] > 200)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize(
    "how",
    [PLAIN, Augmentation(mosaic=0, scale=(0.7, 1.2), hue=0, saturation=0, brightness=0, blur=0, grey=0)],
)
def test_the_box_lies_where_the_object_is(how):
    for seed in range(20):
        made = make_picture(lambda _: marked(), np.random.default_rng(seed), (128, 128), how)
        if len(made.boxes) and made.classes[0] == 0:
            np.testing.assert_allclose(made.boxes[0], white_box(made.image), atol=2.5)


def test_a_box_cut_to_a_corner_is_a_region_nothing_is_known_about():
    how = Augmentation(
        mosaic=0,
        scale=(2, 2),
        native_scale=1.0,
        aspect=1,
        flip=0,
        hue=0,
        saturation=0,
        brightness=0,
        blur=0,
        grey=0,
    )
    made = [
        make_picture(lambda _: marked(), np.random.default_rng(seed), (64, 64), how) for seed in range(60)
    ]
    kinds = {int(kind) for sample in made for kind in sample.classes}
    assert kinds == {0, IGNORE}


def test_a_mosaic_labels_only_what_all_four_sources_label():
    def pick(rng):
        known = np.array([True, rng.random() < 0.5])
        return Sample(
            np.zeros((50, 50, 3), np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.int64), known
        )

    how = Augmentation(mosaic=1)
    made = [make_picture(pick, np.random.default_rng(seed), (64, 64), how) for seed in range(200)]
    assert all(sample.labelled[0] for sample in made)
    assert 0 < sum(sample.labelled[1] for sample in made) < 60


def test_a_letterbox_keeps_the_picture_whole():
    fitted = letterbox(marked(size=(50, 100), box=(20, 10, 60, 40)), (128, 128))
    assert fitted.image.shape == (128, 128, 3)
    np.testing.assert_allclose(fitted.boxes[0], white_box(fitted.image), atol=1.5)
