"""Gets at a video that is named rather than sent: by path, by https, in a bucket."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

from sightline import plugins
from sightline.core.addresses import networks
from sightline.service.guards.download import DownloadRules, download
from sightline.service.guards.places import allowed_object, allowed_path
from sightline.service.submit import media_limits
from sightline.service.videos.look import look_into
from sightline.service.videos.uploads import Offer, take_in

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.core.videos import Video
    from sightline.service.platform import Platform
    from sightline.service.videos.incoming import IncomingFile


def file_at(platform: Platform, text: str) -> Path:
    """Give a file of this server that a user named; it has been looked into.

    Raises:
        AddressRefusedError: It does not lie in an allowed folder.
        SourceUnavailableError: It is not there.
        MediaError: It is not a video that can be used.
    """
    path = allowed_path(platform.settings, text)
    look_into(platform, path)
    return path


def fetch_video(
    platform: Platform, who: Principal, url: str, *, name: str = "", tags: tuple[str, ...] = ()
) -> Video:
    """Fetch a video from an address, `https://...` or `s3://bucket/key`, and take it in.

    Raises:
        AddressRefusedError: It may not be called.
        SourceUnavailableError: It does not answer, or not with a file.
        MediaError: What came is not a video that can be used.
    """
    offer = Offer(name or urlsplit(url).path.rpartition("/")[2] or "video", tags=tags, origin=_shown(url))
    if url.startswith("s3://"):
        bucket, key = allowed_object(platform.settings, url)
        store = plugins.load("objects", "s3")(
            f"s3://{bucket}",
            platform.breakers.of(f"s3:{bucket}"),
            endpoint=platform.settings.s3_endpoint,
            region=platform.settings.s3_region,
        )
        return take_in(platform, who, offer, store.get(key))
    rules = DownloadRules(
        most_bytes=media_limits(platform).max_bytes,
        most_s=platform.settings.fetch_s,
        schemes=frozenset(platform.settings.fetch_schemes),
        networks=networks(platform.settings.fetch_networks),
    )

    def fetch(file: IncomingFile) -> None:
        download(url, cast("BinaryIO", _Out(file)), rules)

    return take_in(platform, who, offer, fetch)


class _Out(io.RawIOBase):
    """What `download` writes to: the file that is coming in."""

    def __init__(self, file: IncomingFile) -> None:
        super().__init__()
        self._file = file

    def write(self, data: Any) -> int:
        """Append a block."""
        self._file.write(data)
        return len(data)


def _shown(url: str) -> str:
    """Give an address without its query: signatures stand there."""
    return url.partition("?")[0]
