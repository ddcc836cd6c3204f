"""How numbers are written for people, and where axes get their marks. What is not known is a dash."""

from __future__ import annotations

import math
import re

UNKNOWN = "\N{EN DASH}"
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)
_MOST_TIMES = 8
_MOST_COUNTS = 4


def plain(text: object) -> str:
    """Drop characters that XML and HTML cannot hold."""
    return _CONTROLS.sub("", str(text))


def at(value: float) -> str:
    """Give a coordinate in a drawing."""
    return f"{value:.1f}".removesuffix(".0")


def clock(seconds: float | None) -> str:
    """Give a place in a clip, as in `1:02:03` or `0:07`."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds + 1e-9)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float | None) -> str:
    """Give a length of time, as in `3.2 s`, `4 min 05 s`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 59.95:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole // 60 % 60:02} min"


def share(value: float | None) -> str:
    """Give a share as a percentage; only the whole is called 100 %, only nothing 0 %."""
    if value is None:
        return UNKNOWN
    percent = 100 * value
    if 99.5 <= percent < 99.995:
        return "99.9 %" if percent >= 99.9 else f"{percent:.1f} %"
    return "< 1 %" if 0 < percent < 1 else f"{percent:.0f} %"


def figure(value: float | None, digits: int = 1, unit: str = "") -> str:
    """Give a number with so many digits behind the point, thousands apart, and its unit where it is known."""
    return UNKNOWN if value is None else f"{value:,.{digits}f} {unit}".rstrip().replace(",", "\u202f")


def time_ticks(length_s: float) -> list[int]:
    """Give times to mark on an axis from 0 to `length_s`."""
    step = next(
        (step for step in _STEPS_S if length_s / step <= _MOST_TIMES),
        86_400 * math.ceil(length_s / 86_400 / _MOST_TIMES),
    )
    return list(range(0, math.floor(length_s) + 1, step))


def count_ticks(highest: float) -> list[int]:
    """Give whole numbers to mark on an axis from 0; the last is at least `highest`."""
    scale = 1
    while True:
        for factor in (1, 2, 5):
            step = factor * scale
            if highest <= step * _MOST_COUNTS:
                return list(range(0, step * max(1, math.ceil(highest / step)) + 1, step))
        scale *= 10
