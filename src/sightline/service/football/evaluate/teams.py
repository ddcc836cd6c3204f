"""Measures how well shirts tell teams and roles, on drawn players in known kits.

Players are drawn at the size of a tactical camera: noise, blur, JPEG, half of the pitch in the shade, white balance
that drifts, boxes that are off, other players in the way, numbers and stripes on the shirts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.football.kits.colors import KIT_COLORS, lab_of
from sightline.analytics.football.match import Role, Team
from sightline.analytics.football.teams import KitRows, PlaceRows, Teams, assign_teams
from sightline.vision.shirts import shirt_color

if TYPE_CHECKING:
    from sightline.core.arrays import Float64, UInt8

# Home, away, home's goalkeeper, away's goalkeeper, referees. The last eight pairs are of similar hue.
KITS = (
    *(("red", "white", "green", "yellow", "black"), ("blue", "white", "orange", "lime", "black")),
    *(("blue", "red", "yellow", "green", "black"), ("yellow", "blue", "pink", "gray", "black")),
    *(("black", "white", "orange", "lightblue", "yellow"), ("green", "white", "orange", "purple", "black")),
    *(("claret", "yellow", "green", "gray", "lightblue"), ("orange", "navy", "green", "pink", "lime")),
    *(("purple", "gold", "green", "white", "black"), ("lightblue", "claret", "orange", "lime", "black")),
    *(("navy", "white", "red", "lime", "yellow"), ("pink", "black", "green", "orange", "yellow")),
    *(("red", "claret", "green", "yellow", "lightblue"), ("blue", "navy", "orange", "pink", "yellow")),
    *(("lightblue", "white", "orange", "purple", "black"), ("orange", "red", "purple", "gray", "black")),
    *(("yellow", "gold", "purple", "pink", "black"), ("purple", "blue", "orange", "gray", "yellow")),
    *(("turquoise", "lightblue", "red", "orange", "black"), ("gray", "white", "orange", "purple", "red")),
)
_GRASS_BGR = (62.0, 128.0, 74.0)
_TRACKS_EACH = 2
_LOOKS = 12


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the drawn pitch."""

    kit: str
    team: Team | None
    role: Role
    x_m: float
    y_m: float


def evaluate_teams(*, seed: int = 7, pairs: int = len(KITS)) -> dict[str, Any]:
    """Draw a match for each pair of kits and count the tracks whose team and role come out right.

    Args:
        seed: Of everything random.
        pairs: How many pairs of kits to use, from the first.

    Returns:
        Shares with 95 % intervals (bootstrap over matches), one row per pair, and the time a shirt took.
    """
    rows, spent_s, looks = [], 0.0, 0
    for number, kits in enumerate(KITS[:pairs]):
        chance = np.random.default_rng([seed, number])
        people = list(_people(kits, chance))
        shirts, places, took_s = _look(people, chance)
        spent_s, looks = spent_s + took_s, looks + len(shirts.track_ids)
        rows.append({"home": kits[0], "away": kits[1], **_score(people, assign_teams(shirts, places=places))})
    return {
        "pairs": rows,
        "players": _interval(rows, "players_right", "players", seed),
        "goalkeepers": _interval(rows, "goalkeepers_right", "goalkeepers", seed),
        "referees": _interval(rows, "referees_right", "referees", seed),
        "ms_per_shirt": round(1000 * spent_s / max(looks, 1), 3),
        "seed": seed,
    }


def _people(kits: tuple[str, ...], chance: np.random.Generator) -> Iterator[Person]:
    home, away, home_keeper, away_keeper, referee = kits
    for team, kit, keeper, side in ((Team.HOME, home, home_keeper, -1), (Team.AWAY, away, away_keeper, 1)):
        yield Person(keeper, team, Role.GOALKEEPER, side * 47.0, 0.0)
        for line, width in ((30.0, 4), (12.0, 4), (-4.0, 2)):
            for place in range(width):
                y_m = (place - (width - 1) / 2) * 56.0 / width
                yield Person(kit, team, Role.PLAYER, side * line + chance.normal(0, 2), y_m)
    for x_m, y_m in ((3.0, 5.0), (25.0, 34.5), (-25.0, -34.5)):
        yield Person(referee, None, Role.REFEREE, x_m, y_m)


def _look(people: list[Person], chance: np.random.Generator) -> tuple[KitRows, PlaceRows, float]:
    """Draw everybody again and again, and look at their shirts."""
    ids, colors, shares, frames, points, spent_s = [], [], [], [], [], 0.0
    for track, person in enumerate(person for person in people for _ in range(_TRACKS_EACH)):
        start = (track % _TRACKS_EACH) * _LOOKS
        for look in range(_LOOKS):
            x_m, y_m = person.x_m + chance.normal(0, 4), person.y_m + chance.normal(0, 3)
            other = people[int(chance.integers(len(people)))] if chance.random() < 0.1 else None
            image, box = draw_player(person.kit, chance, shade=x_m < -10, other=other.kit if other else None)
            began_s = time.perf_counter()
            found = shirt_color(image, box)
            spent_s += time.perf_counter() - began_s
            if found is None:
                continue
            ids.append(track + 1)
            colors.append(found[:3])
            shares.append(found[3])
            frames.append(start + look)
            points.append((x_m, y_m))
    order = np.argsort(frames, kind="stable")
    tracks = np.array(ids, np.int64)
    shirts = KitRows(tracks, np.array(colors), np.array(shares))
    places = PlaceRows(np.array(frames, np.int64)[order], tracks[order], np.array(points)[order])
    return shirts, places, spent_s


