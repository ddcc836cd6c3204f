"""`sightline models`: which there are, how to get them, whether they are sound and how fast they run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import note, say, show_json, show_table, size_words
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson

app = group("List, fetch, add, check and measure models.")
_Name = Annotated[str, typer.Argument(metavar="NAME", help="As `sightline models list` has it.")]
_Model = Annotated[str, typer.Argument(metavar="MODEL", help="A name, or an .onnx or .xml file.")]
_Layout = Annotated[
    str | None, typer.Option(help="The model's family, where its file does not tell.", show_default=False)
]


@app.command("list", epilog=examples("sightline models list", "sightline models list --json"))
def list_models(as_json: AsJson = False) -> None:
    """List models: what is here and what can be fetched."""
    from dataclasses import asdict

    from sightline.service.models import list_models as found

    rows = found(_zoo())
    if as_json:
        show_json([asdict(row) for row in rows])
        return
    show_table(
        ("name", "here", "family", "licence", "what"),
        [(row.name, "yes" if row.installed else "", row.family, row.licence, row.summary) for row in rows],
    )


@app.command(
    "show", epilog=examples("sightline models show yolox-nano", "sightline models show my-model.onnx")
)
def show(model: _Model, layout: _Layout = None, as_json: AsJson = False) -> None:
    """Show what is known of a model; one that is here is opened."""
    from dataclasses import asdict

    from sightline.cli.session import open_settings
    from sightline.ports import ModelOptions
    from sightline.service.models import describe_model
    from sightline.vision.zoo import Zoo

    settings = open_settings()
    zoo = Zoo(settings.models)
    facts: dict[str, Any] = {}
    if model in zoo:
        facts |= {**zoo.show(model).as_dict(), "installed": zoo.installed(model)}
    if facts.get("installed", True):
        info = describe_model(zoo, model, ModelOptions(runtime=settings.runtime, layout=layout))
        facts |= {**asdict(info), "class_names": list(info.class_names)}
    if as_json:
        show_json(facts)
        return
    for name, value in facts.items():
        if value not in (None, "", [], ()):
            say(f"{name:<12} {_words(value)}")


@app.command(
    "pull",
    epilog=examples("sightline models pull yolox-nano", "sightline models pull yolox-s-megvii --trust"),
)
def pull(
    name: _Name,
    trust: Annotated[bool, typer.Option("--trust", help="Take a file that no checksum vouches for.")] = False,
) -> None:
    """Fetch weights, check them and keep them; a download that broke off goes on."""
    path = _zoo().pull(name, trust=trust, progress=_shown_bytes())
    say(f"{name} is in {path}")


@app.command(
    "add",
    epilog=examples(
        "sightline models add best.onnx --name my-players --layout yolo --classes ball,player,referee",
        "sightline models add person-detection-0200.xml",
    ),
)
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .onnx or .xml file.")],
    name: Annotated[str | None, typer.Option(help="What to call it.", show_default="the file's name")] = None,
    layout: _Layout = None,
    classes: Annotated[
        str | None, typer.Option(help="Names of its classes, parted by commas.", show_default=False)
    ] = None,
    licence: Annotated[str, typer.Option(help="Of the weights.")] = "unknown",
) -> None:
    """Keep a copy of a file under a name, with its checksum, once it has been opened as a model."""
    from sightline.cli.session import open_settings
    from sightline.ports import ModelOptions
    from sightline.service.models import add_model
    from sightline.vision.zoo import Zoo

    settings = open_settings()
    options = ModelOptions(runtime=settings.runtime, layout=layout)
    names = tuple(word.strip() for word in classes.split(",")) if classes else ()
    entry = add_model(Zoo(settings.models), file, options, name=name, classes=names, licence=licence)
    say(f"{entry.name} can be used: sightline analyze VIDEO --model {entry.name}")


@app.command("verify", epilog=examples("sightline models verify", "sightline models verify yolox-nano"))
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="All that are here where none is named.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that weights are what they were; exit status 1 where they are not."""
    from dataclasses import asdict

    zoo = _zoo()
    names = [name] if name else [one for one in zoo.names() if zoo.installed(one)]
    checks = [(one, check) for one in names for check in zoo.verify(one)]
    if as_json:
        show_json([{"model": one, **asdict(check), "good": check.good} for one, check in checks])
    elif not checks:
        say("no weights are here; `sightline models list` shows what can be had")
    else:
        for one, check in checks:
            fate = "good" if check.good else "missing" if check.actual is None else "CHANGED"
            say(f"{fate:<8} {one} {check.name} {check.actual or ''}".rstrip())
    if not all(check.good for _, check in checks):
        raise typer.Exit(1)


