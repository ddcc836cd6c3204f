"""Offers of strangers: looked at before anything is opened, and their addresses never dialled."""

import pytest

from sightline.core.errors import MessageInvalidError
from sightline.live.webrtc.offers import checked_offer

OFFER = b"""v=0\r
o=- 1 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
m=video 9 UDP/TLS/RTP/SAVPF 96\r
c=IN IP4 0.0.0.0\r
a=candidate:1 1 udp 2122260223 10.0.0.9 22 typ host\r
a=candidate:2 1 udp 1 printer.local 9100 typ host\r
a=end-of-candidates\r
a=ice-ufrag:x\r
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r
"""


def test_no_address_of_an_offer_is_kept():
    found = checked_offer(OFFER)
    assert "10.0.0.9" not in found
    assert "printer" not in found
    assert "candidate" not in found
    assert found.count("m=") == 2
    assert found.endswith("\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"hello",
        b"v=0\r\nm=audio 9 x 0\r\n",
        OFFER + b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n",
        OFFER + b"m=audio 9 x 0\r\n" * 2,
        OFFER + b"a=x:" + b"y" * 64_000,
    ],
    ids=["nothing", "no text", "no SDP", "no video", "two cameras", "too much", "too long"],
)
def test_what_is_no_offer_of_a_camera_is_refused(body):
    with pytest.raises(MessageInvalidError):
        checked_offer(body)
