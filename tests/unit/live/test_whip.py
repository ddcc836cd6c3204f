"""WebRTC's door: who may open, how many, and what comes of a connection."""

import asyncio
import random

import pytest
from fastapi.testclient import TestClient

from sightline.core.accounts import Role
from sightline.core.errors import StreamOverloadedError
from sightline.live.webrtc.peers import Peers
from unit.live.doors import door, signed_in
from unit.live.test_offers import OFFER

SDP = {"Content-Type": "application/sdp"}


@pytest.fixture
def app(tmp_path):
    return door(tmp_path, stream_max_webrtc=1)[0]


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        ({}, OFFER, 415, "content_type"),
        (SDP, b"hello", 422, "message_invalid"),
        (SDP, OFFER, 422, "message_invalid"),
    ],
)
def test_what_cannot_be_answered_is_refused_and_leaves_no_stream(app, headers, body, status, code):
    with TestClient(app, headers=signed_in(app)) as client:
        answer = client.post("/stream/whip", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert client.get("/stream/health").json()["sessions"] == 0


async def real_offer():
    aiortc = pytest.importorskip("aiortc")
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    connection.createDataChannel("results")
    connection.addTransceiver("video", direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    offer = connection.localDescription.sdp
    await connection.close()
    return offer


def damaged(offer, rng):
    """Lines are left out, doubled, cut, or have a number that is none."""
    lines = offer.splitlines()
    for _ in range(rng.randint(1, 4)):
        number = rng.randrange(len(lines))
        line = lines[number]
        way = rng.choice(["without", "twice", "cut", "huge", "letter"])
        if way == "without":
            del lines[number]
        elif way == "twice":
            lines.insert(rng.randrange(len(lines)), line)
        elif way == "cut":
            lines[number] = line[: rng.randrange(len(line) + 1)]
        elif way == "huge":
            lines[number] = line.replace("1", "9" * 20)
        elif line:
            at = rng.randrange(len(line))
            lines[number] = line[:at] + rng.choice("\0é9:/ =-") + line[at + 1 :]
    return "\r\n".join(lines).encode()


def test_a_damaged_offer_is_answered_or_refused_and_takes_no_place_for_ever(app):
    offer, rng = asyncio.run(real_offer()), random.Random(5)
    with TestClient(app, headers=signed_in(app)) as client:
        answers = []
        for _ in range(60):
            answer = client.post("/stream/whip?fps_limit=1", content=damaged(offer, rng), headers=SDP)
            answers.append(answer.status_code)
            if answer.status_code == 201:
                assert client.delete(answer.headers["Location"]).status_code == 204
        assert set(answers) == {201, 422}
        assert (client.get("/stream/health").json()["sessions"], len(app.state.peers)) == (0, 0)


def test_nobody_and_those_who_only_look_open_no_connection(app):
    with TestClient(app) as client:
        assert client.post("/stream/whip", content=OFFER, headers=SDP).status_code == 401
        viewer = signed_in(app, Role.VIEWER, "vera")
        assert client.post("/stream/whip", content=OFFER, headers={**SDP, **viewer}).status_code == 403
        assert client.delete("/stream/whip/none", headers=signed_in(app)).status_code == 404


def test_a_server_with_as_many_as_it_takes_says_when_to_come_back(tmp_path):
    app, _ = door(tmp_path, stream_max_webrtc=0)
    with TestClient(app, headers=signed_in(app)) as client:
        answer = client.post("/stream/whip", content=OFFER, headers=SDP)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    with pytest.raises(StreamOverloadedError):
        Peers(0).check_room()
