"""Writes a model's card, docs/models/<name>.md, from the recipe, the checkpoint, the weights and their scores.

    python -m training.card football --on "2 cores of an Intel Xeon, one thread" --hours 0.4

Everything in it is read or measured when it is written; `docs/models/<name>.notes.md` is put in as it is.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.evaluate import WEIGHTS
from training.recipe import FOLDER, read_recipe

ROOT = Path(__file__).parents[1]
CARDS = ROOT / "docs" / "models"
ROUNDS = 60
FAILURES = (
    "the worst pictures of the part: thick is a label that was missed, thin with a score what is false; "
    "what was found is left bare"
)


def milliseconds(weights: Path, precision: str, threads: int) -> float:
    """Give the median time of one picture through OpenVINO, one request at a time, in milliseconds."""
    import openvino as ov

    hints = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    model = ov.Core().compile_model(str(weights), "CPU", hints)
    picture = np.zeros(tuple(model.input(0).shape), np.float32)
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        model([picture])
        spent.append(1000 * (time.perf_counter() - began))
    return float(np.median(spent[10:]))


@dataclass(frozen=True, slots=True)
class Training:
    """What cannot be read off the files.

    Attributes:
        machine: That trained, in words.
        hours: It took, earlier runs that the weights came from among them; None where nobody kept count.
        pictures: Training pictures drawn, of all those runs.
        scored: What printed the scores, and on what.
    """

    machine: str
    hours: float | None
    pictures: int
    scored: str


def card(name: str, how: Training, scores: str, data: str, precisions: str) -> str:
    """Give the card's text; `<name>-curve.svg` and `<name>-failures.jpg` beside it are shown where they are."""
    recipe, weights = read_recipe(name), WEIGHTS / f"sightline-{name}-n.onnx"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    notes = CARDS / f"{name}.notes.md"
    height, width = recipe.input_size
    classes = (
        recipe.classes
        if len(recipe.classes) < 10
        else (*recipe.classes[:3], f"... {len(recipe.classes)} in all")
    )
    hours = "" if how.hours is None else f"{how.hours:g} hours "
    lines = [
        f"# sightline-{name}-n",
        "",
        notes.read_text(encoding="utf-8").strip() if notes.exists() else "",
        "",
        "## Facts",
        "",
        "| | |",
        "|---|---|",
        f"| classes | {', '.join(classes)} |",
        f"| file | `{weights.name}`, {weights.stat().st_size / 1e6:.2f} MB, ships with Sightline |",
        f"| sha256 | `{digest}` |",
        f"| input | 1x3x{height}x{width} RGB 0..1, the picture fitted whole into the middle of grey 114 |",
        "| output | 1x(4 + classes)xcells: centre x, y, width, height in input pixels, class scores 0..1; the reader suppresses |",
        "| licence | MIT, of the weights; the data's licences are below |",
        f"| trained | from scratch, {how.pictures} training pictures, {hours}on {how.machine} |",
        f"| speed | {milliseconds(weights, 'f32', 2):.1f} ms a picture in f32 on two threads of the machine that wrote this page |",
        "",
        "## Scores",
        "",
        how.scored,
        "",
        scores.strip(),
        "",
        *_section("Precision", precisions),
        *_section("Where it fails", _picture(f"{name}-failures.jpg", FAILURES)),
        *_section("Learning curve", _picture(f"{name}-curve.svg", "losses over the steps")),
        "## Data",
        "",
        data.strip(),
        "",
        "## Recipe",
        "",
        "```yaml",
        (FOLDER / f"{name}.yaml").read_text(encoding="utf-8").strip(),
        "```",
        "",
    ]
    return "\n".join(lines)


def _section(title: str, text: str) -> list[str]:
    return [f"## {title}", "", text.strip(), ""] if text.strip() else []


def _picture(file: str, words: str) -> str:
    return f"![{words[0].upper() + words[1:]}]({file})" if (CARDS / file).exists() else ""


def main() -> None:
    """Write the card from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name")
    parser.add_argument("--on", required=True, help="the machine that trained, in words")
    parser.add_argument("--hours", type=float, help="that it took; left out, nothing is said")
    parser.add_argument("--scores", type=Path, required=True, help="what training.evaluate printed")
    parser.add_argument("--data", type=Path, required=True, help="what training.data.count printed")
    parser.add_argument("--pictures", type=int, help="drawn in training; by default the recipe's")
    parser.add_argument("--part", default="test", help="that the scores are of")
    parser.add_argument(
        "--scored", help="what printed the scores, and on what, where it was not training.evaluate"
    )
    parser.add_argument("--precisions", type=Path, help="what training.precision printed")
    given = parser.parse_args()
    CARDS.mkdir(parents=True, exist_ok=True)
    evaluated = f"`python -m training.evaluate --name {given.name} --part {given.part}`"
    scored = given.scored or f"{evaluated}, on parts that share no place, clip or source with training."
    text = card(
        given.name,
        Training(given.on, given.hours, given.pictures or read_recipe(given.name).images, scored),
        given.scores.read_text(encoding="utf-8"),
        given.data.read_text(encoding="utf-8"),
        given.precisions.read_text(encoding="utf-8") if given.precisions else "",
    )
    (CARDS / f"{given.name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
