"""A disk that is really full: a small one is mounted, filled, and given room again."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import results_of
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.core.errors import OutputFullError
from sightline.core.runs import RunState
from sightline.server.app import build_server
from sightline.service.execute import execute
from sightline.service.jobs.enqueue import enqueue, resume_job
from sightline.service.jobs.work import Worker, in_this_thread
from sightline.service.resume import resume
from sightline.service.submit import AnalyzeRequest, submit
from sightline.service.videos.incoming import IncomingFile
from sightline.settings import read_settings
from sightline.testing.accounts import headers_of

pytestmark = pytest.mark.slow
_DISK_BYTES = 8_000_000
_GIVEN = {"min_free_bytes": 0, "reserve_bytes": 0, "segment_s": 0.5, "retry_base_s": 0}
_TUS = {"Tus-Resumable": "1.0.0"}


class Disk:
    """A small file system of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def leave(self, room_bytes: int) -> None:
        """Fill it up but for so many bytes."""
        self._filler.unlink(missing_ok=True)
        free = os.statvfs(self.folder)
        with self._filler.open("wb") as file:
            file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - room_bytes))

    def empty(self) -> None:
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("no file system may be mounted here")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "street.mp4", frames=40, gop=5).path


def undisturbed(video: Path, folder: Path) -> dict[str, str]:
    platform = build_platform(read_settings(home=folder, **_GIVEN))
    run = submit(platform, AnalyzeRequest(video, model="motion", annotate=False, out=folder / "out"))
    execute(platform, run.id)
    platform.runs.close()
    return results_of(folder / "out")


def test_a_run_that_fills_the_disk_goes_on_where_it_was(disk: Disk, video: Path, tmp_path: Path) -> None:
    platform = build_platform(read_settings(home=tmp_path / "home", **_GIVEN))
    request = AnalyzeRequest(video, model="motion", annotate=False, out=disk.folder / "out")
    run = submit(platform, request)
    stages = []
    for room_bytes in (0, 24_576, 131_072, 1_000_000):
        disk.leave(room_bytes)
        try:
            execute(platform, run.id)
            break
        except OutputFullError:
            failed = platform.runs.get(run.id)
        assert (failed.state, failed.error["code"]) == (RunState.FAILED, "output_full")
        assert failed.error["hint"]
        stages.append(platform.journal.events(run.id, limit=10_000)[-2].stage)
        resume(platform, run.id)
    disk.empty()
    assert platform.runs.get(run.id).state is RunState.COMPLETED
    assert {"analyze", "report"} <= set(stages)
    assert results_of(disk.folder / "out") == undisturbed(video, tmp_path / "plain")
    platform.runs.close()


def test_a_full_disk_under_the_database_too_loses_no_job(disk: Disk, video: Path, tmp_path: Path) -> None:
    platform = build_platform(read_settings(home=disk.folder / "home", lease_s=1, **_GIVEN))
    run = enqueue(platform, AnalyzeRequest(video, model="motion", annotate=False)).run
    closing = threading.Event()
    worker = threading.Thread(
        target=Worker(platform, in_this_thread(platform), name="w", closing=closing).work
    )
    disk.leave(0)
    worker.start()
    closing.wait(2.0)
    disk.empty()
    for _ in range(300):
        now = platform.runs.get(run.id)
        if now.state is RunState.COMPLETED:
            break
        if now.state is RunState.FAILED:
            assert now.error["code"] == "output_full"
            resume_job(platform, run.id)
        closing.wait(0.1)
    closing.set()
    worker.join()
    assert platform.runs.get(run.id).state is RunState.COMPLETED
    assert results_of(Path(run.folder)) == undisturbed(video, tmp_path / "plain")
    platform.runs.close()


def test_an_upload_that_fills_the_disk_goes_on_when_there_is_room(disk: Disk, video: Path) -> None:
    whole = video.read_bytes()
    whole += (300_000).to_bytes(4, "big") + b"free" + bytes(300_000 - 8)
    platform = build_platform(read_settings(home=disk.folder / "home", workers=0, **_GIVEN))
    with TestClient(build_server(platform)) as client:
        client.headers.update({**headers_of(platform), **_TUS})
        told = {"Upload-Metadata": f"filename {base64.b64encode(b'street.mp4').decode()}"}
        begun = client.post("/api/v1/uploads", headers={"Upload-Length": str(len(whole)), **told})
        place = begun.headers["location"]
        assert sent(client, place, 0, whole[:100_000]).status_code == 204
        disk.leave(120_000)
        refused = sent(client, place, 100_000, whole[100_000:])
        assert (refused.status_code, refused.json()["code"]) == (503, "output_full")
        assert refused.json()["hint"]
        disk.empty()
        offset = int(client.head(place).headers["upload-offset"])
        assert offset == 100_000
        assert sent(client, place, offset, whole[offset:]).status_code == 204
        video_id = place.rpartition("/")[2]
        stored = client.get(f"/api/v1/videos/{video_id}").json()
    assert (stored["state"], stored["sha256"]) == ("ready", hashlib.sha256(whole).hexdigest())
    platform.runs.close()


def test_bytes_that_a_disk_has_no_room_for_are_not_counted(disk: Disk) -> None:
    disk.leave(300_000)
    unlimited = {"limit_bytes": 10**9, "keep_free_bytes": -(10**9)}  # nobody looks beforehand
    with IncomingFile(disk.folder / "part", **unlimited) as file:
        with pytest.raises(OutputFullError, match="full"):
            for number in range(10):
                file.write(bytes([number]) * 100_000)
        assert file.size_bytes in {100_000, 200_000}
        disk.empty()
        file.write(b"x")
    whole = (disk.folder / "part").read_bytes()
    assert (len(whole), whole[-2:]) == (file.size_bytes, bytes([file.size_bytes // 100_000 - 1]) + b"x")


def sent(client: TestClient, place: str, offset: int, data: bytes):  # type: ignore[no-untyped-def]
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    return client.patch(place, content=data, headers=headers)
