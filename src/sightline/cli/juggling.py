"""`sightline juggling`: decode ball tracks, ask about siteswaps, measure the decoder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import note, say, show_json, show_rows, show_table
from sightline.cli.juggling_video import add_to
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson, Seed

_Pattern = Annotated[str, typer.Argument(metavar="SITESWAP", help="As in 531, [43]1421 or (6x,4)*.")]

siteswap = group(
    "Check, name and animate siteswaps.",
    "sightline juggling siteswap check 531",
    "sightline juggling siteswap animate 531 -o 531.html",
)
evaluate = group(
    "Measure how right the decoder is.",
    "sightline juggling evaluate simulated --count 100",
    "sightline juggling evaluate video --seeds 4 --seconds 8",
    more=add_to,
)
app = group(
    "Decode juggling: throws, catches, siteswap.", groups={"siteswap": siteswap, "evaluate": evaluate}
)


@app.command(
    "decode",
    epilog=examples(
        "sightline juggling decode --tracks balls.txt --fps 60",
        "sightline juggling decode --tracks balls.txt --fps 29.97 --json",
    ),
)
def decode(
    *,
    tracks: Annotated[
        Path, typer.Option(metavar="FILE", help="Ball tracks in MOT format.", show_default=False)
    ],
    fps: Annotated[float, typer.Option(help="Frames a second of the video.", show_default=False)],
    events: Annotated[bool, typer.Option("--events", help="Also give every throw, catch and drop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Decode ball tracks: siteswap with confidence, balls, throws, catches, drops, timing and form."""
    from sightline.service.juggling.tracks import decode_tracks, events_of, report_of

    juggle = decode_tracks(tracks, fps=fps)
    report = report_of(juggle)
    if as_json:
        show_json(report | ({"events": events_of(juggle)} if events else {}))
        return
    named = report["siteswap"] or "no pattern that is sure enough"
    say(f"{named}: {report['balls']} balls, {report['throws']} throws, {report['catches']} catches, "
        f"{len(report['drops'])} drops, longest run {report['longest_run']}")  # fmt: skip
    show_table(
        ("siteswap", "confidence"), [(one["siteswap"], one["confidence"]) for one in report["siteswap_top3"]]
    )
    facts = [
        (name, report[name])
        for name in ("beats_per_s", "dwell_ratio", "gravity_px_s2", "roll_deg", "coverage")
    ]
    show_table(("measure", "value"), facts)
    if report["heights"]:
        columns = ("value", "throws", "mean_px", "spread_px", "mean_m")
        show_rows(columns, report["heights"])
    if events:
        _show_events(events_of(juggle))
    for line in report["notes"]:
        note(line)


def _show_events(found: dict[str, Any]) -> None:
    columns = ("t_s", "hand", "value", "ball_id", "catch_t_s", "catch_hand", "height_px", "outcome")
    show_table(columns, [tuple(_plain(row[name]) for name in columns) for row in found["throws"]])


def _plain(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


@siteswap.command("check", epilog=examples("sightline juggling siteswap check 531"))
def check(pattern: _Pattern, as_json: AsJson = False) -> None:
    """Say whether a siteswap is valid, and what it is."""
    from sightline.service.juggling.notation import describe

    facts = describe(pattern)
    if as_json:
        show_json(facts)
    else:
        show_table(("", ""), list(facts.items()))
    if not facts["valid"]:
        raise typer.Exit(1)


@siteswap.command("canonical", epilog=examples("sightline juggling siteswap canonical 153"))
def canonical(pattern: _Pattern) -> None:
    """Give a siteswap's canonical name: its highest turn."""
    from sightline.analytics.juggling.notation import canonical as canonical_of

    say(canonical_of(pattern))


@siteswap.command("states", epilog=examples("sightline juggling siteswap states 51"))
def states(pattern: _Pattern, as_json: AsJson = False) -> None:
    """Give a siteswap's states, and the throws that lead to it and back."""
    from sightline.service.juggling.notation import describe_states

    facts = describe_states(pattern)
    if as_json:
        show_json(facts)
        return
    show_table(("beat", "throw", "state", "ground"),
               [(row["beat"], row["throw"], row["state"], row["ground"]) for row in facts["states"]])  # fmt: skip
    say(f"from the ground state: {facts['entry'] or '-'}; back: {facts['exit'] or '-'}")


@siteswap.command(
    "animate",
    epilog=examples(
        "sightline juggling siteswap animate 531",
        "sightline juggling siteswap animate 531 -o 531.html",
        'sightline juggling siteswap animate "(6x,4)*" -o box.jml',
    ),
)
def animate(
    pattern: _Pattern,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="A .html or .jml file; none prints a ladder.",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="Length before it repeats.")] = 8.0,
) -> None:
    """Animate a siteswap: a page, Juggling Lab's notation, or a ladder on the terminal."""
    from sightline.service.juggling.notation import animate as write
    from sightline.service.juggling.notation import ladder

    if out is None:
        for line in ladder(pattern):
            say(line)
        return
    facts = write(pattern, out, seconds=seconds)
    say(f"{facts['siteswap']} of {facts['balls']} balls in {facts['file']}")


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
