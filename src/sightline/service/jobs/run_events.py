"""Makes a run's events known while it is carried out: kept in the journal, told on the bus and to a listener."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sightline.core.events import EventKind, RunEvent
from sightline.service.jobs.relay import relay_if_there, tell

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_TELL_EVERY_S = 0.2  # between two tellings of progress
_KEEP_EVERY_S = 1.0  # between two that are stored
Listener = Callable[[RunEvent], None]


class RunEvents:
    """The events of one attempt at a run.

    Args:
        platform: The adapters.
        run_id: Whose events.
        attempt: Its number; once somebody else has taken the run over, nothing more is kept.
        listener: Told each event in this process, besides the bus.
        is_job: A worker carries it out: a relay elsewhere hands what is kept to the bus, and those who follow the
            run are in other processes.
    """

    def __init__(
        self, platform: Platform, run_id: str, attempt: int, listener: Listener | None, *, is_job: bool
    ) -> None:
        self._platform = platform
        self._run_id = run_id
        self._attempt = attempt
        self._listener = listener
        self._is_job = is_job
        self._told_s = -_TELL_EVERY_S
        self._kept_s = -_KEEP_EVERY_S

    def event(self, kind: EventKind, stage: str, details: Mapping[str, Any]) -> RunEvent:
        """Give an event of this run that happens now."""
        return RunEvent(self._run_id, kind, stage, self._platform.clock.now_s(), details)

    def progress(self, stage: str, details: Mapping[str, Any], *, is_last: bool) -> None:
        """Tell how far a stage has come, a few times a second at most; a job's is kept now and then.

        Args:
            stage: Which.
            details: Frames done and in all, and the pace.
            is_last: Tell it in any case.

        Raises:
            ConflictError: Somebody else has taken the run over.
        """
        now_s = time.monotonic()
        if not is_last and now_s - self._told_s < _TELL_EVERY_S:
            return
        self._told_s = now_s
        if self._is_job and now_s - self._kept_s >= _KEEP_EVERY_S:
            self._kept_s = now_s
            self.keep(EventKind.STAGE_PROGRESS, stage, details)
            return
        event = self.event(EventKind.STAGE_PROGRESS, stage, details)
        tell(self._platform, event)
        if self._listener is not None:
            self._listener(event)

    def keep(self, kind: EventKind, stage: str, details: Mapping[str, Any] | None = None) -> None:
        """Store an event that happens now, and tell it.

        Raises:
            ConflictError: Somebody else has taken the run over.
        """
        event = self.event(kind, stage, details or {})
        self._platform.journal.append(self._run_id, [event], attempt=self._attempt)
        self.announce(event)

    def announce(self, event: RunEvent) -> None:
        """Tell an event that has been stored."""
        self.relay()
        if self._listener is not None:
            self._listener(event)

    def relay(self) -> None:
        """Hand what has been stored to the bus, where no relay elsewhere does."""
        if not self._is_job:
            relay_if_there(self._platform, self._run_id)
