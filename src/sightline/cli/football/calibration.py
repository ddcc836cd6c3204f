"""`sightline football calibrate`, and what scores cameras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.lazy import examples
from sightline.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.analytics.football.match import PitchSize

_Length = Annotated[float, typer.Option("--length", help="Of the pitch, in metres.")]
_Width = Annotated[float, typer.Option("--width", help="Of the pitch, in metres.")]
_Seed = Annotated[int, typer.Option(help="Parts the halves, and draws for the intervals.")]
_Limit = Annotated[
    int | None, typer.Option(min=1, help="Only this many, for a quick look.", show_default=False)
]


def add_calibrate(app: typer.Typer) -> None:
    """Add `calibrate` to `sightline football`."""
    app.command(
        "calibrate",
        epilog=examples(
            "sightline football calibrate --points points.json -o camera.json",
            "sightline football calibrate --lines lines.json -o cameras.json",
            "sightline football calibrate --keypoints keypoints.json -o cameras.json",
        ),
    )(calibrate)


def add_scores(evaluate: typer.Typer) -> None:
    """Add what scores cameras to `sightline football evaluate`."""
    evaluate.command("calibration")(evaluate_lines)
    evaluate.command("stability")(evaluate_still)
    evaluate.command("smoothing")(evaluate_smooth)
    evaluate.command("camera-quality")(evaluate_quality)
    evaluate.command("pitch-lines")(evaluate_pixels)


def calibrate(
    *,
    points: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Clicked points of a view that stands still.")
    ] = None,
    lines: Annotated[Path | None, typer.Option(metavar="FILE", help="SoccerNet line annotations.")] = None,
    keypoints: Annotated[Path | None, typer.Option(metavar="FILE", help="Keypoints of sequences.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The camera file to write.")] = Path(
        "cameras.json"
    ),
    least_quality: Annotated[
        float, typer.Option(min=0, max=1, help="Leave worse cameras out; see docs/football/calibration.md.")
    ] = 0.0,
    length: _Length = 105.0,
    width: _Width = 68.0,
    as_json: AsJson = False,
) -> None:
    """Find where cameras stand, look and zoom, from clicked points, drawn lines or keypoints."""
    from sightline.cli.console import say, show_json
    from sightline.service.football import calibrate as service

    given = [name for name, path in (("points", points), ("lines", lines), ("keypoints", keypoints)) if path]
    if len(given) != 1:
        raise typer.BadParameter("give one of --points, --lines and --keypoints")
    size = _size(length, width)
    if points is not None:
        made = service.calibrate_points(points, out, size)
    elif lines is not None:
        made = service.calibrate_lines(lines, out, size, least_quality=least_quality)
    else:
        made = service.calibrate_keypoints(_given(keypoints), out, size, least_quality=least_quality)
    if as_json:
        show_json(
            {
                "path": str(made.path),
                "pictures": made.pictures,
                "cameras": made.cameras,
                "quality": made.quality,
            }
        )
        return
    say(f"{made.cameras} of {made.pictures} pictures have a camera, mean quality {made.quality:.2f}")
    say(f"cameras  {made.path}")


def evaluate_lines(
    *,
    lines: Annotated[Path, typer.Option(metavar="FILE", help="SoccerNet line annotations.")],
    cameras: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Another program's cameras, scored beside.")
    ] = None,
    length: _Length = 105.0,
    width: _Width = 68.0,
    seed: _Seed = 0,
    limit: _Limit = None,
    as_json: AsJson = False,
) -> None:
    """Cameras from drawn lines: JaC@5 by completeness, beside another program's cameras."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.calibration import evaluate_calibration

    found = evaluate_calibration(lines, cameras, size=_size(length, width), seed=seed, limit=limit)
    if as_json:
        show_json(found)
        return
    show_table(
        ("half", "whose", "pictures", "JaC@5", "95 % interval", "completeness", "both"),
        [
            (
                half,
                whose,
                part["pictures"],
                part[whose]["jac5"]["value"],
                _interval(part[whose]["jac5"]),
                part[whose]["completeness"],
                part[whose]["final"]["value"],
            )
            for half, part in found["halves"].items()
            for whose in ("ours", "peer")
            if whose in part
        ],
    )
    show_table(
        ("quality from", "pictures", "mean quality", "mean JaC@5"),
        [tuple(row[name] for name in ("from", "pictures", "quality", "score")) for row in found["quality"]],
    )
    spent = found["cpu_ms"]
    say(f"{spent['mean']} ms of one core a picture, median {spent['median']}, 95 % below {spent['p95']}")


