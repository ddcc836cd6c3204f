"""Folders and buckets that users of a server may name; everything else does not exist for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.core.errors import AddressRefusedError, SourceUnavailableError

if TYPE_CHECKING:
    from sightline.settings import Settings

_LONGEST = 4096


def allowed_path(settings: Settings, text: str) -> Path:
    """Give the file that a user of the server named, with every link followed.

    What lies outside the allowed folders is refused in the same words whether it is there or not. The answer holds
    no link, so that opening it leads where it was judged.

    Raises:
        AddressRefusedError: It does not lie in an allowed folder.
        SourceUnavailableError: It would, and is not there.
    """
    found = _allowed(settings, text)
    if not found.is_file():
        raise SourceUnavailableError(f"there is no file {text}", hint="check the path")
    return found


def allowed_folder(settings: Settings, text: str) -> Path:
    """Give a folder that is to be watched: an allowed one, or one in it; raises as `allowed_path`."""
    found = _allowed(settings, text)
    if not found.is_dir():
        raise SourceUnavailableError(f"there is no folder {text}", hint="check the path")
    return found


def _allowed(settings: Settings, text: str) -> Path:
    if not text or len(text) > _LONGEST or "\x00" in text:
        raise _refused()
    given = Path(text)
    if not given.is_absolute():
        raise _refused()
    try:
        found = given.resolve()
        folders = [folder.resolve() for folder in settings.allowed_folders]
    except (OSError, RuntimeError):  # a loop of links
        raise _refused() from None
    if not any(found.is_relative_to(folder) for folder in folders):
        raise _refused()
    return found


def allowed_object(settings: Settings, url: str) -> tuple[str, str]:
    """Give bucket and key of an address as in `s3://bucket/key` that a user of the server named.

    Raises:
        AddressRefusedError: It is no such address, or lies in no bucket, or under no prefix, that is allowed.
    """
    bucket, key = _split(url)
    if not key:
        raise AddressRefusedError("not the address of an object", hint="as in s3://bucket/key")
    if any(step in {"", ".", ".."} for step in key.split("/")):
        raise AddressRefusedError(
            "a key's steps are never empty, . or ..", hint="as in s3://bucket/folder/clip.mp4"
        )
    return _allowed_key(settings, bucket, key)


def allowed_prefix(settings: Settings, url: str) -> tuple[str, str]:
    """Give bucket and prefix of an address that is to be watched; an empty prefix is the whole bucket.

    Raises:
        AddressRefusedError: More lies under it than may be read.
    """
    return _allowed_key(settings, *_split(url))


def _split(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment) and url.isprintable() and len(url) <= _LONGEST
    if parts.scheme != "s3" or not plain or not parts.netloc:
        raise AddressRefusedError("not the address of an object", hint="as in s3://bucket/key")
    return parts.netloc, parts.path.removeprefix("/")


def _allowed_key(settings: Settings, bucket: str, key: str) -> tuple[str, str]:
    for allowed in settings.allowed_buckets:
        name, _, prefix = allowed.removeprefix("s3://").partition("/")
        if bucket == name and key.startswith(prefix):
            return bucket, key
    raise AddressRefusedError(
        "that bucket, or that part of it, may not be read",
        hint="an admin can add it to SIGHTLINE_ALLOWED_BUCKETS, as in videos/match-",
    )


def _refused() -> AddressRefusedError:
    return AddressRefusedError(
        "that path lies outside the folders that may be read",
        hint="upload the video; an admin can add its folder to SIGHTLINE_ALLOWED_FOLDERS",
    )
