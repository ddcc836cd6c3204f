"""The network, its targets and its losses; run where PyTorch is installed (`make test-training`)."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.assign import assign, corners, overlaps
from training.losses import Truth, complete_iou, detection_loss
from training.network import Detector
from training.recipe import FOLDER, read_recipe
from training.shape import Shape
from training.train import make_batch, rate

SMALL = Shape(channels=(16, 16, 16, 16, 16), depths=(1, 1, 1, 1), neck=16, head=16)


@pytest.fixture(scope="module")
def small():
    torch.manual_seed(0)
    return Detector(3, SMALL)


def truth_of(boxes, classes, labelled=(True, True, True), ignored=()):
    return Truth(
        torch.tensor([boxes], dtype=torch.float32).reshape(1, -1, 4),
        torch.tensor([classes], dtype=torch.int64).reshape(1, -1),
        torch.tensor([labelled]),
        torch.tensor([ignored], dtype=torch.float32).reshape(1, -1, 4),
    )


def test_every_cell_answers_with_a_box_and_a_score_for_each_class(small):
    assert small(torch.zeros(2, 3, 64, 96)).shape == (2, 7, 8 * 12 + 4 * 6 + 2 * 3)


def test_cells_of_the_grid_lie_where_their_boxes_start(small):
    centres, strides = small.grid(64, 96, torch.zeros(1))
    assert centres[0].tolist() == [4, 4]
    assert centres[-1].tolist() == [80, 48]
    assert strides.unique().tolist() == [8, 16, 32]


def test_the_cell_that_overlaps_best_answers_for_a_box():
    centres = torch.tensor([[8.0, 8.0], [24.0, 8.0]])
    boxes = torch.tensor([[[0.0, 0, 16, 16], [2.0, 0, 18, 16]]])
    scores = torch.full((1, 2, 2), 0.5)
    found = assign(
        boxes, scores, centres, torch.tensor([16.0, 16.0]), boxes[:, :1], torch.tensor([[1]]), most=1
    )
    assert found.found.tolist() == [[True, False]]
    assert found.scores[0, 0].tolist() == pytest.approx([0, 1], abs=1e-3)


def test_a_thin_box_that_holds_no_centre_still_finds_a_cell():
    centres = torch.tensor([[8.0, 8.0], [24.0, 8.0]])
    thin = torch.tensor([[[3.0, 0, 5, 16]]])
    found = assign(
        thin.expand(1, 2, 4),
        torch.full((1, 2, 1), 0.5),
        centres,
        torch.tensor([16.0, 16.0]),
        thin,
        torch.tensor([[0]]),
    )
    assert found.found.tolist() == [[True, False]]


def test_without_objects_nothing_is_to_be_found():
    found = assign(
        torch.zeros(1, 2, 4),
        torch.zeros(1, 2, 1),
        torch.zeros(2, 2),
        torch.ones(2),
        torch.zeros(1, 0, 4),
        torch.zeros(1, 0, dtype=torch.int64),
    )
    assert not found.found.any()
    assert found.scores.sum() == 0


def test_complete_iou_is_one_for_the_same_box_and_falls_with_distance():
    box = torch.tensor([[0.0, 0, 10, 10]])
    near, far = torch.tensor([[12.0, 0, 22, 10]]), torch.tensor([[50.0, 0, 60, 10]])
    assert complete_iou(box, box).item() == pytest.approx(1, abs=1e-4)
    assert complete_iou(box, far) < complete_iou(box, near) < 0
    assert overlaps(box, corners(torch.tensor([[5.0, 5, 10, 5]]))).item() == pytest.approx(0.5)


def test_what_a_source_does_not_label_costs_nothing(small):
    output = small(torch.zeros(1, 3, 64, 64)).detach().requires_grad_()
    loss, _ = detection_loss(small, output, truth_of([], [], labelled=(True, False, True)), (64, 64))
    loss.backward()
    assert output.grad[0, 5].abs().sum() == 0
    assert output.grad[0, 4].abs().sum() > 0


def test_a_region_that_nothing_is_known_about_costs_nothing(small):
    output = small(torch.zeros(1, 3, 64, 64)).detach().requires_grad_()
    loss, _ = detection_loss(small, output, truth_of([], [], ignored=[[0, 0, 64, 64]]), (64, 64))
    loss.backward()
    assert output.grad[0, 4:].abs().sum() == 0


def test_a_few_steps_learn_one_picture(small):
    torch.manual_seed(1)
    model = Detector(1, SMALL)
    image = torch.zeros(1, 3, 64, 64)
    image[:, :, 16:40, 24:48] = 1
    truth = truth_of([[24, 16, 48, 40]], [0], labelled=(True,))
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss, _ = detection_loss(model, model(image), truth, (64, 64))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert min(losses[-5:]) < losses[0] / 3, losses


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_every_recipe_can_be_read_and_fits_its_strides(name):
    recipe = read_recipe(name)
    assert not [side for side in (*recipe.train_size, *recipe.input_size) if side % 32]
    assert rate(0, 1000, recipe) < rate(recipe.warmup, 10_000, recipe)
    assert rate(999, 1000, recipe) < recipe.learning_rate / 10


def test_a_step_has_the_same_pictures_however_often_it_is_made():
    from training.augment import Sample
    from training.pictures_of import Pictures

    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    sample = Sample(image, np.array([[10, 10, 40, 40]], np.float32), np.array([0]), np.ones(4, bool))
    pictures = Pictures([sample], np.ones(1), ["made"])
    recipe = read_recipe("hazard")
    first, second = (make_batch(recipe, pictures, 5, 100)[0] for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, make_batch(recipe, pictures, 6, 100)[0])
