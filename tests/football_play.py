"""A small match as the tables of a video in which it was seen, or as the tables of a provider's positions."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from sightline.analytics.football.kits.colors import lab_of
from sightline.analytics.football.match import Match, Period, Player, Role, Team
from sightline.testing.tables import MemoryTables

SIZE = (800, 1200)
PX_PER_M = 10.0
# Source pixels to metres of a camera right above the pitch.
MATRIX = (0.1, 0.0, -60.0, 0.0, -0.1, 40.0, 0.0, 0.0, 1.0)
RATE_HZ = 25


@dataclass(frozen=True)
class Play:
    """What is played: two teams that stand in lines and drift, the home team passing the ball around."""

    seconds: float = 20.0
    home: int = 10
    away: int = 10
    keepers: bool = True
    referee: bool = True
    kits: tuple[str, str, str, str, str] = ("red", "white", "green", "yellow", "black")
    ball: bool = True
    camera: bool = True
    quality: float = 0.9
    noise_m: float = 0.05
    seed: int = 3
    gone: tuple[float, float] | None = None
    people: list[tuple[str, Team | None, Role, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        home, away, home_keeper, away_keeper, referee = self.kits
        for team, kit, count, side in ((Team.HOME, home, self.home, -1), (Team.AWAY, away, self.away, 1)):
            for place in range(count):
                line, spot = divmod(place, 4)
                self.people.append(
                    (kit, team, Role.PLAYER, side * (30.0 - 12 * line), (spot - 1.5) * 14.0 + 2 * line)
                )
        if self.keepers:
            self.people.append((home_keeper, Team.HOME, Role.GOALKEEPER, -47.0, 1.0))
            self.people.append((away_keeper, Team.AWAY, Role.GOALKEEPER, 47.0, -1.0))
        if self.referee:
            self.people.append((referee, None, Role.REFEREE, 3.0, 9.0))

    @property
    def times_s(self) -> np.ndarray:
        return np.arange(round(self.seconds * RATE_HZ)) / RATE_HZ

    def places(self) -> np.ndarray:
        """`(n, p, 2)` metres: everybody drifts around his place at a walk."""
        starts = np.array([(x, y) for *_, x, y in self.people]).reshape(-1, 2)
        phase = np.arange(len(starts))
        angle = 0.5 * self.times_s[:, None] + phase
        return starts + 2.5 * np.stack([np.cos(angle), np.sin(angle)], axis=2)

    def ball_places(self) -> np.ndarray:
        """`(n, 2)` metres: a second at somebody's feet, a second on the way to the next."""
        times, places = self.times_s, self.places()
        ball = np.full((len(times), 2), np.nan)
        if not self.ball or self.home < 4:
            return ball
        foot = np.array([0.4, 0.0])
        for row, t_s in enumerate(times):
            number, share = int(t_s // 2), t_s % 2
            giver, taker = (4 * number) % self.home, (4 * number + 4) % self.home
            start, stop = places[row, giver], places[min(row + 25, len(times) - 1), taker]
            if share < 1:
                ball[row] = start + foot
            else:
                begin = places[int((2 * number + 1) * RATE_HZ), giver] + foot
                ball[row] = begin + (stop + foot - begin) * (share - 1)
        return ball

    def video_tables(self) -> MemoryTables:
        """The tables that a run on a video leaves before the application's report."""
        tables, rng = MemoryTables(), np.random.default_rng(self.seed)
        times = self.times_s
        frames = np.arange(len(times))
        places = self.places() + rng.normal(0, self.noise_m, (len(times), len(self.people), 2))
        feet = np.stack([(places[..., 0] + 60) * PX_PER_M, (40 - places[..., 1]) * PX_PER_M], axis=2)
        rows, columns = np.divmod(np.arange(len(times) * len(self.people)), max(1, len(self.people)))
        tables.add(
            "frames",
            {
                "frame": frames, "t_s": times, "segment": np.zeros(len(frames), np.int32),
                "status": ["inferred"] * len(frames), "cause": [None] * len(frames),
                "detections": np.full(len(frames), len(self.people), np.int32),
            },
        )  # fmt: skip
        x, y = feet[rows, columns].T if len(rows) else np.zeros((2, 0))
        sides = {"x1_px": x - 4, "y1_px": y - 18, "x2_px": x + 4, "y2_px": y}
        boxes = {name: value.astype(np.float32) for name, value in sides.items()}
        words = {
            "score": np.full(len(rows), 0.9, np.float32), "class_id": np.zeros(len(rows), np.int32),
            "class_name": ["person"] * len(rows),
        }  # fmt: skip
        head = {"frame": rows, "t_s": times[rows]}
        tables.add(
            "tracks", {**head, "track_id": columns + 1, **boxes, **words, "quality": ["seen"] * len(rows)}
        )
        self._add_ball(tables)
        looked = rows % 5 == 0
        colors = np.array([lab_of(kit) for kit, *_ in self.people]).reshape(-1, 3)[columns[looked]]
        colors = (colors + rng.normal(0, 3, colors.shape)).astype(np.float32)
        tables.add(
            "kits",
            {
                "frame": rows[looked], "t_s": times[rows[looked]], "track_id": columns[looked] + 1,
                "l": colors[:, 0], "a": colors[:, 1], "b": colors[:, 2],
                "share": np.ones(len(colors), np.float32),
            },
        )  # fmt: skip
        if self.camera:
            self._add_camera(tables)
        return tables

    def _add_ball(self, tables: MemoryTables) -> None:
        ball, times = self.ball_places(), self.times_s
        known = np.flatnonzero(np.isfinite(ball[:, 0]))
        x, y = (ball[known, 0] + 60) * PX_PER_M, (40 - ball[known, 1]) * PX_PER_M
        sides = {"x1_px": x - 3, "y1_px": y - 6, "x2_px": x + 3, "y2_px": y}
        tables.add(
            "detections",
            {
                "frame": known, "t_s": times[known],
                **{name: value.astype(np.float32) for name, value in sides.items()},
                "score": np.full(len(known), 0.4, np.float32), "class_id": np.ones(len(known), np.int32),
                "class_name": ["ball"] * len(known),
            },
        )  # fmt: skip

    def _add_camera(self, tables: MemoryTables) -> None:
        times = self.times_s
        seen = np.ones(len(times), np.bool_)
        if self.gone is not None:
            seen = (times < self.gone[0]) | (times >= self.gone[1])
        names = [f"m{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3)]
        tables.add(
            "pitch",
            {
                "frame": np.arange(len(times)), "t_s": times,
                **{name: [value if one else None for one in seen] for name, value in zip(names, MATRIX, strict=True)},
                "source": ["lines" if one else "none" for one in seen],
                "quality": np.where(seen, self.quality, 0.0),
            },
        )  # fmt: skip

    def match(self) -> Match:
        """The same as a provider gives it."""
        ball = self.ball_places()
        count = len(self.times_s)
        names: dict[str, int] = {}
        players = []
        for _, team, role, _, _ in self.people:
            word = team.value if team else "referee"
            names[word] = names.get(word, 0) + 1
            players.append(Player(f"{word}{names[word]}", team, role, names[word]))
        return Match(
            frame_rate_hz=Fraction(RATE_HZ),
            frames=np.arange(count),
            t_s=self.times_s,
            periods=(Period(1, 0, count, 1),),
            players=tuple(players),
            positions_m=self.places(),
            ball_m=np.column_stack([ball, np.where(np.isfinite(ball[:, 0]), 0.0, np.nan)]),
            ball_states=np.where(np.isfinite(ball[:, 0]), "seen", "lost"),
        )
