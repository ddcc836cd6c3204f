"""What a file is, from its first bytes; names and declared types prove nothing."""

from __future__ import annotations

from pathlib import Path

from sightline.core.errors import ContentRefusedError, SourceUnavailableError

_LOOKED_AT_BYTES = 1024
_TS_PACKET_BYTES = 188
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpeg"),
)
# Named, so that the refusal says what came instead of a video.
_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a playlist"),
    (b"[playlist]", "a playlist"),
    (b"%PDF", "a PDF"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"#!", "a script"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"<", "a page or document"),
)


def sniff_container(path: Path) -> str:
    """Give a video file's container: `mp4 matroska avi mpegts mpeg gif flv ogg asf`.

    Raises:
        SourceUnavailableError: It cannot be read.
        ContentRefusedError: It is something else.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_LOOKED_AT_BYTES)
    except OSError as error:
        raise SourceUnavailableError(
            f"the file cannot be read: {error.strerror}", hint="check its permissions and the disk"
        ) from None
    return container_of(head)


def container_of(head: bytes) -> str:
    """Give the container of a file that begins with `head`.

    Raises:
        ContentRefusedError: It is not a video.
    """
    for start, name in _STARTS:
        if head.startswith(start):
            return name
    if head[4:8] in _BOXES:
        return "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    for shift in (0, 4):  # plain, and with the time stamps of a camera (m2ts)
        step = _TS_PACKET_BYTES + shift
        if head[shift : shift + 1] == b"G" and head[step + shift : step + shift + 1] == b"G":
            return "mpegts"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    what = next((name for start, name in _OTHERS if text.startswith(start)), "no video that is known")
    raise ContentRefusedError(f"the file is {what}", hint="send mp4, mov, mkv, webm, avi, mpg, ts or gif")
