"""No secret stays in a text that is on its way out."""

from __future__ import annotations

import pytest

from sightline.core.redact import redacted

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:hunter2@db/x", "postgresql://me:***@db/x"),
        ("rtsp://cam:hunter2@10.0.0.1:554/a", "rtsp://cam:***@10.0.0.1:554/a"),
        ("key sl_k3n5vmx8q2ab_hunter2hunter2hunter2", "key sl_k3n5vmx8q2ab_***"),
        (f"token {JWT} end", "token *** end"),
        ("Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***"),
        ("authorization=basic aHVudGVyMg==", "authorization=basic ***"),
        (f"GET /events?after=3&ticket={JWT}&x=1", "GET /events?after=3&ticket=***&x=1"),
        ("s3?X-Amz-Signature=hunter2&X-Amz-Date=1", "s3?X-Amz-Signature=***&X-Amz-Date=***"),
        ('{"password": "hunter2 hunter2"}', '{"password": "***"}'),
        ('{"event": "got {\\"password\\": \\"hunter2\\"}"}', '{"event": "got {\\"password\\": \\"***\\"}"}'),
        ("{'refresh_token': 'hunter2'}", "{'refresh_token': '***'}"),
        ("$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aHVudGVyMg", "***"),
        (
            "00060a1b2c3d4e-0123456789abcdef0123456789.hunter2hunter2hunter2",
            "00060a1b2c3d4e-0123456789abcdef0123456789.***",
        ),
        ("http://host/setup#" + JWT, "http://host/setup#***"),
    ],
)
def test_a_secret_is_blotted_out_and_what_stands_around_it_stays(text, shown):
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "run 018f2c-aa is done",
        "https://example.org/a?x=1",
        "the token has expired",
        "slow_motion_capture_of_a_match",
        "12:30@noon",
        "bearer of news",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text):
    assert redacted(text) == text
