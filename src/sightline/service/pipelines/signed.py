"""Links that open one file of a run's results for whoever holds them, for a while.

Where the file lies in an object store that signs links of its own, the bytes come from there. Else the link is ours:
path and time signed with a key that is derived from the server's secret, so a new secret ends them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sightline.core.errors import AccessDeniedError, AdapterError, NotFoundError, RunNotFoundError
from sightline.core.links import checked_link, signed_link
from sightline.service.accounts.tokens import derived_key
from sightline.service.object_results import PREFIX
from sightline.service.pipelines.artifacts import Artifact, find_artifact

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.platform import Platform

LONGEST_S = 7 * 86_400
"""What S3 allows as well."""
_PURPOSE = "file"


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A file and the link that opens it.

    Attributes:
        artifact: The file.
        url: Opens it.
        expires_s: Until when, wall clock.
        from_store: Whether the object store answers; else this server does.
    """

    artifact: Artifact
    url: str
    expires_s: float
    from_store: bool


def sign_file(platform: Platform, run: Run, name: str, *, ttl_s: float, base: str) -> SignedFile:
    """Make a link to one file of a finished run.

    Args:
        platform: The adapters.
        run: Whoever asks may share it, which has been checked.
        name: As the manifest has it.
        ttl_s: How long the link holds, up to `LONGEST_S`.
        base: Address of the server's own route for such links.

    Raises:
        ConflictError: The run has not finished.
        NotFoundError: It has no such file.
    """
    artifact = find_artifact(run, name)
    until_s = float(int(platform.clock.now_s() + ttl_s))
    url = _of_store(platform, f"{PREFIX}{run.id}/{name}", ttl_s)
    if url is not None:
        return SignedFile(artifact, url, until_s, from_store=True)
    secret = derived_key(platform.settings, _PURPOSE)
    ours = signed_link(base, f"{run.id}/{name}", secret=secret, until_s=until_s)
    return SignedFile(artifact, ours, until_s, from_store=False)


def open_signed(platform: Platform, run_id: str, name: str, query: str) -> Artifact:
    """Give the file of a link that this server signed and that still holds.

    Raises:
        AccessDeniedError: It was not signed here, has run out, or what it opened is gone.
    """
    secret = derived_key(platform.settings, _PURPOSE)
    checked_link(f"{run_id}/{name}", query, secret=secret, now_s=platform.clock.now_s())
    try:
        return find_artifact(platform.runs.get(run_id), name)
    except (RunNotFoundError, NotFoundError):
        raise AccessDeniedError("what the link opened is gone", hint="ask whoever gave it to you") from None


def _of_store(platform: Platform, key: str, ttl_s: float) -> str | None:
    """Give a link of the object store's own, None where it has none to give."""
    objects = platform.objects
    if objects is None:
        return None
    try:
        return objects.sign(key, expires_s=ttl_s) if key in objects.list(key) else None
    except AdapterError:  # it signs no links, or is away: the file lies here too
        return None
