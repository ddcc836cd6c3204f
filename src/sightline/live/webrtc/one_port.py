"""Brings all WebRTC connections through one UDP port, chosen by whoever runs the server.

The ICE library opens a port of the system's choice for each connection. This stands before them: answers name its port in
place of theirs. A browser's first packet is a STUN request that names the connection it is for; from then on all packets of
that sender go there and back. What names no open connection is dropped, so nobody has anything sent anywhere.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import cast

from sightline.core.errors import SettingsError

Address = tuple[str, int]

_BINDING_REQUEST, _MAGIC, _USERNAME = 0x0001, 0x2112A442, 0x0006
_HEADER = struct.Struct(">HHI12x")
_ATTRIBUTE = struct.Struct(">HH")
_MOST_WAYS = 16
"""Senders of one connection: a browser tries each of its own addresses, and NAT may change them."""


class OnePort:
    """The port, on each of this machine's addresses that answers name.

    Args:
        number: Of the port.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._doors: dict[str, _Door] = {}
        self._opening = asyncio.Lock()

    async def instead(self, answer: str) -> str:
        """Give an answer that names this port, which from now on leads to the connection that made the answer.

        Raises:
            SettingsError: The port cannot be opened.
        """
        user = user_of(answer)
        lines = answer.splitlines()
        for number, line in enumerate(lines):
            parts = line.split()
            if line.startswith("a=candidate:") and parts[6:8] == ["typ", "host"]:
                door = await self._door(parts[4])
                door.expected[user] = int(parts[5])
                lines[number] = " ".join([*parts[:5], str(self.number), *parts[6:]])
        return "\r\n".join(lines) + "\r\n"

    def forget(self, user: str) -> None:
        """Lead nobody to a connection that is over."""
        for door in self._doors.values():
            door.forget(user)

    def close(self) -> None:
        """Close the port."""
        for door in self._doors.values():
            door.close()
        self._doors.clear()

    async def _door(self, host: str) -> _Door:
        async with self._opening:
            if host not in self._doors:
                try:
                    _, door = await asyncio.get_running_loop().create_datagram_endpoint(
                        _Door, local_addr=(host, self.number)
                    )
                except OSError as error:
                    raise SettingsError(
                        f"UDP port {self.number} of {host} cannot be opened: {error.strerror or error}",
                        hint="set SIGHTLINE_STREAM_WEBRTC_PORT to one that is free",
                    ) from None
                self._doors[host] = door
            return self._doors[host]


class _Door(asyncio.DatagramProtocol):
    """The port on one address.

    Attributes:
        expected: User of a connection -> its own port.
    """

    def __init__(self) -> None:
        self.expected: dict[str, int] = {}
        self._ways: dict[Address, _Way] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note where answers leave."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, sender: Address) -> None:
        """Send a packet on where its sender's first one led."""
        way = self._ways.get(sender)
        if way is not None:
            way.send(data)
            return
        user = asked_for(data)
        if user not in self.expected or sum(way.user == user for way in self._ways.values()) >= _MOST_WAYS:
            return
        way = self._ways[sender] = _Way(user, lambda back: self._transport.sendto(back, sender))
        task = asyncio.get_running_loop().create_task(self._open(way, data, sender))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def forget(self, user: str) -> None:
        """Let go of a connection."""
        self.expected.pop(user, None)
        for sender in [sender for sender, way in self._ways.items() if way.user == user]:
            self._ways.pop(sender).close()

    def close(self) -> None:
        """Let go of all."""
        for user in tuple(self.expected):
            self.forget(user)
        self._transport.close()

    async def _open(self, way: _Way, first: bytes, sender: Address) -> None:
        host = self._transport.get_extra_info("sockname")[0]
        place = (host, self.expected[way.user])
        try:
            await asyncio.get_running_loop().create_datagram_endpoint(lambda: way, remote_addr=place)
        except OSError:
            self._ways.pop(sender, None)
            return
        way.send(first)


class _Way(asyncio.DatagramProtocol):
    """From one sender to a connection and back. Packets before it is open are lost; ICE sends them again."""

    def __init__(self, user: str, back: Callable[[bytes], None]) -> None:
        self.user = user
        self._back = back
        self._transport: asyncio.DatagramTransport | None = None
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open, unless it was closed before that."""
        self._transport = cast("asyncio.DatagramTransport", transport)
        if self._over:
            transport.close()

    def datagram_received(self, data: bytes, _sender: Address) -> None:
        """Send an answer back."""
        self._back(data)

    def send(self, data: bytes) -> None:
        """Send a packet on."""
        if self._transport is not None and not self._over:
            self._transport.sendto(data)

    def close(self) -> None:
        """Close it."""
        self._over = True
        if self._transport is not None:
            self._transport.close()


def user_of(answer: str) -> str:
    """Give the user that packets for an answer's connection name."""
    return next(line for line in answer.splitlines() if line.startswith("a=ice-ufrag:")).partition(":")[2]


def asked_for(packet: bytes) -> str:
    """Give the user of the connection that a STUN request is for; empty for any other packet.

    Source:
        RFC 8489, sections 5 and 14; RFC 8445, section 7.2.2: the user is what comes before the colon.
    """
    if len(packet) < _HEADER.size:
        return ""
    kind, length, magic = _HEADER.unpack_from(packet)
    if (kind, magic) != (_BINDING_REQUEST, _MAGIC) or length != len(packet) - _HEADER.size:
        return ""
    at = _HEADER.size
    while at + _ATTRIBUTE.size <= len(packet):
        name, size = _ATTRIBUTE.unpack_from(packet, at)
        at += _ATTRIBUTE.size
        if name == _USERNAME:
            return packet[at : at + size].partition(b":")[0].decode("ascii", "replace")
        at += size + -size % 4
    return ""
