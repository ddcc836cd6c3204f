"""A camera's runs: those there are, and which of them go."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import ConflictError, RunNotFoundError, SightlineError
from sightline.core.runs import RunState
from sightline.service.delete import delete_run
from sightline.service.folder import folder_bytes

if TYPE_CHECKING:
    from sightline.core.runs import Run
    from sightline.service.live.cameras.request import CameraRequest
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_DAY_S = 86_400.0
_CLIPS = "clips"


class KeptRuns:
    """The runs of one camera, oldest first.

    Args:
        platform: The adapters.
        request: Says how many are kept, how long, and how large.
        folder: The camera's; its runs and clips lie in it.

    Attributes:
        ids: Ids of the runs.
    """

    def __init__(self, platform: Platform, request: CameraRequest, folder: Path) -> None:
        self._platform = platform
        self._request = request
        self._folder = folder
        self.ids: deque[str] = deque()

    def resume(self) -> None:
        """Find the runs of an earlier life; one that was under way then has failed."""
        if not self._folder.is_dir():
            return
        for path in sorted(self._folder.iterdir()):
            if path.name == _CLIPS or (run := self._run(path.name)) is None:
                continue
            if run.state is RunState.RUNNING:
                now_s = self._platform.clock.now_s()
                error = {"code": "stopped", "message": "the server stopped while it was recorded"}
                self._platform.runs.update(replace(run, state=RunState.FAILED, error=error, updated_s=now_s))
            self.ids.append(run.id)

    def add(self, run_id: str) -> None:
        """Take a run in that has ended, and let old ones go."""
        self.ids.append(run_id)
        self.let_go()

    def let_go(self) -> None:
        """Delete what is more, older or larger than is kept, and clips from before the oldest run that is left.

        The newest run stays whatever it takes.
        """
        request, now_s = self._request, self._platform.clock.now_s()
        sizes = {name: folder_bytes(self._folder / name) for name in self.ids} if request.keep_bytes else {}
        while len(self.ids) > 1:
            oldest = self._run(self.ids[0])
            if not (
                oldest is None
                or len(self.ids) > request.keep_runs
                or (request.keep_days and now_s - oldest.updated_s > request.keep_days * _DAY_S)
                or (request.keep_bytes and sum(sizes[name] for name in self.ids) > request.keep_bytes)
            ):
                break
            self._delete(self.ids.popleft())
        first = self._run(self.ids[0]) if self.ids else None
        if first is not None:
            self._forget_clips(first.created_s)

    def _run(self, run_id: str) -> Run | None:
        try:
            return self._platform.runs.get(run_id)
        except RunNotFoundError:
            return None

    def _delete(self, run_id: str) -> None:
        try:
            delete_run(self._platform, run_id, files=True)
        except RunNotFoundError:
            return
        except (SightlineError, ConflictError) as error:
            _log.info("camera_run_kept", run=run_id, error=str(error))

    def _forget_clips(self, before_s: float) -> None:
        for path in (self._folder / _CLIPS).glob("*.mp4"):
            try:
                if path.stat().st_mtime < before_s:
                    path.unlink()
            except OSError:  # gone meanwhile
                continue
