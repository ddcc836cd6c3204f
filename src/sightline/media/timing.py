"""What a row of presentation times says: frame rate, steadiness, duration."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Int64

# Under this many ticks a frame, a gap that is a tick longer is a frame left out, not rounding.
_MIN_TICKS_TO_ROUND = 3


@dataclass(frozen=True, slots=True)
class Timing:
    """See `core.media.MediaInfo` for each of them."""

    frame_rate_hz: Fraction | None
    variable_frame_rate: bool
    duration_s: Fraction


def timing(
    times: Int64, *, time_base_s: Fraction, last_duration: int, declared_rate_hz: Fraction | None
) -> Timing:
    """Read the rhythm of a video off its frames' times.

    A steady rate is one whose every frame lies within a tick of a straight line: containers round times to their
    tick. Then the container's own declared rate is taken where it fits that line, since it is free of rounding
    (30000/1001 rather than 2997/100); else the measured average.

    Args:
        times: `(n,)` ticks of `time_base_s`, strictly rising, n >= 1.
        time_base_s: Length of a tick in seconds.
        last_duration: How long the last frame stays, in ticks; 0 where the container does not say.
        declared_rate_hz: The container's average frame rate.
    """
    count = len(times)
    if count < 2:
        return Timing(None, False, last_duration * time_base_s)
    span = int(times[-1] - times[0])
    measured = (count - 1) / (span * time_base_s)
    variable = not _is_steady(times, Fraction(span, count - 1))
    rate = measured
    if not variable and declared_rate_hz:
        drift = abs((count - 1) / (declared_rate_hz * time_base_s) - span)
        rate = declared_rate_hz if drift <= 1 else measured
    last = last_duration if last_duration > 0 else Fraction(span, count - 1)
    return Timing(rate, variable, (span + last) * time_base_s)


def _is_steady(times: Int64, ticks_per_frame: Fraction) -> bool:
    gaps = np.diff(times)
    if int(gaps.max()) == int(gaps.min()):
        return True
    if ticks_per_frame < _MIN_TICKS_TO_ROUND or int(gaps.max() - gaps.min()) > 2:
        return False
    line = times[0] + np.arange(len(times)) * float(ticks_per_frame)
    off = times - line
    return float(off.max() - off.min()) <= 1.5  # a tick, and half of one where a time was rounded twice
