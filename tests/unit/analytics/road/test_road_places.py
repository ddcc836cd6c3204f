"""Fixes become places at any moment, and say what they are worth."""

from __future__ import annotations

import numpy as np
import pytest

from sightline.analytics.earth import GeoOrigin
from sightline.analytics.road.gps import Fix, GpsTrack, epoch_s, on_clock, read_gpx, turn_deg
from sightline.core.errors import SettingsError
from sightline.core.tracks import Quality

GPX = """<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="50.0" lon="8.0"><ele>100</ele><time>2024-05-01T10:00:00Z</time></trkpt>
<trkpt lat="50.0" lon="8.001"><time>2024-05-01T10:00:05+00:00</time>
  <extensions><course>91.5</course></extensions></trkpt>
<trkpt lat="50.1" lon="8.1"/>
</trkseg></trk></gpx>"""


def east(count, *, step_s=1.0, metres=10.0):
    origin = GeoOrigin(50.0, 8.0)
    places = origin.degrees(np.array([[metres * number, 0.0] for number in range(count)]))
    return [Fix(number * step_s, lat, lon) for number, (lon, lat) in enumerate(places.tolist())]


def test_a_gpx_file_gives_its_timed_points():
    fixes = read_gpx(GPX)
    assert [fix.t_s - fixes[0].t_s for fix in fixes] == [0, 5]
    assert fixes[0].t_s == epoch_s("2024-05-01T10:00:00Z")
    assert fixes[1].heading_deg == 91.5


@pytest.mark.parametrize(
    "text",
    [
        "not xml",
        "<gpx></gpx>",
        '<gpx><trk><trkseg><trkpt lat="x" lon="8"><time>2024-05-01T10:00:00Z</time></trkpt></trkseg></trk></gpx>',
        '<gpx><trk><trkseg><trkpt lat="99" lon="8"><time>2024-05-01T10:00:00Z</time></trkpt></trkseg></trk></gpx>',
        '<gpx><trk><trkseg><trkpt lat="9" lon="8"><time>noon</time></trkpt></trkseg></trk></gpx>',
        '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx></gpx>',
    ],
)
def test_what_is_no_gpx_file_is_refused_with_a_hint(text):
    with pytest.raises(SettingsError) as refused:
        read_gpx(text)
    assert refused.value.hint


def test_between_two_fixes_the_place_is_interpolated_and_says_so():
    place = GpsTrack(east(3)).at(0.5)
    metres = GeoOrigin(50.0, 8.0).metres(np.array([[place.longitude_deg, place.latitude_deg]]))
    np.testing.assert_allclose(metres, [[5.0, 0.0]], atol=0.01)
    assert place.quality is Quality.INTERPOLATED
    assert place.heading_deg == pytest.approx(90, abs=0.1)


def test_at_a_fix_the_place_is_seen():
    assert GpsTrack(east(3)).at(1.0).quality is Quality.SEEN


def test_nothing_is_invented_far_beyond_the_fixes_or_in_long_gaps():
    track = GpsTrack(east(3))
    assert track.at(2.8).quality is Quality.EXTRAPOLATED
    assert track.at(5.0) is None
    assert GpsTrack(east(2, step_s=60.0)).at(30.0) is None
    assert GpsTrack().at(0.0) is None


def test_a_standing_car_keeps_its_heading():
    fixes = east(3) + [Fix(3.0, 50.0, east(3)[-1].longitude_deg + 1e-6)]
    assert GpsTrack(fixes).at(3.0).heading_deg == pytest.approx(90, abs=0.1)


def test_a_stream_of_fixes_gives_what_a_file_of_them_gives():
    whole, grown = GpsTrack(east(6)), GpsTrack()
    for fix in east(6):
        grown.add(fix)
    assert grown.at(3.3) == whole.at(3.3)


def test_a_longitude_that_wraps_is_not_taken_around_the_earth():
    track = GpsTrack([Fix(0.0, 0.0, 179.9999), Fix(1.0, 0.0, -179.9999)])
    assert abs(track.at(0.5).longitude_deg) == pytest.approx(180.0, abs=1e-6)


def test_clocks_are_brought_together():
    fixes = read_gpx(GPX)
    assert on_clock(fixes, start_s=None, first_t_s=0.0, offset_s=0.0)[1].t_s == 5.0
    late = on_clock(fixes, start_s=fixes[0].t_s - 10, first_t_s=2.0, offset_s=0.5)
    assert late[0].t_s == pytest.approx(12.5)


@pytest.mark.parametrize(
    ("one", "other", "between"), [(350, 10, 20), (10, 350, 20), (0, 180, 180), (90, 90, 0)]
)
def test_angles_between_headings(one, other, between):
    assert turn_deg(one, other) == between


def test_metres_and_degrees_are_each_others_way_back():
    origin = GeoOrigin(-33.0, 151.0, bearing_deg=30.0)
    points = np.array([[120.0, -40.0], [0.0, 900.0]])
    np.testing.assert_allclose(origin.metres(origin.degrees(points)), points, atol=1e-6)
