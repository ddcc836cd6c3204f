"""Sightline's workers under Celery: `celery --app sightline.worker.celery worker --queues cpu,io` and `... beat`.

A task of `cpu` (or `gpu`) takes one job from the queue and sees to it; `io` carries the chores that beat calls. Tasks
are acknowledged when they are done, and each process has one at a time. Which run is carried out, and what becomes
of it when a worker dies, is decided by the leases in the database.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog

from sightline.adapters.queue.celery import WORK, CeleryQueue
from sightline.core.errors import SettingsError, SightlineError
from sightline.core.optional import require
from sightline.service.execute import this_process
from sightline.service.housekeeping.chores import CHORES, do_chore
from sightline.service.jobs.work import Worker, in_this_thread
from sightline.settings import read_settings

if TYPE_CHECKING:
    from sightline.service.platform import Platform
    from sightline.settings import Settings

QUEUES = ("cpu", "gpu", "io")
_CHORE = "sightline.chore"
_ANNOUNCE = "sightline.announce"
_ANNOUNCE_EVERY_S = 5.0
_MOST_TASKS = 500  # chores are tasks too; a process that is begun anew loads everything again
# A task that the broker has not heard of for that long is handed out again; its lease keeps it from being done twice.
_HIDDEN_S = 6 * 3600
_log = structlog.get_logger()


def __getattr__(name: str) -> Any:
    """Make the application when Celery looks for it; importing this file does nothing."""
    if name == "app":
        return _app()
    raise AttributeError(name)


@cache
def _app() -> Any:
    return make_app(read_settings())


def make_app(settings: Settings) -> Any:
    """Give the Celery application, with its queues, tasks and beat.

    Raises:
        MissingDependencyError: The `celery` extra is not installed.
        SettingsError: No broker is named, or the queue is another.
    """
    if not settings.broker_url or settings.queue != "celery":
        raise SettingsError(
            "Celery workers need SIGHTLINE_QUEUE=celery and a broker",
            hint="set SIGHTLINE_BROKER_URL, as in redis://127.0.0.1:6379/1",
        )
    celery = require("celery", extra="celery")
    kombu = require("kombu", extra="celery")
    app = celery.Celery("sightline", broker=settings.broker_url)
    app.conf.update(
        # Each with an exchange of its own: queues without one share the default's, and each gets what is meant for all.
        task_queues=[kombu.Queue(name, kombu.Exchange(name), routing_key=name) for name in QUEUES],
        task_default_queue="io",
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_max_tasks_per_child=_MOST_TASKS,
        worker_hijack_root_logger=False,
        worker_send_task_events=True,  # Flower shows them
        task_send_sent_event=True,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_transport_options={"visibility_timeout": _HIDDEN_S},
        beat_schedule=_schedule(),
        beat_schedule_filename=str(settings.home / "celerybeat-schedule"),
    )
    app.task(name=WORK)(work)
    app.task(name=_CHORE)(chore)
    app.task(name=_ANNOUNCE)(announce)
    return app


def work() -> None:
    """Take one job and see to it."""
    try:
        platform = _platform()
        worker = Worker(platform, in_this_thread(platform), name=this_process(), closing=threading.Event())
        worker.work_once()
    except SightlineError as error:  # the job stays in the database, and is announced again
        _log.warning("worker_waits", code=error.code, error=str(error))


def chore(name: str) -> None:
    """Do one chore."""
    do_chore(_platform(), name)


def announce() -> None:
    """Tell the workers of jobs that wait and that nobody may have heard of."""
    try:
        queue = _platform().queue
        if isinstance(queue, CeleryQueue):
            queue.announce_waiting(expires_s=_ANNOUNCE_EVERY_S)
    except SightlineError as error:
        _log.warning("not_announced", code=error.code, error=str(error))


@cache
def _platform() -> Platform:
    """Build the adapters once a process, after it was forked."""
    from sightline.bootstrap import build_platform

    return build_platform(read_settings())


def _schedule() -> dict[str, Any]:
    chores = {
        one.name: {
            "task": _CHORE,
            "args": (one.name,),
            "schedule": one.every_s,
            "options": {"queue": "io", "expires": max(one.every_s, 5.0)},
        }
        for one in CHORES
    }
    again = {
        "task": _ANNOUNCE,
        "schedule": _ANNOUNCE_EVERY_S,
        "options": {"queue": "io", "expires": _ANNOUNCE_EVERY_S},
    }
    return {**chores, "announce": again}
