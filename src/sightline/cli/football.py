"""`sightline football`: what only football needs, from calibrating a camera to scoring against the truth."""

from __future__ import annotations

from sightline.cli.lazy import group

app = group("Calibrate cameras, report on tracking data, score against the truth.")
evaluate = group("Score a part of the football analysis against the truth.")
app.add_typer(evaluate, name="evaluate")
