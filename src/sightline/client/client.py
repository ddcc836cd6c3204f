"""Everything a program does with a server: send a video, start a pipeline, follow it, fetch what came of it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sightline.client.follow import follow
from sightline.client.http import Http, Patience, RemoteError
from sightline.client.unfinished import note_of
from sightline.client.upload import FileUpload, Progress, changed
from sightline.core.errors import ConflictError
from sightline.core.home import home_folder

if TYPE_CHECKING:
    import httpx
    import pyarrow as pa

    from sightline.core.events import RunEvent

_API = "/api/v1"
_ENDED = frozenset({"completed", "failed", "cancelled", "interrupted"})


class SightlineClient:
    """One server, as one user.

    Args:
        url: Where it is, as in `http://127.0.0.1:8000`.
        token: An API key (`sl_...`) or an access token.
        patience: How often a request is tried.
        transport: Carries the requests; the network by default.
        unfinished: Folder where uploads are noted that have not ended; `unfinished` in the home folder by default.

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
        unfinished: Path | None = None,
    ) -> None:
        self._unfinished = unfinished
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
        """Send a video in parts, each with its checksum; what has come of it is not sent again.

        Where the connection breaks it goes on where it was, and so does the next call for the same file, in this program
        or another, where this one is stopped or killed. A file that was changed begins anew.

        Args:
            path: The file.
            tags: Words to find it by.
            progress: Told bytes that have come, and bytes in all.

        Raises:
            RemoteError: The server refuses it.
            AdapterUnavailableError: It does not answer.
            ConflictError: The file was changed while it was sent; nothing of it is kept.
            UploadInterrupted: Ctrl-C came; it is a `KeyboardInterrupt` that says how much has arrived.
        """
        file = FileUpload(self._http, path, tags)
        folder = self._unfinished or home_folder() / "unfinished"
        with note_of(folder, file.identity(self._user())) as note:
            video = self.video(file.send(note, progress))
            note.forget()
        if video["sha256"] != _sha256(path):
            self.delete_video(video["id"])
            raise changed(path)
        return video

    def _user(self) -> str:
        """Give who asks; nothing where a key may not ask that."""
        try:
            return str(self._json("GET", "/auth/me")["id"])
        except RemoteError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            return ""

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


def _inside(folder: Path, name: str) -> Path:
    """Give where a file of the server's goes; its name must not lead out of the folder."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ConflictError(f"the server names a file outside the folder: {name[:100]!r}")
    return target


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
