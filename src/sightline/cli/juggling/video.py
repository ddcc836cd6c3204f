"""`sightline juggling evaluate balls|touches|throws|video`: the video half of the juggling scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.lazy import examples
from sightline.cli.options import AsJson
from sightline.cli.options import size as parsed_size


def add_to(evaluate: typer.Typer) -> None:
    """Add the commands to a group."""
    evaluate.command(
        "balls",
        epilog=examples(
            "sightline juggling evaluate balls --videos clips --truth benchmarks/truth/juggling_balls.csv"
        ),
    )(balls)
    evaluate.command(
        "touches",
        epilog=examples("sightline juggling evaluate touches --video clip.mp4 --truth touches.csv"),
    )(touches)
    evaluate.command(
        "throws",
        epilog=examples("sightline juggling evaluate throws --video clip.mp4 --truth throws.csv"),
    )(throws)
    evaluate.command("video", epilog=examples("sightline juggling evaluate video --seeds 10 --json"))(video)


def balls(
    *,
    videos: Annotated[Path, typer.Option(help="Folder of the clips.")],
    truth: Annotated[Path, typer.Option(help="CSV of video,frame,kind,x_px,y_px,radius_px.")],
    model: Annotated[str, typer.Option(help="Detector: a name or a file.")] = "sightline-juggling-n",
    as_json: AsJson = False,
) -> None:
    """Balls in labelled frames of real clips: recall at one false positive a frame."""
    from sightline.cli.console import say, show_json
    from sightline.cli.session import open_platform
    from sightline.service.juggling.evaluate.balls import evaluate_balls, shown

    found = evaluate_balls(videos, truth, zoo=open_platform().zoo, model=model)
    if as_json:
        show_json(found)
        return
    for name, value in shown(found):
        say(f"{name:<36} {value}")


def touches(
    *,
    video: Annotated[Path, typer.Option(help="The clip.")],
    truth: Annotated[Path, typer.Option(help="CSV of frame,kind,body_part,side, counted by hand.")],
    pose_model: Annotated[str | None, typer.Option(help="Model of bodies, for body parts.")] = None,
    as_json: AsJson = False,
) -> None:
    """Touches of a ball that is kept up, against a hand count, within three frames."""
    from sightline.cli.console import say, show_json
    from sightline.cli.session import open_platform
    from sightline.service.juggling.evaluate.video import evaluate_touches

    found = evaluate_touches(open_platform(), video, truth, pose_model=pose_model)
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        say(f"{name.replace('_', ' '):<24} {value}")


def throws(
    *,
    video: Annotated[Path, typer.Option(help="The clip.")],
    truth: Annotated[Path, typer.Option(help="CSV of number,throw,catch,hand,catch_hand, counted by eye.")],
    as_json: AsJson = False,
) -> None:
    """Throws of a clip against a count by eye: found or not, hands, and how heights rank."""
    from sightline.cli.console import say, show_json
    from sightline.cli.session import open_platform
    from sightline.service.juggling.evaluate.throws import evaluate_throws

    found = evaluate_throws(open_platform(), video, truth)
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        say(f"{name.replace('_', ' '):<36} {value}")


def video(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many clips.")] = 10,
    first_seed: Annotated[int, typer.Option(min=0, help="Seed of the first.")] = 1,
    seconds: Annotated[float, typer.Option(min=4, help="Length of each.")] = 10.0,
    fps: Annotated[int, typer.Option(min=10, help="Frames a second.")] = 60,
    size: Annotated[str, typer.Option(metavar="WxH", help="Width and height in pixels.")] = "1280x720",
    as_json: AsJson = False,
) -> None:
    """Simulated clips of 3 to 7 identical balls: throws, times, identities and drops against the exact truth."""
    from sightline.cli.console import note, say, show_json
    from sightline.cli.session import open_platform
    from sightline.service.juggling.evaluate.video import evaluate_simulated

    found = evaluate_simulated(
        open_platform(),
        seeds=seeds,
        first_seed=first_seed,
        seconds=seconds,
        fps=fps,
        size=parsed_size(size),
        tell=None if as_json else note,
    )
    if as_json:
        show_json(found)
        return
    for name, value in found.items():
        if isinstance(value, dict):
            low, high = value["interval95"]
            say(f"{name.replace('_', ' '):<28} {value['value']:.4f}  95 %: {low:.4f}..{high:.4f}")
        elif isinstance(value, int):
            say(f"{name:<28} {value}")
