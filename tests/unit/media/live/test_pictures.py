"""Single pictures from strangers: sized before anything is decoded, scaled while decoding."""

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.core.errors import MediaError, MediaTooLargeError, UnsupportedFormatError
from sightline.media.live.pictures import decode_picture, picture_header

IMAGE = np.random.default_rng(1).integers(0, 255, (90, 160, 3), dtype=np.uint8)


def encoded(suffix, image=IMAGE, *options):
    return cv2.imencode(suffix, image, list(options))[1].tobytes()


def with_orientation(jpeg, turn):
    """Put an EXIF block with an orientation into a JPEG."""
    tiff = (
        b"II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00"
        + bytes([turn, 0, 0, 0])
        + b"\x00" * 4
    )
    block = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + jpeg[2:]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("jpeg", encoded(".jpg")),
        ("jpeg", encoded(".jpg", IMAGE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)),
        ("png", encoded(".png")),
        ("webp", encoded(".webp", IMAGE, cv2.IMWRITE_WEBP_QUALITY, 80)),
        ("webp", encoded(".webp", IMAGE, cv2.IMWRITE_WEBP_QUALITY, 101)),
    ],
)
def test_a_header_tells_kind_and_size(kind, data):
    header = picture_header(data)
    assert (header.kind, header.size) == (kind, (90, 160))
    image, size = decode_picture(data)
    assert (image.shape, size) == ((90, 160, 3), (90, 160))


@pytest.mark.parametrize(
    ("least", "height"), [((90, 160), 90), ((46, 80), 90), ((45, 80), 45), ((20, 30), 23)]
)
def test_a_jpeg_is_scaled_while_it_decodes_but_never_below_what_is_needed(least, height):
    image, size = decode_picture(encoded(".jpg"), least=least)
    assert image.shape[0] == height
    assert size == (90, 160)


def test_a_phones_picture_comes_upright_with_its_upright_size():
    image, size = decode_picture(with_orientation(encoded(".jpg"), 6), least=(45, 45))
    assert size == (160, 90)
    assert image.shape[0] > image.shape[1]


def test_a_bomb_is_refused_unseen():
    bomb = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00"
    with pytest.raises(MediaTooLargeError, match="60000x60000"):
        decode_picture(bomb)


def test_what_is_no_picture_is_told():
    with pytest.raises(UnsupportedFormatError):
        decode_picture(b"GIF89a" + b"\x00" * 50)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # machines may be busy
@given(st.sampled_from([".jpg", ".png", ".webp"]), st.data())
def test_damage_is_a_named_error_or_a_picture(suffix, draw):
    data = bytearray(encoded(suffix))
    del data[draw.draw(st.integers(0, len(data))) :]
    for _ in range(draw.draw(st.integers(0, 4))):
        if data:
            data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        image, _ = decode_picture(bytes(data), least=(20, 20), max_pixels=1 << 20)
    except MediaError:
        return
    assert image.ndim == 3
