"""Makes a match of what was seen in a video: tracks, shirts and cameras become positions of persons in metres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sightline.analytics.football.ends import EndRules, find_ends
from sightline.analytics.football.identity.boxes import PersonBoxes, steady_boxes
from sightline.analytics.football.identity.links import Views
from sightline.analytics.football.identity.paths import positions_of
from sightline.analytics.football.identity.persons import ROLES, Persons, PersonSource, find_persons
from sightline.analytics.football.identity.tracklets import Sightings
from sightline.analytics.football.kits.colors import lab_of
from sightline.analytics.football.match import BallState, Match, Period, PitchSize, Role, Team
from sightline.analytics.football.rows import record, words
from sightline.analytics.football.teams import KitRows
from sightline.apps.football.sight.cameras import Cameras, read_cameras
from sightline.apps.football.sight.columns import columns_of, looked_frames
from sightline.core.detections import feet_px
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
_LEAST_GUARDED = 10
_HINTS = {"goalkeeper": Role.GOALKEEPER, "referee": Role.REFEREE}


@dataclass(frozen=True, slots=True)
class People:
    """Rows of the `tracks` table that are people, in order of frame.

    Attributes:
        rows: `(n,)` which frame of those looked at.
        track_ids: `(n,)`.
        boxes_px: `(n, 4)`.
        points_m: `(n, 2)`; NaN where not known.
        class_names: `(n,)`.
    """

    rows: NDArray[np.int64]
    track_ids: Int64
    boxes_px: Float64
    points_m: Float64
    class_names: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Watched:
    """A video as a match.

    Attributes:
        match: Positions; the ball is not in it yet.
        cameras: How each frame was seen.
        people: What was tracked.
        persons: Who is who, and plays for whom.
        boxes: Where each of them was in the picture, without the detector's shake and short misses.
    """

    match: Match
    cameras: Cameras
    people: People
    persons: Persons
    boxes: PersonBoxes


def watch(context: ReportContext, settings: FootballSettings) -> Watched:
    """Put everybody who was tracked on the pitch."""
    pitch = PitchSize(settings.pitch_length_m, settings.pitch_width_m)
    frames, times_s = looked_frames(context.read)
    cameras = read_cameras(context, settings, frames, times_s)
    people = _people(context.read, frames, cameras, settings, pitch)
    views = Views(cameras.projections[:, :, [0, 1, 3]], context.media.size)
    persons = find_persons(_source(context, (frames, times_s), views, people, settings))
    positions = positions_of(
        people.rows, persons.columns, people.points_m, (len(frames), len(persons.players))
    )
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
    boxes = steady_boxes(times_s, people.rows, persons.columns, people.boxes_px, views=views)
    return Watched(match, cameras, people, persons, boxes)


def player_rows(watched: Watched, speeds_mps: Float64 | None) -> Iterator[pa.RecordBatch]:
    """Give the rows of `players`: one a frame and person, also where the place in metres is not known."""
    match, persons = watched.match, watched.persons
    rows, columns, boxes_px, track_ids, points_m, filled = _told(watched)
    names = [player.player_id for player in persons.players]
    teams = [
        player.team.value if player.team else ("referee" if player.role is Role.REFEREE else None)
        for player in persons.players
    ]
    guessed = (filled | watched.cameras.carried[rows]).astype(np.int64)
    speeds = np.full(len(columns), np.nan) if speeds_mps is None else speeds_mps[rows, columns]
    whole = record(
        "players",
        {
            "frame": match.frames[rows],
            "t_s": match.t_s[rows],
            "track_id": track_ids,
            "player_id": words(columns, names),
            "team": words(columns, teams),
            "role": words(columns, [player.role.value for player in persons.players]),
            **{f"{edge}_px": boxes_px[:, place] for place, edge in enumerate(("x1", "y1", "x2", "y2"))},
            "x_m": points_m[:, 0],
            "y_m": points_m[:, 1],
            "speed_mps": speeds,
            "quality": words(guessed, [Quality.SEEN.value, Quality.INTERPOLATED.value]),
        },
    )
    step = 65_536
    for start in range(0, max(1, whole.num_rows), step):
        yield whole.slice(start, step)


def _told(watched: Watched) -> tuple[Int64, Int64, Float64, Int64, Float64, NDArray[np.bool_]]:
    """Give frames, persons, boxes, tracks, places and whether each is a filled miss, in order of frame and track.

    A filled miss belongs to the track that was seen before it; its place is that of its feet.
    """
    people, boxes = watched.people, watched.boxes
    filled = boxes.sightings < 0
    seen_last = np.maximum.accumulate(np.where(filled, -1, np.arange(len(filled))))
    source = boxes.sightings[seen_last]
    points_m = people.points_m[source].copy()
    points_m[filled] = watched.cameras.project(boxes.rows[filled], feet_px(boxes.boxes_px[filled]))
    track_ids = people.track_ids[source]
    order = np.lexsort((track_ids, boxes.rows))
    place = (boxes.rows[order], boxes.columns[order], boxes.boxes_px[order])
    return *place, track_ids[order], points_m[order], filled[order]


def given_kits(settings: FootballSettings) -> dict[Team, Float64]:
    """Give the colours that the user said.

    Raises:
        SettingsError: One is not a colour.
    """
    said = {Team.HOME: settings.home_kit, Team.AWAY: settings.away_kit}
    return {team: lab_of(color) for team, color in said.items() if color is not None}


def _people(
    read: TableReader, frames: Int64, cameras: Cameras, settings: FootballSettings, pitch: PitchSize
) -> People:
    """Read the tracks of people that lived long enough; the ball's are not among them."""
    wanted = {name.lower() for name in settings.person_classes}
    balls = {name.lower() for name in settings.ball_classes}
    names = ("frame", "track_id", "class_name", "x1_px", "y1_px", "x2_px", "y2_px", "t_s")
    columns = columns_of(read, "tracks", names)
    classes = pc.utf8_lower(pa.array(columns["class_name"], pa.string())).to_numpy(zero_copy_only=False)
    known = np.isin(classes.astype(str), sorted(wanted))
    keep = known if known.any() else ~np.isin(classes.astype(str), sorted(balls))
    ids = columns["track_id"].astype(np.int64)
    keep &= _long_lived(ids, columns["t_s"])
    rows = np.searchsorted(frames, columns["frame"][keep])
    boxes = np.stack([columns[name][keep] for name in names[3:7]], axis=1).astype(np.float64)
    points = cameras.project(rows, feet_px(boxes))
    limits = np.array([pitch.length_m, pitch.width_m]) / 2 + _MARGIN_M
    points[~(np.abs(points) <= limits).all(axis=1)] = np.nan
    return People(rows.astype(np.int64), ids[keep], boxes, points, classes[keep])


