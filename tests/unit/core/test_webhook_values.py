from dataclasses import replace

import pytest

from sightline.core.errors import ConfigError
from sightline.core.events import EventKind, RunEvent
from sightline.core.webhooks import (
    delivery_id,
    is_signed,
    new_seed,
    secret_bytes,
    secret_from,
    secret_of,
    signed_headers,
)
from sightline.testing.contracts.webhooks import webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_signature_is_that_of_the_standard():
    """The example of the Standard Webhooks specification's reference libraries."""
    headers = signed_headers(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', now_s=1614265330
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_tells_ours_from_others_and_old_from_new():
    body = b'{"type":"pipeline_completed"}'
    headers = signed_headers(SECRET, "d1", body, now_s=1000)
    assert is_signed(SECRET, headers, body, now_s=1299)
    assert not is_signed(SECRET, headers, body, now_s=1302)
    assert not is_signed(SECRET, headers, body + b" ", now_s=1000)
    assert not is_signed(secret_of(bytes(24)), headers, body, now_s=1000)
    for name in headers:
        assert not is_signed(SECRET, {**headers, name: "v1,ü"}, body, now_s=1000)
        assert not is_signed(SECRET, {**headers, name: ""}, body, now_s=1000)
    both = {**headers, "webhook-signature": "v1,b3RoZXI= " + headers["webhook-signature"]}
    assert is_signed(SECRET, both, body, now_s=1000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://example.org/"},
        {"url": "file:///etc/passwd"},
        {"url": "https://"},
        {"url": "https://ada:secret@example.org/"},
        {"url": "https://example.org/" + "a" * 2000},
        {"kinds": ()},
        {"kinds": (EventKind.PIPELINE_FAILED, EventKind.PIPELINE_COMPLETED)},
        {"seed": "whsec_AAAA"},
        {"seed": "AAAA"},
        {"seed": "no base64"},
    ],
)
def test_a_webhook_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigError):
        replace(webhook(), **wrong)


def test_a_secret_is_not_shown_by_accident():
    assert webhook().seed not in repr(webhook())


def test_a_secret_is_made_of_what_is_stored_and_the_servers_key():
    seed = new_seed(bytes(24))
    secret = secret_from(seed, b"key")
    assert len(secret_bytes(secret)) == 32
    assert secret_from(seed, b"key") == secret
    assert secret_from(seed, b"other key") != secret
    assert secret_from(new_seed(b"1" * 24), b"key") != secret
    assert seed not in secret


def test_a_secret_that_an_older_version_stored_still_holds():
    assert secret_from(SECRET, b"key") == SECRET


def test_an_event_has_one_id_for_a_webhook():
    event = RunEvent("r1", EventKind.PIPELINE_COMPLETED, "", 12.5, cursor=3)
    ids = {
        delivery_id("w1", event),
        delivery_id("w1", replace(event, details={"other": 1})),
        delivery_id("w2", event),
        delivery_id("w1", replace(event, cursor=4)),
    }
    assert len(ids) == 3
