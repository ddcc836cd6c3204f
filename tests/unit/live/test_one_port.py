"""All WebRTC connections through one UDP port: who is led where, and what leads nowhere."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from servers.processes import free_port
from sightline.core.errors import SettingsError
from sightline.live.webrtc.one_port import OnePort, asked_for, user_of

HOST = "127.0.0.1"


def request(user, *, before=b"", kind=1, magic=0x2112A442):
    """A STUN binding request for a user, with attributes before its name."""
    name = user.encode()
    body = before + struct.pack(">HH", 6, len(name)) + name + b"\0" * (-len(name) % 4)
    return struct.pack(">HHI12x", kind, len(body), magic) + body


def answer(user, port):
    return "\r\n".join(
        [
            "v=0",
            f"a=candidate:f 1 udp 2130706431 {HOST} {port} typ host",
            f"a=candidate:r 1 udp 7 192.0.2.9 4711 typ srflx raddr {HOST} rport {port}",
            f"a=ice-ufrag:{user}",
            "",
        ]
    )


@pytest.mark.parametrize(
    ("packet", "user"),
    [
        (request("abcd:wxyz"), "abcd"),
        (request("abcd"), "abcd"),
        (request("abcd:x", before=struct.pack(">HH4x", 0x24, 3)), "abcd"),
        (request("abcd:x", kind=0x0101), ""),
        (request("abcd:x", magic=7), ""),
        (request("abcd:x") + b"more", ""),
        (request("abcd:x")[:24], ""),
        (struct.pack(">HHI12x", 1, 4, 0x2112A442) + struct.pack(">HH", 0x24, 60_000), ""),
        (b"\x80\x60 media", ""),
        (b"", ""),
    ],
)
def test_a_stun_request_names_its_connection_and_nothing_else_does(packet, user):
    assert asked_for(packet) == user


class Browser:
    """Somebody with a socket of its own."""

    def __init__(self, port):
        self._port = port
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, data):
        self._socket.sendto(data, (HOST, self._port))

    async def heard(self, within_s=5.0):
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 2000), within_s)
        except TimeoutError:
            return None

    def close(self):
        self._socket.close()


class Connection(asyncio.DatagramProtocol):
    """Answers each packet with its own name."""

    def __init__(self, name):
        self.name = name.encode()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, sender):
        self.transport.sendto(self.name + b":" + data[-4:], sender)


async def opened(name):
    _, connection = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Connection(name), local_addr=(HOST, 0)
    )
    return connection, connection.transport.get_extra_info("sockname")[1]


def test_packets_of_two_browsers_go_to_their_own_connections_and_back_until_these_are_over():
    async def run():
        port = OnePort(free_port())
        connections = [await opened(name) for name in ("anna", "bert")]
        for connection, own in connections:
            told = await port.instead(answer(connection.name.decode(), own))
            assert f" {HOST} {port.number} typ host" in told
            assert " 192.0.2.9 4711 typ srflx" in told  # another's port stays
        browsers = [Browser(port.number) for _ in range(3)]
        for browser, user in zip(browsers, ("anna:x", "bert:y", "nobody:z"), strict=True):
            browser.send(request(user))
        assert [(await one.heard())[:4] for one in browsers[:2]] == [b"anna", b"bert"]
        for browser in browsers:
            browser.send(b"data")
        assert [await one.heard() for one in browsers[:2]] == [b"anna:data", b"bert:data"]
        assert await browsers[2].heard(0.05) is None
        port.forget("anna")
        for browser in browsers[:2]:
            browser.send(b"more")
        assert await browsers[1].heard() == b"bert:more"
        assert await browsers[0].heard(0.05) is None
        port.close()
        for connection, _ in connections:
            connection.transport.close()
        for browser in browsers:
            browser.close()

    asyncio.run(run())


def test_a_port_that_is_taken_is_named():
    async def run():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind((HOST, 0))
            with pytest.raises(SettingsError, match="cannot be opened"):
                await OnePort(taken.getsockname()[1]).instead(answer("anna", 1))

    asyncio.run(run())


def test_an_answers_user_is_read():
    assert user_of(answer("anna", 1)) == "anna"
