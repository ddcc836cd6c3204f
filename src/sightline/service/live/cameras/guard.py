"""Which addresses a user of the server may have dialled."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.core.addresses import checked_address, networks
from sightline.core.errors import AddressRefusedError, SourceUnavailableError
from sightline.media.live.connection import Address
from sightline.service.guards.places import allowed_path

if TYPE_CHECKING:
    from sightline.service.live.cameras.request import CameraRequest
    from sightline.settings import Settings


def guarded(settings: Settings, request: CameraRequest) -> CameraRequest:
    """Give the request with a file's address resolved; a name is looked up when the camera is added.

    Raises:
        AddressRefusedError: It leads where users of this server may not go.
        SourceUnavailableError: Its name is not known.
    """
    if request.rtsp_push is not None:
        _check_host(settings, request.rtsp_push)
    if Address(request.address).is_file:
        path = allowed_path(settings, request.address.removeprefix("file://"))
        return request.model_copy(update={"address": str(path)})
    _check_host(settings, request.address)
    return request


def _check_host(settings: Settings, address: str) -> None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise AddressRefusedError("the address names no host", hint="as in rtsp://user:password@host/path")
    try:
        found = {str(row[4][0]) for row in socket.getaddrinfo(host, port or 554, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:  # the latter for names that no server can have
        raise SourceUnavailableError(
            f"{host} is not known: {error}", hint="check how the address is spelled, and this server's DNS"
        ) from None
    allowed = networks(settings.camera_networks)
    for text in found:
        try:
            checked_address(text, allowed=allowed)
        except AddressRefusedError as error:
            raise AddressRefusedError(
                error.message, hint="an admin can allow its network with SIGHTLINE_CAMERA_NETWORKS"
            ) from None
