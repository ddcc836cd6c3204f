"""`sightline sql`, `replay` and `export`: what can be made of stored tables, without the video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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
    statement: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL.", show_default=False)],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a row.")] = False,
) -> None:
    """Ask a run's tables in SQL.

    Each of tables/*.parquet is a table of its name. Nothing is changed and no other file can be read.
    """
    from sightline.service.query import query

    answer = query(folder, statement)
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
        Path | None, typer.Option(help="Folder of the new report.", show_default="DIR/replay-<rules>")
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
    "sightline export sightline-out/street --format coco -o street.json",
)
def export(
    folder: _Folder,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to.", show_default=False)],
    form: Annotated[
        str,
        typer.Option("--format", "-f", help="mot, coco, csv, geojson or supervision.", show_default=False),
    ],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write results in another program's format."""
    from sightline import plugins
    from sightline.core.errors import ConflictError

    write = plugins.load("exports", form)
    if out.exists() and not overwrite:
        raise ConflictError(f"{out} exists already", hint="add --overwrite, or choose another -o")
    write(folder, out)
    say(str(out))
