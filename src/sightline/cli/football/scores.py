"""`sightline football evaluate`: scores a part of the football analysis against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.football.calibration import add_scores
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson

evaluate = group(
    "Score a part of the football analysis against the truth.",
    "sightline football evaluate calibration --lines lines.json --cameras cameras.json",
    "sightline football evaluate stability --keypoints keypoints.json --json",
    more=add_scores,
)


@evaluate.command(
    "teams",
    epilog=examples(
        "sightline football evaluate teams", "sightline football evaluate teams --seed 11 --json"
    ),
)
def teams(
    *,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 7,
    pairs: Annotated[int, typer.Option(min=1, max=20, help="Pairs of kits, from the first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Teams and roles from shirts: share of tracks that come out right on drawn players in known kits."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.teams import evaluate_teams

    found = evaluate_teams(seed=seed, pairs=pairs)
    if as_json:
        show_json(found)
        return
    parts = {who: found[who] for who in ("players", "goalkeepers", "referees")}
    rows = [
        (who, f"{part['share']:.1%}", f"{part['low']:.1%} .. {part['high']:.1%}", part["tracks"])
        for who, part in parts.items()
    ]
    say(f"{len(found['pairs'])} pairs of kits, {found['ms_per_shirt']} ms a shirt")
    show_table(("tracks of", "right", "95 % interval", "tracks"), rows)


_Tracking = Annotated[
    Path, typer.Option(metavar="DIR", help="A recorded match with its feed.", show_default=False)
]


@evaluate.command("events")
def events(
    *,
    tracking: _Tracking,
    folds: Annotated[int, typer.Option(min=2, help="Blocks of time; none is tuned on itself.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Passes, possession, stoppages and shots from positions alone, against the provider's."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.events import evaluate_events

    found = evaluate_events(tracking, folds=folds, seed=seed)
    if as_json:
        show_json(found)
        return
    rows: list[tuple[object, ...]] = [
        (f"pass, {name}", "F1", part["f1"], f"{part['low']:.3f} .. {part['high']:.3f}")
        for name, part in found["passes"]["pooled"].items()
    ]
    for what in ("possession", "alive"):
        part = found[what]["pooled"]
        rows.append((what, "agreement", part["agreement"], f"{part['low']:.3f} .. {part['high']:.3f}"))
    shots = found["shots"]
    rows.append(
        ("shot", "right / true / found", f"{shots['right']} / {shots['true']} / {shots['found']}", "")
    )
    show_table(("what", "measure", "value", "95 % interval"), rows)
    for fold, held in zip(found["passes"]["folds"], found["possession"]["folds"], strict=True):
        say(
            f"{fold['from_s']:.0f} to {fold['to_s']:.0f} s: clock offset {fold['offset_s']:+.1f} s, "
            f"{fold['true']} passes, {fold['found']} found, F1 {fold['f1']}, possession {held['agreement']}"
        )


@evaluate.command("ball")
def ball(
    *,
    tracking: _Tracking,
    cameras: Annotated[
        Path | None, typer.Option(metavar="FILE", help="SoccerNet cameras to look through.")
    ] = None,
    folds: Annotated[int, typer.Option(min=2, help="Blocks of time; none is tuned on itself.")] = 2,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Ball tracks: gaps cut into a real one, and all three estimators through real cameras."""
    from sightline.cli.console import show_json, show_table
    from sightline.service.football.evaluate.ball import evaluate_ball

    found = evaluate_ball(tracking, cameras=cameras, folds=folds, seed=seed)
    if as_json:
        show_json(found)
        return
    show_table(
        ("gap s", "fill", "gaps", "median m", "95 % interval", "90 % of gaps below m"),
        [
            (
                row["gap_s"],
                row["fill"],
                row["gaps"],
                row["median_m"],
                f"{row['low_m']} .. {row['high_m']}",
                row["p90_m"],
            )
            for row in found["gaps"]["rows"]
        ],
    )
    if "tracks" in found:
        show_table(
            (
                "ball",
                "method",
                "metres",
                "frames",
                "within 1 m",
                "95 % interval",
                "median m",
                "lost",
                "ms a frame",
            ),
            [
                (
                    *(row[name] for name in ("ball", "method", "metres", "frames", "within_1m")),
                    f"{row['low']} .. {row['high']}",
                    *(row.get(name, "") for name in ("median_m", "lost", "ms_per_frame")),
                )
                for row in found["tracks"]["rows"]
            ],
        )


@evaluate.command("simulated")
def simulated(
    *,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How many matches.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first one.")] = 100,
    seconds: Annotated[float, typer.Option(min=5, max=3600, help="Length of each.")] = 60.0,
    camera: Annotated[str, typer.Option(help="broadcast, tactical or phone.")] = "broadcast",
    as_json: AsJson = False,
) -> None:
    """From noisy boxes to events and distances, on simulated matches whose truth is exact."""
    from sightline.cli.console import note, say, show_json, show_table
    from sightline.service.football.evaluate.simulated import evaluate_simulated

    found = evaluate_simulated(
        seeds=seeds,
        first_seed=first_seed,
        seconds=seconds,
        camera=camera,
        progress=None if as_json else lambda done, total: note(f"match {done}/{total}"),
    )
    if as_json:
        show_json(found)
        return
    rows = [
        (name, f"{one['mean']:.3f}", f"{one['low']:.3f} .. {one['high']:.3f}", one.get("target", ""))
        for name, one in found["means"].items()
    ]
    say(f"{seeds} matches of {seconds:g} s, {camera} camera")
    show_table(("score", "mean", "95 % interval", "target"), rows)


