"""The WebRTC connections of this process, which are few."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sightline.core.errors import SettingsError, StreamOverloadedError
from sightline.live.webrtc.one_port import OnePort, user_of

if TYPE_CHECKING:
    from sightline.live.webrtc.peer import Peer


class Peers:
    """All WebRTC connections of this process.

    Args:
        most: No more than so many at once; 0 for none.
        port: UDP port that all come through; 0 for one of the system's choice each.
    """

    def __init__(self, most: int, *, port: int = 0) -> None:
        self.most = most
        self._port = OnePort(port) if port else None
        self._peers: dict[str, Peer] = {}
        self._users: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._peers)

    def check_room(self) -> None:
        """Refuse one more where there are as many as may be.

        Raises:
            StreamOverloadedError: There are.
        """
        if len(self._peers) >= self.most:
            raise StreamOverloadedError(
                f"{len(self._peers)} WebRTC streams are open, as many as this server takes",
                hint="try again in 10 s, or send frames over the WebSocket",
            )

    def add(self, peer: Peer) -> None:
        """Take one in.

        Raises:
            StreamOverloadedError: There are as many as may be.
        """
        self.check_room()
        self._peers[peer.stream.id] = peer

    async def led(self, peer: Peer, answer: str) -> str:
        """Give a connection's answer with the one port in place of its own, where there is one.

        Raises:
            SettingsError: The port cannot be opened; the connection is closed.
        """
        if self._port is None:
            return answer
        user = self._users[peer.stream.id] = user_of(answer)
        try:
            answer = await self._port.instead(answer)
        except SettingsError:
            await peer.close()
            raise
        if peer.stream.id not in self._peers:  # it ended meanwhile
            self._port.forget(user)
        return answer

    def drop(self, peer: Peer) -> None:
        """Forget one that is over."""
        self._peers.pop(peer.stream.id, None)
        user = self._users.pop(peer.stream.id, None)
        if user is not None and self._port is not None:
            self._port.forget(user)

    async def close(self, stream_id: str) -> None:
        """Hang up; does nothing where there is none."""
        peer = self._peers.get(stream_id)
        if peer is not None:
            await peer.close()

    async def shut(self) -> None:
        """Hang up on all."""
        await asyncio.gather(*(peer.close() for peer in tuple(self._peers.values())))
        if self._port is not None:
            self._port.close()
