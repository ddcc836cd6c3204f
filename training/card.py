"""Writes a model's card, docs/models/<name>.md, from the recipe, the checkpoint, the weights and their scores.

    python -m training.card football --on "2 cores of an Intel Xeon, one thread" --hours 0.4

    python -m training.card --again

Everything in it is read or measured when it is written; `docs/models/<name>.notes.md` is put in as it is. `--again` writes all
cards anew, with their tables as they are: after a change of notes or pictures, and for their speeds on an idle machine. Needs no PyTorch.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import time
from collections.abc import Callable
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
DRAWN = (
    "the worst pictures of the part, drawn without the photographs, which may not be shown: thick is a label that was missed, "
    "thin with a score what is false, filled what was found"
)
POINTS = (
    "the worst of 64 rendered pictures that training never saw: thick is a point that was missed, thin with a score what is "
    "false; what was found is left bare"
)
WORDS = {"people": DRAWN, "ball": DRAWN, "pitch": POINTS}
"""What is said of the pictures of failures, where it is not `FAILURES`."""


def milliseconds(
    weights: Path,
    precision: str,
    threads: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
    rounds: int = ROUNDS,
) -> float:
    """Give the median time of one picture through OpenVINO, one request at a time, in milliseconds of a clock.

    The first sixth of the rounds warms up.
    """
    import openvino as ov

    hints = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
    }
    model = ov.Core().compile_model(str(weights), "CPU", hints)
    picture = np.zeros(tuple(model.input(0).shape), np.float32)
    spent = []
    for _ in range(rounds):
        began = clock()
        model([picture])
        spent.append(1000 * (clock() - began))
    return float(np.median(spent[rounds // 6 :]))


@dataclass(frozen=True, slots=True)
class Known:
    """What a card tells that is not measured when it is written.

    Attributes:
        trained: How, as the row of facts says it.
        scored: What printed the scores, and on what.
        scores, data, precisions: Tables, as their commands printed them.
    """

    trained: str
    scored: str
    scores: str
    data: str
    precisions: str = ""


def read_card(name: str, precisions: str = "") -> Known:
    """Read off an older card what need not be measured again; `precisions` go before its own.

    Raises:
        ValueError: There is no such row in it.
    """
    text = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    trained = re.search(r"^\| trained \| (.+) \|$", text, re.MULTILINE)
    if trained is None:
        raise ValueError(f"the card of {name} does not say how it was trained")
    parts = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    scored, scores = parts["Scores"].strip().split("\n\n", 1)
    return Known(
        trained[1],
        scored,
        scores.strip(),
        parts["Data"].strip(),
        precisions or parts.get("Precision", "").strip(),
    )


def card(name: str, known: Known, speed_ms: float) -> str:
    """Give the card's text; `<name>-curve.svg` and `<name>-failures.jpg` beside it are shown where they are.

    Args:
        name: Of the recipe.
        known: What is not read off the files.
        speed_ms: Milliseconds a picture; see `milliseconds`.
    """
    recipe, weights = read_recipe(name), WEIGHTS / f"sightline-{name}-n.onnx"
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    notes = CARDS / f"{name}.notes.md"
    height, width = recipe.input_size
    classes = (
        recipe.classes
        if len(recipe.classes) < 10
        else (*recipe.classes[:3], f"... {len(recipe.classes)} in all")
    )
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
        f"| trained | {known.trained} |",
        f"| speed | {speed_ms:.1f} ms a picture in f32 on two threads of the machine that wrote this page |",
        "",
        "## Scores",
        "",
        known.scored,
        "",
        known.scores,
        "",
        *_section("Precision", known.precisions),
        *_section("Where it fails", _picture(f"{name}-failures.jpg", WORDS.get(name, FAILURES))),
        *_section("Learning curve", _picture(f"{name}-curve.svg", "losses over the steps")),
        "## Data",
        "",
        known.data,
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
    """Write cards from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="recipes; by default all that have a card")
    parser.add_argument(
        "--again", action="store_true", help="keep tables and training as the cards have them"
    )
    parser.add_argument("--on", help="the machine that trained, in words")
    parser.add_argument("--hours", type=float, help="that it took; left out, nothing is said")
    parser.add_argument("--scores", type=Path, help="what training.evaluate printed")
    parser.add_argument("--data", type=Path, help="what training.data.count printed")
    parser.add_argument("--pictures", type=int, help="drawn in training; by default the recipe's")
    parser.add_argument("--part", default="test", help="that the scores are of")
    parser.add_argument(
        "--scored", help="what printed the scores, and on what, where it was not training.evaluate"
    )
    parser.add_argument("--precisions", type=Path, help="what training.precision printed")
    given = parser.parse_args()
    if not given.again and not (len(given.names) == 1 and given.on and given.scores and given.data):
        parser.error("a new card needs one name, --on, --scores and --data; else say --again")
    for name in given.names or sorted(path.stem for path in CARDS.glob("*.md") if path.suffixes == [".md"]):
        precisions = given.precisions.read_text(encoding="utf-8").strip() if given.precisions else ""
        known = read_card(name, precisions) if given.again else _told(name, given, precisions)
        speed_ms = milliseconds(WEIGHTS / f"sightline-{name}-n.onnx", "f32", 2)
        print(f"{name}: {speed_ms:.1f} ms a picture", flush=True)
        (CARDS / f"{name}.md").write_text(card(name, known, speed_ms), encoding="utf-8")


def _told(name: str, given: argparse.Namespace, precisions: str) -> Known:
    hours = "" if given.hours is None else f"{given.hours:g} hours "
    pictures = given.pictures or read_recipe(name).images
    evaluated = f"`python -m training.evaluate --name {name} --part {given.part}`"
    return Known(
        f"from scratch, {pictures} training pictures, {hours}on {given.on}",
        given.scored or f"{evaluated}, on parts that share no place, clip or source with training.",
        given.scores.read_text(encoding="utf-8").strip(),
        given.data.read_text(encoding="utf-8").strip(),
        precisions,
    )


if __name__ == "__main__":
    main()
