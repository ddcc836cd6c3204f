"""The football application: from tables to numbers, and never more than was seen."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from football_play import SIZE, Play
from sightline.analytics.football.match import Role, Team
from sightline.analytics.football.rows import ball_batch, facts_of, player_batches
from sightline.apps.football.app import FootballApp
from sightline.apps.football.moments import match_clock
from sightline.apps.football.settings import FootballSettings
from sightline.apps.football.sight.cameras import Cameras
from sightline.core.errors import SettingsError
from sightline.core.ledger import Ledger
from sightline.core.media import MediaInfo
from sightline.core.tables import TABLES
from sightline.ports import ReportContext
from sightline.testing.tables import MemoryTables

OWN = ("players", "ball", "events", "possession", "formations", "physical")


@dataclass(frozen=True)
class Made:
    report: Mapping[str, Any]
    tables: MemoryTables
    figures: Path
    page: str

    def number(self, team: str, name: str) -> float | None:
        return self.report["teams"][team]["numbers"][name]["value"]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    """Run the application on tables; figures only where asked for, for they need slow packages."""

    def run(tables: MemoryTables, *, figures: bool = False, **settings: Any) -> Made:
        if not figures:
            monkeypatch.setattr("sightline.apps.football.pictures.figures.draw_figures", lambda *_: [])
        app, written = FootballApp(), MemoryTables()
        frames = tables.rows("frames")
        folder = tmp_path / f"figures-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        context = ReportContext(
            media=MediaInfo("mp4", "h264", SIZE, 0, Fraction(25), False, Fraction(frames, 25), frames, 1),
            read=tables,
            write=written,
            settings={**app.defaults(), **settings},
            provenance={
                "sightline": "0",
                "source": {"name": "match.mp4"},
                "model": {"name": "m"},
                "settings": {},
            },
            ledger=Ledger(decoded=frames, inferred=frames).to_json(),
            background=None,
            figures=folder,
        )
        report = app.report(context)
        return Made(report, written, folder, app.page(report, folder))

    return run


def provider_tables(play: Play) -> MemoryTables:
    tables = MemoryTables()
    video = play.video_tables()
    for batch in video.batches("frames"):
        tables.write("frames", batch)
    for batch in player_batches(play.match()):
        tables.write("players", batch)
    tables.write("ball", ball_batch(play.match()))
    return tables


def test_a_match_seen_from_above_is_read_as_it_was_played(make: Callable[..., Made]) -> None:
    made = make(Play().video_tables())

    assert made.report["coverage"]["reasons"] == []
    assert made.number("home", "passes") == pytest.approx(9, abs=1)
    assert made.number("away", "passes") == 0
    assert made.number("home", "possession") > 0.95
    assert made.number("home", "distance") == pytest.approx(11 * 20 * 1.25, rel=0.06)
    assert made.report["source"]["periods"][0]["home_attacks"] == "right"


def test_everybody_gets_a_team_and_a_role(make: Callable[..., Made]) -> None:
    made = make(Play().video_tables())

    people = made.tables.table("players").select(["team", "role", "player_id"]).to_pylist()
    found = {(row["team"], row["role"], row["player_id"]) for row in people}
    kinds = sorted((str(team), role) for team, role, _ in found)
    assert len(found) == 23
    assert kinds.count(("home", "player")) == kinds.count(("away", "player")) == 10
    assert kinds.count(("home", "goalkeeper")) == kinds.count(("away", "goalkeeper")) == 1
    assert kinds.count(("referee", "referee")) == 1


def without(tables: MemoryTables, table: str, *, track: int, frames: range) -> MemoryTables:
    """The same tables, one track's rows of some frames left out of one of them."""
    left = MemoryTables()
    for name in TABLES:
        for batch in tables.batches(name):
            gone = [
                name == table and row["track_id"] == track and row["frame"] in frames
                for row in batch.to_pylist()
            ]
            left.write(name, batch.filter([not one for one in gone]))
    return left


