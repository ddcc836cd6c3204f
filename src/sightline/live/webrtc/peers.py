"""The WebRTC connections of this process, which are few."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sightline.core.errors import StreamOverloadedError

if TYPE_CHECKING:
    from sightline.live.webrtc.peer import Peer


class Peers:
    """All WebRTC connections of this process.

    Args:
        most: No more than so many at once; 0 for none.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._peers: dict[str, Peer] = {}

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

    def drop(self, peer: Peer) -> None:
        """Forget one that is over."""
        self._peers.pop(peer.stream.id, None)

    async def close(self, stream_id: str) -> None:
        """Hang up; does nothing where there is none."""
        peer = self._peers.get(stream_id)
        if peer is not None:
            await peer.close()

    async def shut(self) -> None:
        """Hang up on all."""
        await asyncio.gather(*(peer.close() for peer in tuple(self._peers.values())))
