"""WebRTC through a real TURN server alone, as from a network that lets no UDP out."""

from __future__ import annotations

import json

import pytest

from servers import browser
from servers.browser import Browser
from servers.live import Server
from waiting import wait_for

pytestmark = [pytest.mark.server, browser.needed]

RELAY_ONLY = """
const Own = window.RTCPeerConnection;
window.RTCPeerConnection = function (config) {
  for (const server of config.iceServers) server.credential += window.SPOILT;
  return window.pc = new Own({...config, iceTransportPolicy: "relay"});
};
"""
PATH = """
(async () => {
  const stats = await pc.getStats();
  const transport = [...stats.values()].find((one) => one.type === "transport");
  const pair = stats.get(transport.selectedCandidatePairId);
  const near = stats.get(pair.localCandidateId);
  return [near.candidateType, near.relayProtocol];
})()
"""


@pytest.fixture(scope="module")
def server(turn, tmp_path_factory):
    address, secret = turn
    environ = {
        "SIGHTLINE_STREAM_ICE_SERVERS": json.dumps([address]),
        "SIGHTLINE_STREAM_TURN_SECRET": secret,
    }
    made = Server(tmp_path_factory.mktemp("live"), **environ)
    yield made
    made.close()


def start(page, server, *, spoilt=""):
    page.run(RELAY_ONLY + f"window.SPOILT = {json.dumps(spoilt)}")
    page.run(f"document.getElementById('key').value = {json.dumps(server.headers['X-API-Key'])}")
    page.run("document.getElementById('fps').value = 1")
    page.run("document.getElementById('way').value = 'webrtc'")
    page.run("document.getElementById('start').click()")


def answered(page):
    return int(page.run("document.body.dataset.answered") or 0)


def test_the_phone_page_is_answered_through_the_relay_alone(server, tmp_path):
    with Browser(f"http://127.0.0.1:{server.port}/stream/view", tmp_path) as page:
        start(page, server)
        try:
            wait_for(lambda: answered(page) >= 3, 90)
        except AssertionError:
            pytest.fail(str(page.run("document.getElementById('state').value")))
        assert page.run(PATH) == ["relay", "tcp"]
        page.run("document.getElementById('start').click()")
    wait_for(lambda: server.http.get("/stream/health").json().get("sessions") == 0)


def test_the_relay_takes_no_password_that_the_secret_has_not_signed(server, tmp_path):
    with Browser(f"http://127.0.0.1:{server.port}/stream/view", tmp_path) as page:
        start(page, server, spoilt="x")
        wait_for(lambda: page.run("window.pc && pc.iceGatheringState") == "complete")
        assert "a=candidate" not in page.run("pc.localDescription.sdp")
        assert answered(page) == 0
    wait_for(lambda: server.http.get("/stream/health").json().get("sessions") == 0)