@app.command(
    "bench",
    epilog=examples(
        "sightline models bench motion",
        "sightline models bench yolox-nano --precisions f32,bf16 --threads 1,2 --json",
    ),
)
def bench(
    *,
    model: _Model,
    precisions: Annotated[str, typer.Option(help="Parted by commas: f32, bf16, int8.")] = "f32,bf16",
    threads: Annotated[
        str | None, typer.Option(help="Numbers of cores, parted by commas.", show_default="1 and all")
    ] = None,
    runtime: Annotated[str | None, typer.Option(help="openvino or onnx.", show_default="openvino")] = None,
    layout: _Layout = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="About how long to measure each setting.")] = 2.0,
    as_json: AsJson = False,
) -> None:
    """Measure a model: milliseconds a frame for each precision and number of cores."""
    from dataclasses import asdict

    from sightline.cli.session import open_settings
    from sightline.core.machine import this_machine
    from sightline.ports import ModelOptions
    from sightline.service.models import bench as paces
    from sightline.vision.zoo import Zoo

    settings = open_settings(runtime=runtime)
    counts = _whole_numbers(threads) if threads else sorted({1, this_machine().cores})
    measured = list(
        paces(
            Zoo(settings.models),
            model,
            ModelOptions(runtime=settings.runtime, layout=layout),
            precisions=_precisions(precisions),
            threads=counts,
            budget_s=seconds,
        )
    )
    if as_json:
        show_json([asdict(pace) for pace in measured])
        return
    show_table(
        ("precision", "threads", "ms alone", "ms a frame", "fps"),
        [
            (
                pace.precision,
                pace.threads,
                round(pace.latency_ms, 2),
                round(pace.frame_ms, 2),
                round(pace.fps, 1),
            )
            for pace in measured
        ],
    )


def _zoo() -> Any:
    from sightline.cli.session import open_settings
    from sightline.vision.zoo import Zoo

    return Zoo(open_settings().models)


def _precisions(text: str) -> list[str]:
    found = [word.strip() for word in text.split(",") if word.strip()]
    wrong = sorted(set(found) - {"f32", "bf16", "int8"})
    if wrong or not found:
        raise typer.BadParameter(f"{text!r}: f32, bf16 or int8, parted by commas", param_hint="--precisions")
    return found


def _whole_numbers(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise typer.BadParameter(f"{text!r} is not a list of numbers, as in 1,2", param_hint="--threads")
    return [int(word) for word in words]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, dict):  # a file of the model
        facts = {**value, "size_bytes": size_words(value["size_bytes"]) if value["size_bytes"] else None}
        return ", ".join(str(fact) for fact in facts.values() if fact)
    return str(value)


def _shown_bytes() -> Callable[[str, int, int | None], None]:
    """Give a listener that shows a download: one line that grows at a terminal, a line a tenth elsewhere."""
    lively = sys.stderr.isatty()
    shown = -1

    def show(file: str, have: int, total: int | None) -> None:
        nonlocal shown
        tenth = 10 * have // total if total else have // 10_000_000
        if not lively and tenth == shown:
            return
        shown = tenth
        words = f"{file}: {size_words(have)}" + (f" of {size_words(total)}" if total else "")
        if lively:
            typer.echo(f"\r{words}\x1b[K", err=True, nl=have == total)
        else:
            note(words)

    return show
