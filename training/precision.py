"""What bf16 and INT8 cost and save: `python -m training.precision hazard --data ../shared/data`.

Scores the same weights in f32, in bf16 and, quantised on training pictures, in INT8, and takes their time. INT8 is worth
keeping where the mean AP50 falls by one point at most and a picture takes less time; nothing is kept by this command. The time is
that of one thread on the processor, which other work on the machine hardly changes. The pitch, whose real frames have no
labels, is scored on rendered pictures that training never saw; where no real picture trains, INT8 is fitted to such pictures too.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from training.card import milliseconds
from training.data.labelled import CLASS_NAMES, load_split
from training.data.pixels import read_picture
from training.data.splits import PARTS
from training.evaluate import WEIGHTS, find, open_model
from training.recipe import read_recipe
from training.render import unseen
from training.scoring import score_domains

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sightline.core.arrays import Float32
    from training.data.labelled import Labelled

CALIBRATION = 48
"""Training pictures whose ranges INT8 is fitted to."""
MOST_LOST = 0.01
ROUNDS = 30
FIT_SEED = 98
"""Of rendered pictures that INT8 is fitted to."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One precision.

    Attributes:
        name: As in `bf16`.
        ap50: Mean over domains of the classes' mean.
        ap50_95: Likewise.
        ms: Median milliseconds of one thread of the processor a picture.
    """

    name: str
    ap50: float
    ap50_95: float
    ms: float


def measure(name: str, weights: Path, precision: str, pictures: Sequence[Labelled], label: str) -> Outcome:
    """Score weights on pictures and take their time."""
    from sightline.ports import ModelOptions

    options = ModelOptions(
        precision=precision, min_score=0.005, iou=0.6, class_names=read_recipe(name).classes
    )
    model = open_model(weights, options)
    try:
        answers = find(model, pictures)
    finally:
        model.close()
    scores = [
        each
        for each in score_domains(pictures, answers, read_recipe(name).classes, 0.3, draws=0)
        if each.class_name == "all"
    ]
    return Outcome(
        label,
        float(np.mean([each.ap50.value for each in scores if each.ap50.value is not None])),
        float(np.mean([each.ap50_95.value for each in scores if each.ap50_95.value is not None])),
        processor_ms(weights, "bf16" if precision == "bf16" else "f32"),
    )


def processor_ms(weights: Path, precision: str) -> float:
    """Give the median time that one thread works on a picture through OpenVINO, in milliseconds."""
    return milliseconds(weights, precision, 1, clock=time.process_time, rounds=ROUNDS)


def quantise(weights: Path, out: Path, pictures: Sequence[Labelled], size: tuple[int, int]) -> Path:
    """Write an INT8 copy: weights by channel, activations by tensor, fitted to pictures."""
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    quantize_static(
        str(weights),
        str(out),
        _Reader(pictures, size),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["Conv"],
    )
    return out


class _Reader:
    """Gives calibration pictures one by one, as `quantize_static` asks for them."""

    def __init__(self, pictures: Sequence[Labelled], size: tuple[int, int]) -> None:
        self._inputs: Iterator[Float32] = (_input(each, size) for each in pictures)

    def get_next(self) -> dict[str, Any] | None:
        picture = next(self._inputs, None)
        return None if picture is None else {"images": picture}


def _input(each: Labelled, size: tuple[int, int]) -> Float32:
    from training.augment import Sample, letterbox

    none = np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, bool)
    image = letterbox(Sample(read_picture(each.path), *none), size).image
    return np.ascontiguousarray(image[None, :, :, ::-1].transpose(0, 3, 1, 2), np.float32) / 255


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Give a table and what it means for INT8."""
    lines = [
        "| precision | mean AP50 | mean AP50-95 | ms of one processor thread per picture |",
        "|---|---:|---:|---:|",
        *(f"| {each.name} | {each.ap50:.3f} | {each.ap50_95:.3f} | {each.ms:.1f} |" for each in outcomes),
    ]
    full, eight = outcomes[0], outcomes[-1]
    kept = full.ap50 - eight.ap50 <= MOST_LOST and eight.ms < full.ms
    verdict = "would pass" if kept else "does not pass"
    return "\n".join(
        [*lines, "", f"INT8 {verdict} the gate of one point of AP50 and less time; it does not ship."]
    )


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted({*CLASS_NAMES, "pitch"}))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--part", choices=PARTS, default="test")
    given = parser.parse_args()
    weights = WEIGHTS / f"sightline-{given.name}-n.onnx"
    real = given.name in CLASS_NAMES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = (
            load_split(given.name, given.part, given.data) if real else unseen(given.name, given.data, folder)
        )
        source = load_split(given.name, "train", given.data) if real else []
        source = source or unseen(given.name, given.data, folder, seed=FIT_SEED)
        chosen = source[:: max(1, len(source) // CALIBRATION)][:CALIBRATION]
        small = quantise(weights, folder / "int8.onnx", chosen, read_recipe(given.name).input_size)
        outcomes = [
            measure(given.name, weights, "f32", pictures, "f32"),
            measure(given.name, weights, "bf16", pictures, "bf16"),
            measure(given.name, small, "f32", pictures, "INT8"),
        ]
    print(markdown(outcomes))


if __name__ == "__main__":
    main()
