"""`sightline simulate` and `demo`: videos whose exact truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sightline.cli.console import note, say, show_json
from sightline.cli.lazy import leaf
from sightline.cli.options import AsJson, Seed, own_options, pairs
from sightline.cli.options import size as parsed_size

_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]


@leaf(
    "simulate",
    "sightline simulate people -o plaza",
    "sightline simulate people --seconds 60 --seed 4 --shake-px 2 --noise 6 -o shaky",
    "sightline simulate people --size 1920x1080 --fps 30000/1001 --people 25 -o crowd",
    "sightline simulate football --seconds 60 --camera tactical --size 1280x720 -o match",
    "sightline simulate juggling --siteswap 531 --balls identical --seed 3 --fps 60 -o three",
    "sightline simulate road --size 1280x720 --seconds 90 --light dusk -o drive",
    more_options=True,
)
def simulate(
    context: typer.Context,
    scene: Annotated[
        str, typer.Argument(metavar="SCENE", help="What to render: people, football, juggling, road.")
    ],
    *,
    out: Annotated[
        Path,
        typer.Option("--out", "-o", metavar="DIR", help="Folder for clip and truth.", show_default=False),
    ],
    seconds: Annotated[float, typer.Option(min=0.04, help="Length.")] = 20.0,
    seed: Seed = 7,
    size: Annotated[str, typer.Option(metavar="WxH", help="Width and height in pixels.")] = "640x360",
    fps: Annotated[str, typer.Option(help="Frames a second, as in 25, 29.97 or 30000/1001.")] = "25",
    shake_px: Annotated[float, typer.Option("--shake-px", min=0, help="How far the camera shakes.")] = 0.0,
    noise: Annotated[float, typer.Option(min=0, help="The sensor's noise, in grey levels.")] = 2.0,
    people: Annotated[
        int | None, typer.Option(min=0, help="How many take part.", show_default="what suits the length")
    ] = None,
    camera: Annotated[
        str | None,
        typer.Option(
            help="Where from: broadcast, tactical or phone (football).", show_default="the scene's own"
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting of the scene; may be repeated."),
    ] = None,
    overwrite: _Overwrite = False,
    quiet: _Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Render videos whose exact truth is known.

    Beside the clip lie its boxes and identities (MOT format and Parquet), line crossings and rules. The same
    options give the same bytes. A setting of the scene can be given as an option of its own: --siteswap 531 is
    --set siteswap=531.
    """
    from sightline import plugins
    from sightline.service.simulate import simulate as render

    own = own_options(context, plugins.load("scenes", scene).settings)
    made = render(
        scene,
        out,
        seconds=seconds,
        seed=seed,
        size=parsed_size(size),
        fps=fps,
        shake_px=shake_px,
        noise=noise,
        people=people,
        settings={**own, **pairs(setting), **({} if camera is None else {"camera": camera})},
        overwrite=overwrite,
        progress=None if quiet or as_json else _rendered,
    )
    if as_json:
        show_json({"folder": str(made.folder), **{role: str(path) for role, path in made.paths.items()}})
    elif not quiet:
        for role, path in made.paths.items():
            say(f"{role:<8} {path}")


def _rendered(done: int, total: int) -> None:
    if total >= 10 and done % (total // 10) == 0:
        note(f"rendering: {done}/{total} ({done / total:.0%})")


@leaf("demo", "sightline demo", "sightline demo --seconds 30 --seed 4 --out try-it --model yolox_nano.onnx")
def demo(
    *,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where all of it goes.")] = Path(
        "sightline-out/demo"
    ),
    seconds: Annotated[float, typer.Option(min=1, help="Length of the clip.")] = 20.0,
    seed: Seed = 7,
    model: Annotated[
        str | None, typer.Option(help="Detector: a name or a file.", show_default="sightline-people-n")
    ] = None,
    annotate: Annotated[bool, typer.Option(help="Also draw annotated.mp4.")] = True,
    quiet: _Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Render a clip with known truth, analyse it and compare.

    Shows what was found, how sure it is, how it scores against the truth, and how fast it went.
    """
    from sightline.cli.progress import shown_progress
    from sightline.cli.session import open_platform, stoppable
    from sightline.service.demo import demo as show_off

    platform = open_platform()
    with stoppable() as cancel, shown_progress(quiet=quiet or as_json) as listener:
        shown = show_off(
            platform,
            out,
            seconds=seconds,
            seed=seed,
            model=model,
            annotate=annotate,
            listener=listener,
            cancel=cancel,
            rendered=None if quiet or as_json else _rendered,
        )
    if as_json:
        show_json(shown.as_dict())
    elif not quiet:
        for line in shown.lines():
            say(line)
