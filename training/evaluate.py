"""Scores exported weights on a part of their data, as Sightline itself runs them.

    python -m training.evaluate --model FILE --name hazard --part test --out scores.json

The threshold of F1 is one number for all domains and classes. Unless it is given, it is chosen on the validation part
and then used for the part that is scored.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from training.data.labelled import CLASS_NAMES, load_split
from training.data.pixels import CACHE, read_picture
from training.data.splits import PARTS
from training.scoring import DRAWS, Score, best_threshold, score_domains

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sightline.core.detections import Detections
    from sightline.ports import ModelAdapter, ModelOptions
    from training.data.labelled import Labelled
    from training.data.splits import Part

AT_ONCE = 16

FALLBACK = 0.3
"""Threshold of a model without validation pictures."""

WEIGHTS = Path(__file__).parents[1] / "src" / "sightline" / "weights"


def find(
    model: ModelAdapter, pictures: Sequence[Labelled], names: Mapping[int, int] | None = None
) -> list[Detections]:
    """Ask an open model about each picture; `names` turns its class ids into ours and leaves out the rest."""
    import numpy as np

    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.vision.detect import predict

    answers: list[Detections] = []
    for start in range(0, len(pictures), AT_ONCE):
        frames = [
            Frame.from_image(read_picture(each.path), index=start + at)
            for at, each in enumerate(pictures[start : start + AT_ONCE])
        ]
        for answer in predict(model, frames):
            known = answer[np.isin(answer.class_ids, list(names))] if names else answer
            ids = [names[int(each)] for each in known.class_ids] if names else known.class_ids
            answers.append(Detections(known.boxes_px, known.scores, np.array(ids, np.int32)))
    return answers


def open_model(file: Path, options: ModelOptions) -> ModelAdapter:
    """Open a weights file with whichever family its graph fits."""
    from sightline.vision.catalog import build_model
    from sightline.vision.zoo import Zoo

    model = build_model(str(file), options, Zoo(CACHE / "zoo"))
    model.open()
    return model


def markdown(scores: Sequence[Score], threshold: float) -> str:
    """Give the table of a model card."""
    lines = [
        f"F1, precision and recall at score {threshold:.2f}; in brackets 95 % intervals over places.",
        "Recall at 1 false: where there is one wrong box per picture on average.",
        "",
        "| domain | class | pictures | places | objects | AP50 | AP50-95 | F1 | precision | recall | recall at 1 false |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for each in scores:
        exact = [f"{value:.3f}" if value is not None else "-" for value in (each.precision, each.recall)]
        cells = [each.domain, each.class_name, each.pictures, each.places, each.truths]
        cells += [each.ap50, each.ap50_95, each.f1, *exact, each.recall_1fp]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def main() -> None:
    """Score from the command line."""
    from sightline.ports import ModelOptions

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="weights file; by default the one that ships")
    parser.add_argument("--name", choices=sorted(CLASS_NAMES), required=True, help="whose data")
    parser.add_argument("--part", choices=PARTS, default="test")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--threshold", type=float, help="score of F1; by default the best on validation")
    parser.add_argument("--runtime", default="openvino")
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--iou", type=float, default=0.6, help="of non-maximum suppression")
    parser.add_argument("--draws", type=int, default=DRAWS, help="bootstrap samples of an interval")
    parser.add_argument("--map", nargs="*", help="for weights of other classes: theirs:ours, as in 0:0 32:1")
    parser.add_argument("--domains", nargs="*", help="score only these")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    chosen = parser.parse_args()
    options = ModelOptions(
        runtime=chosen.runtime,
        precision=chosen.precision,
        threads=chosen.threads,
        min_score=0.005,
        iou=chosen.iou,
        class_names=() if chosen.map else CLASS_NAMES[chosen.name],
    )
    names = {int(theirs): int(ours) for theirs, ours in (pair.split(":") for pair in chosen.map or ())}
    weights = chosen.model or WEIGHTS / f"sightline-{chosen.name}-n.onnx"
    model = open_model(weights, options)
    try:
        threshold = chosen.threshold
        if threshold is None:
            val = _part(chosen.name, "val", chosen.data, chosen.domains)
            threshold = best_threshold(val, find(model, val, names)) if val else FALLBACK
        pictures = _part(chosen.name, chosen.part, chosen.data, chosen.domains)
        answers = find(model, pictures, names)
    finally:
        model.close()
    scores = score_domains(pictures, answers, CLASS_NAMES[chosen.name], threshold, draws=chosen.draws)
    if chosen.out:
        record = {"model": weights.name, "part": chosen.part, "threshold": threshold}
        record["scores"] = [each.as_dict() for each in scores]
        chosen.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(markdown(scores, threshold))


def _part(name: str, part: Part, data_root: Path, domains: Sequence[str] | None) -> list[Labelled]:
    return [each for each in load_split(name, part, data_root) if not domains or each.domain in domains]


if __name__ == "__main__":
    main()