@evaluate.command(
    "filmed",
    epilog=examples(
        "sightline simulate football --seconds 60 --seed 110 --size 1280x720 -o match",
        "sightline analyze match/clip.mp4 --app football -o results",
        "sightline football evaluate filmed match results",
    ),
)
def filmed(
    truth: Annotated[Path, typer.Argument(help="Folder of a simulated clip.")],
    results: Annotated[Path, typer.Argument(help="Folder of a run on that clip.")],
    *,
    as_json: AsJson = False,
) -> None:
    """A run on a simulated clip, with its own detector and its own camera, against the clip's truth."""
    from sightline.cli.console import show_json, show_table
    from sightline.service.football.evaluate_filmed import evaluate_filmed

    found = evaluate_filmed(truth, results)
    if as_json:
        show_json(found)
        return
    show_table(("score", "value"), [(name, f"{value:.3f}") for name, value in found.items()])


@evaluate.command("formation")
def formation(
    *,
    tracking: Annotated[Path | None, typer.Option(help="Folder of a recorded match.")] = None,
    statsbomb: Annotated[
        list[Path] | None, typer.Option(help="StatsBomb events file; may be repeated.")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Drawn teams for each formation.")] = 40,
    seed: Annotated[int, typer.Option(help="Of everything drawn.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Formations: on drawn teams, and against what a provider says of a match."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.formation import evaluate_formation

    found = evaluate_formation(tracking, statsbomb or [], draws=draws, seed=seed)
    if as_json:
        show_json(found)
        return
    drawn = found["drawn"]
    for how in ("displaced_for_good", "displaced_in_each_look"):
        for rank in ("first", "top_3"):
            part = drawn[how][rank]
            say(
                f"{how.replace('_', ' ')} by {drawn['noise_m']:g} m, {rank.replace('_', ' ')}: {part['share']:.1%} "
                f"({part['low']:.1%} .. {part['high']:.1%}), {drawn[how]['teams']} teams"
            )
    rows = [
        (
            row["team"],
            row["phase"],
            row["true"],
            ", ".join(f"{name} {cost}" for name, cost in row["found"]),
            row["rank"],
        )
        for row in [*(found["tracking"]["rows"] if found["tracking"] else []), *found["statsbomb"]]
    ]
    show_table(("team", "phase", "true", "found, m", "rank"), rows)


@evaluate.command("physical")
def physical(
    *,
    tracking: Annotated[Path | None, typer.Option(help="Folder of a recorded match.")] = None,
    pff: Annotated[
        tuple[Path, Path, Path] | None, typer.Option(help="PFF's tracking, match and roster files.")
    ] = None,
    sportec: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Sportec's positions and match files.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Distances on paths of known length, and speeds against those that providers write."""
    from sightline.cli.console import say, show_json, show_table
    from sightline.service.football.evaluate.physical import evaluate_physical

    found = evaluate_physical(tracking, pff=pff, sportec=sportec, seed=seed)
    if as_json:
        show_json(found)
        return
    show_table(
        ("path", "Hz", "true, m", "found, m", "error"),
        [
            (one["path"], one["rate_hz"], one["true_m"], one["found_m"], f"{one['error']:+.3%}")
            for one in found["paths"]
        ],
    )
    for name, part in found["speeds"].items():
        say(
            f"{name}: median difference {part['median_mps']:.3f} m/s over {part['speeds']} speeds; median of "
            f"{part['players']} players {part['median_of_players_mps']:.3f} ({part['low_mps']:.3f} .. {part['high_mps']:.3f})"
        )
    if found["tracking"] is not None:
        told = found["tracking"]
        say(
            f"{told['distance_m']} m in all, {told['raw_m']} m unsmoothed; top speed {told['top_speed_mps']} m/s"
        )


@evaluate.command("interop")
def interop(*, tracking: _Tracking, as_json: AsJson = False) -> None:
    """Our exports of a recorded match, read back with kloppy: positions and counts of events."""
    from sightline.cli.console import show_json, show_table
    from sightline.service.football.evaluate.interop import evaluate_interop

    found = evaluate_interop(tracking)
    if as_json:
        show_json(found)
        return
    rows: list[tuple[object, ...]] = [
        (
            name,
            "largest error, m",
            f"players {found[name]['player_error_m']}, ball {found[name]['ball_error_m']}",
        )
        for name in ("second_spectrum", "tracab")
    ]
    rows += [
        ("statsbomb", kind, f"{part['read']} of {part['written']}")
        for kind, part in found["statsbomb"].items()
    ]
    rows.append(
        ("sportscode", "instances", f"{found['sportscode']['read']} of {found['sportscode']['written']}")
    )
    show_table(("format", "what", "value"), rows)


@evaluate.command(
    "game-state",
    epilog=examples("sightline football evaluate game-state Labels-GameState.json found.json"),
)
def game_state(
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="Game states that are right.")],
    found: Annotated[
        Path, typer.Argument(metavar="FOUND", help="Game states to score, as `export --format gsr` writes.")
    ],
    as_json: AsJson = False,
) -> None:
    """Who is where on the pitch, with role, team and shirt number: GS-HOTA as SoccerNet defines it."""
    from sightline.cli.console import show_json, show_table
    from sightline.service.football.evaluate.game_state import evaluate_game_states

    scores = evaluate_game_states(truth, found)
    if as_json:
        show_json(scores)
        return
    show_table(("measure", "value"), [row for row in scores.items() if row[0] != "people"])
