"""Teams from shirts, roles from places."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.football.kits.colors import KIT_COLORS, hex_of, lab_of, name_of, shaded, unshaded
from sightline.analytics.football.match import Role, Team
from sightline.analytics.football.teams import KitRows, PlaceRows, Teams, assign_teams, kits_worn
from sightline.core.errors import SettingsError

Person = tuple[str, float, float]


def squad(kit: str, side: int, count: int = 10) -> list[Person]:
    return [(kit, side * (8.0 + 4 * (place % 5)), -25.0 + 5 * place) for place in range(count)]


def looked_at(
    people: list[Person], rng: np.random.Generator, *, looks: int = 15, noise: float = 4.0
) -> tuple[KitRows, PlaceRows]:
    """Everybody's shirt and place, `looks` times; a third of the looks are in the shade."""
    tracks = np.tile(np.arange(1, len(people) + 1), looks)
    frames = np.repeat(np.arange(looks), len(people))
    plain = np.array([lab_of(kit) for kit, _, _ in people] * looks)
    shade = np.where(rng.random(len(tracks)) < 0.33, 0.85, 1.0)[:, None]
    colors = np.concatenate([(plain[:, :1] + 16) * shade - 16, plain[:, 1:] * shade], axis=1)
    colors = colors + rng.normal(0, noise, colors.shape)
    points = np.array([(x, y) for _, x, y in people] * looks) + rng.normal(0, 2, (len(tracks), 2))
    return (
        KitRows(tracks, colors, np.ones(len(tracks))),
        PlaceRows(frames, tracks, points),
    )


def teams_of(found: Teams, count: int) -> list[Team | None]:
    return [found.tracks[track].team for track in range(1, count + 1)]


@pytest.mark.parametrize(
    ("home", "away"), [("red", "white"), ("blue", "navy"), ("turquoise", "lightblue"), ("black", "white")]
)
def test_two_kits_are_two_teams_whatever_the_light(home: str, away: str, rng: np.random.Generator) -> None:
    kits, places = looked_at(squad(home, -1) + squad(away, 1), rng)

    found = assign_teams(kits, places=places)

    assert teams_of(found, 20) == [Team.HOME] * 10 + [Team.AWAY] * 10
    assert found.named_by == "side"


def test_one_kit_alone_is_not_cut_in_two(rng: np.random.Generator) -> None:
    kits, places = looked_at(squad("red", -1) + squad("red", 1), rng)

    found = assign_teams(kits, places=places)

    assert found.alike
    assert set(teams_of(found, 20)) == {None}
    assert {one.confidence for one in found.tracks.values()} == {0.0}


def test_kits_known_from_the_whole_match_tell_the_teams_of_a_part(rng: np.random.Generator) -> None:
    kits, _ = looked_at(squad("red", -1) + squad("white", 1), rng)
    part, _ = looked_at([("red", 0.0, 0.0), ("red", 0.0, 0.0), ("white", 0.0, 0.0)], rng)
    given = {Team.HOME: lab_of("red"), Team.AWAY: lab_of("white")}

    worn = kits_worn(kits, given=given)

    assert assign_teams(part, given=given).alike
    found = assign_teams(part, given=given, worn=worn)
    assert teams_of(found, 3) == [Team.HOME, Team.HOME, Team.AWAY]


def test_one_kit_is_not_two_on_the_whole_either(rng: np.random.Generator) -> None:
    kits, _ = looked_at(squad("red", -1) + squad("red", 1), rng)

    assert kits_worn(kits) is None
    assert kits_worn(KitRows(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0))) is None


def test_kits_that_the_user_gives_name_the_teams(rng: np.random.Generator) -> None:
    kits, places = looked_at(squad("red", -1) + squad("white", 1), rng)

    found = assign_teams(kits, places=places, given={Team.HOME: lab_of("white"), Team.AWAY: lab_of("red")})

    assert teams_of(found, 20) == [Team.AWAY] * 10 + [Team.HOME] * 10
    assert found.named_by == "given"


def test_one_given_kit_names_both_teams(rng: np.random.Generator) -> None:
    kits, _ = looked_at(squad("red", -1) + squad("white", 1), rng)

    found = assign_teams(kits, given={Team.AWAY: lab_of("red")})

    assert teams_of(found, 20) == [Team.AWAY] * 10 + [Team.HOME] * 10


def test_who_wears_neither_kit_keeps_a_goal_or_the_rules(rng: np.random.Generator) -> None:
    people = [
        *squad("red", -1),
        *squad("white", 1),
        ("green", -48.0, 1.0),
        ("yellow", 47.0, -1.0),
        ("black", 2.0, 4.0),
        ("black", 20.0, 34.0),
    ]
    kits, places = looked_at(people, rng)

    found = assign_teams(kits, places=places)

    others = [(found.tracks[track].team, found.tracks[track].role) for track in range(21, 25)]
    assert others == [
        (Team.HOME, Role.GOALKEEPER),
        (Team.AWAY, Role.GOALKEEPER),
        (None, Role.REFEREE),
        (None, Role.REFEREE),
    ]


def test_goalkeepers_stay_with_their_team_when_the_sides_are_switched(rng: np.random.Generator) -> None:
    people = [*squad("red", 1), *squad("white", -1), ("green", 48.0, 0.0), ("yellow", -48.0, 0.0)]
    kits, places = looked_at(people, rng)

    found = assign_teams(kits, places=places, given={Team.HOME: lab_of("red"), Team.AWAY: lab_of("white")})

    assert [found.tracks[track].team for track in (21, 22)] == [Team.HOME, Team.AWAY]


