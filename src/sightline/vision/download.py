"""Fetches a file over HTTPS: resumes, retries, checks, and appears under its name only when it is whole."""

from __future__ import annotations

import errno
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sightline.core.errors import (
    DownloadFailedError,
    OutputFullError,
    OutputUnwritableError,
    WeightsInvalidError,
)

if TYPE_CHECKING:
    from random import Random

    from sightline.core.time import Clock

_BLOCK_BYTES = 1 << 16
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying.

    Attributes:
        attempts: Connections at most.
        read_timeout_s: Longest silence of the server.
        first_wait_s: Before the second attempt; doubles with each one.
        longest_wait_s: Where doubling ends.
        most_bytes: Largest file that is taken.
    """

    attempts: int = 5
    read_timeout_s: float = 30.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    most_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to fetch and what is known of it.

    Attributes:
        url: Where it is.
        sha256: What it must hash to, hexadecimal; None where nobody has vouched for it.
        size_bytes: How long it must be; None where that is not known.
    """

    url: str
    sha256: str | None = None
    size_bytes: int | None = None


class _TryAgainError(Exception):
    """An attempt failed in a way that another one may mend."""


def fetch(
    wanted: Wanted,
    target: Path,
    *,
    clock: Clock,
    rng: Random,
    patience: Patience | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> str:
    """Fetch a file, going on where an earlier call broke off, and give its sha256.

    What has arrived is kept beside the target as `.part`. Where no sha256 is known nothing is resumed, since
    nothing would tell that two halves belong together.

    Args:
        wanted: What to fetch.
        target: Where to put it; its folder is made.
        clock: Waits between attempts.
        rng: Spreads the waits, so that many machines do not come back at once.
        patience: How long to keep trying.
        progress: Called with bytes so far and bytes in all, None where that is not known.

    Raises:
        DownloadFailedError: The address is refused, or every attempt failed.
        WeightsInvalidError: What came is not what was wanted; nothing is kept of it.
        OutputError: The file cannot be written.
    """
    patience = patience or Patience()
    _check_address(wanted.url)
    part = target.with_name(target.name + ".part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        if wanted.sha256 is None:
            part.unlink(missing_ok=True)
        for attempt in range(patience.attempts):
            try:
                digest = _attempt(wanted, part, patience, progress)
            except _TryAgainError as error:
                if attempt + 1 == patience.attempts:
                    raise DownloadFailedError(
                        f"gave up on {wanted.url} after {patience.attempts} attempts: {error}",
                        hint="check the network and run it again; it goes on where it broke off",
                    ) from error
                clock.sleep_s(_wait_s(attempt, patience, rng))
            else:
                part.replace(target)
                return digest
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise OutputFullError(f"no room left for {target}", hint="free some and run it again") from error
        raise OutputUnwritableError(
            f"cannot write {target}: {error.strerror}",
            hint="free some space, or set SIGHTLINE_MODELS_DIR to another folder",
        ) from error
    raise DownloadFailedError("not even one attempt was allowed")


def _attempt(
    wanted: Wanted, part: Path, patience: Patience, progress: Callable[[int, int | None], None] | None
) -> str:
    have = part.stat().st_size if part.exists() and wanted.sha256 is not None else 0
    if wanted.size_bytes is not None and have > wanted.size_bytes:
        part.unlink()
        have = 0
    resumed = have > 0
    if wanted.size_bytes is None or have < wanted.size_bytes:
        with _connect(wanted.url, have, patience.read_timeout_s) as answer:
            have = _start(answer, have)
            total = _total(answer, have, wanted, patience)
            resumed = have > 0
            _receive(answer, part, have, total, patience, progress)
    digest = file_sha256(part)
    if wanted.sha256 is not None and digest != wanted.sha256:
        part.unlink()
        if resumed:
            raise _TryAgainError("the two halves did not belong together")
        raise WeightsInvalidError(
            f"{wanted.url} is not the file that was expected: sha256 {digest}, not {wanted.sha256}",
            hint="it has changed at its source; nothing was kept",
        )
    return digest


def _connect(url: str, have: int, timeout_s: float) -> Any:
    request = urllib.request.Request(  # noqa: S310 -- the address was checked
        url, headers={"User-Agent": "sightline", "Accept-Encoding": "identity"}
    )
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        return urllib.request.build_opener(_SafeRedirects).open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        error.close()
        if have and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return _connect(url, 0, timeout_s)
        if error.code in _TRANSIENT:
            raise _TryAgainError(f"the server answered {error.code}") from error
        raise DownloadFailedError(
            f"{url}: the server answered {error.code} {error.reason}", hint="check the address"
        ) from error
    except urllib.error.URLError as error:
        raise _TryAgainError(str(error.reason)) from error
    except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise _TryAgainError(_said(error)) from error


def _start(answer: Any, have: int) -> int:
    """Give where the answer's bytes belong: at the end of what is there, or at the beginning."""
    if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
        return 0
    said = answer.headers.get("Content-Range", "")
    if not said.startswith(f"bytes {have}-"):
        raise _TryAgainError(f"asked for bytes from {have}, got {said or 'no range'}")
    return have


def _total(answer: Any, have: int, wanted: Wanted, patience: Patience) -> int | None:
    """Give the file's length in bytes, None where neither the server nor the manifest says it."""
    stated = answer.headers.get("Content-Length", "")
    total = have + int(stated) if stated.isdigit() else wanted.size_bytes
    if total is not None and wanted.size_bytes not in (None, total):
        raise WeightsInvalidError(
            f"{wanted.url} has {total} bytes, not {wanted.size_bytes}",
            hint="it has changed at its source; nothing was kept",
        )
    if total is not None and total > patience.most_bytes:
        raise WeightsInvalidError(
            f"{wanted.url} has {total} bytes; at most {patience.most_bytes} are taken",
            hint="check the address: weights are smaller",
        )
    return total


def _receive(
    answer: Any,
    part: Path,
    have: int,
    total: int | None,
    patience: Patience,
    progress: Callable[[int, int | None], None] | None,
) -> None:
    most = patience.most_bytes if total is None else total
    with part.open("r+b" if have else "wb") as file:
        file.seek(have)
        while True:
            try:
                block = answer.read(_BLOCK_BYTES)
            except (TimeoutError, ConnectionError, http.client.HTTPException) as error:
                raise _TryAgainError(_said(error)) from error
            if not block:
                break
            have += len(block)
            if have > most:
                raise WeightsInvalidError(
                    f"{answer.url} sends more than {most} bytes",
                    hint="check the address: weights are smaller",
                )
            file.write(block)
            if progress is not None:
                progress(have, total)
    if total is not None and have < total:
        raise _TryAgainError(f"the server broke off after {have} of {total} bytes")


def file_sha256(path: Path) -> str:
    """Give one file's sha256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wait_s(attempt: int, patience: Patience, rng: Random) -> float:
    """Give half to all of a wait that doubles with each attempt."""
    whole = min(patience.first_wait_s * 2.0**attempt, patience.longest_wait_s)
    return whole * (0.5 + rng.random() / 2)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise DownloadFailedError(f"{url} is not an https address", hint="weights are only fetched over https")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but never away from https."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        try:
            _check_address(newurl)
        except DownloadFailedError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)
