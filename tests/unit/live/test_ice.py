"""Browsers are told of STUN and TURN servers, with passwords that end; answers name addresses behind one-to-one NAT."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from fastapi.testclient import TestClient

from sightline.core.accounts import Role
from sightline.core.errors import SettingsError
from sightline.live.webrtc.ice import as_links, checked_addresses, ice_servers, with_addresses
from sightline.settings import read_settings
from unit.live.doors import door, signed_in

SERVERS = ("stun:stun.example:3478", "turn:turn.example:3478", "turns:turn.example:443?transport=tcp")
ANSWER = "\r\n".join(
    [
        "v=0",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=candidate:a3b1c2d4e5f6a7b8c9d0e1f2a3b4c5d6 1 udp 2130706431 172.18.0.4 40123 typ host",
        "a=candidate:0f 1 udp 2130706175 fd00::4 40124 typ host",
        "a=end-of-candidates",
        "",
    ]
)


def test_a_turn_password_is_made_for_who_asks_and_ends_after_a_day():
    settings = read_settings(stream_ice_servers=SERVERS, stream_turn_secret="north")
    stun, turn = ice_servers(settings, user="u7", now_s=1_700_000_000.9)
    assert stun == {"urls": ["stun:stun.example:3478"]}
    assert turn["urls"] == list(SERVERS[1:])
    assert turn["username"] == "1700086400:u7"
    # as coturn checks it: base64(HMAC-SHA1(secret, user name))
    assert base64.b64decode(turn["credential"]) == hmac.digest(b"north", b"1700086400:u7", hashlib.sha1)


def test_a_fixed_turn_user_has_the_secret_as_password():
    settings = read_settings(stream_ice_servers=SERVERS[1:2], stream_turn_user="me", stream_turn_secret='a"b')
    servers = ice_servers(settings, user="u7", now_s=0)
    assert servers == [{"urls": ["turn:turn.example:3478"], "username": "me", "credential": 'a"b'}]
    assert as_links(servers) == (
        '<turn:turn.example:3478>; rel="ice-server"; username="me"; credential="a\\"b"; credential-type="password"'
    )


def test_nothing_is_told_where_nothing_is_set():
    assert ice_servers(read_settings(), user="u7", now_s=0) == []
    assert as_links([]) == ""
    assert with_addresses(ANSWER, ()) == ANSWER


@pytest.mark.parametrize(
    ("given", "named"),
    [({"stream_ice_servers": ("http://x",)}, "http://x"), ({"stream_ice_servers": ("turn:x",)}, "secret")],
)
def test_what_no_browser_could_use_is_refused(given, named):
    with pytest.raises(SettingsError, match=named):
        ice_servers(read_settings(**given), user="u7", now_s=0)


def test_an_address_behind_nat_is_named_with_the_ports_of_its_kind():
    lines = with_addresses(ANSWER, checked_addresses(("203.0.113.7",))).split("\r\n")
    named = [line for line in lines if "203.0.113.7" in line]
    assert named == ["a=candidate:a3b1c2d4e5f6a7b8c9d0e1f2n1 1 udp 2130706430 203.0.113.7 40123 typ host"]
    assert [line for line in lines if line not in named] == ANSWER.split("\r\n")
    with pytest.raises(SettingsError, match="gate"):
        checked_addresses(("gate.example",))


def test_what_is_named_is_read_by_a_webrtc_library():
    aiortc = pytest.importorskip("aiortc")
    from aiortc.sdp import candidate_from_sdp

    assert aiortc.__version__
    lines = with_addresses(ANSWER, ("203.0.113.7", "2001:db8::7")).splitlines()
    read = [candidate_from_sdp(line.removeprefix("a=candidate:")) for line in lines if "a=candidate:" in line]
    assert [(one.ip, one.port, one.type) for one in read] == [
        ("172.18.0.4", 40123, "host"),
        ("203.0.113.7", 40123, "host"),
        ("fd00::4", 40124, "host"),
        ("2001:db8::7", 40124, "host"),
    ]
    assert len({one.foundation for one in read}) == len({one.priority for one in read}) == 4


def test_who_may_stream_is_told_the_servers_and_others_are_not(tmp_path):
    app, _ = door(tmp_path, stream_ice_servers=SERVERS, stream_turn_secret="north")
    with TestClient(app) as client:
        answer = client.get("/stream/ice", headers=signed_in(app))
        assert answer.headers["Cache-Control"] == "no-store"
        stun, turn = answer.json()["ice_servers"]
        assert stun == {"urls": ["stun:stun.example:3478"]}
        assert turn.keys() == {"urls", "username", "credential"}
        assert client.get("/stream/ice").status_code == 401
        assert client.get("/stream/ice", headers=signed_in(app, Role.VIEWER, "vera")).status_code == 403
