"""What comes under a key is done once, whatever becomes of the server that does it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sightline.bootstrap import build_platform
from sightline.core.accounts import LOCAL
from sightline.core.errors import ConflictError, KeyReusedError, OutputFullError
from sightline.service.pipelines import idempotency as module
from sightline.service.pipelines.idempotency import once
from sightline.settings import read_settings
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore
from sightline.testing.videos import MemoryReceiptStore


@pytest.fixture
def platform(tmp_path):
    built = build_platform(read_settings(home=tmp_path), clock=FakeClock(), store=MemoryRunStore())
    return replace(built, receipts=MemoryReceiptStore())


def ask(platform, act, digest="d"):
    return once(platform, LOCAL, "key", digest, act)


def test_the_second_time_is_answered_by_the_first(platform):
    assert ask(platform, lambda: "r1") == ("r1", False)
    assert ask(platform, lambda: "r2") == ("r1", True)
    with pytest.raises(KeyReusedError):
        ask(platform, lambda: "r3", digest="other")


def test_what_failed_may_be_asked_again(platform):
    def full():
        raise OutputFullError("full")

    with pytest.raises(OutputFullError):
        ask(platform, full)
    assert ask(platform, lambda: "r1") == ("r1", False)


def test_what_is_being_done_is_not_begun_again_until_its_server_must_be_dead(platform):
    def begun_twice():
        with pytest.raises(ConflictError):
            ask(platform, lambda: "r2")
        return "r1"

    assert ask(platform, begun_twice) == ("r1", False)

    class Killed(BaseException):
        pass

    platform.receipts.drop("local", "key")
    drop, platform.receipts.drop = (
        platform.receipts.drop,
        lambda *_: None,
    )  # a killed process tidies nothing up

    def killed():
        raise Killed

    with pytest.raises(Killed):
        ask(platform, killed)
    platform.receipts.drop = drop
    with pytest.raises(ConflictError):
        ask(platform, lambda: "r2")
    platform.clock.advance(module._GIVEN_UP_S)
    assert ask(platform, lambda: "r3") == ("r3", False)
