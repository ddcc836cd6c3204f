"""Notice of live sources: told once in a while, and with how many were left out."""

import json
from dataclasses import replace

import pytest

from sightline.bootstrap import build_platform
from sightline.core.errors import AdapterUnavailableError
from sightline.core.events import EventKind
from sightline.core.webhooks import is_signed
from sightline.service.webhooks.deliver import deliver_due
from sightline.service.webhooks.manage import make_webhook, secret_for
from sightline.service.webhooks.notifier import Notice, Notifier
from sightline.settings import read_settings
from sightline.testing.memory import MemoryRunStore
from sightline.testing.webhooks import MemoryWebhooks


@pytest.fixture
def platform(tmp_path, clock, sender):
    store = MemoryWebhooks()
    settings = read_settings(home=tmp_path, webhook_cooldown_s=60)
    built = build_platform(settings, clock=clock, store=MemoryRunStore())
    return replace(built, webhooks=store, deliveries=store, sender=sender)


def news(what="D40", *, source="camera:c1", owner="ada", kind=EventKind.HAZARD_EVENT, **data):
    return Notice(source, owner, kind, what, {"kind": what, **data})


def sent(platform, webhook):
    return [json.loads(one.body)["data"] for one in platform.deliveries.sent(webhook.id)]


def test_a_hazard_is_told_once_in_a_cooldown_and_the_next_says_how_many_were_left_out(platform, clock):
    webhook = make_webhook(platform, owner="ada", url="https://example.org/", kinds=[EventKind.HAZARD_EVENT])
    notifier = Notifier(platform)
    told = []
    for step in range(8):
        told.append(notifier.tell(news(number=step)))
        clock.advance(20)
    told.append(notifier.tell(news("D00", number=8)))
    told.append(notifier.tell(news(source="camera:c2", number=9)))
    told.append(notifier.tell(news(number=10), cooldown_s=0))
    notifier.close()
    assert told == [True, False, False, True, False, False, True, False, True, True, True]
    assert sorted((one["number"], one["left_out"]) for one in sent(platform, webhook)) == [
        (0, 0), (3, 2), (6, 2), (8, 0), (9, 0), (10, 1),
    ]  # fmt: skip
    assert {one["source"] for one in sent(platform, webhook)} == {"camera:c1", "camera:c2"}


def test_only_its_owners_webhooks_that_want_it_are_told_and_it_arrives_signed(platform, sender):
    mine = make_webhook(platform, owner="ada", url="https://example.org/a", kinds=[EventKind.CAMERA_EVENT])
    for owner, kinds in (("bob", [EventKind.CAMERA_EVENT]), ("ada", None), ("ada", [EventKind.HAZARD_EVENT])):
        make_webhook(platform, owner=owner, url="https://example.org/b", kinds=kinds)
    notifier = Notifier(platform)
    notifier.tell(news("lost", kind=EventKind.CAMERA_EVENT, state="lost"))
    notifier.close()
    assert deliver_due(platform) == 1
    ((url, body, headers),) = sender.sent
    assert url == "https://example.org/a"
    assert json.loads(body)["type"] == "camera_event"
    assert is_signed(secret_for(platform, mine), headers, body, now_s=platform.clock.now_s())


def test_a_store_that_is_away_costs_the_message_not_the_notifier(platform, monkeypatch):
    def away(*_args, **_kwargs):
        raise AdapterUnavailableError("the database is away")

    webhook = make_webhook(platform, owner="ada", url="https://example.org/", kinds=[EventKind.HAZARD_EVENT])
    notifier = Notifier(platform)
    with monkeypatch.context() as broken:
        broken.setattr(platform.deliveries, "post", away)
        notifier.tell(news("a"))
        notifier.close()
    assert sent(platform, webhook) == []
    notifier.tell(news("b"))
    notifier.close()
    assert [one["kind"] for one in sent(platform, webhook)] == ["b"]
