"""From linked balls to a pattern, and what speaks against calling it one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.juggling.decode import decode, decode_flights
from sightline.analytics.juggling.flights import Gravity

if TYPE_CHECKING:
    from sightline.analytics.juggling.linking import Linked
    from sightline.analytics.juggling.paths import Juggle


def read(linked: Linked) -> Juggle:
    """Give what was juggled; nothing flying is an answer too."""
    if linked.gravity is None or not linked.flights:
        return decode(linked.paths)
    across, down = linked.gravity.vector.tolist()
    noise_px = float(np.median([flight.rms_px for flight in linked.flights]))
    gravity = Gravity(across, down, noise_px)
    return decode_flights(linked.flights, gravity, linked.paths)
