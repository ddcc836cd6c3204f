"""Small pictures that show what is in a video."""

from fractions import Fraction

import numpy as np
import pytest

from sightline.core.errors import DecodeFailedError, SourceUnavailableError
from sightline.media.thumbnails import contact_sheet, thumbnail

WIDE = Fraction(16, 11)


@pytest.mark.parametrize(("t_s", "number"), [(-1, 0), (0, 0), (0.5, 12), (0.52, 13), (50, 29)])
def test_a_thumbnail_shows_the_frame_on_screen_at_that_time(make, t_s, number):
    image = thumbnail(make(), t_s, 64)
    assert image.shape == (64, 96, 3)
    assert round(float(image[4:12, 4:12].mean()) / 4) == pytest.approx(number, abs=1)


def test_a_thumbnail_has_the_height_asked_for_and_stands_upright(make):
    assert thumbnail(make(rotation=-90), 0, 48).shape == (48, 32, 3)


def test_a_broken_start_gives_the_next_picture_that_decodes(make):
    path = make("mkv", frames=40)
    data = bytearray(path.read_bytes())
    data[600:1400] = bytes(800)
    path.write_bytes(data)
    assert thumbnail(path, 0, 64).shape == (64, 96, 3)


def test_a_video_that_does_not_decode_is_named(make, monkeypatch):
    path = make()
    monkeypatch.setattr("sightline.media.decode.SegmentDecoder._convert", lambda *_: None)
    with pytest.raises(DecodeFailedError, match="no picture"):
        thumbnail(path, 0, 64)


def test_a_missing_video_is_named(tmp_path):
    with pytest.raises(SourceUnavailableError):
        contact_sheet(tmp_path / "none.mp4", 2, 2, 100)


def test_a_contact_sheet_shows_the_middle_of_each_part(make):
    sheet = contact_sheet(make(frames=40), 2, 2, 4 * 3 + 2 * 96)
    assert sheet.shape == (4 * 3 + 2 * 64, 4 * 3 + 2 * 96, 3)
    corners = [sheet[4 + row * 68 :, 4 + column * 100 :][4:12, 4:12] for row in (0, 1) for column in (0, 1)]
    assert [round(float(corner.mean()) / 4) for corner in corners] == pytest.approx([5, 15, 25, 35], abs=1)
    assert (sheet[:4] == 24).all()


def test_a_sheet_is_the_same_each_time(make):
    path = make()
    assert np.array_equal(contact_sheet(path, 2, 3, 300), contact_sheet(path, 2, 3, 300))


def test_a_thumbnail_of_wide_pixels_has_square_ones(make):
    path = make(pixel_aspect=WIDE)
    assert thumbnail(path, 0, 64).shape == (64, 140, 3)
    assert thumbnail(path, 0, None).shape == (64, 96, 3)


def test_a_contact_sheet_shows_wide_pixels_wide(make):
    assert contact_sheet(make(pixel_aspect=WIDE), 1, 1, 8 + 140).shape == (8 + 64, 8 + 140, 3)
