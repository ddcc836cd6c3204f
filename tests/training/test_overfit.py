"""A trainer that works learns a few pictures by heart and finds them again the way an exported model is asked."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sightline.core.detections import Detections
from training.assign import corners
from training.augment import Augmentation, Sample, letterbox
from training.data.labelled import Labelled
from training.network import Detector
from training.pictures_of import Pictures
from training.recipe import FOLDER, Recipe, read_recipe
from training.scoring import match_class, precisions
from training.shape import Shape
from training.train import Trainer, make_batch, rate

SHAPE = Shape(channels=(16, 16, 32, 32, 32), depths=(1, 1, 1, 1), neck=32, head=16)
RECIPE = Recipe(
    "bars",
    ("along", "across"),
    (96, 96),
    (96, 96),
    images=8 * 320,
    batch=8,
    warmup=20,
    ema=0.97,
    augmentation=Augmentation(mosaic=0, scale=(0.8, 1.1), aspect=1.05, blur=0, grey=0),
    shape=SHAPE,
)


def bars(rng):
    """Two long bars, one of them nearly as long as the picture: cracks are."""
    image = rng.normal(150, 6, (120, 120, 3)).clip(0, 255).astype(np.uint8)
    x, y = rng.integers(10, 100, 2)
    boxes = np.array([[x, 2, x + 9, 118], [rng.integers(2, 30), y, 110, y + 10]], np.float32)
    for x1, y1, x2, y2 in boxes.astype(int):
        image[y1:y2, x1:x2] = image[y1:y2, x1:x2] // 3
    return Sample(image, boxes, np.array([0, 1]), np.ones(2, bool))


def average_precision(model, samples, size):
    """Mean AP50 of both classes, each picture fitted whole into `size` and its boxes read back."""
    pictures, answers = [], []
    for number, sample in enumerate(samples):
        fitted = letterbox(sample, size)
        values = torch.from_numpy(np.ascontiguousarray(fitted.image[:, :, ::-1].transpose(2, 0, 1)))
        with torch.no_grad():
            cells = model(values[None].float() / 255)[0].T
        boxes, scores = corners(cells[:, :4]).numpy(), cells[:, 4:].sigmoid().numpy()
        best = [int(scores[:, kind].argmax()) for kind in (0, 1)]
        answers.append(
            Detections(boxes[best], scores[best, [0, 1]].astype(np.float32), np.array([0, 1], np.int32))
        )
        pictures.append(
            Labelled(
                Path("made"),
                fitted.boxes,
                np.array([0, 1], np.int32),
                *size[::-1],
                "made",
                str(number),
                (0, 1),
            )
        )
    return float(np.mean([precisions(match_class(pictures, answers, kind))[0] for kind in (0, 1)]))


@pytest.fixture(scope="module")
def by_heart(tmp_path_factory):
    """Four pictures, and a model that was shown nothing else."""
    rng = np.random.default_rng(3)
    samples = [bars(rng) for _ in range(4)]
    pictures = Pictures(samples, np.ones(4), ["made"] * 4)
    torch.set_num_threads(1)
    trainer = Trainer(RECIPE, torch.device("cpu"), tmp_path_factory.mktemp("bars"))
    steps = RECIPE.images // RECIPE.batch
    for step in range(steps):
        trainer.learn(*make_batch(RECIPE, pictures, step, steps), rate(step, steps, RECIPE))
    return samples, trainer.averaged


def test_a_few_pictures_are_learned_by_heart(by_heart):
    samples, model = by_heart
    assert average_precision(model, samples, RECIPE.input_size) > 0.9


def test_what_is_known_by_heart_is_not_found_at_a_size_that_training_never_showed(by_heart):
    samples, model = by_heart
    assert average_precision(model, samples, (160, 160)) < 0.5


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_no_exported_picture_is_larger_than_training_showed_it(name):
    recipe = read_recipe(name)
    how = recipe.augmentation
    if how.native_scale is None:  # else crops at the picture's own scale, where objects keep their size
        assert recipe.input_size <= recipe.train_size
        assert how.scale[0] <= 0.9, "whole pictures are what is asked, so they must be common in training"
        assert how.scale[1] >= 1.0


def test_an_untrained_model_finds_nothing():
    torch.manual_seed(0)
    rng = np.random.default_rng(3)
    samples = [bars(rng) for _ in range(4)]
    assert average_precision(Detector(2, SHAPE).eval(), samples, RECIPE.input_size) < 0.3
