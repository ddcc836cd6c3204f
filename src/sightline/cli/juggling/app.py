"""`sightline juggling`: decodes ball tracks; siteswaps and scores stand beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import note, say, show_json, show_rows, show_table
from sightline.cli.juggling.scores import evaluate
from sightline.cli.juggling.siteswap import siteswap
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson

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
