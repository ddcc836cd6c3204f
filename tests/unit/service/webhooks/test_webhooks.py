"""From a run's event to a delivery, and to what becomes of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterUnavailableError, AddressRefusedError, ConflictError, NotFoundError
from sightline.core.events import EventKind, RunEvent
from sightline.core.runs import Run, RunState
from sightline.core.webhooks import DeliveryState, is_signed
from sightline.service.jobs.relay import relay
from sightline.service.webhooks.deliver import deliver_due
from sightline.service.webhooks.enqueue import enqueue
from sightline.service.webhooks.manage import change_webhook, make_webhook, replay, secret_for
from sightline.settings import read_settings
from sightline.testing.memory import MemoryRunStore
from sightline.testing.webhooks import MemoryWebhooks

URL = "https://example.org/hook"


@pytest.fixture
def platform(tmp_path, clock, sender):
    store = MemoryWebhooks()
    built = build_platform(read_settings(home=tmp_path), clock=clock, store=MemoryRunStore())
    built.runs.add(Run("r1", RunState.QUEUED, "/v.mp4", "people", "/out", owner="ada", tags=("monday",)))
    return replace(built, webhooks=store, deliveries=store, sender=sender)


def ended(cursor=7, kind=EventKind.PIPELINE_COMPLETED, run_id="r1"):
    return RunEvent(run_id, kind, "", 999.5, {"state": "completed"}, cursor=cursor)


def states(platform, webhook):
    return [(one.state.value, one.attempts) for one in platform.deliveries.sent(webhook.id)]


def test_the_end_of_a_run_is_told_signed_once(platform, sender):
    webhook = make_webhook(platform, owner="ada", url=URL)
    enqueue(platform, [ended()])
    enqueue(platform, [ended()])  # a relay that died before it took the event off the outbox
    assert deliver_due(platform) == 1
    assert deliver_due(platform) == 0
    ((url, body, headers),) = sender.sent
    assert url == URL
    assert is_signed(secret_for(platform, webhook), headers, body, now_s=1000)
    told = json.loads(body)
    assert told["type"] == "pipeline_completed"
    assert told["data"]["pipeline_id"] == "r1"
    assert (told["data"]["state"], told["data"]["cursor"], told["data"]["tags"]) == (
        "completed",
        7,
        ["monday"],
    )
    assert states(platform, webhook) == [("delivered", 1)]


def test_only_the_owner_of_a_run_is_told_and_only_what_was_asked_for(platform, sender):
    make_webhook(platform, owner="bob", url=URL)
    make_webhook(platform, owner="ada", url=URL, kinds=[EventKind.STAGE_STARTED])
    assert enqueue(platform, [ended(), ended(run_id="gone")]) == 0
    assert deliver_due(platform) == 0
    assert sender.sent == []


def test_events_come_from_the_outbox_and_leave_it_when_deliveries_are_stored(platform):
    webhook = make_webhook(platform, owner="ada", url=URL)
    platform.runs.update(platform.runs.get("r1"), events=[ended(cursor=0)])
    assert relay(platform) == 1
    assert relay(platform) == 0
    assert states(platform, webhook) == [("waiting", 0)]


def test_a_failure_is_tried_again_later_and_later(platform, sender, clock):
    webhook = make_webhook(platform, owner="ada", url=URL)
    enqueue(platform, [ended()])
    sender.answer = lambda _: 503
    waits_s = []
    for _ in range(7):
        assert deliver_due(platform) == 1
        (one,) = platform.deliveries.sent(webhook.id)
        assert (one.state, one.error) == (DeliveryState.WAITING, "it answered 503")
        waits_s.append(one.next_s - clock.now_s())
        assert deliver_due(platform) == 0
        clock.advance(waits_s[-1])
    for number, wait_s in enumerate(waits_s):
        assert 5 * 2**number <= wait_s <= 15 * 2**number
    sender.answer = lambda _: 200
    deliver_due(platform)
    assert states(platform, webhook) == [("delivered", 8)]


@pytest.mark.parametrize(
    "trouble", [AdapterUnavailableError("nobody there"), AddressRefusedError("10.0.0.1 is not public")]
)
def test_a_dead_letter_is_kept_and_can_be_replayed(platform, sender, clock, trouble):
    def fail(_):
        raise trouble

    webhook = make_webhook(platform, owner="ada", url=URL)
    enqueue(platform, [ended()])
    sender.answer = fail
    for _ in range(8):
        deliver_due(platform)
        clock.advance(7 * 3600)
    assert states(platform, webhook) == [("dead", 8)]
    assert deliver_due(platform) == 0
    (dead,) = platform.deliveries.sent(webhook.id, state=DeliveryState.DEAD)
    assert dead.error == str(trouble)
    sender.answer = lambda _: 200
    replay(platform, webhook.id, [dead.id])
    deliver_due(platform)
    assert states(platform, webhook) == [("delivered", 1)]
    with pytest.raises(NotFoundError, match="no dead delivery"):
        replay(platform, webhook.id, [dead.id])


def test_a_process_that_dies_while_it_sends_leaves_the_message_to_the_next(platform, sender, clock):
    def die(_):
        raise SystemExit

    webhook = make_webhook(platform, owner="ada", url=URL)
    enqueue(platform, [ended()])
    sender.answer = die
    with pytest.raises(SystemExit):
        deliver_due(platform)
    sender.answer = lambda _: 200
    assert deliver_due(platform) == 0
    clock.advance(500)
    assert deliver_due(platform) == 1
    assert len({headers["webhook-id"] for _, _, headers in sender.sent}) == 1
    assert states(platform, webhook) == [("delivered", 1)]


def test_an_address_that_wants_no_more_is_told_no_more(platform, sender):
    webhook = make_webhook(platform, owner="ada", url=URL)
    enqueue(platform, [ended(1)])
    sender.answer = lambda _: 410
    deliver_due(platform)
    stopped = platform.webhooks.get(webhook.id)
    assert (stopped.active, "410" in stopped.reason) == (False, True)
    assert enqueue(platform, [ended(2)]) == 0
    again = change_webhook(platform, stopped, active=True, new_secret=True)
    assert (again.active, again.reason) == (True, "")
    assert again.seed != webhook.seed
    assert enqueue(platform, [ended(2)]) == 1


def test_what_waits_for_a_webhook_that_was_switched_off_or_deleted_is_not_sent(platform, sender):
    off, gone = (make_webhook(platform, owner="ada", url=URL) for _ in range(2))
    enqueue(platform, [ended()])
    change_webhook(platform, off, active=False)
    platform.webhooks.delete(gone.id)
    deliver_due(platform)
    assert sender.sent == []
    assert states(platform, off) == [("dead", 0)]


def test_nobody_has_webhooks_without_end(platform, clock):
    for _ in range(50):
        make_webhook(platform, owner="ada", url=URL)
        clock.advance(1)
    with pytest.raises(ConflictError, match="50 webhooks"):
        make_webhook(platform, owner="ada", url=URL)
    make_webhook(platform, owner="bob", url=URL)
