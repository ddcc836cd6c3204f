from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.heatmap import Grid, HeatMap
from sightline.core.space import Homography, Space

GRID = Grid((0.0, 0.0), 10.0, (10, 20))


def heat(made, grid=GRID, **options):
    gauge = HeatMap(grid, **options)
    for batch in made:
        gauge.update(batch)
    return gauge.result()


def test_time_adds_up_where_the_feet_are(scene):
    people = {1: {0: (15, 35), 1: (15, 35), 2: (25, 35)}, 2: {0: (15, 35)}}
    found = heat(scene(people, frames=3))
    assert found.seconds[3, 1] == pytest.approx(0.3)
    assert found.seconds[3, 2] == pytest.approx(0.1)
    assert found.seconds.sum() == pytest.approx(0.4)


def test_a_stride_does_not_change_the_time(scene):
    places = dict.fromkeys(range(20), (15.0, 35.0))
    every = heat(scene({1: places}, frames=20))
    few = {frame: place for frame, place in places.items() if frame % 4 == 0}
    some = heat(scene({1: few}, frames=20, looked=lambda frame: frame % 4 == 0))
    assert some.seconds == pytest.approx(every.seconds)


def test_time_beyond_the_grid_is_told_apart(scene):
    found = heat(scene({1: {0: (250, 35), 1: (15, -1), 2: (15, 35)}}, frames=3))
    assert found.outside_s == pytest.approx(0.2)
    assert found.seconds.sum() == pytest.approx(0.1)


EDGES = [("origin", (0, 0), (0, 0)), ("far corner", (200, 100), (9, 19)), ("an inner edge", (10, 10), (1, 1))]


@pytest.mark.parametrize(("case", "point", "cell"), EDGES)
def test_edges_belong_to_a_cell(case, point, cell):
    cells, within = GRID.cells(np.array([point], float))
    assert within.all()
    assert divmod(int(cells[0]), 20) == cell, case


def test_an_unknown_place_is_in_no_cell():
    _, within = GRID.cells(np.array([[np.nan, 5.0]]))
    assert not within.any()


def test_a_grid_covers_the_whole_picture():
    grid = Grid.over_image((719, 1283), columns=96)
    assert grid.cell == 14
    assert grid.shape == (52, 92)


def test_a_map_of_the_ground_is_in_metres(scene):
    to_ground = Homography(np.diag([0.1, 0.1, 1.0]), target=Space.GROUND_M)
    grid = Grid.over_ground((0.0, 0.0, 4.0, 5.0), cell_m=1.0)
    found = heat(scene({1: {0: (15, 35), 1: (90, 35)}}, frames=2), grid, homography=to_ground)
    assert grid.shape == (5, 4)
    assert found.seconds[3, 1] == pytest.approx(0.1)
    assert found.outside_s == pytest.approx(0.1)


def test_metres_need_a_homography_and_pixels_take_none():
    ground = Grid.over_ground((0.0, 0.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="needs a homography"):
        HeatMap(ground)
    with pytest.raises(ValueError, match="takes none"):
        HeatMap(GRID, homography=Homography(np.eye(3)))
