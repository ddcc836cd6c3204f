"""Everything a program does with a server: send a video, start a pipeline, follow it, fetch what came of it."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sightline.client.follow import follow
from sightline.client.http import Http, Patience, RemoteError
from sightline.core.errors import AdapterUnavailableError, ConflictError

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa

    from sightline.core.events import RunEvent

Progress = Callable[[int, int], None]
_API = "/api/v1"
_TUS = {"Tus-Resumable": "1.0.0"}
_PART_BYTES = 8 << 20
_ENDED = frozenset({"completed", "failed", "cancelled", "interrupted"})


class SightlineClient:
    """One server, as one user.

    Args:
        url: Where it is, as in `http://127.0.0.1:8000`.
        token: An API key (`sl_...`) or an access token.
        patience: How often a request is tried.
        transport: Carries the requests; the network by default.

    Example:
        ```python
        with SightlineClient("http://127.0.0.1:8000", token) as client:
            video = client.upload(Path("street.mp4"))
            pipeline = client.process(video_id=video["id"], app="people")
            for event in client.follow(pipeline["id"]):
                print(event.kind, event.stage)
            tracks = client.table(pipeline["id"], "tracks")
        ```
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = Http(url, _who(token), patience or Patience(), transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all connections."""
        self._http.client.close()

    # -- videos --------------------------------------------------------------------------------------------

    def upload(
        self, path: Path, *, tags: Sequence[str] = (), progress: Progress | None = None
    ) -> dict[str, Any]:
        """Send a video in parts, each with its checksum; where the connection breaks, it goes on where it was.

        Args:
            path: The file.
            tags: Words to find it by.
            progress: Told bytes that have come, and bytes in all.

        Raises:
            RemoteError: The server refuses it.
            AdapterUnavailableError: It does not answer.
        """
        size_bytes = path.stat().st_size
        told = {"filename": path.name, "tags": ",".join(tags)}
        metadata = ",".join(
            f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items() if value
        )
        begun = self._http.ask(
            "POST",
            f"{_API}/uploads",
            headers={**_TUS, "Upload-Length": str(size_bytes), "Upload-Metadata": metadata},
        )
        place = begun.headers["location"]
        with path.open("rb") as file:
            offset, failures, known = 0, 0, True
            while offset < size_bytes:
                try:
                    if not known:
                        offset, known = self._offset(place, size_bytes), True
                    if progress is not None:
                        progress(offset, size_bytes)
                    file.seek(offset)
                    offset = self._send(place, offset, file.read(_PART_BYTES))
                    failures = 0
                except (AdapterUnavailableError, RemoteError) as error:
                    failures, known = failures + 1, False
                    if not _may_go_on(error) or not self._http.wait(failures):
                        raise
        if progress is not None:
            progress(size_bytes, size_bytes)
        return self.video(place.rpartition("/")[2])

    def _send(self, place: str, offset: int, part: bytes) -> int:
        digest = base64.b64encode(hashlib.sha256(part).digest()).decode()
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
            "Content-Type": "application/offset+octet-stream",
        }
        answer = self._http.ask("PATCH", place, headers=headers, content=part, timeout=300.0)
        return int(answer.headers["upload-offset"])

    def _offset(self, place: str, size_bytes: int) -> int:
        answer = self._http.ask("HEAD", place, headers=_TUS)
        return min(size_bytes, int(answer.headers["upload-offset"]))

    def video(self, video_id: str) -> dict[str, Any]:
        """Give what is known of a video."""
        return self._json("GET", f"/videos/{video_id}")

    def videos(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Give videos, newest first, page after page; filters are `state`, `tag` and `sha256`."""
        return self._pages("/videos", filters)

    def delete_video(self, video_id: str) -> None:
        """Remove a video."""
        self._http.ask("DELETE", f"{_API}/videos/{video_id}")

    # -- pipelines -----------------------------------------------------------------------------------------

    def process(self, *, key: str | None = None, **request: Any) -> dict[str, Any]:
        """Start a pipeline; sent twice because an answer was lost, it is started once.

        Args:
            key: Idempotency key; a new one by default.
            request: What `POST /api/v1/process-video` takes: `video_id`, `app`, `stage_configs`, ...
        """
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._json("POST", "/process-video", json=request, headers=headers, again=True)

    def status(self, pipeline_id: str) -> dict[str, Any]:
        """Give where a pipeline stands."""
        return self._json("GET", f"/pipeline/{pipeline_id}/status")

    def pipelines(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Give pipelines, newest first, page after page; filters are `state`, `app`, `tag` and `video_id`."""
        return self._pages("/pipelines", filters)

    def follow(self, pipeline_id: str, *, after: int = 0) -> Iterator[RunEvent]:
        """Give a pipeline's events until it ends; a broken connection costs none of them.

        Events with a cursor are stored; those without tell the pace in between.
        """
        return follow(
            self._http,
            f"{_API}/pipeline/{pipeline_id}/events",
            after=after,
            ended=lambda: self.status(pipeline_id)["state"] in _ENDED,
        )

    def wait(self, pipeline_id: str) -> dict[str, Any]:
        """Give a pipeline's status once it has ended."""
        while True:
            for _ in self.follow(pipeline_id):
                pass
            status = self.status(pipeline_id)
            if status["state"] in _ENDED:
                return status

    def cancel(self, pipeline_id: str) -> dict[str, Any]:
        """Stop a pipeline; what it did is kept."""
        return self._json("POST", f"/pipeline/{pipeline_id}/cancel")

    def resume(self, pipeline_id: str) -> dict[str, Any]:
        """Let a stopped pipeline go on."""
        return self._json("POST", f"/pipeline/{pipeline_id}/resume")

    def retry(self, pipeline_id: str) -> dict[str, Any]:
        """Try a failed pipeline again, from the stage that failed."""
        return self._json("POST", f"/pipeline/{pipeline_id}/retry")

    def delete(self, pipeline_id: str) -> None:
        """Forget a pipeline and remove its results."""
        self._http.ask("DELETE", f"{_API}/pipeline/{pipeline_id}")

    # -- results -------------------------------------------------------------------------------------------

    def artifacts(self, pipeline_id: str) -> list[dict[str, Any]]:
        """Give every file of a finished pipeline, with its size and SHA-256."""
        return list(self._json("GET", f"/pipeline/{pipeline_id}/artifacts")["items"])

    def download(self, pipeline_id: str, folder: Path, *, progress: Progress | None = None) -> Path:
        """Fetch all files of a finished pipeline into a folder; what is there already is not fetched again.

        Raises:
            ConflictError: A file came that is not what the server says it is.
        """
        files = self.artifacts(pipeline_id)
        total = sum(file["size_bytes"] for file in files)
        done = 0
        for file in files:
            target = _inside(folder, file["name"])
            if not (target.is_file() and _sha256(target) == file["sha256"]):
                self._fetch(file, target)
            done += file["size_bytes"]
            if progress is not None:
                progress(done, total)
        return folder

    def _fetch(self, file: Mapping[str, Any], target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        digest = hashlib.sha256()
        with self._http.stream("GET", file["href"]) as answer, part.open("wb") as out:
            for piece in answer.iter_bytes():
                digest.update(piece)
                out.write(piece)
        if digest.hexdigest() != file["sha256"]:
            part.unlink()
            raise ConflictError(f"{file['name']} came damaged", hint="fetch it again")
        part.replace(target)

    def signed_url(self, pipeline_id: str, name: str, *, expires_s: int = 3600) -> str:
        """Give an address that opens one file of the results for whoever has it, for a while."""
        found = self._json("POST", f"/pipeline/{pipeline_id}/sign/{name}", params={"expires_s": expires_s})
        return str(found["url"])

    def table(
        self,
        pipeline_id: str,
        name: str,
        *,
        columns: Sequence[str] = (),
        where: Sequence[str] = (),
        limit: int | None = None,
    ) -> pa.Table:
        """Give a table, or part of it, as Arrow.

        Args:
            pipeline_id: Of a finished pipeline.
            name: As in `tracks`.
            columns: Only these; empty for all.
            where: Conditions that all hold, as in `frame>=100`.
            limit: Most rows.
        """
        import pyarrow as pa

        wanted: dict[str, Any] = {"format": "arrow", "columns": ",".join(columns), "where": list(where)}
        if limit is not None:
            wanted["limit"] = limit
        path = f"{_API}/pipeline/{pipeline_id}/tables/{name}"
        return pa.ipc.open_stream(self._http.ask("GET", path, params=wanted).content).read_all()

    def query(self, pipeline_id: str, sql: str) -> list[dict[str, Any]]:
        """Give the rows that a SELECT finds in a pipeline's tables."""
        found = self._json("POST", f"/pipeline/{pipeline_id}/query", json={"sql": sql}, again=True)
        return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]

    # -- any route -----------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Send a request to a route that has no method here, and give what it answers.

        Args:
            method: As HTTP has it.
            path: On the server, as in `/api/v1/users`.
            more: What `httpx` takes: `json`, `params`, `headers`, `files`, ...

        Returns:
            Plain data of JSON, else text or bytes; None where nothing comes back.

        Raises:
            RemoteError: The server refuses.
            AdapterUnavailableError: It does not answer.
        """
        answer = self._http.ask(method, path, **more)
        kind = answer.headers.get("content-type", "")
        if not answer.content:
            return None
        if "json" in kind:
            return answer.json()
        return answer.text if kind.startswith("text/") else answer.content

    @contextmanager
    def stream(self, method: str, path: str, **more: Any) -> Iterator[Iterator[bytes]]:
        """Send a request whose answer has no end, and give its pieces as they come; as `ask` otherwise."""
        with self._http.stream(method, path, **more) as answer:
            yield answer.iter_bytes()

    # -- the server ----------------------------------------------------------------------------------------

    def apps(self) -> list[dict[str, Any]]:
        """Give the applications and their settings."""
        return list(self._json("GET", "/apps")["items"])

    def models(self) -> list[dict[str, Any]]:
        """Give the models that a pipeline may name."""
        return list(self._json("GET", "/models")["items"])

    def _json(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        found: dict[str, Any] = self._http.ask(method, f"{_API}{path}", **more).json()
        return found

    def _pages(self, path: str, filters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        cursor = None
        while True:
            page = self._json("GET", path, params={**filters, **({"cursor": cursor} if cursor else {})})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return


def _who(token: str) -> dict[str, str]:
    """Give the headers that say who asks."""
    if not token:
        return {}
    return {"X-API-Key": token} if token.startswith("sl_") else {"Authorization": f"Bearer {token}"}


def _may_go_on(error: AdapterUnavailableError | RemoteError) -> bool:
    """Whether an upload may go on after an error: the connection broke, bytes were damaged, or the server asks to wait."""
    return isinstance(error, AdapterUnavailableError) or error.status in {408, 409, 429, 460, 502, 503, 504}


def _inside(folder: Path, name: str) -> Path:
    """Give where a file of the server's goes; its name must not lead out of the folder."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ConflictError(f"the server names a file outside the folder: {name[:100]!r}")
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
