"""Looks at offers of strangers before anything is opened for them."""

from __future__ import annotations

from sightline.core.errors import MessageInvalidError

LONGEST_OFFER_BYTES = 64_000
_MOST_MEDIA = 3
_DIALS = ("a=candidate:", "a=end-of-candidates", "a=remote-candidates")


def checked_offer(body: bytes) -> str:
    """Give an offer without the addresses that it names.

    The server dials nobody: whoever offers comes to the addresses in the answer, and is answered where the packets
    came from once they carry the answer's password. So an offer cannot make the server send anything anywhere.

    Raises:
        MessageInvalidError: It is not an offer, too long, or asks for more than one camera's worth.
    """
    if len(body) > LONGEST_OFFER_BYTES:
        raise MessageInvalidError(
            f"an offer of {len(body)} bytes", hint=f"at most {LONGEST_OFFER_BYTES} bytes of SDP"
        )
    try:
        lines = body.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise MessageInvalidError("the offer is not text", hint="send SDP") from None
    media = [line for line in lines if line.startswith("m=")]
    if not lines or not lines[0].startswith("v=0") or not any(line.startswith("m=video") for line in media):
        raise MessageInvalidError("the offer has no video", hint="send the SDP of a connection with a camera")
    if len(media) > _MOST_MEDIA or sum(line.startswith("m=video") for line in media) > 1:
        raise MessageInvalidError(
            "the offer has more than a camera, a microphone and a data channel", hint="offer one video"
        )
    return "\r\n".join(line for line in lines if line and not line.startswith(_DIALS)) + "\r\n"
