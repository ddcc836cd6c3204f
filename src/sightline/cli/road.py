"""`sightline road`: how right the road application is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import note, say, show_json, show_rows, show_table
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson, pairs
from sightline.cli.options import size as parsed_size

evaluate = group(
    "Measure how right hazards are.",
    "sightline road evaluate drives --drives 10",
    "sightline road evaluate rendered --drives 4 --seed 301",
    "sightline road evaluate geojson sightline-out/drive/figures/hazards.geojson",
)
app = group("Score road hazards: counts, sizes, places.", groups={"evaluate": evaluate})


@evaluate.command(
    "drives",
    epilog=examples(
        "sightline road evaluate drives --drives 10",
        "sightline road evaluate drives --drives 4 --gps-noise-m 0 --json",
    ),
)
def drives(
    *,
    drives: Annotated[int, typer.Option(min=1, help="How many, each on a road of its own.")] = 10,
    seed: Annotated[int, typer.Option(min=0, help="Of the first drive.")] = 1,
    laps: Annotated[int, typer.Option(min=1, help="How often each hazard is passed.")] = 3,
    fps: Annotated[float, typer.Option(min=1, help="Frames a second.")] = 15.0,
    gps_noise_m: Annotated[float, typer.Option(min=0, help="Standard deviation of a GPS fix.")] = 2.0,
    as_json: AsJson = False,
) -> None:
    """Drive around simulated roads: one event a hazard, nothing beside the road, sizes, places.

    Boxes are the truth's with noise, no network's: what is scored is everything behind the detector.
    """
    from sightline.service.road.evaluate.drives import evaluate_drives

    found = evaluate_drives(drives=drives, first_seed=seed, laps=laps, hz=fps, gps_noise_m=gps_noise_m)
    if as_json:
        show_json(found)
        return
    _show(found)


@evaluate.command(
    "rendered",
    epilog=examples(
        "sightline road evaluate rendered --drives 4 --seed 301",
        "sightline road evaluate rendered --model hazards.onnx --set confirm_score=0.2 --json",
    ),
)
def rendered(
    *,
    drives: Annotated[int, typer.Option(min=1, help="How many, each on a road of its own.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of the first drive.")] = 1,
    seconds: Annotated[float, typer.Option(min=5, max=39, help="Length of each.")] = 30.0,
    fps: Annotated[int, typer.Option(min=5, help="Frames a second.")] = 15,
    size: Annotated[str, typer.Option(metavar="WxH", help="Width and height in pixels.")] = "1280x720",
    model: Annotated[
        str | None, typer.Option(help="Detector: a name, or a file.", show_default="the application's")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the application; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Render drives and analyse them, network and all: recall, precision, one event a hazard, sizes."""
    from sightline.cli.session import open_platform
    from sightline.service.road.evaluate.rendered import DriveKind, evaluate_rendered

    kind = DriveKind(seconds=seconds, fps=fps, size=parsed_size(size), model=model, settings=pairs(settings))
    found = evaluate_rendered(
        open_platform(), kind, drives=drives, first_seed=seed, tell=None if as_json else note
    )
    if as_json:
        show_json(found)
        return
    _show_rendered(found)


@evaluate.command(
    "geojson", epilog=examples("sightline road evaluate geojson sightline-out/drive/figures/hazards.geojson")
)
def geojson(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What the application wrote.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Check a GeoJSON file against RFC 7946."""
    from sightline.service.road.evaluate.drives import evaluate_geojson

    found = evaluate_geojson(file)
    if as_json:
        show_json(found)
    else:
        say(f"{found['features']} features, {len(found['faults'])} faults")
        for fault in found["faults"]:
            say(fault)
    if found["faults"]:
        raise typer.Exit(1)


def _show(found: dict[str, Any]) -> None:
    say(
        f"detector: {found['detector']}; {found['drives']} drives of {found['laps']} laps, {found['frames']} frames"
    )
    counts = found["counts"]
    columns = ("seed", "truth", "told", "ratio", "found", "passes", "passes_truth", "false")
    show_rows(columns, counts["rows"])
    say(f"told to truth: {counts['ratio']} {counts['interval95']}")
    shares = (
        ("drives within 5 %", counts["within_5_percent"]),
        ("hazards found", counts["found"]),
        ("passes found", counts["passes_found"]),
        ("events of things beside the road", found["off_road"]["events"]),
    )
    show_table(
        ("", "share", "of", "95 % interval"),
        [(name, one["share"], one["of"], str(one["interval95"])) for name, one in shares],
    )
    say(f"boxes of things beside the road: {found['off_road']['boxes']}")
    show_table(
        ("size of", "events", "median error", "95 % interval", "bias", "within 15 %", "within 2 sd"),
        [
            (row["kind"], row["events"], row["median_error"], str(row["interval95"]), row["bias"],
             row["within_15_percent"]["share"], row["within_two_sd"]["share"])
            for row in found["sizes"]
        ],
    )  # fmt: skip
    show_table(
        ("place of", "n", "median m", "95 % interval", "p90 m"),
        [
            (name, found["places"][key]["n"], found["places"][key]["median_m"], str(found["places"][key]["interval95"]),
             found["places"][key]["p90_m"])
            for name, key in (("hazards", "hazards"), ("the car, by GPS alone", "gps_alone"))
        ],
    )  # fmt: skip


def _show_rendered(found: dict[str, Any]) -> None:
    say(
        f"{found['hazards']} hazards in {found['driven_km']} km, {found['told']} told, {found['false_a_km']} false a km"
    )
    shares = [
        ("hazards found (recall)", found["recall"]),
        *((f"... {kind}", share) for kind, share in found["recall_by_kind"].items()),
        ("told that are hazards (precision)", found["precision"]),
        ("found ones told exactly once", found["told_once"]),
        ("kind right", found["kind_right"]),
        ("extent within 15 %", found["size"]["within_15_percent"]),
    ]
    show_table(
        ("", "right", "of", "share", "95 % interval"),
        [(name, one["right"], one["of"], one["share"], str(one["interval95"])) for name, one in shares],
    )
    size = found["size"]
    say(
        f"extent: median error {size['median_error']} {size['interval95']}, bias {size['bias']}, of {size['measured']}"
    )
