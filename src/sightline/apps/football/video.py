"""Makes a match of what was seen in a video: tracks, shirts and cameras become positions of persons in metres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sightline.analytics.football.kits.colors import lab_of
from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Role, Team
from sightline.analytics.football.persons import Persons, join_tracks, positions_of
from sightline.analytics.football.rows import record, words
from sightline.analytics.football.teams import KitRows, PlaceRows, Teams, assign_teams
from sightline.apps.football.sight.cameras import Cameras, read_cameras
from sightline.apps.football.sight.columns import columns_of, looked_frames
from sightline.core.tracks import Quality

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.apps.football.settings import FootballSettings
    from sightline.core.arrays import Float64, Int64
    from sightline.ports import ReportContext, TableReader

_FALLBACK_HZ = Fraction(25)
_MARGIN_M = 12.0
_MIN_TRACK_S = 0.5
_SIDES_M = 3.0
_HINTS = {"goalkeeper": Role.GOALKEEPER, "referee": Role.REFEREE}


@dataclass(frozen=True, slots=True)
class People:
    """Rows of the `tracks` table that are people, in order of frame.

    Attributes:
        rows: `(n,)` which frame of those looked at.
        track_ids: `(n,)`.
        feet_px: `(n, 2)`.
        points_m: `(n, 2)`; NaN where not known.
        class_names: `(n,)`.
    """

    rows: NDArray[np.int64]
    track_ids: Int64
    feet_px: Float64
    points_m: Float64
    class_names: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Watched:
    """A video as a match.

    Attributes:
        match: Positions; the ball is not in it yet.
        cameras: How each frame was seen.
        people: What was tracked.
        teams: Who plays for whom.
        persons: Which tracks are one person.
    """

    match: Match
    cameras: Cameras
    people: People
    teams: Teams
    persons: Persons


def watch(context: ReportContext, settings: FootballSettings) -> Watched:
    """Put everybody who was tracked on the pitch."""
    pitch = PitchSize(settings.pitch_length_m, settings.pitch_width_m)
    frames, times_s = looked_frames(context.read)
    cameras = read_cameras(context, settings, frames, times_s)
    people = _people(context.read, frames, cameras, settings, pitch)
    teams = _teams(context.read, frames, people, settings, pitch)
    persons = join_tracks(people.track_ids, times_s[people.rows], people.points_m, teams.tracks)
    columns = np.array([persons.column_of[track] for track in people.track_ids.tolist()], np.int64)
    positions = positions_of(people.rows, columns, people.points_m, (len(frames), len(persons.players)))
    match = Match(
        frame_rate_hz=_rate(context, times_s),
        frames=frames,
        t_s=times_s,
        periods=_periods(settings, times_s, positions, persons),
        players=persons.players,
        positions_m=positions,
        ball_m=np.full((len(frames), 3), np.nan),
        ball_states=np.full(len(frames), BallState.LOST.value, dtype="<U12"),
        pitch=pitch,
    )
    return Watched(match, cameras, people, teams, persons)


def player_rows(watched: Watched, speeds_mps: Float64 | None) -> Iterator[pa.RecordBatch]:
    """Give the rows of `players`: one a sighting, also where the place in metres is not known."""
    match, people, persons = watched.match, watched.people, watched.persons
    columns = np.array([persons.column_of[track] for track in people.track_ids.tolist()], np.int64)
    names = [player.player_id for player in persons.players]
    teams = [
        player.team.value if player.team else ("referee" if player.role is Role.REFEREE else None)
        for player in persons.players
    ]
    carried = watched.cameras.carried[people.rows].astype(np.int64)
    speeds = np.full(len(columns), np.nan) if speeds_mps is None else speeds_mps[people.rows, columns]
    whole = record(
        "players",
        {
            "frame": match.frames[people.rows],
            "t_s": match.t_s[people.rows],
            "track_id": people.track_ids,
            "player_id": words(columns, names),
            "team": words(columns, teams),
            "role": words(columns, [player.role.value for player in persons.players]),
            "x_m": people.points_m[:, 0],
            "y_m": people.points_m[:, 1],
            "speed_mps": speeds,
            "quality": words(carried, [Quality.SEEN.value, Quality.INTERPOLATED.value]),
        },
    )
    step = 65_536
    for start in range(0, max(1, whole.num_rows), step):
        yield whole.slice(start, step)


def given_kits(settings: FootballSettings) -> dict[Team, Float64]:
    """Give the colours that the user said.

    Raises:
        SettingsError: One is no colour.
    """
    said = {Team.HOME: settings.home_kit, Team.AWAY: settings.away_kit}
    return {team: lab_of(color) for team, color in said.items() if color is not None}


def _people(
    read: TableReader, frames: Int64, cameras: Cameras, settings: FootballSettings, pitch: PitchSize
) -> People:
    """Read the tracks of people that lived long enough; the ball's are not among them."""
    wanted = {name.lower() for name in settings.person_classes}
    balls = {name.lower() for name in settings.ball_classes}
    names = ("frame", "track_id", "class_name", "x1_px", "x2_px", "y2_px", "t_s")
    columns = columns_of(read, "tracks", names)
    classes = pc.utf8_lower(pa.array(columns["class_name"], pa.string())).to_numpy(zero_copy_only=False)
    known = np.isin(classes.astype(str), sorted(wanted))
    keep = known if known.any() else ~np.isin(classes.astype(str), sorted(balls))
    ids = columns["track_id"].astype(np.int64)
    keep &= _long_lived(ids, columns["t_s"])
    rows = np.searchsorted(frames, columns["frame"][keep])
    feet = np.stack([(columns["x1_px"] + columns["x2_px"]) / 2, columns["y2_px"]], axis=1)[keep]
    feet = feet.astype(np.float64)
    points = cameras.project(rows, feet)
    limits = np.array([pitch.length_m, pitch.width_m]) / 2 + _MARGIN_M
    points[~(np.abs(points) <= limits).all(axis=1)] = np.nan
    return People(rows.astype(np.int64), ids[keep], feet, points, classes[keep])


