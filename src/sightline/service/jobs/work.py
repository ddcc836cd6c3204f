"""The loop of a worker: takes jobs, keeps their leases alive, has each carried out, and says what becomes of it.

How a run is carried out is the runner's business: in a process of its own, so that a video that kills the
interpreter fails alone (`worker.process`), or right here (`in_this_thread`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import structlog

from sightline.core.errors import AdapterError, ConflictError, RunCancelled, RunNotFoundError, SightlineError
from sightline.core.runs import Run, RunState
from sightline.service.execute import execute
from sightline.service.jobs.fan_out import HELPER, help_out
from sightline.service.jobs.settle import ANEW, OFF, Next, Stop, settle, take_up, tries_left

if TYPE_CHECKING:
    from sightline.ports import Lease
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_IDLE_S = 0.25
_LOOK_EVERY_S = 0.5
_TROUBLE_WAIT_S = 2.0
_NOT_THERE_LOOKS = 6
_NOT_THERE_WAIT_S = 0.3
_TIMEOUT_GRACE_S = 5.0


class Order:
    """A run that a worker is to carry out, and whether it is to go on with it.

    Attributes:
        run_id: Which.
        worker: Who.
        attempt: Number of the attempt.
        tries_left: How often it may be tried again afterwards.
        helps: Not to carry it out, but to do some of its segments for the process that does.
        stopped: Set once the work is to end at the next chance; see `why`.
        why: Set before `stopped` is.
    """

    def __init__(
        self, run_id: str, worker: str, attempt: int, tries_left: int, *, helps: bool = False
    ) -> None:
        self.helps = helps
        self.run_id = run_id
        self.worker = worker
        self.attempt = attempt
        self.tries_left = tries_left
        self.stopped = threading.Event()
        self.why: Stop | None = None

    def stop(self, why: Stop) -> None:
        """Ask for the work to end; the first reason counts, but a lost lease is stronger than any."""
        if self.why is None or why is Stop.LOST:
            self.why = why
        self.stopped.set()


Runner = Callable[[Order], None]
"""Carries an order out; comes back when the work has ended, however it did."""


def in_this_thread(platform: Platform) -> Runner:
    """Give a runner that works right here."""

    def run(order: Order) -> None:
        with suppress(SightlineError, RunCancelled):  # stored with the run
            if order.helps:
                help_out(platform, order.run_id, order.stopped.is_set)
                return
            execute(
                platform, order.run_id, cancel=order.stopped, worker=order.worker, tries_left=order.tries_left
            )

    return run


class Worker:
    """Carries out one run at a time.

    Args:
        platform: The adapters; `platform.queue` gives the jobs.
        run: Carries an order out.
        name: By which people find it.
        closing: Set it to end the loop; the run under way goes back to the queue, with all it has committed.
    """

    def __init__(self, platform: Platform, run: Runner, *, name: str, closing: threading.Event) -> None:
        self._platform = platform
        self._run = run
        self._name = name
        self._closing = closing

    def work(self) -> None:
        """Take jobs until it is closed; trouble of any kind is logged, and never ends the loop."""
        while not self._closing.is_set():
            try:
                if not self.work_once():
                    self._closing.wait(_IDLE_S)
            except AdapterError as error:
                _log.warning("worker_waits", worker=self._name, code=error.code, error=str(error))
                self._closing.wait(_TROUBLE_WAIT_S)
            except Exception:  # noqa: BLE001 - one of the named borders
                _log.exception("worker_failed", worker=self._name)
                self._closing.wait(_TROUBLE_WAIT_S)

    def work_once(self) -> bool:
        """Take one job and see to it; False where none waits."""
        lease = self._platform.queue.take(lease_s=self._platform.settings.lease_s)
        if lease is None:
            return False
        done = self._attend(lease)
        with suppress(ConflictError):  # the lease was lost, and with it the say in what becomes of the job
            if done.delay_s is None:
                self._platform.queue.finish(lease)
            else:
                self._platform.queue.give_back(lease, delay_s=done.delay_s)
        return True

    def _attend(self, lease: Lease) -> Next:
        if HELPER in lease.job_id:
            return self._help(lease)
        try:
            found = take_up(self._platform, self._platform.runs.get(lease.job_id), lease.deliveries)
        except RunNotFoundError:  # a job is queued before its run is stored; or the run was deleted
            return Next(_NOT_THERE_WAIT_S) if lease.deliveries < _NOT_THERE_LOOKS else OFF
        except ConflictError:
            return Next(_NOT_THERE_WAIT_S)
        if not isinstance(found, Run):
            return found
        return self.carry_out(found, lambda: self._keep(lease))

    def _help(self, lease: Lease) -> Next:
        run_id = lease.job_id.partition(HELPER)[0]
        try:
            run = self._platform.runs.get(run_id)
        except RunNotFoundError:
            return OFF
        if run.state is not RunState.RUNNING:
            return OFF
        order = Order(run_id, self._name, run.attempts, 0, helps=True)
        _log.info("run_helped", run=run_id, worker=self._name)
        began_s = time.monotonic()
        with self._watched(order, lambda: self._keep(lease)):
            self._run(order)
        its_turn_is_over = order.why is None and time.monotonic() - began_s > self._platform.settings.lease_s
        return Next(0.0) if its_turn_is_over or order.why is Stop.CLOSING else OFF

    def carry_out(self, run: Run, keep: Callable[[], None]) -> Next:
        """Carry a queued run out, and give what becomes of its job.

        Args:
            run: A queued one.
            keep: Keeps the lease alive; raises `ConflictError` where it is lost. Called every third of a lease.
        """
        order = Order(run.id, self._name, run.attempts + 1, tries_left(self._platform, run))
        log = _log.bind(run=run.id, worker=self._name, attempt=order.attempt)
        log.info("run_taken", owner=run.owner, app=run.app)
        started_s = time.monotonic()
        with self._watched(order, keep):
            self._run(order)
        try:
            done = settle(self._platform, run.id, order.attempt, order.why)
        except RunNotFoundError as error:
            log.warning("run_lost", error=str(error))
            return OFF
        except ConflictError as error:
            log.warning("run_lost", error=str(error))
            return ANEW
        log.info(
            "run_left",
            stopped=order.why,
            again_in_s=done.delay_s,
            wall_s=round(time.monotonic() - started_s, 3),
        )
        return done

    def _keep(self, lease: Lease) -> None:
        self._platform.queue.extend(lease, lease_s=self._platform.settings.lease_s)

    @contextmanager
    def _watched(self, order: Order, keep: Callable[[], None]) -> Iterator[None]:
        """Keep the lease alive beside the work, and stop the work where it may not go on."""
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(order, keep, ended), name="sightline-heartbeat")
        watch.start()
        try:
            yield
        finally:
            ended.set()
            watch.join()

    def _watch(self, order: Order, keep: Callable[[], None], ended: threading.Event) -> None:
        settings = self._platform.settings
        began_s = kept_s = time.monotonic()
        while not ended.wait(_LOOK_EVERY_S):
            now_s = time.monotonic()
            if self._closing.is_set():
                order.stop(Stop.CLOSING)
            if (
                not order.helps
                and settings.run_timeout_s
                and now_s - began_s > settings.run_timeout_s + _TIMEOUT_GRACE_S
            ):
                order.stop(Stop.TIMEOUT)
            try:
                if now_s - kept_s > settings.lease_s / 3:
                    keep()
                    kept_s = now_s
                run = self._platform.runs.get(order.run_id)
                if run.cancel_requested or (order.helps and run.state is not RunState.RUNNING):
                    order.stop(Stop.CANCELLED)
            except (ConflictError, RunNotFoundError):
                order.stop(Stop.LOST)
            except AdapterError as error:  # it may come back before the lease ends
                _log.warning("heartbeat_failed", run=order.run_id, error=str(error))
                if now_s - kept_s > settings.lease_s:
                    order.stop(Stop.LOST)