def _long_lived(ids: Int64, times_s: NDArray[Any]) -> NDArray[np.bool_]:
    if not len(ids):
        return np.zeros(0, np.bool_)
    known, place = np.unique(ids, return_inverse=True)
    first, last = np.full(len(known), np.inf), np.full(len(known), -np.inf)
    np.minimum.at(first, place, times_s)
    np.maximum.at(last, place, times_s)
    return np.asarray((last - first >= _MIN_TRACK_S)[place])


def _source(
    context: ReportContext,
    looked: tuple[Int64, Float64],
    views: Views,
    people: People,
    settings: FootballSettings,
) -> PersonSource:
    frames, times_s = looked
    columns = columns_of(context.read, "kits", ("frame", "track_id", "l", "a", "b", "share"))
    kits = KitRows(
        columns["track_id"].astype(np.int64),
        np.stack([columns[name] for name in ("l", "a", "b")], axis=1).astype(np.float64),
        columns["share"].astype(np.float64),
        np.searchsorted(frames, columns["frame"]).astype(np.int64),
    )
    return PersonSource(
        Sightings(times_s, people.rows, people.track_ids, people.boxes_px, people.points_m),
        kits,
        _roles(people.class_names),
        given_kits(settings),
        views,
        PitchSize(settings.pitch_length_m, settings.pitch_width_m),
    )


def _roles(class_names: NDArray[np.object_]) -> Int64:
    """Give what the detector says of each box as a number of `ROLES`; -1 where it knows no roles."""
    if not set(class_names.tolist()) & set(_HINTS):
        return np.full(len(class_names), -1, np.int64)
    numbers = {name: ROLES.index(role) for name, role in _HINTS.items()}
    other = ROLES.index(Role.PLAYER)
    return np.array([numbers.get(name, other) for name in class_names.tolist()], np.int64)


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
    """+1 where goalkeepers, or else both teams on the whole, show that home attacks to the right; 0 if unclear.

    Without a goalkeeper in view each team stands nearer to its own goal than the other.
    """
    keepers = np.full((len(positions), 2), np.nan)
    for place, team in enumerate(Team):
        for column, player in enumerate(persons.players):
            if player.team is team and player.role is Role.GOALKEEPER:
                seen = np.isfinite(positions[:, column, 0])
                keepers[seen, place] = positions[seen, column, 0]
    nobody = np.empty((len(positions), 0, 2))
    guarded = find_ends(nobody, nobody, EndRules(least_frames=_LEAST_GUARDED), keepers_m=keepers)
    if guarded.home_attacks:
        return guarded.home_attacks
    means = []
    for team in Team:
        columns = [place for place, player in enumerate(persons.players) if player.team is team]
        x_m = positions[:, columns, 0]
        means.append(float(np.nanmean(x_m)) if np.isfinite(x_m).any() else np.nan)
    apart_m = means[1] - means[0]
    return 0 if not abs(apart_m) > _SIDES_M else (1 if apart_m > 0 else -1)