def _long_lived(ids: Int64, times_s: NDArray[Any]) -> NDArray[np.bool_]:
    if not len(ids):
        return np.zeros(0, np.bool_)
    known, place = np.unique(ids, return_inverse=True)
    first, last = np.full(len(known), np.inf), np.full(len(known), -np.inf)
    np.minimum.at(first, place, times_s)
    np.maximum.at(last, place, times_s)
    return np.asarray((last - first >= _MIN_TRACK_S)[place])


def _teams(
    read: TableReader, frames: Int64, people: People, settings: FootballSettings, pitch: PitchSize
) -> Teams:
    columns = columns_of(read, "kits", ("track_id", "l", "a", "b", "share"))
    mine = np.isin(columns["track_id"], people.track_ids)
    kits = KitRows(
        columns["track_id"][mine].astype(np.int64),
        np.stack([columns[name][mine] for name in ("l", "a", "b")], axis=1).astype(np.float64),
        columns["share"][mine].astype(np.float64),
    )
    seen = np.isfinite(people.points_m).all(axis=1)
    places = (
        PlaceRows(frames[people.rows[seen]], people.track_ids[seen], people.points_m[seen])
        if seen.any()
        else None
    )
    hints = _hints(people)
    return assign_teams(kits, places=places, hints=hints, given=given_kits(settings), pitch=pitch)


def _hints(people: People) -> Mapping[int, Role]:
    """Tracks that the detector mostly calls a goalkeeper or a referee."""
    found = dict[int, Role]()
    if not set(people.class_names.tolist()) & set(_HINTS):
        return found
    for track in np.unique(people.track_ids).tolist():
        names = people.class_names[people.track_ids == track]
        for name, role in _HINTS.items():
            if float(np.mean(names == name)) > 0.5:
                found[track] = role
    return found


def _rate(context: ReportContext, times_s: Float64) -> Fraction:
    """Rows a second: the source's rate, or what is left of it where frames were left out."""
    source = context.media.frame_rate_hz or _FALLBACK_HZ
    if len(times_s) < 2:
        return source
    stride = max(1, round(float(np.median(np.diff(times_s))) * float(source)))
    return source / stride


def _periods(
    settings: FootballSettings, times_s: Float64, positions: Float64, persons: Persons
) -> tuple[Period, ...]:
    spans = settings.periods or [(-np.inf, np.inf)]
    periods, reached = [], 0
    for number, (start_s, stop_s) in enumerate(spans, start=1):
        start = max(reached, int(np.searchsorted(times_s, start_s)))
        stop = max(start, int(np.searchsorted(times_s, stop_s, side="right")))
        periods.append(Period(number, start, stop, _attacks(positions[start:stop], persons)))
        reached = stop
    return tuple(periods)


def _attacks(positions: Float64, persons: Persons) -> int:
    """+1 where home stands left of away on the whole, for each team stands nearer to its own goal; 0 if unclear."""
    means = []
    for team in Team:
        columns = [place for place, player in enumerate(persons.players) if player.team is team]
        x_m = positions[:, columns, 0]
        means.append(float(np.nanmean(x_m)) if np.isfinite(x_m).any() else np.nan)
    apart_m = means[1] - means[0]
    return 0 if not abs(apart_m) > _SIDES_M else (1 if apart_m > 0 else -1)
