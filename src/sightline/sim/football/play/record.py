"""What a match leaves behind: everybody's path, the ball's, and the events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.events import FootballEvent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import Player
    from sightline.core.arrays import Float64


@dataclass(frozen=True, slots=True)
class Action:
    """Somebody did something that shows in their posture, at its height at `t_s`; `name` is one of `bodies.ACTIONS`."""

    column: int
    t_s: float
    name: str


@dataclass(frozen=True, slots=True)
class Played:
    """A match that was played, one row every `step_s`.

    Attributes:
        step_s: Time between rows; the first is at 0.
        players: Who the columns are: home, away, then the officials.
        positions_m: `(n, p, 2)`.
        ball_m: `(n, 3)`.
        alive: `(n,)` whether play is on.
        owners: `(n,)` column of who has the ball at his feet or in his hands, -1 for nobody.
        sides: `(n,)` team that has or had it last: 0 home, 1 away.
        home_attacks: +1 where home attacks towards +x.
        events: In order of time; their `frame` is -1, since frames are a camera's.
        actions: What shows in postures, in order of time.
        formations: Of home and away.
    """

    step_s: float
    players: tuple[Player, ...]
    positions_m: Float64
    ball_m: Float64
    alive: NDArray[np.bool_]
    owners: NDArray[np.int64]
    sides: NDArray[np.int64]
    home_attacks: int
    events: tuple[FootballEvent, ...]
    actions: tuple[Action, ...]
    formations: tuple[str, str]

    def rows(self, times_s: Float64) -> tuple[NDArray[np.int64], NDArray[np.int64], Float64]:
        """Give for each time the row at or before it, the row after, and the share of the way between them."""
        places = np.clip(times_s / self.step_s, 0, len(self.ball_m) - 1)
        first = np.minimum(places.astype(np.int64), len(self.ball_m) - 2)
        return first, first + 1, places - first

    def between(self, values: Float64, times_s: Float64) -> Float64:
        """Give values `(n, ...)` of the rows at any times, on straight lines between rows."""
        first, after, share = self.rows(times_s)
        share = share.reshape(-1, *([1] * (values.ndim - 1)))
        result: Float64 = values[first] * (1 - share) + values[after] * share
        return result


@dataclass(slots=True)
class MatchLog:
    """Notes events while a match is played."""

    players: tuple[Player, ...]
    events: list[FootballEvent] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)

    def note(  # noqa: PLR0913
        self,
        kind: str,
        t_s: float,
        side: int | None,
        column: int | None,
        place_m: Float64,
        *,
        other: int | None = None,
        end_s: float | None = None,
        end_m: Float64 | None = None,
        outcome: str | None = None,
    ) -> None:
        """Write an event down; columns stand for players, sides for teams."""
        self.events.append(
            FootballEvent(
                kind, -1, t_s,
                None if end_s is None else -1, end_s,
                None if side is None else ("home", "away")[side],
                None if column is None else self.players[column].player_id,
                None if other is None else self.players[other].player_id,
                float(place_m[0]), float(place_m[1]),
                None if end_m is None else float(end_m[0]), None if end_m is None else float(end_m[1]),
                outcome, 1.0,
            )
        )  # fmt: skip

    def show(self, column: int, t_s: float, name: str) -> None:
        """Write down what shows in a posture."""
        self.actions.append(Action(column, t_s, name))
