"""Writes a trained model as ONNX: pictures in, boxes and scores out, in the layout that the `yolo` family reads.

    python -m training.export hazard

Input `images`: `(1, 3, h, w)` float32 RGB 0..1, the picture fitted to `(h, w)` in the middle of grey 114.
Output `detections`: `(1, 4 + classes, cells)` float32: centre x, y, width, height in input pixels, then class scores 0..1.
Suppression is the reader's. Batch norms are folded into their convolutions. The class names, the licence and the input's
kind travel in the file's metadata.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from training.network import ConvUnit, Detector
from training.recipe import Recipe, read_recipe
from training.train import RUNS

WEIGHTS = Path(__file__).parents[1] / "src" / "sightline" / "weights"


class Finished(nn.Module):
    """The detector with its scores as probabilities."""

    def __init__(self, model: Detector) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """`(1, 3, h, w)` to `(1, 4 + classes, cells)`."""
        output = self.model(images)
        return torch.cat([output[:, :4], output[:, 4:].sigmoid()], 1)


def load_averaged(recipe: Recipe, checkpoint: Path) -> Detector:
    """Give the model with its averaged weights, ready to answer."""
    model = Detector(len(recipe.classes), recipe.shape)
    model.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True)["averaged"])
    return model.eval()


def fold_norms(model: Detector) -> Detector:
    """Fold every batch norm into the convolution before it; the answers stay the same within rounding."""
    for unit in model.modules():
        if isinstance(unit, ConvUnit):
            unit[0] = fuse_conv_bn_eval(unit[0], unit[1])
            unit[1] = nn.Identity()
    return model


def export(recipe: Recipe, checkpoint: Path, out: Path) -> Path:
    """Write the checkpoint's averaged weights to `out` and give it."""
    out.parent.mkdir(parents=True, exist_ok=True)
    model = Finished(fold_norms(load_averaged(recipe, checkpoint))).eval()
    images = torch.zeros(1, 3, *recipe.input_size)
    with torch.no_grad():
        torch.onnx.export(
            model,
            (images,),
            str(out),
            input_names=["images"],
            output_names=["detections"],
            opset_version=17,
            dynamo=False,
        )
    graph = onnx.load(out)
    for key, value in {
        "names": str(dict(enumerate(recipe.classes))),
        "task": "detect",
        "license": "MIT",
        "author": "The Sightline authors",
    }.items():
        entry = graph.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(graph)
    onnx.save(graph, out)
    return out


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a recipe, as in hazard")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    recipe = read_recipe(given.name)
    out = export(
        recipe,
        given.checkpoint or RUNS / recipe.name / "checkpoint.pt",
        given.out or WEIGHTS / f"sightline-{recipe.name}-n.onnx",
    )
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    print(f"{out.name}: {out.stat().st_size / 1e6:.2f} MB, sha256 {digest}")


if __name__ == "__main__":
    main()
