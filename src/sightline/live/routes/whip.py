"""WebRTC: a camera's offer is answered, as WHIP (RFC 9725) has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import (
    ContentTypeError,
    MessageInvalidError,
    MissingDependencyError,
    QuotaExceededError,
    SettingsError,
    StreamNotFoundError,
    StreamOverloadedError,
)
from sightline.core.optional import require
from sightline.live.dependencies import LiveHere, settings_of, stream_for
from sightline.live.webrtc.ice import as_links, checked_addresses, ice_servers, with_addresses
from sightline.live.webrtc.offers import LONGEST_OFFER_BYTES, checked_offer
from sightline.live.webrtc.peers import Peers

if TYPE_CHECKING:
    from sightline.live.webrtc.peer import Peer

router = APIRouter(prefix="/stream", tags=["live"])

_SDP = "application/sdp"


class IceServer(BaseModel):
    """Servers of one kind, as `RTCPeerConnection` takes them."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class IceServers(BaseModel):
    """What a browser sets up its connection with."""

    ice_servers: list[IceServer]


@router.post(
    "/whip",
    operation_id="open_webrtc",
    summary="Open a stream over WebRTC (WHIP)",
    status_code=201,
    response_class=Response,
    responses={
        **listed(
            StreamOverloadedError,
            QuotaExceededError,
            SettingsError,
            MessageInvalidError,
            ContentTypeError,
            MissingDependencyError,
        ),
        201: {"content": {_SDP: {"schema": {"type": "string"}}}},
    },
    openapi_extra={"requestBody": {"content": {_SDP: {"schema": {"type": "string"}}}, "required": True}},
)
async def open_webrtc(
    request: Request, live: LiveHere, who: Annotated[Principal, Depends(may("live.create"))]
) -> Response:
    """Answer a browser's offer; settings of the stream go into the address, as on the WebSocket.

    Its data channel carries the messages of the WebSocket; an offer that also receives video gets its own back with
    boxes. The answer names this machine's addresses alone, and the server dials none that the offer names. STUN and TURN
    servers for the browser are in the `Link` header, and before that at `/stream/ice`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _SDP:
        raise ContentTypeError(f"not an offer: {kind[:60] or 'no content type'}", hint=f"send {_SDP}")
    peers: Peers = request.app.state.peers
    peers.check_room()
    offer = checked_offer(await _body(request))
    platform = request.app.state.platform
    addresses = checked_addresses(platform.settings.stream_webrtc_addresses)
    links = as_links(ice_servers(platform.settings, user=who.user_id, now_s=platform.clock.now_s()))
    peer_kind = await to_thread.run_sync(
        _peer_kind
    )  # the first import takes a second, which no other stream waits for
    given = settings_of(request.query_params)
    stream = await to_thread.run_sync(lambda: live.open(given, owner=who.user_id))

    def ended(peer: Peer) -> None:
        peers.drop(peer)
        live.close(stream.id)

    peer = peer_kind(stream, request.app.state.closing, ended)
    try:
        peers.add(peer)
    except StreamOverloadedError:  # others were quicker
        await peer.close()
        raise
    answer = with_addresses(await peers.led(peer, await peer.answer(offer)), addresses)
    headers = {"Location": f"/stream/whip/{stream.id}", **({"Link": links} if links else {})}
    return Response(answer, status_code=201, media_type=_SDP, headers=headers)


@router.get(
    "/ice",
    operation_id="webrtc_servers",
    response_model_exclude_none=True,
    summary="STUN and TURN servers for WebRTC",
    responses=listed(SettingsError),
)
def webrtc_servers(
    request: Request, response: Response, who: Annotated[Principal, Depends(may("live.create"))]
) -> IceServers:
    """Give the servers that a browser is to use, with a password that is good for a day."""
    response.headers["Cache-Control"] = "no-store"
    platform = request.app.state.platform
    found = ice_servers(platform.settings, user=who.user_id, now_s=platform.clock.now_s())
    return IceServers(ice_servers=[IceServer(**server) for server in found])


@router.delete(
    "/whip/{client_id}",
    operation_id="close_webrtc",
    summary="End a stream over WebRTC",
    status_code=204,
    responses=listed(StreamNotFoundError),
)
async def close_webrtc(
    client_id: str,
    request: Request,
    live: LiveHere,
    who: Annotated[Principal, Depends(may("live.change"))],
) -> None:
    """Hang up and close its stream."""
    stream = stream_for(live, who, client_id, "live.change")
    peers: Peers = request.app.state.peers
    await peers.close(stream.id)
    live.close(stream.id)


def _peer_kind() -> type[Peer]:
    require("aiortc", extra="webrtc")
    from sightline.live.webrtc.peer import Peer

    return Peer


async def _body(request: Request) -> bytes:
    """Read no more of an offer than one may have."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > LONGEST_OFFER_BYTES:
            break
    return bytes(found)
