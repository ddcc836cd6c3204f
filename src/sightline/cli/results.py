"""`sightline sql`, `replay` and `export`: what can be made of stored tables, without the video."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import say, show_csv, show_json, show_table
from sightline.cli.lazy import leaf

_Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A run's result folder.", show_default=False)]


@leaf(
    "sql",
    'sightline sql sightline-out/street "select * from events limit 5"',
    'sightline sql sightline-out/street "select class_name, count(*) from detections group by 1" --csv',
    'sightline sql sightline-out/street "describe tracks"',
)
def sql(
    folder: _Folder,
    statement: Annotated[
        str, typer.Argument(metavar="SELECT", help="One statement in DuckDB's SQL.", show_default=False)
    ],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a row.")] = False,
) -> None:
    """Ask a run's tables in SQL.

    Each of tables/*.parquet is a table of its name. Nothing is changed and no other file can be read.
    """
    from sightline.service.results import Results

    answer = Results(folder).query(statement)
    if as_json:
        show_json([dict(zip(answer.columns, row, strict=True)) for row in answer.rows])
    elif as_csv:
        show_csv(answer.columns, answer.rows)
    else:
        show_table(answer.columns, answer.rows)


@leaf(
    "replay",
    "sightline replay sightline-out/street --rules new-lines.yaml",
    "sightline replay sightline-out/street --rules new-lines.yaml --out street-with-new-lines",
)
def replay(
    folder: _Folder,
    rules: Annotated[
        Path, typer.Option(help="YAML file of lines, zones and thresholds.", show_default=False)
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the new report.", show_default="DIR/replay-<rules>"),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier replay.")] = False,
) -> None:
    """Apply new lines, zones and thresholds to stored tables.

    No video and no model is needed: it takes seconds, and the first report stays as it is.
    """
    from sightline.cli.session import open_settings
    from sightline.service.replay import replay as apply

    open_settings()
    target = apply(folder, rules, out, overwrite=overwrite)
    say(f"results  {target}")
    say(f"         {target / 'report.html'}")


@leaf(
    "export",
    "sightline export sightline-out/street --format mot -o street.txt",
    "sightline export sightline-out/street --format coco -o street.json --table detections",
    "sightline export sightline-out/street --format csv -o street-tables",
)
def export(
    folder: _Folder,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to.", show_default=False)],
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="mot, coco, csv, geojson or supervision; of football also tracab, secondspectrum, statsbomb, "
            "sportscode and gsr.",
            show_default=False,
        ),
    ],
    table: Annotated[
        str | None, typer.Option(help="Which table.", show_default="what suits the format")
    ] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the format; may be repeated."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
) -> None:
    """Write results in another program's format."""
    from sightline import plugins
    from sightline.cli.options import pairs
    from sightline.core.errors import ConflictError

    write = plugins.load("exports", form)
    options = pairs(setting) | ({"table": table} if table else {})
    _check_options(form, write, options)
    if (out.is_file() or (out.is_dir() and any(out.iterdir()))) and not overwrite:
        raise ConflictError(f"{out} exists already", hint="add --overwrite, or choose another -o")
    say(str(write(folder, out, **options)))


def _check_options(form: str, write: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Refuse options that the format has not."""
    from inspect import Parameter, signature

    from sightline.core.errors import SettingsError

    takes = [one for one in signature(write).parameters.values() if one.kind is Parameter.KEYWORD_ONLY]
    known = [one.name for one in takes]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise SettingsError(
            f"the format {form!r} has no option {', '.join(unknown)}",
            hint=f"it has {', '.join(known) or 'none'}",
        )
