"""What is exported answers as what was trained, whoever runs it; learning curves and bf16 steps."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from training.average import average
from training.curve import draw_curve, read_curve
from training.export import WEIGHTS, Finished, export, load_averaged
from training.network import Detector
from training.parity import MOST_PX, MOST_SCORE, answers, differences, load_exported, made_pictures
from training.recipe import Recipe, read_recipe
from training.shape import Shape
from training.train import Trainer, make_batch

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the export that we use on purpose

SMALL = Shape(channels=(16, 16, 16, 16, 16), depths=(1, 1, 1, 1), neck=16, head=16)
RECIPE = Recipe("small", ("one", "two"), (64, 64), (64, 96), 64, batch=2, shape=SMALL)


def lively(seed):
    """A model whose answers depend on the picture, as an untrained one's hardly do."""
    torch.manual_seed(seed)
    model = Detector(2, SMALL)
    for module in model.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight)
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_var, 0.5, 2.0)
            torch.nn.init.normal_(module.running_mean, std=0.2)
    return model


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    torch.save({"averaged": lively(3).state_dict()}, folder / "checkpoint.pt")
    return folder / "checkpoint.pt", export(RECIPE, folder / "checkpoint.pt", folder / "small.onnx")


def test_pytorch_onnx_runtime_and_openvino_agree(exported):
    checkpoint, weights = exported
    said = answers(Finished(load_averaged(RECIPE, checkpoint)).eval(), weights, made_pictures((64, 96)))
    for pixels, score in differences(said).values():
        assert pixels < MOST_PX
        assert score < MOST_SCORE


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ball", "football", "hazard", "people", "pitch"])
def test_all_three_agree_on_the_weights_that_ship(name):
    recipe, weights = read_recipe(name), WEIGHTS / f"sightline-{name}-n.onnx"
    model = Finished(load_exported(recipe, weights)).eval()
    for pixels, score in differences(answers(model, weights, made_pictures(recipe.input_size, 2))).values():
        assert pixels < MOST_PX
        assert score < MOST_SCORE


def test_another_models_answers_are_told_apart(exported):
    _, weights = exported
    said = answers(Finished(lively(4)).eval(), weights, made_pictures((64, 96)))
    assert differences(said)["openvino"][0] > MOST_PX


def test_a_step_in_half_precision_costs_about_what_one_in_full_does(tmp_path):
    from training.augment import Sample
    from training.pictures_of import Pictures

    image = np.random.default_rng(0).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    sample = Sample(image, np.array([[10, 10, 60, 60]], np.float32), np.array([0]), np.ones(2, bool))
    batch = make_batch(RECIPE, Pictures([sample], np.ones(1), ["made"]), 1, 10)
    losses = {}
    for half in (False, True):
        trainer = Trainer(RECIPE, torch.device("cpu"), tmp_path / str(half), half=half)
        losses[half] = trainer.learn(*batch, 1e-3)["score"]
    assert losses[True] == pytest.approx(losses[False], rel=0.05)


def test_a_curve_that_was_resumed_counts_each_step_once(tmp_path):
    path = tmp_path / "curve.csv"
    path.write_text("step,score,box\n50,4,0.4\n100,3,0.3\n100,2,0.2\n150,1,0.1\n", encoding="utf-8")
    columns = read_curve(path)
    assert columns["step"] == [50, 100, 150]
    assert columns["score"] == [4, 2, 1]
    assert "0.10 at the end" in draw_curve(columns, "small")


def test_weights_lie_halfway_and_counts_are_kept(tmp_path):
    for name, value in {"a": 1.0, "b": 4.0}.items():
        weights = {"w": torch.full((2, 3), value), "count": torch.tensor(int(value))}
        torch.save({"averaged": weights}, tmp_path / f"{name}.pt")
    out = average(tmp_path / "a.pt", tmp_path / "b.pt", tmp_path / "mean.pt")
    mean = torch.load(out, weights_only=True)["averaged"]
    assert mean["w"].tolist() == [[2.5] * 3] * 2
    assert mean["count"].item() == 4


def test_weights_of_two_networks_are_refused(tmp_path):
    torch.save({"averaged": {"w": torch.zeros(2)}}, tmp_path / "a.pt")
    torch.save({"averaged": {"w": torch.zeros(3)}}, tmp_path / "b.pt")
    with pytest.raises(ValueError, match="not of one network"):
        average(tmp_path / "a.pt", tmp_path / "b.pt", tmp_path / "mean.pt")
