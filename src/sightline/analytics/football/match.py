"""A match as positions over time: where the two ways in, video and tracking data, meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sightline.core.arrays import Float64, frozen
from sightline.core.errors import AnalysisError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Team(StrEnum):
    """Whose player it is; which side a team attacks is the period's to say."""

    HOME = "home"
    AWAY = "away"


class Role(StrEnum):
    """What a person on the pitch is there for."""

    PLAYER = "player"
    GOALKEEPER = "goalkeeper"
    REFEREE = "referee"
    OTHER = "other"


class BallState(StrEnum):
    """How a frame's ball position came about."""

    SEEN = "seen"
    INTERPOLATED = "interpolated"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class PitchSize:
    """The field of play in metres: `length` along x, `width` along y."""

    length_m: float = 105.0
    width_m: float = 68.0

    def __post_init__(self) -> None:
        if not (80.0 <= self.length_m <= 130.0 and 40.0 <= self.width_m <= 100.0):
            raise AnalysisError(
                f"a pitch of {self.length_m:g} x {self.width_m:g} m is not one football is played on",
                hint="give its length and width in metres, as in 105 x 68",
            )


@dataclass(frozen=True, slots=True)
class Period:
    """A half, as rows of the match's arrays.

    Attributes:
        number: 1 and 2 for the halves, 3 and 4 for extra time, 5 for penalties.
        start: Its first row.
        stop: The row after its last.
        home_attacks: +1 where the home team attacks towards +x, -1 towards -x, 0 where that is not known.
    """

    number: int
    start: int
    stop: int
    home_attacks: int = 0


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody on the pitch, one column of the match's positions."""

    player_id: str
    team: Team | None
    role: Role = Role.PLAYER
    jersey: int | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """Positions of all players and the ball, frame by frame, in `Space.PITCH_M`.

    Attributes:
        frame_rate_hz: Rows a second within a period.
        frames: `(n,)` int64, the source's own frame numbers, rising.
        t_s: `(n,)` float64, seconds on the source's clock, rising.
        periods: In order, not overlapping.
        players: One for each column of `positions_m`.
        positions_m: `(n, p, 2)` float64; NaN where a player was not seen.
        ball_m: `(n, 3)` float64, z up; NaN where it is lost, z 0 where the height is not known.
        ball_states: `(n,)` of `BallState` values as a string array.
        alive: `(n,)` bool, whether play is on, as the source says it; None where it does not.
        owner: `(n,)` of `home`, `away` or the empty string, as the source says it; None where it does not.
        pitch: The field's size.
    """

    frame_rate_hz: Fraction
    frames: NDArray[np.int64]
    t_s: Float64
    periods: tuple[Period, ...]
    players: tuple[Player, ...]
    positions_m: Float64
    ball_m: Float64
    ball_states: NDArray[np.str_]
    alive: NDArray[np.bool_] | None = None
    owner: NDArray[np.str_] | None = None
    pitch: PitchSize = PitchSize()

    def __post_init__(self) -> None:
        count, people = len(self.frames), len(self.players)
        shapes: dict[str, tuple[tuple[int, ...], type[np.int64 | np.float64]]] = {
            "frames": ((count,), np.int64),
            "t_s": ((count,), np.float64),
            "positions_m": ((count, people, 2), np.float64),
            "ball_m": ((count, 3), np.float64),
        }
        for name, (shape, kind) in shapes.items():
            object.__setattr__(self, name, frozen(name, getattr(self, name), shape, kind))
        for name in ("ball_states", "alive", "owner"):
            column = getattr(self, name)
            if column is not None and column.shape != (count,):
                raise AnalysisError(f"{name} has the shape {column.shape}, the match has {count} frames")
        if (np.diff(self.t_s) <= 0).any() or (np.diff(self.frames) <= 0).any():
            raise AnalysisError("the match's frames do not follow one another in time")
        if len({player.player_id for player in self.players}) != people:
            raise AnalysisError("two players share one id", hint="ids must be unique across both teams")
        _check_periods(self.periods, count)

    def __len__(self) -> int:
        return len(self.frames)

    def columns(self, team: Team, *, role: Role | None = None) -> NDArray[np.int64]:
        """Give the columns `(k,)` of a team's players, all of them or those of one role."""
        return np.array(
            [
                column
                for column, player in enumerate(self.players)
                if player.team == team and (role is None or player.role == role)
            ],
            np.int64,
        )


def _check_periods(periods: tuple[Period, ...], count: int) -> None:
    reached = 0
    for period in periods:
        if not reached <= period.start <= period.stop <= count:
            raise AnalysisError(
                f"period {period.number} spans the rows {period.start} to {period.stop} of {count}",
                hint="periods must lie within the match, in order, and not overlap",
            )
        reached = period.stop
