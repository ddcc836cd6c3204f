"""Ball tracks of a MOT file as paths, and what decoding them says as plain data."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.decode import decode
from sightline.analytics.juggling.paths import GRAVITY_MPS2, BallPath, Hand, Juggle
from sightline.core.errors import SettingsError
from sightline.service.mot_files import read_mot

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.analytics.juggling.decode import DecodeSettings


def read_paths(tracks: Path, *, fps: float) -> tuple[BallPath, ...]:
    """Read ball paths from a MOT file; a ball is where the middle of its box is.

    Of several boxes of one id in one frame the best scored counts.

    Raises:
        SettingsError: The frame rate is not positive.
        SourceUnavailableError: The file cannot be read.
        UnsupportedFormatError: It is not in MOT format.
    """
    if not 1.0 <= fps <= 1000.0:
        raise SettingsError(
            f"{fps:g} frames a second is not a frame rate", hint="as in --fps 60, from 1 to 1000"
        )
    table = read_mot(tracks)
    centres = (table.boxes_px[:, :2] + table.boxes_px[:, 2:]) / 2
    radii = (table.boxes_px[:, 2:] - table.boxes_px[:, :2]).mean(axis=1) / 2
    paths = []
    for ball in np.unique(table.track_ids):
        rows = np.flatnonzero(table.track_ids == ball)
        rows = rows[np.lexsort((-table.scores[rows], table.frames[rows]))]
        rows = rows[np.unique(table.frames[rows], return_index=True)[1]]
        frames = table.frames[rows]
        paths.append(BallPath(int(ball), frames, frames / fps, centres[rows], radii[rows]))
    return tuple(paths)


def decode_tracks(tracks: Path, *, fps: float, settings: DecodeSettings | None = None) -> Juggle:
    """Decode the ball tracks of a MOT file."""
    return decode(read_paths(tracks, fps=fps), settings)


def report_of(juggle: Juggle) -> dict[str, Any]:
    """Give what was juggled as plain data, rounded to what is meant."""
    px_per_m = juggle.gravity_px_s2 / GRAVITY_MPS2 if juggle.gravity_px_s2 else None
    return {
        "siteswap": juggle.siteswap,
        "siteswap_top3": [
            {"siteswap": guess.siteswap, "confidence": round(guess.confidence, 3)} for guess in juggle.guesses
        ],
        "balls": juggle.balls,
        "throws": len(juggle.throws),
        "catches": len(juggle.catches),
        "drops": [{"t_s": round(drop.t_s, 3), "ball_id": drop.ball_id} for drop in juggle.drops],
        "longest_run": juggle.longest_run,
        "beats_per_s": _rounded(juggle.beats_per_s, 3),
        "dwell_ratio": _rounded(juggle.dwell_ratio, 3),
        "heights": _heights(juggle, px_per_m),
        "symmetry": _symmetry(juggle),
        "gravity_px_s2": _rounded(juggle.gravity_px_s2, 1),
        "px_per_m": _rounded(px_per_m, 1),
        "roll_deg": _rounded(juggle.roll_deg, 2),
        "coverage": round(juggle.coverage, 3),
        "spans": [_span(span) for span in juggle.spans],
        "notes": list(juggle.notes),
    }


def events_of(juggle: Juggle) -> dict[str, Any]:
    """Give every throw, catch and drop as plain data."""
    return {
        "throws": [asdict(throw) for throw in juggle.throws],
        "catches": [asdict(catch) for catch in juggle.catches],
        "drops": [asdict(drop) for drop in juggle.drops],
    }


def _span(span: Any) -> dict[str, Any]:
    return {
        "start_t_s": round(span.start_t_s, 3),
        "end_t_s": round(span.end_t_s, 3),
        "siteswap": span.siteswap,
        "balls": span.balls,
        "throws": span.throws,
    }


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _heights(juggle: Juggle, px_per_m: float | None) -> list[dict[str, Any]]:
    """Give how high throws of each value rose: mean and spread, in pixels and metres."""
    found = []
    for value in sorted({throw.value for throw in juggle.throws if throw.value}):
        rose = np.array(
            [throw.height_px for throw in juggle.throws if throw.value == value and throw.height_px]
        )
        if len(rose):
            found.append(
                {
                    "value": value,
                    "throws": len(rose),
                    "mean_px": round(float(rose.mean()), 1),
                    "spread_px": round(float(rose.std()), 1),
                    "mean_m": round(float(rose.mean()) / px_per_m, 3) if px_per_m else None,
                }
            )
    return found


def _symmetry(juggle: Juggle) -> dict[str, Any]:
    """Give the left and the right hand beside each other; each value None where it threw nothing that flew."""
    shown: dict[str, Any] = {}
    for hand in Hand:
        rose = [throw.height_px for throw in juggle.throws if throw.hand is hand and throw.height_px]
        held = [catch.dwell_s for catch in juggle.catches if catch.hand is hand and catch.dwell_s]
        shown[hand.value] = {
            "throws": sum(throw.hand is hand for throw in juggle.throws),
            "mean_height_px": round(float(np.mean(rose)), 1) if rose else None,
            "mean_dwell_s": round(float(np.mean(held)), 3) if held else None,
        }
    return shown