def test_a_person_who_is_missed_for_a_moment_is_told_as_interpolated(make: Callable[..., Made]) -> None:
    play = Play(seconds=6)
    tables = without(play.video_tables(), "tracks", track=5, frames=range(60, 66))

    rows = make(tables).tables.table("players").to_pylist()

    mine = {row["frame"]: row for row in rows if row["track_id"] == 5}
    assert len({row["player_id"] for row in mine.values()}) == 1
    assert [frame for frame, row in mine.items() if row["quality"] == "interpolated"] == list(range(60, 66))
    assert [row["frame"] for row in rows] == sorted(row["frame"] for row in rows)
    for frame in range(60, 66):
        row, (x_m, y_m) = mine[frame], play.places()[frame, 4]
        assert (row["x_m"], row["y_m"]) == pytest.approx((x_m, y_m), abs=0.2)
        middle_px = (row["x1_px"] + row["x2_px"]) / 2, row["y2_px"]
        assert middle_px == pytest.approx(((x_m + 60) * 10, (40 - y_m) * 10), abs=2.0)


def test_both_doors_tell_the_same_match(make: Callable[..., Made]) -> None:
    play = Play()
    video = make(play.video_tables())
    positions = make(provider_tables(play), match=facts_of(play.match()))

    assert positions.report["source"]["kind"] == "tracking"
    for name in ("passes", "passes_complete", "shots", "corners", "throw_ins"):
        assert video.number("home", name) == pytest.approx(positions.number("home", name), abs=1), name
    for name in ("distance", "possession"):
        assert video.number("home", name) == pytest.approx(positions.number("home", name), rel=0.06), name


def test_positions_that_were_given_are_not_written_again(make: Callable[..., Made]) -> None:
    play = Play(seconds=4)

    made = make(provider_tables(play), match=facts_of(play.match()))

    assert made.tables.rows("players") == made.tables.rows("ball") == 0
    assert made.tables.rows("physical") > 0


