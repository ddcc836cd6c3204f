"""Moments of a match drawn from above."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize
from sightline.analytics.football.rows import ball_batch, player_batches
from sightline.media.draw import bgr_of
from sightline.stages.football.top_view import TopView
from sightline.testing.tables import MemoryTables
from unit.analytics.football.matches import two_teams

COLORS = {"home": "#ff0000", "away": "#0000ff", "referee": "#ffff00"}
CLIP = {"start_s": 2.0, "stop_s": 4.0, "title": "Shot, saved: Home"}


def tables_of(match):
    tables = MemoryTables()
    for batch in player_batches(match):
        tables.write("players", batch)
    tables.write("ball", ball_batch(match))
    return tables


def view(match, *clips, rate_hz=25):
    return TopView(
        tables_of(match),
        clips or [CLIP],
        colors=COLORS,
        pitch=PitchSize(),
        rate_hz=Fraction(rate_hz),
        clock="{:.0f}".format,
    )


@pytest.fixture
def match():
    count = 200
    ball = np.stack([np.linspace(-20, 20, count), np.zeros(count), np.zeros(count)], axis=1)
    return two_teams(count=count, rate_hz=25, ball_m=ball)


def where(picture, color):
    """The middles of the pixels of a colour, `(n, 2)` x and y."""
    rows, columns = np.nonzero((picture == bgr_of(color)).all(axis=2))
    return np.stack([columns, rows], axis=1)


def test_a_clip_shows_its_span_at_half_of_25_hz(match):
    drawn = view(match)
    times = [t_s for t_s, _ in drawn.pictures(CLIP)]
    assert drawn.frame_rate_hz == Fraction(25, 2)
    assert times == pytest.approx(np.arange(2.0, 4.001, 0.08))
    assert view(match, rate_hz=10).frame_rate_hz == 10


def test_everybody_stands_where_the_tables_say_in_the_teams_colour(match):
    height, width = view(match).size
    picture = next(iter(view(match).pictures(CLIP)))[1]
    assert picture.shape == (height, width, 3)
    home, away = where(picture, "#ff0000"), where(picture, "#0000ff")
    assert home[:, 0].mean() < width / 2 < away[:, 0].mean()
    keeper = home[home[:, 0] < width * 0.08]
    scale = width / (105 + 7)
    assert keeper[:, 0].mean() == pytest.approx((-48 + 56) * scale, abs=1.5)


def test_the_ball_moves_and_a_lost_one_is_not_drawn(match):
    pictures = [picture for _, picture in view(match).pictures(CLIP)]
    first, last = (where(picture[60:], "#f2f5f0") for picture in (pictures[0], pictures[-1]))
    assert last[:, 0].mean() > first[:, 0].mean() + 50
    lost = match.ball_m.copy()
    lost[:] = np.nan
    hidden = next(iter(view(replace(match, ball_m=lost)).pictures(CLIP)))[1]
    assert len(where(hidden[60:], "#f2f5f0")) < len(first) / 2


def test_a_leap_leaves_no_tail(match):
    ball = match.ball_m.copy()
    ball[:, 0] = np.where(np.arange(len(ball)) % 2, -40.0, 40.0)
    pictures = [picture for _, picture in view(replace(match, ball_m=ball)).pictures(CLIP)]
    middle = pictures[5][60:, 350:480]
    assert not len(where(middle, "#f2f5f0"))


def test_who_is_not_there_is_not_drawn(match):
    positions = match.positions_m.copy()
    positions[:, :11] = np.nan
    picture = next(iter(view(replace(match, positions_m=positions)).pictures(CLIP)))[1]
    assert not len(where(picture, "#ff0000"))
    assert len(where(picture, "#0000ff"))


def test_titles_that_cannot_be_written_are_left_out(match):
    written = next(iter(view(match).pictures(CLIP)))[1]
    folded = next(iter(view(match).pictures({**CLIP, "title": "Shot, saved: H\u00f4me"})))[1]
    bare = next(iter(view(match).pictures({**CLIP, "title": "\u5c04\u9580"})))[1]
    assert (written == folded).all()
    assert not (written[:40] == bare[:40]).all()
    assert (written[40:] == bare[40:]).all()
