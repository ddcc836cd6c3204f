"""From linked balls to a pattern, and what speaks against calling it one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.decode import decode, decode_flights
from sightline.analytics.juggling.flights import Gravity

if TYPE_CHECKING:
    from sightline.analytics.juggling.linking import Linked
    from sightline.analytics.juggling.paths import Juggle

_MOST_BEATS_PER_S = 9.0  # both hands together; five balls are juggled at about six


def read(linked: Linked) -> Juggle:
    """Give what was juggled; nothing flying is an answer too."""
    if linked.gravity is None or not linked.flights:
        return decode(linked.paths)
    across, down = linked.gravity.vector.tolist()
    noise_px = float(np.median([flight.rms_px for flight in linked.flights]))
    gravity = Gravity(across, down, noise_px)
    return _humanly(decode_flights(linked.flights, gravity, linked.paths))


def _humanly(juggle: Juggle) -> Juggle:
    """Take back a pattern that would need hands faster than hands are: hidden passes explain too much."""
    if juggle.beats_per_s is None or juggle.beats_per_s <= _MOST_BEATS_PER_S:
        return juggle
    note = f"{juggle.siteswap} would take {juggle.beats_per_s:.1f} beats a second: no pattern is named"
    return replace(juggle, siteswap=None, guesses=(), beats_per_s=None, notes=(*juggle.notes, note))
