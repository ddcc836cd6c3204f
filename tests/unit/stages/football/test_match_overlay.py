"""Rings, ball and radar over a match's video."""

from __future__ import annotations

import numpy as np

from football_play import SIZE, Play
from sightline.analytics.football.match import PitchSize
from sightline.apps.football.app import FootballApp
from sightline.stages.annotate import Scene
from sightline.stages.football.overlay import MatchOverlay, short
from sightline.testing.tables import MemoryTables

COLORS = {"home": "#d5202f", "away": "#f2f3f5"}
GRASS = np.full((*SIZE, 3), (50, 120, 60), np.uint8)


def tables(**players: object) -> MemoryTables:
    made = MemoryTables()
    box = {"x1_px": [300.0], "y1_px": [200.0], "x2_px": [330.0], "y2_px": [280.0]}
    person = {"player_id": ["home-7"], "team": ["home"], "x_m": [1.0], "y_m": [2.0], "quality": ["seen"]}
    made.add("players", {"frame": [1], "t_s": [0.04], "track_id": [7], **box, **person, **players})
    made.add("ball", {"frame": [1], "t_s": [0.04], "x_px": [600.0], "y_px": [400.0], "state": ["seen"]})
    return made


def drawn(made: MemoryTables, frame: int = 1) -> np.ndarray:
    picture = GRASS.copy()
    MatchOverlay(SIZE, made, COLORS, PitchSize()).draw(picture, frame, frame / 25)
    return np.asarray((picture != GRASS).any(axis=2))


def test_feet_ball_and_radar_are_drawn() -> None:
    changed = drawn(tables())

    assert changed[260:310, 280:350].any()
    assert changed[375:400, 590:610].any()
    assert changed[-150:, 500:700].mean() > 0.5


def test_nothing_is_drawn_on_a_frame_without_rows() -> None:
    assert not drawn(tables(), frame=0).any()


def test_without_a_place_in_metres_there_is_no_radar() -> None:
    changed = drawn(tables(x_m=[None], y_m=[None]))

    assert changed[260:310, 280:350].any()
    assert not changed[-150:].any()


def test_a_place_that_is_not_sure_is_drawn_with_less_ink() -> None:
    assert drawn(tables(quality=["interpolated"]))[200:290].sum() < drawn(tables())[200:290].sum()


def test_an_overlay_takes_the_place_of_boxes_and_leaves_the_source_alone() -> None:
    made = tables()
    scene = Scene(SIZE, made, None, overlays=[MatchOverlay(SIZE, made, COLORS, PitchSize())])
    source = GRASS.copy()
    source.flags.writeable = False

    picture = scene.draw(source, 1, 0.04)

    assert not (picture[198:204, 300:330] != GRASS[198:204, 300:330]).any()  # no box's upper edge
    assert (picture != GRASS).any()


def test_the_application_gives_its_overlay() -> None:
    report = {
        "teams": {team: {"kit": None, "color": color} for team, color in COLORS.items()},
        "source": {"pitch_m": [100.0, 64.0]},
    }
    media = type("Media", (), {"size": SIZE})()

    (overlay,) = FootballApp().overlays(Play(seconds=1).video_tables(), report, media)

    assert isinstance(overlay, MatchOverlay)


def test_persons_have_short_names() -> None:
    assert [short(name) for name in ("home-7", "away-12", "unknown-3")] == ["H7", "A12", "?3"]
