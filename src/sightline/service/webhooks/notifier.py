"""Tells webhooks what live sources see, and of nothing too often."""

from __future__ import annotations

import json
import queue
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.errors import SightlineError
from sightline.core.events import EventKind, RunEvent
from sightline.core.webhooks import Delivery, delivery_id

if TYPE_CHECKING:
    from sightline.service.platform import Platform

_log = structlog.get_logger()
_MOST_WAITING = 1000
_MOST_REMEMBERED = 10_000
_MOST_WEBHOOKS = 1000
_END_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a live source saw, or that became of it.

    Attributes:
        source_id: Which, as in `camera:ID` or `stream:ID`.
        owner: User it belongs to, whose webhooks are told.
        kind: `hazard_event` or `camera_event`.
        what: Of these, one is told in a while: a hazard's kind, or a state.
        data: Plain data.
        t_s: When, seconds since the Unix epoch; set when it is told.
    """

    source_id: str
    owner: str
    kind: EventKind
    what: str
    data: Mapping[str, Any]
    t_s: float = 0.0


class Notifier:
    """Turns news of live sources into deliveries, in a thread of its own: no frame waits for a database.

    Of one source and sort one message is stored in a cooldown; the next one says how many were left out.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._waiting: queue.Queue[Notice | None] = queue.Queue(_MOST_WAITING)
        self._told: OrderedDict[tuple[str, str, str], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._number = 0

    def tell(self, news: Notice, *, cooldown_s: float | None = None) -> bool:
        """Have it told; says whether it will be. Waits for nothing."""
        with self._lock:
            left_out = self._left_out(news, cooldown_s)
            if left_out is None:
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="sightline-notifier", daemon=True)
                self._thread.start()
        try:
            self._waiting.put_nowait(
                replace(news, data={**news.data, "left_out": left_out}, t_s=self._platform.clock.now_s())
            )
        except queue.Full:
            _log.warning("news_left_out", source=news.source_id, kind=news.kind.value)
            return False
        return True

    def close(self) -> None:
        """Store what waits, and end."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join(timeout=_END_WITHIN_S)

    def _left_out(self, news: Notice, cooldown_s: float | None) -> int | None:
        """Give how many of its sort were left out since one was told; None where this one is."""
        now_s = self._platform.clock.monotonic_s()
        key = (news.source_id, news.kind.value, news.what)
        wait_s = self._platform.settings.webhook_cooldown_s if cooldown_s is None else cooldown_s
        last = self._told.get(key)
        if last is not None and now_s - last[0] < wait_s:
            self._told[key] = (last[0], last[1] + 1)
            return None
        self._told[key] = (now_s, 0)
        self._told.move_to_end(key)
        while len(self._told) > _MOST_REMEMBERED:
            self._told.popitem(last=False)
        return last[1] if last is not None else 0

    def _work(self) -> None:
        while (news := self._waiting.get()) is not None:
            try:
                self._store(news)
            except SightlineError as error:
                _log.warning("news_not_stored", source=news.source_id, code=error.code, error=str(error))

    def _store(self, news: Notice) -> None:
        platform = self._platform
        wanting = [
            one
            for one in platform.webhooks.list(owner=news.owner, limit=_MOST_WEBHOOKS)
            if one.active and news.kind in one.kinds
        ]
        if not wanting:
            return
        self._number += 1
        event = RunEvent(news.source_id, news.kind, "", news.t_s, news.data, self._number)
        body = {
            "type": news.kind.value,
            "timestamp": datetime.fromtimestamp(event.t_s, UTC).isoformat(),
            "data": {"source": news.source_id, **news.data},
        }
        platform.deliveries.post(
            [
                Delivery(
                    id=delivery_id(one.id, event),
                    webhook_id=one.id,
                    run_id=news.source_id,
                    kind=news.kind,
                    body=json.dumps(body, separators=(",", ":")),
                    created_s=event.t_s,
                    updated_s=event.t_s,
                )
                for one in wanting
            ]
        )
