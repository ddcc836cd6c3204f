"""What a reader takes out of a provider's files: arrays, before anything in them is believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sightline.analytics.football.match import Team
    from sightline.core.arrays import Float64, Int64


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a squad.

    Attributes:
        player_id: Of the provider.
        team: Whose.
        jersey: The number, None where it is not told.
        name: Empty where it is not told.
        keeper: Whether the metadata call this a goalkeeper.
        listed: Whether the metadata name this player; false for who is in the tracking alone.
    """

    player_id: str
    team: Team
    jersey: int | None
    name: str = ""
    keeper: bool = False
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Claims:
    """What metadata claim.

    Attributes:
        frame_rate_hz: As written.
        pitch_m: Length and width.
        starts_s: Number of a period -> its start on the file's clock, where the metadata tell it.
        spans_s: Number of a period -> its start and end on that clock, in the order of the file.
        squads: Home's players, then away's.
        names: What the teams are called, where that is told.
    """

    frame_rate_hz: float
    pitch_m: tuple[float, float]
    starts_s: Mapping[int, float]
    spans_s: Sequence[tuple[int, float, float]]
    squads: Sequence[Member]
    names: Mapping[Team, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Readout:
    """Frames that lie in a period, in order of period and time; metres from the centre spot, y up.

    Attributes:
        claims: What the metadata claim.
        people: One for each column of `places_m`; ids may be there twice.
        frames: `(n,)` numbers as the file has them.
        order: `(n,)` number of the period.
        clock_s: `(n,)` seconds since the period's start.
        places_m: `(n, p, 2)`; NaN where somebody is not in the frame.
        ball_m: `(n, 3)`; NaN where there is none, z 0 where the height is not told.
        alive: `(n,)` whether play is on; None where the provider does not say.
        owner: `(n,)` of `home`, `away` and the empty string; None where the provider does not say.
        in_play: `(k,)` numbers of all frames of the file that it calls in play, also outside of all periods.
    """

    claims: Claims
    people: Sequence[Member]
    frames: Int64
    order: Int64
    clock_s: Float64
    places_m: Float64
    ball_m: Float64
    alive: NDArray[np.bool_] | None = None
    owner: NDArray[np.str_] | None = None
    in_play: Int64 | None = None


def once(squads: Sequence[Member]) -> list[Member]:
    """Leave out who is listed and was found again in the tracking under another number."""
    listed = {(one.team, one.player_id) for one in squads if one.listed}
    return [one for one in squads if one.listed or (one.team, one.player_id) not in listed]
