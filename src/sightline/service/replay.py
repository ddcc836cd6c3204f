"""Makes a new report with other rules from stored tables: no video, no inference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from sightline import plugins
from sightline.core.errors import ConflictError
from sightline.service.folder import BACKGROUND, RunFolder, write_json
from sightline.service.publish import write_report
from sightline.service.results import Results
from sightline.service.rules_file import read_rules

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.ports import Application


def replay(folder: Path, rules: Path, out: Path | None = None, *, overwrite: bool = False) -> Path:
    """Apply a rules file to a finished run's tables.

    Args:
        folder: The run's results; they stay as they are.
        rules: YAML file of lines, zones and thresholds.
        out: Where report, page, figures and the application's tables go; `replay-<rules>` in `folder`
            by default.
        overwrite: Replace an earlier replay there.

    Returns:
        The folder of the new report.

    Raises:
        ConfigError: `folder` holds no finished run.
        RulesError: The rules file is wrong.
        ConflictError: `out` holds a report already.
    """
    results = Results(folder)
    provenance = results.provenance
    application: Application = plugins.load("apps", results.app)()
    settings = {**results.app_settings, "rules": read_rules(rules)}
    target = RunFolder((out or results.folder / f"replay-{rules.stem}").absolute())
    if target.root == results.folder.absolute():
        raise ConflictError(f"{target.root} holds the first report, which stays", hint="choose another --out")
    if not overwrite:
        if (target.root / "report.json").exists():
            raise ConflictError(
                f"{target.root} holds a report already", hint="add --overwrite, or choose another --out"
            )
        target.check_free()
    provenance["settings"] = {**provenance.get("settings", {}), "app": settings}
    with target.locked():
        write_report(
            application,
            tables=results.folder / "tables",
            out=target,
            media=results.media,
            settings=settings,
            provenance=provenance,
            background=_background(results),
        )
        write_json(
            target.root / "replay.json", {"of": str(results.folder.absolute()), "rules": settings["rules"]}
        )
    target.finish()
    return target.root


def _background(results: Results) -> UInt8 | None:
    path = results.folder / BACKGROUND
    picture: UInt8 | None = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    return picture