def test_a_siege_does_not_give_the_goalkeeper_to_the_attackers(rng: np.random.Generator) -> None:
    """The camera shows white's goal: three defenders at the six-yard line, five far up, and ten attackers between."""
    line = [("white", 46.0, float(y)) for y in (-6, 0, 6)]
    ahead = [("white", 12.0, float(y)) for y in range(-20, 21, 10)]
    siege = [("red", 40.0 - place % 3, -18.0 + 4 * place) for place in range(10)]
    kits, places = looked_at([*line, *ahead, *siege, ("green", 50.0, 0.0)], rng)
    given = {Team.HOME: lab_of("red"), Team.AWAY: lab_of("white")}

    found = assign_teams(kits, places=places, given=given)

    assert (found.tracks[19].team, found.tracks[19].role) == (Team.AWAY, Role.GOALKEEPER)


def test_without_places_nobody_is_made_a_goalkeeper(rng: np.random.Generator) -> None:
    kits, _ = looked_at([*squad("red", -1), *squad("white", 1), ("green", 0.0, 0.0)], rng)

    found = assign_teams(kits)

    assert (found.tracks[21].team, found.tracks[21].role) == (None, Role.OTHER)
    assert found.named_by == "shade"


def test_a_detector_that_knows_referees_is_believed(rng: np.random.Generator) -> None:
    kits, places = looked_at([*squad("red", -1), *squad("white", 1), ("white", 0.0, 0.0)], rng)

    found = assign_teams(kits, places=places, hints={21: Role.REFEREE})

    assert (found.tracks[21].team, found.tracks[21].role) == (None, Role.REFEREE)


def test_substitutes_beside_the_pitch_belong_to_no_team(rng: np.random.Generator) -> None:
    kits, places = looked_at([*squad("red", -1), *squad("white", 1), ("red", 5.0, 42.0)], rng)

    assert assign_teams(kits, places=places).tracks[21].role is Role.OTHER


def test_a_bench_in_one_colour_beside_the_line_is_not_taken_for_a_team(rng: np.random.Generator) -> None:
    """White and a dark green, as small shirts look, and twelve in navy at the touchline."""
    white, green, bench = "white", "#7d8f80", [("#3a4050", -20.0 + 3 * place, 35.5) for place in range(12)]
    kits, places = looked_at([*squad(white, -1), *squad(green, 1), *bench], rng)

    found = assign_teams(kits, places=places)

    assert teams_of(found, 20) == [Team.HOME] * 10 + [Team.AWAY] * 10
    worn = kits_worn(kits, places=places)
    assert worn is not None
    lightness = sorted(float(color[0]) for color in worn.centers)
    assert lightness == pytest.approx([lab_of(green)[0], lab_of(white)[0]], abs=6)


def test_few_looks_make_little_confidence(rng: np.random.Generator) -> None:
    kits, _ = looked_at(squad("red", -1) + squad("white", 1), rng)
    last = np.flatnonzero(kits.track_ids == 20)[1:]
    fewer = KitRows(
        *(np.delete(column, last, axis=0) for column in (kits.track_ids, kits.colors, kits.shares))
    )

    found = assign_teams(fewer)

    assert found.tracks[20].confidence < 0.55 < found.tracks[1].confidence
    assert found.tracks[20].team is None


def test_nobody_is_no_team() -> None:
    nothing = KitRows(np.zeros(0, np.int64), np.zeros((0, 3)), np.zeros(0))

    assert assign_teams(nothing).tracks == {}


def test_a_single_person_has_no_team(rng: np.random.Generator) -> None:
    kits, _ = looked_at([("red", 0.0, 0.0)], rng)

    assert teams_of(assign_teams(kits), 1) == [None]


def test_the_order_of_the_looks_changes_nothing(rng: np.random.Generator) -> None:
    kits, _ = looked_at(squad("orange", -1) + squad("red", 1), rng)
    order = rng.permutation(len(kits.track_ids))
    mixed = KitRows(kits.track_ids[order], kits.colors[order], kits.shares[order])

    one, other = assign_teams(kits), assign_teams(mixed)

    assert teams_of(one, 20) == teams_of(other, 20)


@pytest.mark.parametrize("name", KIT_COLORS)
def test_a_kits_colour_goes_there_and_back(name: str) -> None:
    assert hex_of(lab_of(name)) == KIT_COLORS[name]
    assert name_of(lab_of(name)) == name
    assert unshaded(shaded(lab_of(name))) == pytest.approx(lab_of(name))


@pytest.mark.parametrize(
    ("given", "same"), [("Grey", "gray"), ("light blue", "lightblue"), ("#D5202F", "red")]
)
def test_colours_have_other_names(given: str, same: str) -> None:
    assert lab_of(given) == pytest.approx(lab_of(same))


def test_what_is_no_colour_is_refused() -> None:
    with pytest.raises(SettingsError, match="not a colour of a kit"):
        lab_of("reddish")


def test_lab_is_what_the_standard_says() -> None:
    assert lab_of("#ff0000") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert lab_of("#ffffff") == pytest.approx([100, 0, 0], abs=0.02)
