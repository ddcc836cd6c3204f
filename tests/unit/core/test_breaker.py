import threading

import pytest

from sightline.core.breaker import Breaker, BreakerPolicy, Breakers, BreakerState
from sightline.core.errors import AdapterUnavailableError, ConflictError
from sightline.testing.fakes import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def breaker(clock):
    return Breaker("redis", clock, BreakerPolicy(failures=3, rest_s=1.0, longest_rest_s=5.0))


def fail(breaker, times=1):
    for _ in range(times):
        with pytest.raises(AdapterUnavailableError, match="no route"), breaker.guard():
            raise AdapterUnavailableError("no route to host")


def passes(breaker):
    try:
        with breaker.guard():
            return True
    except AdapterUnavailableError:
        return False


def test_a_breaker_lets_calls_pass_until_enough_fail_in_a_row(breaker):
    fail(breaker, 2)
    assert passes(breaker)
    fail(breaker, 2)
    assert breaker.report().state is BreakerState.CLOSED
    fail(breaker)
    assert breaker.report().state is BreakerState.OPEN
    assert not passes(breaker)


def test_an_open_breaker_says_why_and_for_how_long(breaker):
    fail(breaker, 3)
    with pytest.raises(AdapterUnavailableError, match="redis does not answer: no route to host") as refused:
        breaker.guard().__enter__()
    assert refused.value.hint == "it is tried again in 1.0 s"
    report = breaker.report()
    assert (report.failures, report.refused, report.retry_in_s) == (3, 1, 1.0)


def test_after_its_rest_one_success_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.advance(1.0)
    assert breaker.report().state is BreakerState.HALF_OPEN
    assert passes(breaker)
    assert breaker.report().state is BreakerState.CLOSED
    assert breaker.report().reason == ""


def test_each_failed_try_doubles_the_rest_up_to_a_limit(breaker, clock):
    fail(breaker, 3)
    rests_s = []
    for _ in range(4):
        clock.advance(breaker.report().retry_in_s)
        fail(breaker)
        rests_s.append(breaker.report().retry_in_s)
    assert rests_s == [2.0, 4.0, 5.0, 5.0]
    clock.advance(5.0)
    assert passes(breaker)
    fail(breaker, 3)
    assert breaker.report().retry_in_s == 1.0


def test_only_one_caller_tries_a_service_that_may_be_back(breaker, clock):
    fail(breaker, 3)
    clock.advance(1.0)
    with breaker.guard():
        other: list[bool] = []
        thread = threading.Thread(target=lambda: other.append(passes(breaker)))
        thread.start()
        thread.join()
    assert other == [False]
    assert passes(breaker)


def test_a_refusal_shows_that_the_service_answers(breaker):
    fail(breaker, 2)
    with pytest.raises(ConflictError), breaker.guard():
        raise ConflictError("taken")
    fail(breaker, 2)
    assert breaker.report().state is BreakerState.CLOSED


@pytest.mark.parametrize("wrong", [{"failures": 0}, {"rest_s": 0.0}, {"rest_s": 9.0, "longest_rest_s": 1.0}])
def test_a_policy_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="rest_s"):
        BreakerPolicy(**wrong)


def test_a_platform_has_one_breaker_for_each_service(clock):
    breakers = Breakers(clock)
    assert breakers.of("s3") is breakers.of("s3")
    breakers.of("redis")
    assert list(breakers) == ["redis", "s3"]
    assert breakers["redis"].report().service == "redis"
    assert len(breakers) == 2


def test_a_call_that_breaks_off_by_itself_teaches_nothing(breaker, clock):
    fail(breaker, 3)
    clock.advance(1.0)
    with pytest.raises(KeyboardInterrupt), breaker.guard():
        raise KeyboardInterrupt
    assert breaker.report().state is BreakerState.HALF_OPEN
    assert passes(breaker)


def test_a_service_can_be_asked_whether_it_answers(clock):
    breakers = Breakers(clock)

    def probe():
        with breakers.of("s3").guard():
            raise AdapterUnavailableError("no route to host")

    breakers.watch("s3", probe)
    with pytest.raises(AdapterUnavailableError):
        breakers.ask("s3")
    assert breakers["s3"].report().failures == 1
    breakers.of("redis")
    breakers.ask("redis")  # nobody knows how
