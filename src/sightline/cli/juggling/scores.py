"""`sightline juggling evaluate`: measures how right the decoder is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import say, show_json, show_rows, show_table
from sightline.cli.juggling.video import add_to
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson, Seed

evaluate = group(
    "Measure how right the decoder is.",
    "sightline juggling evaluate simulated --count 100",
    "sightline juggling evaluate video --seeds 4 --seconds 8",
    more=add_to,
)


@evaluate.command(
    "siteswap",
    epilog=examples("sightline juggling evaluate siteswap --tracks siteswap_tracks --fps 30 --json"),
)
def evaluate_siteswap(
    *,
    tracks: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Files in MOT format, named as in 531.txt.", show_default=False),
    ],
    fps: Annotated[float, typer.Option(help="Frames a second of the videos.")] = 30.0,
    fixed: Annotated[bool, typer.Option("--fixed", help="Keep the shipped constants.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decode tracks whose pattern is known, with constants chosen leaving each pattern out in turn."""
    from sightline.service.juggling.evaluate.decoder import evaluate_siteswap as measure
    from sightline.service.juggling.evaluate.decoder import shipped

    found = measure(tracks, fps=fps, settings=shipped() if fixed else None)
    if as_json:
        show_json(found)
        return
    columns = ("file", "truth", "siteswap", "confidence", "right", "in_top3", "balls", "throws")
    show_rows(columns, found["files"])
    _show_shares(found["shares"])


@evaluate.command("simulated", epilog=examples("sightline juggling evaluate simulated --count 200 --seed 11"))
def evaluate_simulated(
    *,
    count: Annotated[int, typer.Option(min=1, help="Runs.")] = 100,
    seed: Seed = 11,
    as_json: AsJson = False,
) -> None:
    """Decode random valid siteswaps as simulated people juggle them and trackers see them."""
    from sightline.service.juggling.evaluate.decoder import evaluate_simulated as measure

    found = measure(count, seed)
    if as_json:
        show_json(found)
        return
    _show_shares(found["shares"])
    _show_reliability(found["reliability"])
    say(f"calibration error {found['calibration_error']}")
    for name in ("throws", "catches"):
        one = found[name]
        say(f"{name}: recall {one['recall']['share']}, precision {one['precision']['share']}, "
            f"median error {one['median_error_ms']} ms")  # fmt: skip
    wrong = [(row["truth"], row["siteswap"], row["top3"], row["fps"]) for row in found["wrong"]]
    show_table(("truth", "named", "top 3", "fps"), wrong)


@evaluate.command(
    "stitching",
    epilog=examples(
        "sightline juggling evaluate stitching --labels labels.csv --json",
        "sightline juggling evaluate stitching --labels labels.csv --detections detections.csv --hands pose.csv",
    ),
)
def evaluate_stitching(
    *,
    labels: Annotated[Path, typer.Option(metavar="FILE", help="CSV of judged stitches.", show_default=False)],
    detections: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="CSV of the video's detections.", show_default=False),
    ] = None,
    hands: Annotated[
        Path | None, typer.Option(metavar="FILE", help="CSV of the video's poses.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge stitches of tracklets through the hands, cross-validated, beside plain rules."""
    from sightline.service.juggling.stitching import evaluate_stitching as measure

    found = measure(labels, detections=detections, hands=hands)
    if as_json:
        show_json(found)
        return
    if "rebuilt" in found:
        say(
            f"tracklets made anew: {found['rebuilt']} of {found['pairs']} pairs have the judged gap and error"
        )
    columns = ("rule", "f1", "interval95", "precision", "recall")
    show_rows(columns, found["rules"])


@evaluate.command("notation", epilog=examples("sightline juggling evaluate notation --longest 4"))
def evaluate_notation(
    longest: Annotated[int, typer.Option(min=1, max=6, help="Longest string.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Compare the notation with the permutation and average rules on every short string."""
    from sightline.service.juggling.evaluate.decoder import evaluate_notation as measure

    found = measure(longest)
    if as_json:
        show_json(found)
    else:
        say(
            f"{found['disagreements']} disagreements in {found['strings']:,} strings, {found['valid']:,} of them valid"
        )
    if found["disagreements"]:
        raise typer.Exit(1)


@evaluate.command("drops", epilog=examples("sightline juggling evaluate drops --count 60 --seed 3"))
def evaluate_drops(
    *,
    count: Annotated[int, typer.Option(min=1, help="Runs.")] = 60,
    seed: Seed = 3,
    as_json: AsJson = False,
) -> None:
    """Find the drops of simulated runs."""
    from sightline.service.juggling.evaluate.decoder import evaluate_drops as measure

    found = measure(count, seed)
    if as_json:
        show_json(found)
        return
    say(f"{found['drops']} drops in {found['runs']} runs: F1 {found['f1']}")
    rows = [(name, found[name]["share"], found[name]["interval95"]) for name in ("recall", "precision")]
    show_table(("", "share", "95 % interval"), rows)


@evaluate.command("live", epilog=examples("sightline juggling evaluate live --seed 2"))
def evaluate_live(
    *,
    seed: Seed = 2,
    more: Annotated[int, typer.Option(min=0, help="Runs beside the seven usual ones.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Feed the live meter simulated runs at 60 frames a second: how long after a catch it is counted."""
    from sightline.service.juggling.evaluate.live import evaluate_live as measure

    found = measure(seed, more=more)
    if as_json:
        show_json(found)
        return
    show_table(("", ""), [row for row in found.items() if row[0] != "reliability"])
    _show_reliability(found["reliability"])


@evaluate.command(
    "confidence", epilog=examples("sightline juggling evaluate confidence --count 240 --seed 5 --json")
)
def evaluate_confidence(
    *,
    count: Annotated[int, typer.Option(min=20, help="Runs.")] = 240,
    seed: Seed = 5,
    as_json: AsJson = False,
) -> None:
    """Fit the confidence on half of simulated runs; show on the other half how reliable it is."""
    from sightline.service.juggling.calibrate import calibrate

    found = calibrate(count, seed)
    if as_json:
        show_json(found)
        return
    say(f"{found['right']} of {found['runs']} right")
    show_table(("weight", "value"), list(found["weights"].items()))
    for name in ("held_out", "shipped"):
        say(f"reliability, {name.replace('_', ' ')}: calibration error {found[f'calibration_error_{name}']}")
        _show_reliability(found[f"reliability_{name}"])


def _show_reliability(table: list[dict[str, Any]]) -> None:
    columns = ("confidence", "mean", "right", "of", "share", "interval95")
    show_rows(columns, table)


def _show_shares(shares: dict[str, Any]) -> None:
    rows: list[tuple[object, ...]] = []
    for name, part in shares.items():
        for what in ("siteswap", "top3", "balls"):
            one = part[what]
            low, high = one["interval95"]
            rows.append((name, what, f"{one['right']}/{one['of']}", one["share"], f"{low:.3f}-{high:.3f}"))
        rows.append((name, "named but wrong", part["named_but_wrong"], None, None))
    show_table(("group", "what", "right", "share", "95 % interval"), rows)