@pytest.mark.parametrize(
    ("case", "play", "reason"),
    [
        ("no camera", Play(camera=False), "no camera was found"),
        ("a camera not to be trusted", Play(quality=0.2), "no camera was found"),
        ("nobody found", Play(home=0, away=0, keepers=False, referee=False), "detector found no people"),
        ("two kits alike", Play(kits=("red", "red", "red", "red", "red")), "could not be told apart"),
        ("no ball", Play(ball=False), "ball was hardly ever seen"),
        ("one team warming up", Play(away=0, keepers=False, referee=False), "could not be told apart"),
        ("four people", Play(home=2, away=2, keepers=False, referee=False), "."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_not_seen_is_not_made_up(
    case: str, play: Play, reason: str, make: Callable[..., Made]
) -> None:
    made = make(play.video_tables())

    assert re.search(reason, " ".join(made.report["coverage"]["reasons"])), case
    for team in ("home", "away"):
        for name in ("possession", "passes", "shots", "expected_goals", "threat", "goals"):
            assert made.number(team, name) is None, (team, name)
    assert made.report["score"]["home"] is None
    assert made.report["clips"] == made.report["timeline"] == []
    assert made.tables.rows("events") == 0
    assert "No match numbers are told" in made.page


def test_without_a_camera_tracks_still_get_rows_but_no_places(make: Callable[..., Made]) -> None:
    made = make(Play(camera=False).video_tables())

    players = made.tables.table("players")
    assert players.num_rows > 0
    assert players["x_m"].null_count == players.num_rows
    assert set(players["team"].to_pylist()) >= {"home", "away"}
    assert made.number("home", "distance") is None


@pytest.mark.parametrize("height_m", [18.0, 3.0, None])
def test_the_lower_a_camera_stands_the_more_a_tilt_moves_places(height_m: float | None) -> None:
    eye = np.array([0.0, -60.0, height_m or 0.0])
    projection = np.column_stack([np.eye(3), -eye]) if height_m else np.full((3, 4), np.nan)
    cameras = Cameras(
        np.full((2, 3, 3), np.nan), np.stack([projection] * 2), np.ones(2), np.zeros(2, np.bool_)
    )
    places = np.array([[[0.0, 0.0], [np.nan, np.nan]]] * 2)
    expected = np.deg2rad(0.1) * (60**2 + height_m**2) / height_m if height_m else np.nan
    assert cameras.shift_m(places) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("shift_m", "told"), [(0.5, False), (1.5, True), (np.nan, False)])
def test_a_low_camera_is_told_of(
    shift_m: float, told: bool, make: Callable[..., Made], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cameras, "shift_m", lambda *_: shift_m)
    made = make(Play(seconds=4).video_tables())
    assert any("stands low" in note for note in made.report["notes"]) is told


def test_a_cut_away_from_the_pitch_lowers_the_coverage_and_adds_no_distance(
    make: Callable[..., Made],
) -> None:
    whole, cut = make(Play().video_tables()), make(Play(gone=(5.0, 15.0)).video_tables())

    assert cut.report["coverage"]["pitch"] == pytest.approx(0.5, abs=0.01)
    assert cut.number("home", "distance") == pytest.approx(0.5 * whole.number("home", "distance"), rel=0.05)
    states = cut.tables.table("ball").select(["t_s", "state", "x_m"]).to_pylist()
    hidden = [row for row in states if 6.5 < row["t_s"] < 13.5]
    assert {row["state"] for row in hidden} == {"lost"}
    assert {row["x_m"] for row in hidden} == {None}


@pytest.mark.parametrize(("home", "away"), [(0, 0), (1, 0), (9, 10), (12, 11)])
def test_any_number_of_players_makes_a_report(home: int, away: int, make: Callable[..., Made]) -> None:
    made = make(Play(seconds=6, home=home, away=away, keepers=False, referee=False).video_tables())

    json.dumps(made.report, allow_nan=False)
    for table in OWN:
        assert made.tables.table(table).schema == TABLES[table]


def test_kits_that_the_user_gives_say_who_is_at_home(make: Callable[..., Made]) -> None:
    made = make(Play().video_tables(), home_kit="white", away_kit="red", home_name="Whites")

    assert made.number("away", "passes") == pytest.approx(9, abs=1)
    assert made.number("home", "passes") == 0
    assert made.report["teams"]["home"]["name"] == "Whites"


def test_teams_without_names_are_called_after_their_kits(make: Callable[..., Made]) -> None:
    made = make(Play(seconds=4).video_tables())

    assert [made.report["teams"][team]["name"] for team in ("home", "away")] == [
        "Team in red",
        "Team in white",
    ]


def test_halves_are_told_apart_where_the_user_says_when_they_were(make: Callable[..., Made]) -> None:
    made = make(Play().video_tables(), periods=[[0.0, 8.0], [10.0, 20.0]])

    assert [period["number"] for period in made.report["source"]["periods"]] == [1, 2]
    assert made.report["source"]["duration_s"] == pytest.approx(18.0, abs=0.1)
    assert set(made.tables.table("physical")["period"].to_pylist()) == {0, 1, 2}


def test_the_second_half_is_told_on_the_matchs_clock(make: Callable[..., Made]) -> None:
    made = make(Play().video_tables(), periods=[[0.0, 8.0], [10.0, 20.0]])
    kick_off = {
        "at_s": 0.0, "kind": "kick_off", "team": "home", "title": "Kick-off: Reds", "outcome": None,
        "player_id": None, "confidence": 0.9,
    }  # fmt: skip
    moments = [{**kick_off, "at_s": at_s} for at_s in (3.0, 12.0)]

    page = FootballApp().page({**made.report, "timeline": moments}, made.figures)

    assert re.findall(r'class="at">(\d+:\d\d)<', page) == ["0:03", "45:02"]


@pytest.mark.parametrize(
    ("at_s", "periods", "shown"),
    [
        (3690.0, [(1, 0.0)], "61:30"),
        (3690.0, [(1, 0.0), (2, 3600.0)], "46:30"),
        (2790.0, [(1, 0.0), (2, 3600.0)], "45+1:30"),
        (6450.0, [(1, 0.0), (2, 3600.0)], "90+2:30"),
        (30.0, [(2, 0.0), (3, 3000.0)], "45:30"),
        (130.0, [(4, 0.0), (5, 100.0)], "120:30"),
        (65.0, [], "1:05"),
        (65.0, [(7, 0.0), (8, 60.0)], "1:05"),
    ],
)
def test_the_clock_counts_halves_extra_time_and_what_is_added(
    at_s: float, periods: list[tuple[int, float]], shown: str
) -> None:
    assert match_clock(at_s, periods) == shown


def test_every_number_says_how_much_was_seen(make: Callable[..., Made]) -> None:
    made = make(Play(seconds=8).video_tables())

    for team in made.report["teams"].values():
        for name, metric in team["numbers"].items():
            assert set(metric) == {"value", "unit", "coverage", "quality"}, name
            assert metric["quality"]["note"], name
            assert metric["value"] is None or 0 <= metric["coverage"] <= 1, name


def test_the_page_needs_nothing_from_outside_and_escapes_names(make: Callable[..., Made]) -> None:
    made = make(Play(seconds=6).video_tables(), home_name="<b>A & B</b>")

    assert "<b>A &amp; B</b>" not in made.page
    assert "&lt;b&gt;A &amp; B&lt;/b&gt;" in made.page
    assert not re.search(r"""(?:src|href|poster)\s*=\s*["'](?!data:|\#)""", made.page)


def test_clips_that_were_cut_are_shown_on_the_page(make: Callable[..., Made]) -> None:
    made = make(Play(seconds=6).video_tables())
    clip = {
        "file": "01-goal.mp4", "kind": "goal", "title": "Goal: Reds", "team": "home", "rank": 1, "score": 90.0,
        "start_s": 1.0, "stop_s": 5.0, "picture_s": 3.0, "at_s": 3.0, "moments": ["Goal: Reds"],
    }  # fmt: skip
    goal = {
        "at_s": 3.0, "kind": "goal", "team": "home", "title": "Goal: Reds", "outcome": None, "player_id": None,
        "confidence": 0.9,
    }  # fmt: skip
    moments = [goal, {**goal, "at_s": 5.0, "kind": "kick_off"}, {**goal, "at_s": 6.0, "kind": "corner"}]
    (made.figures / "01-goal.mp4").write_bytes(b"video")
    (made.figures / "01-goal.jpg").write_bytes(b"picture")

    page = FootballApp().page({**made.report, "clips": [clip], "timeline": moments}, made.figures)

    assert 'src="data:video/mp4;base64,dmlkZW8="' in page
    assert 'poster="data:image/jpeg;base64,cGljdHVyZQ=="' in page
    assert "highlights/01-goal.mp4" in page
    assert page.count('<a href="#clip-1">') == 2
    assert page.count('<a href="#clip-1"><img src="data:image/jpeg;base64,cGljdHVyZQ=="') == 1
    assert 'id="clip-1"' in page


def test_who_was_seen_for_less_than_a_second_is_counted_and_not_listed(make: Callable[..., Made]) -> None:
    made = make(Play(seconds=6).video_tables())
    first, *others = made.report["players"]

    page = FootballApp().page({**made.report, "players": [{**first, "seen_s": 0.4}, *others]}, made.figures)

    assert page.count("<td>") < made.page.count("<td>")
    assert "1 more seen for less than a second" in page
    assert "seen for less than a second" not in made.page


@pytest.mark.slow
def test_figures_are_drawn_and_the_same_again(make: Callable[..., Made]) -> None:
    one, other = (make(Play().video_tables(), figures=True) for _ in range(2))

    names = {figure["file"] for figure in one.report["figures"]}
    assert {"average.svg", "heat-home.png", "players-home.png", "passes-home.svg", "voronoi.svg"} <= names
    assert {path.name: path.read_bytes() for path in one.figures.iterdir()} == {
        path.name: path.read_bytes() for path in other.figures.iterdir()
    }


def siege(*, keeper: bool) -> Play:
    """Both teams before the goal at the left, as far from it on average, two of white's the deepest."""
    along = (-47.0, -46.5, -33.0, -33.0, -32.0, -32.0, -32.25, -32.25)
    red = [("red", Team.HOME, Role.PLAYER, -42.0 + 12 / 7 * place, 4.0 * place - 14) for place in range(8)]
    white = [("white", Team.AWAY, Role.PLAYER, x_m, 12 - 4.0 * place) for place, x_m in enumerate(along)]
    guard = [("green", Team.AWAY, Role.GOALKEEPER, -49.0, 0.5)] if keeper else []
    return Play(seconds=6, home=0, away=0, keepers=False, referee=False, people=[*red, *white, *guard])


def test_one_goalkeeper_in_view_tells_which_way_the_teams_attack(make: Callable[..., Made]) -> None:
    made = make(siege(keeper=True).video_tables(), home_kit="red")

    assert "goalkeeper" in made.tables.table("players")["role"].to_pylist()
    assert made.report["source"]["periods"][0]["home_attacks"] == "left"


@pytest.mark.slow
def test_figures_say_where_the_direction_of_play_is_not_known(make: Callable[..., Made]) -> None:
    unknown = make(siege(keeper=False).video_tables(), home_kit="red", figures=True).report
    known = make(siege(keeper=True).video_tables(), home_kit="red", figures=True).report

    assert unknown["source"]["periods"][0]["home_attacks"] is None
    for report, said in ((unknown, False), (known, True)):
        captions = " ".join(figure["caption"] for figure in report["figures"])
        assert ("attack to the right" in captions) is said
        assert ("Which way they attack is not known" in captions) is not said


@pytest.mark.slow
def test_the_heat_map_counts_as_mplsoccer_does(tmp_path: Path) -> None:
    from mplsoccer import Pitch

    from sightline.analytics.football.match import PitchSize
    from sightline.apps.football.pictures.pitches import BINS, Board

    points = np.random.default_rng(1).uniform([-52, -33], [52, 33], (500, 2))
    pitch = Pitch(pitch_type="custom", pitch_length=105, pitch_width=68)
    expected = pitch.bin_statistic(*(points + np.array([52.5, 34.0])).T, statistic="count", bins=BINS)[
        "statistic"
    ]

    assert Board(tmp_path, PitchSize()).counts(points).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("name", "value"),
    [("min_score", 2.0), ("tracking_method", "magic"), ("pitch_length_m", 10.0), ("nothing", 1)],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        FootballSettings.of({name: value})


def test_a_colour_that_is_none_is_refused(make: Callable[..., Made]) -> None:
    with pytest.raises(SettingsError, match="not a colour of a kit"):
        make(Play(seconds=4).video_tables(), home_kit="stripes")


def test_the_page_tells_the_way_run_in_each_speed_zone(make: Callable[..., Made]) -> None:
    made = make(Play(seconds=8).video_tables(), speed_zones_kmh=[5.0, 12.5])

    assert made.report["speed_zones_kmh"] == [5.0, 12.5]
    assert all(len(player["zone_m"]) == 3 for player in made.report["players"])
    for words in ("below 5.0 km/h", "5.0 to 12.5 km/h", "above 12.5 km/h", "Hard accelerations"):
        assert words in made.page


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("speed_zones_kmh", [20.0, 10.0], "must rise"),
        ("speed_zones_kmh", [0.0, 10.0], "must rise"),
        ("speed_zones_kmh", [float("nan")], "must rise"),
        ("periods", [[10.0, 5.0]], "must end after it starts"),
        ("periods", [[0.0, 10.0], [5.0, 20.0]], "before the next"),
        ("periods", [[3.0, 3.0]], "must end after it starts"),
        ("min_ball_radius", 50.0, "less than max_ball_radius"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(setting: str, value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        FootballSettings(**{setting: value})
