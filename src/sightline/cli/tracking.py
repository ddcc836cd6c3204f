"""`sightline track` and `evaluate`: identities for stored detections, and scores against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import say, show_json, show_table
from sightline.cli.lazy import examples, group, leaf
from sightline.cli.options import AsJson, pairs


@leaf(
    "track",
    "sightline track --detections det.txt --fps 25 -o tracks.txt",
    "sightline track --detections det.txt --fps 29.97 -o tracks.txt --tracker ocsort",
)
def track(
    *,
    detections: Annotated[Path, typer.Option(metavar="FILE", help="In MOT format.", show_default=False)],
    fps: Annotated[float, typer.Option(help="Frames a second of the video.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to.", show_default=False)],
    tracker: Annotated[str, typer.Option(help="bytetrack, ocsort or botsort.")] = "bytetrack",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the tracker; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Give detections of a MOT file identities.

    In and out go lines of `frame, id, left, top, width, height, score`, frames from 1; no video is needed.
    """
    from sightline.service.track import track_file

    tracks = track_file(detections, fps=fps, out=out, tracker=tracker, settings=pairs(setting))
    facts = {"boxes": len(tracks.frames), "tracks": len(set(tracks.track_ids.tolist())), "file": str(out)}
    if as_json:
        show_json(facts)
    else:
        say(f"{facts['boxes']} boxes of {facts['tracks']} tracks in {out}")


evaluate = group("Score tracks or detections against the truth.")


@evaluate.command(
    "mot",
    epilog=examples(
        "sightline evaluate mot --truth gt.txt --tracks tracks.txt",
        "sightline evaluate mot --truth gt.txt --tracks tracks.txt --json",
    ),
)
def evaluate_mot(
    truth: Annotated[Path, typer.Option(metavar="FILE", help="Truth in MOT format.", show_default=False)],
    tracks: Annotated[Path, typer.Option(metavar="FILE", help="Tracks in MOT format.", show_default=False)],
    iou: Annotated[
        float, typer.Option(min=0.01, max=1, help="Least overlap of a match for MOTA and IDF1.")
    ] = 0.5,
    as_json: AsJson = False,
) -> None:
    """Score tracks: HOTA, DetA, AssA, MOTA, IDF1, identity switches."""
    from dataclasses import asdict

    from sightline.service.evaluate import evaluate_mot_files

    scores = evaluate_mot_files(truth, tracks, iou=iou)
    if as_json:
        show_json(asdict(scores))
        return
    show_table(
        ("HOTA", "DetA", "AssA", "LocA", "MOTA", "IDF1", "switches", "fragments", "false", "missed", "truth"),
        [
            (
                _share(scores.hota),
                _share(scores.det_a),
                _share(scores.ass_a),
                _share(scores.loc_a),
                _share(scores.mota),
                _share(scores.idf1),
                scores.id_switches,
                scores.fragmentations,
                scores.false_positives,
                scores.false_negatives,
                scores.truth_boxes,
            )
        ],
    )


@evaluate.command(
    "detection",
    epilog=examples(
        "sightline evaluate detection --model yolox_nano.onnx --images images --labels labels",
        "sightline evaluate detection --model hog --images images --labels labels --limit 50 --json",
    ),
)
def evaluate_detection(
    *,
    model: Annotated[
        str, typer.Option(help="A name from `sightline models list`, or a file.", show_default=False)
    ],
    images: Annotated[Path, typer.Option(metavar="DIR", help="Pictures.", show_default=False)],
    labels: Annotated[
        Path, typer.Option(metavar="DIR", help="YOLO labels, a .txt for each picture.", show_default=False)
    ],
    layout: Annotated[
        str | None, typer.Option(help="The model's family, where its file does not tell.", show_default=False)
    ] = None,
    precision: Annotated[str, typer.Option(help="f32, bf16 or int8.")] = "f32",
    limit: Annotated[
        int | None, typer.Option(min=1, help="Look at the first so many pictures.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score a detector on labelled pictures: AP50 and AP50-95 of each class."""
    from sightline.cli.session import open_platform
    from sightline.ports import ModelOptions
    from sightline.service.evaluate import evaluate_detection_model
    from sightline.service.prepare import cores

    platform = open_platform(precision=precision)
    options = ModelOptions(
        runtime=platform.settings.runtime,
        precision=platform.machine.precision(platform.settings.precision),
        threads=cores(platform),
        min_score=0.001,
        layout=layout,
    )
    scores = evaluate_detection_model(model, images, labels, zoo=platform.zoo, options=options, limit=limit)
    if as_json:
        show_json(scores.as_dict())
        return
    rows: list[tuple[object, ...]] = [
        (one.class_name, one.truths, one.found, _share(one.ap50), _share(one.ap50_95))
        for one in scores.classes
    ]
    rows.append(
        (
            "all",
            sum(one.truths for one in scores.classes),
            "",
            _share(scores.ap50),
            _share(scores.ap50_95),
        )
    )
    say(f"{scores.images} pictures")
    show_table(("class", "objects", "boxes", "AP50", "AP50-95"), rows)


def _share(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
