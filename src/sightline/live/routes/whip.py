"""WebRTC: a camera's offer is answered, as WHIP (RFC 9725) has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response

from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.accounts import Principal
from sightline.core.errors import (
    ContentTypeError,
    MessageInvalidError,
    MissingDependencyError,
    SettingsError,
    StreamNotFoundError,
    StreamOverloadedError,
)
from sightline.core.optional import require
from sightline.live.asking import DeskHere, settings_of, stream_for
from sightline.live.webrtc.offers import LONGEST_OFFER_BYTES, checked_offer
from sightline.live.webrtc.peers import Peers

if TYPE_CHECKING:
    from sightline.live.webrtc.peer import Peer

router = APIRouter(prefix="/stream", tags=["live"])

_SDP = "application/sdp"


@router.post(
    "/whip",
    operation_id="open_webrtc",
    summary="Open a stream over WebRTC (WHIP)",
    status_code=201,
    response_class=Response,
    responses={
        **listed(
            StreamOverloadedError,
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
    request: Request, desk: DeskHere, who: Annotated[Principal, Depends(may("live.create"))]
) -> Response:
    """Answer a browser's offer; settings of the stream go into the address, as on the WebSocket.

    Its data channel carries the messages of the WebSocket; an offer that also receives video gets its own back with
    boxes. The answer names host addresses alone, and the server dials none that the offer names.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _SDP:
        raise ContentTypeError(f"not an offer: {kind[:60] or 'no content type'}", hint=f"send {_SDP}")
    peers: Peers = request.app.state.peers
    peers.check_room()
    offer = checked_offer(await _body(request))
    peer_kind = await to_thread.run_sync(
        _peer_kind
    )  # the first import takes a second, which no other stream waits for
    given = settings_of(request.query_params)
    stream = await to_thread.run_sync(lambda: desk.open(given, owner=who.user_id))

    def ended(peer: Peer) -> None:
        peers.drop(peer)
        desk.close(stream.id)

    peer = peer_kind(stream, request.app.state.closing, ended)
    try:
        peers.add(peer)
    except StreamOverloadedError:  # others were quicker
        await peer.close()
        raise
    answer = await peer.answer(offer)
    return Response(
        answer, status_code=201, media_type=_SDP, headers={"Location": f"/stream/whip/{stream.id}"}
    )


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
    desk: DeskHere,
    who: Annotated[Principal, Depends(may("live.change"))],
) -> None:
    """Hang up and close its stream."""
    stream = stream_for(desk, who, client_id, "live.change")
    peers: Peers = request.app.state.peers
    await peers.close(stream.id)
    desk.close(stream.id)


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