def draw_player(
    kit: str, chance: np.random.Generator, *, shade: bool, other: str | None = None
) -> tuple[UInt8, tuple[float, float, float, float]]:
    """Draw one player on grass, as a camera sees him from far.

    Args:
        kit: Name of the shirt's colour.
        chance: Draws what is left to chance.
        shade: Whether the player stands in the shade.
        other: Shirt of somebody who is partly in the way.

    Returns:
        The picture around the player, and the box a detector might give.
    """
    tall = int(chance.integers(28, 72))
    wide = max(8, round(tall * chance.uniform(0.30, 0.45)))
    image = np.empty((tall + 24, wide * 3, 3))
    image[:] = np.array(_GRASS_BGR) * (1 + 0.06 * np.sign(np.sin(np.arange(wide * 3) / 9.0))[:, None])
    _paint(image, (wide, 12), (wide, tall), kit, chance)
    if other is not None:
        _paint(image, (wide + round(chance.choice([-0.55, 0.55]) * wide), 14), (wide, tall), other, chance)
    image *= chance.uniform(0.55, 0.75) if shade else chance.uniform(0.9, 1.12)
    image *= 1 + chance.normal(0, 0.03, 3)
    image = cv2.GaussianBlur(image, (0, 0), float(chance.uniform(0.5, 1.1)))
    image += chance.normal(0, 5, image.shape)
    packed = cv2.imencode(
        ".jpg",
        np.clip(image, 0, 255).astype(np.uint8),
        [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(55, 90))],
    )[1]
    off = chance.normal(0, 0.05, 4) * np.array([wide, tall, wide, tall])
    box = (wide + off[0], 12 + off[1], 2 * wide + off[2], 12 + tall + off[3])
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8), box


def _paint(
    image: Float64, at: tuple[int, int], size: tuple[int, int], kit: str, chance: np.random.Generator
) -> None:
    """Paint head, shirt with a number, arms, shorts and legs."""
    (left, top), (wide, tall) = at, size
    shirt = np.array([int(KIT_COLORS[kit][place : place + 2], 16) for place in (5, 3, 1)], np.float64)
    shirt = np.clip(shirt * chance.uniform(0.9, 1.05), 8, 250)
    skin = np.array([110.0, 140.0, 190.0]) * chance.uniform(0.5, 1.1)
    shorts = np.array([40.0, 40.0, 45.0]) if chance.random() < 0.5 else shirt * 0.9

    def part(color: Float64, x: tuple[float, float], y: tuple[float, float]) -> None:
        rows = slice(max(0, top + round(y[0] * tall)), top + round(y[1] * tall))
        columns = slice(max(0, left + round(x[0] * wide)), max(0, left + round(x[1] * wide)))
        image[rows, columns] = color

    part(skin, (0.36, 0.64), (0.0, 0.15))
    part(skin, (0.08, 0.92), (0.34, 0.48))
    part(shirt, (0.12, 0.88), (0.15, 0.34))
    part(shirt, (0.22, 0.78), (0.34, 0.50))
    part(255 - shirt, (0.44, 0.56), (0.22, 0.36))
    part(shorts, (0.24, 0.76), (0.50, 0.66))
    part(skin, (0.26, 0.44), (0.66, 0.82))
    part(skin, (0.56, 0.74), (0.66, 0.82))
    part(shirt * 0.8, (0.26, 0.44), (0.82, 1.0))
    part(shirt * 0.8, (0.56, 0.74), (0.82, 1.0))


def _score(people: list[Person], teams: Teams) -> dict[str, Any]:
    """Count right tracks; which kit is called home is not judged where nothing could tell."""
    right = dict.fromkeys(Role, 0)
    total = dict.fromkeys(Role, 0)
    flip = _flipped(people, teams)
    for track, person in enumerate(person for person in people for _ in range(_TRACKS_EACH)):
        said = teams.tracks.get(track + 1)
        total[person.role] += 1
        if said is None or said.role is not person.role:
            continue
        team = flip.get(said.team) if said.team is not None else None
        right[person.role] += team == person.team
    return {
        "players": total[Role.PLAYER],
        "players_right": right[Role.PLAYER],
        "goalkeepers": total[Role.GOALKEEPER],
        "goalkeepers_right": right[Role.GOALKEEPER],
        "referees": total[Role.REFEREE],
        "referees_right": right[Role.REFEREE],
        "alike": teams.alike,
        "separation": round(teams.separation, 2),
        "kit_distance": round(float(np.linalg.norm(lab_of(people[1].kit) - lab_of(people[12].kit))), 1),
    }


def _flipped(people: list[Person], teams: Teams) -> dict[Team, Team]:
    """Home stays home unless the kits were found the other way round."""
    if teams.named_by == "side" or not teams.colors:
        return {team: team for team in Team}
    wanted = {Team.HOME: lab_of(people[1].kit), Team.AWAY: lab_of(people[12].kit)}
    straight = sum(float(np.linalg.norm(teams.colors[team] - wanted[team])) for team in Team)
    crossed = sum(
        float(np.linalg.norm(teams.colors[team] - wanted[other]))
        for team, other in ((Team.HOME, Team.AWAY), (Team.AWAY, Team.HOME))
    )
    if straight <= crossed:
        return {team: team for team in Team}
    return {Team.HOME: Team.AWAY, Team.AWAY: Team.HOME}


def _interval(rows: list[dict[str, Any]], right: str, total: str, seed: int) -> dict[str, Any]:
    """Give a share over all tracks with its 95 % interval over matches."""
    counts = np.array([(row[right], row[total]) for row in rows], np.float64)

    def share(drawn: Float64) -> float:
        good, whole = drawn.sum(axis=0)
        return float(good / whole)

    low, high = bootstrap_interval(counts, share, seed=seed)
    return {
        "share": round(share(counts), 4),
        "tracks": int(counts[:, 1].sum()),
        "low": round(low, 4),
        "high": round(high, 4),
    }
