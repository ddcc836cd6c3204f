"""What every report says alike: rounded numbers, a metric with what it is worth, where the frames came from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.ports import ReportContext


def number(value: float | None, digits: int = 3) -> float | None:
    """Round for the report; what is not a finite number becomes None."""
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def metric(
    value: float | None, unit: str, coverage: float | None, note: str, **quality: int | float | str | None
) -> dict[str, Any]:
    """Give a number with what it is worth.

    Args:
        value: The number; None where it is not known.
        unit: Of the value.
        coverage: Share of what it is about (time, a life, a match) that was seen, 0..1.
        note: What the number means and leaves out.
        quality: More that tells how sure it is, as counts.
    """
    return {
        "value": value,
        "unit": unit,
        "coverage": number(coverage, 4),
        "quality": {**quality, "note": note},
    }


def source(context: ReportContext, first_s: float, last_s: float) -> dict[str, Any]:
    """Give what the frames are from, and the time from the first that was seen to the last."""
    media, named = context.media, context.provenance.get("source")
    return {
        "name": named.get("name") if isinstance(named, Mapping) else None,
        "height_px": media.size[0],
        "width_px": media.size[1],
        "frames": media.frames,
        "frame_rate_hz": number(float(media.frame_rate_hz), 6) if media.frame_rate_hz else None,
        "start_s": number(first_s, 6),
        "duration_s": number(last_s - first_s, 6),
    }
