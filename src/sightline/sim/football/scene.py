"""Football: a match that plays itself, or one that is given, seen through a camera that follows the ball."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.core.errors import SettingsError
from sightline.ports import SceneOptions
from sightline.service.football.simulated import match_of
from sightline.sim.football import kits, lens, picture
from sightline.sim.football.choices import SETTINGS, checked
from sightline.sim.football.film import FootballShot, film, homography_facts
from sightline.sim.football.play.engine import play
from sightline.sim.football.play.record import Played
from sightline.sim.football.play.shape import FORMATIONS
from sightline.sim.football.staging import Staging
from sightline.sim.football.views import Operator, PinholeCamera, follow, operator, read_cameras
from sightline.sim.scene import check, frame_count

if TYPE_CHECKING:
    from sightline.analytics.football.match import Match, Player

_SHUTTER_SHARE = 0.25


class FootballScene:
    """A football match; see `ports.Scene`.

    Args:
        options: How it is filmed. `actors` is not used: eleven a side and three officials play.
        match: Real paths to show instead of a match that plays itself.
    """

    name = "football"
    settings = SETTINGS

    def __init__(self, options: SceneOptions | None = None, *, match: Match | None = None) -> None:
        self.options = options or SceneOptions()
        check(self.options)
        self.chosen = checked(self.options.settings)
        self.frames = frame_count(self.options)
        self.drawn = self.chosen["pictures"] == "drawn"
        self._seed = self.options.seed
        self.pitch = PitchSize()
        self.played = self._play(match)
        self.kits = kits.choose(self._rng(0x21))
        times_s = np.arange(self.frames) / float(self.options.frame_rate_hz)
        self.staging = Staging(self.played, self.kits, times_s, self._rng(0x22))
        self.cameras = self._film_from()
        self.ball_id = len(self.played.players) + 1

    def _rng(self, purpose: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, purpose])

    def render(self, out: Path, progress: Callable[[int, int], None] | None = None) -> Mapping[str, Path]:
        """Write the clip and its truth; see `ports.Scene.render`."""
        return film(self, out, progress)

    # -- what happens --------------------------------------------------------------------------------------

    def _play(self, match: Match | None) -> Played:
        if match is None and self.chosen["trajectories"]:
            match = match_of(Path(str(self.chosen["trajectories"])))
        if match is not None:
            self.pitch = match.pitch
            return given(match)
        rng = self._rng(0x20)
        names = tuple(FORMATIONS)
        drawn = [names[int(rng.integers(len(names)))] for _ in range(2)]
        shapes = (self.chosen["home_formation"] or drawn[0], self.chosen["away_formation"] or drawn[1])
        return play(rng, seconds=self.options.seconds, pitch=self.pitch, formations=shapes)

    def _film_from(self) -> tuple[PinholeCamera, ...]:
        """Give the camera of every frame."""
        options, rng = self.options, self._rng(0x23)
        who = operator(self.chosen["camera"], rng)
        if self.chosen["cameras"]:
            who = _like(read_cameras(Path(str(self.chosen["cameras"])), options.size), rng, who)
        ball = self.staging.ball_m.copy()
        known = np.isfinite(ball).all(axis=1)
        rows = np.arange(len(ball))
        for axis in range(3):
            ball[:, axis] = np.interp(rows, rows[known], ball[known, axis]) if known.any() else 0.0
        rate_hz = float(options.frame_rate_hz)
        return follow(
            who, ball, rate_hz=rate_hz, size=options.size, seed=self._seed, shake_px=options.shake_px
        )

    def event_rows(self) -> list[dict[str, Any]]:
        """Give what happened within the clip as rows of the `events` table, without columns of other applications.

        An event has the number of the first frame at or after it.
        """
        rate_hz = float(self.options.frame_rate_hz)

        def frame(t_s: float | None) -> int | None:
            return None if t_s is None else min(int(np.ceil(t_s * rate_hz - 1e-9)), self.frames - 1)

        last_s = (self.frames - 1) / rate_hz
        rows = []
        for event in self.played.events:
            if event.t_s <= last_s and (event.end_t_s is None or event.end_t_s <= last_s):
                told = {name: getattr(event, name) for name in type(event).__dataclass_fields__}
                rows.append({**told, "frame": frame(event.t_s), "end_frame": frame(event.end_t_s)})
        return rows

    def events(self) -> Mapping[str, Any]:
        """Give what happened, for `events.json`."""
        rows = self.event_rows()
        tally: dict[str, int] = {}
        for row in rows:
            tally[row["kind"]] = tally.get(row["kind"], 0) + 1
        return {"count": dict(sorted(tally.items())), "events": rows}

    def match_facts(self) -> Mapping[str, Any]:
        """Give what `match_of` needs beside the tables, for `match.json`."""
        played, rate_hz = self.played, self.options.frame_rate_hz
        first, _, _ = played.rows(self.staging.times_s)
        owners = [("home", "away")[int(side)] if alive else "" for side, alive in zip(played.sides[first], played.alive[first], strict=True)]  # fmt: skip
        return {
            "frame_rate_hz": str(rate_hz),
            "frames": self.frames,
            "pitch": {"length_m": self.pitch.length_m, "width_m": self.pitch.width_m},
            "home_attacks": played.home_attacks,
            "formations": {"home": played.formations[0], "away": played.formations[1]},
            "players": [_player(player) for player in played.players],
            "kits": {name: _kit(kit) for name, kit in zip(("home", "away", "home_goalkeeper", "away_goalkeeper", "referee"), self.kits, strict=True)},
            "alive": "".join("1" if alive else "0" for alive in played.alive[first]),
            "owners": "".join({"home": "h", "away": "a", "": "-"}[owner] for owner in owners),
            "ball_track_id": self.ball_id,
        }  # fmt: skip

    def rules(self) -> Mapping[str, Any]:
        """Give the kits, as the football application's settings take them."""
        return {"home_kit": _hex(self.kits[0].shirt), "away_kit": _hex(self.kits[1].shirt)}

    def camera_facts(self) -> Mapping[str, Any]:
        """Give the first frame's camera, for `camera.json`."""
        return {**homography_facts(self.cameras[0]), "moves": True}

    def facts(self) -> Mapping[str, Any]:
        """Give what was asked for and drawn by lot, for `scene.json`."""
        options = self.options
        return {
            "scene": self.name,
            "seconds": options.seconds,
            "frames": self.frames,
            "seed": options.seed,
            "size": {"height_px": options.size[0], "width_px": options.size[1]},
            "frame_rate_hz": str(options.frame_rate_hz),
            "shake_px": options.shake_px,
            "noise": options.noise,
            "settings": {
                key: str(value) if isinstance(value, Path) else value for key, value in self.chosen.items()
            },
            "formations": list(self.played.formations),
        }

    # -- what it looks like --------------------------------------------------------------------------------

    def shots(self, *, draw_every: int = 1) -> Iterator[FootballShot]:
        """Draw frames in order, or only tell what is in them.

        Args:
            draw_every: Only every n-th frame has a picture; boxes of the others are those of `picture.outlines`.
        """
        options = self.options
        shutter_s = _SHUTTER_SHARE / float(options.frame_rate_hz)
        scenery = None
        glass = lens.Lens(noise=options.noise)
        if self.drawn:
            rng = self._rng(0x24)
            scenery = picture.look(
                rng,
                self.pitch,
                weather=self.chosen["weather"],
                scale_px_m=float(np.clip(options.size[1] / 110, 3.0, 11.0)),
            )
            if self.chosen["lens"] == "broadcast":
                glass = replace(
                    _steady(lens.lens(rng, strength=0.5)),
                    noise=options.noise,
                    rain=0.5 * (scenery.light.weather == "rain"),
                )
        for index, t_s in enumerate(self.staging.times_s.tolist()):
            camera, figures, ball = self.cameras[index], self.staging.figures(index), self.staging.ball(index)
            if scenery is None or index % draw_every:
                yield FootballShot(index, t_s, None, camera, picture.outlines(camera, figures, ball))
                continue
            image, seen = picture.draw(scenery, camera, figures, ball, shutter_s=shutter_s)
            after = self.cameras[min(index + 1, len(self.cameras) - 1)]
            moving = replace(glass, motion_px=_swept(camera, after, _SHUTTER_SHARE))
            image = moving.see(image, np.random.default_rng([self._seed, 0x25, index]))
            if self.chosen["graphics"]:
                self._score_bug(image, t_s)
            yield FootballShot(index, t_s, image, camera, seen)

    def _score_bug(self, image: Any, t_s: float) -> None:
        goals = [event.team for event in self.played.events if event.kind == "goal" and event.t_s <= t_s]
        clock = f"{int(t_s) // 60:02d}:{int(t_s) % 60:02d}"
        score = f"{goals.count('home')}-{goals.count('away')} AWY"
        lens.score_bug(image, (clock, "HOM", score), (self.kits[0].shirt, self.kits[1].shirt))