def evaluate_still(
    *,
    keypoints: Annotated[Path, typer.Option(metavar="FILE", help="Keypoints of sequences.")],
    length: _Length = 105.0,
    width: _Width = 68.0,
    seed: _Seed = 0,
    limit: _Limit = None,
    as_json: AsJson = False,
) -> None:
    """Cameras over time: how still the centre circle stands, beside a homography for each frame."""
    from sightline.cli.console import show_json, show_table
    from sightline.service.football.evaluate.calibration import evaluate_stability

    found = evaluate_stability(keypoints, size=_size(length, width), seed=seed, limit=limit)
    if as_json:
        show_json(found)
        return
    names = ("jitter_median_px", "jitter_mean_px", "residual_mean_px", "residual_median_px")
    show_table(
        ("half", "cameras", *(name.replace("_", " ") for name in names)),
        [
            (half, kind, *(part[kind][name] for name in names))
            for half, part in found["halves"].items()
            for kind in ("ransac", "single", "smooth", "table", "steadied")
        ],
    )
    show_table(
        ("half", "smooth / ransac", "value", "95 % interval"),
        [
            (half, name.replace("_", " "), one["value"], _interval(one))
            for half, part in found["halves"].items()
            for name, one in part["smooth_over_ransac"].items()
        ],
    )


def evaluate_smooth(
    *,
    scene: Annotated[
        list[Path], typer.Option(metavar="DIR", help="Of `sightline simulate football`; may be repeated.")
    ],
    as_json: AsJson = False,
) -> None:
    """Cameras found in pixels and smoothed over time, against the true camera of rendered matches."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.smoothing import evaluate_smoothing

    found = evaluate_smoothing(scene)
    if as_json:
        show_json(found)
        return
    show_table(
        ("cameras", "of the grass in view", "median m", "90 % below m"),
        [
            (kind, words, found[kind][what]["median"], found[kind][what]["p90"])
            for kind in ("table", "steadied")
            for what, words in (("error_m", "error"), ("jitter_m", "jitter"))
        ],
    )
    say(f"{found['frames']} frames of {len(found['scenes'])} scenes")


def evaluate_quality(
    *,
    lines: Annotated[Path, typer.Option(metavar="FILE", help="SoccerNet line annotations.")],
    cameras: Annotated[Path, typer.Option(metavar="FILE", help="Cameras to draw through.")],
    length: _Length = 105.0,
    width: _Width = 68.0,
    seed: _Seed = 0,
    limit: _Limit = None,
    as_json: AsJson = False,
) -> None:
    """Whether a camera's quality means what it says, on simulated drawings of real views."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.camera_quality import evaluate_camera_quality

    found = evaluate_camera_quality(lines, cameras, size=_size(length, width), seed=seed, limit=limit)
    if as_json:
        show_json(found)
        return
    show_table(
        ("half", "quality from", "drawings", "mean quality", "share good"),
        [
            (half, *(row[name] for name in ("from", "pictures", "quality", "score")))
            for half, part in found["halves"].items()
            for row in part["reliability"]
        ],
    )
    for half, part in found["halves"].items():
        say(
            f"{half}: {part['drawings']} drawings, Brier score {part['brier']}, median error "
            f"{part['error_median_m']} m, expected {part['expected_median_m']} m"
        )
    say(f"good: {found['good']}")


def evaluate_pixels(
    *,
    images: Annotated[Path, typer.Option(metavar="DIR", help="Pictures.")],
    labels: Annotated[
        Path | None, typer.Option(metavar="DIR", help="YOLO labels: 0 is the ball, the rest are people.")
    ] = None,
    least_quality: Annotated[float, typer.Option(min=0, max=1, help="Worse cameras count as none.")] = 0.3,
    length: _Length = 105.0,
    width: _Width = 68.0,
    seed: _Seed = 0,
    limit: _Limit = None,
    as_json: AsJson = False,
) -> None:
    """Cameras from pixels: on how many pictures they are found, and whether people agree with them."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.pitch_lines import evaluate_pitch_lines

    found = evaluate_pitch_lines(
        images, labels, size=_size(length, width), least_quality=least_quality, limit=limit, seed=seed
    )
    if as_json:
        show_json(found)
        return
    measures = ("with_camera", "right_of_checked", "right_where_refused")
    show_table(
        ("share of pictures", "value", "95 % interval"),
        [
            (name.replace("_", " "), found[name]["value"], _interval(found[name]))
            for name in measures
            if found[name]
        ],
    )
    show_table(
        ("pictures of", "pictures", "with camera", "right of checked"),
        [(name, *group.values()) for name, group in found["by_group"].items()],
    )
    say(f"{found['pictures']} pictures, {found['cpu_ms']} ms of one core each")


def _size(length: float, width: float) -> PitchSize:
    from sightline.analytics.football.match import PitchSize

    return PitchSize(length, width)


def _interval(one: Mapping[str, Any]) -> str:
    return f"{one['low']:.3f} .. {one['high']:.3f}"


def _given(path: Path | None) -> Path:
    if path is None:
        raise typer.BadParameter("give one of --points, --lines and --keypoints")
    return path
