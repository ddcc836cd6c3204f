"""Compares one model's answers in PyTorch, ONNX Runtime and OpenVINO, all in f32: `python -m training.parity hazard`.

Boxes are compared in pixels, scores in 0..1, over every cell of a few pictures of noise and shapes. Ends with 1 where
they differ by more than rounding. PyTorch takes the numbers of the weights file itself, unless a checkpoint is given: that must be
the one that the file was exported from, since those of `training/kept` are rounded to half precision, which moves boxes by pixels.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from training.export import WEIGHTS, Finished, fold_norms, load_averaged
from training.network import Detector
from training.recipe import read_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn

    from sightline.core.arrays import Float32
    from training.recipe import Recipe

MOST_PX, MOST_SCORE = 0.05, 1e-3
"""Rounding: sizes are exponentials, so large boxes differ by more than scores do."""


def load_exported(recipe: Recipe, weights: Path) -> Detector:
    """Give the recipe's network with the numbers of a weights file, its norms folded as there."""
    import onnx
    from onnx import numpy_helper

    stored = {each.name: numpy_helper.to_array(each) for each in onnx.load(weights).graph.initializer}
    model = fold_norms(Detector(len(recipe.classes), recipe.shape).eval())
    model.load_state_dict(
        {name: torch.from_numpy(stored[f"model.{name}"].copy()) for name in model.state_dict()}
    )
    return model.eval()


def answers(model: nn.Module, weights: Path, pictures: Float32) -> dict[str, Float32]:
    """Ask all three about `(n, 3, h, w)` pictures; give `(n, 4 + classes, cells)` by runtime."""
    import onnxruntime
    import openvino as ov

    with torch.no_grad():
        said = {"torch": np.concatenate([model(torch.from_numpy(each[None])).numpy() for each in pictures])}
    session = onnxruntime.InferenceSession(str(weights), providers=["CPUExecutionProvider"])
    compiled = ov.Core().compile_model(str(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    said["onnx"] = np.concatenate([session.run(None, {"images": each[None]})[0] for each in pictures])
    said["openvino"] = np.concatenate([compiled([each[None]])[0] for each in pictures])
    return said


def differences(said: Mapping[str, Float32]) -> dict[str, tuple[float, float]]:
    """Give each runtime's largest difference from PyTorch: boxes in pixels, scores."""
    return {
        name: (
            float(np.abs(answer[:, :4] - said["torch"][:, :4]).max()),
            float(np.abs(answer[:, 4:] - said["torch"][:, 4:]).max()),
        )
        for name, answer in said.items()
        if name != "torch"
    }


def made_pictures(size: tuple[int, int], count: int = 3) -> Float32:
    """Give pictures of smooth noise with edges, 0..1, as unlike each other as a test needs."""
    import cv2

    rng = np.random.default_rng(5)
    height, width = size
    pictures = []
    for _ in range(count):
        coarse = rng.random((height // 16, width // 16, 3)).astype(np.float32)
        picture = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        x, y = int(rng.integers(width // 2)), int(rng.integers(height // 2))
        picture[y : y + height // 4, x : x + width // 6] = rng.random(3)
        pictures.append(picture.clip(0, 1).transpose(2, 0, 1))
    return np.ascontiguousarray(np.stack(pictures), np.float32)


def main() -> None:
    """Compare from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a recipe")
    parser.add_argument("--checkpoint", type=Path, help="take its numbers instead of the file's")
    parser.add_argument("--model", type=Path, help="weights file; by default the one that ships")
    given = parser.parse_args()
    recipe = read_recipe(given.name)
    weights = given.model or WEIGHTS / f"sightline-{given.name}-n.onnx"
    model = load_averaged(recipe, given.checkpoint) if given.checkpoint else load_exported(recipe, weights)
    found = differences(answers(Finished(model).eval(), weights, made_pictures(recipe.input_size)))
    for name, (pixels, score) in found.items():
        print(f"{name}: boxes differ by at most {pixels:.5f} px, scores by {score:.7f}")
    raise SystemExit(any(pixels > MOST_PX or score > MOST_SCORE for pixels, score in found.values()))


if __name__ == "__main__":
    main()