def given(match: Match) -> Played:
    """Give a match from elsewhere as one that was played: paths, and whatever of play its source tells.

    Raises:
        SettingsError: It has less than two frames.
    """
    if len(match) < 2:
        raise SettingsError(
            "trajectories of less than two frames cannot be shown", hint="give a longer match"
        )
    count = len(match)
    sides = np.zeros(count, np.int64) if match.owner is None else (match.owner == "away").astype(np.int64)
    alive = np.ones(count, bool) if match.alive is None else match.alive
    attacks = match.periods[0].home_attacks or 1 if match.periods else 1
    return Played(
        1 / float(match.frame_rate_hz), match.players, match.positions_m.copy(), match.ball_m.copy(), alive,
        np.full(count, -1, np.int64), sides, attacks, (), (), ("", ""),
    )  # fmt: skip


def _like(cameras: tuple[PinholeCamera, ...], rng: np.random.Generator, who: Operator) -> Operator:
    """Give the operator at the place and with the zoom of one of some real cameras."""
    real = cameras[int(rng.integers(len(cameras)))]
    return replace(who, position_m=real.position_m, focal_share=real.focal_px / real.size[1], roll_deg=real.roll_deg, zoom=0.1)  # fmt: skip


def _steady(glass: lens.Lens) -> lens.Lens:
    """Take from a lens what would change a clip from frame to frame or hide what is to be found."""
    return replace(
        glass, motion_px=(0.0, 0.0), jpeg=0, shrink=max(glass.shrink, 0.7), blur_px=min(glass.blur_px, 0.8)
    )


def _swept(camera: PinholeCamera, after: PinholeCamera, share: float) -> tuple[float, float]:
    """Give how far the picture moves while the shutter is open."""
    turn = np.deg2rad(after.pan_deg - camera.pan_deg) * np.cos(np.deg2rad(camera.tilt_deg))
    rise = np.deg2rad(after.tilt_deg - camera.tilt_deg)
    return float(turn * camera.focal_px * share), float(rise * camera.focal_px * share)


def _player(player: Player) -> dict[str, Any]:
    team = player.team.value if player.team else None
    return {
        "player_id": player.player_id,
        "team": team,
        "role": player.role.value,
        "jersey": player.jersey,
        "name": player.name,
    }


def _kit(kit: kits.Kit) -> dict[str, Any]:
    return {"shirt": _hex(kit.shirt), "trim": _hex(kit.trim), "shorts": _hex(kit.shorts), "socks": _hex(kit.socks), "pattern": kit.pattern}  # fmt: skip


def _hex(colour: tuple[float, float, float]) -> str:
    blue, green, red = (round(channel) for channel in colour)
    return f"#{red:02x}{green:02x}{blue:02x}"
