"""Records of accounts are checked at birth, and keep their secrets to themselves."""

from __future__ import annotations

import pytest

from sightline.core.accounts import (
    LOCAL,
    ApiKey,
    Principal,
    Quota,
    Role,
    Session,
    ShareLink,
    User,
    plain_name,
)
from sightline.core.errors import ConfigError


@pytest.mark.parametrize("name", ["ada", "ada lovelace", "a", "ada@example.org", "ünal-2", "7"])
def test_a_name_of_letters_and_digits_is_a_name(name):
    assert User("u1", name, Role.VIEWER).name == name


@pytest.mark.parametrize(
    "name", ["", " ada", "ada ", "a\nb", "a\r\nSet-Cookie: x", "<b>", "a" * 65, "..", "a\x00b"]
)
def test_a_name_that_would_break_a_line_or_a_page_is_refused(name):
    with pytest.raises(ConfigError, match="not a name"):
        User("u1", name, Role.VIEWER)


@pytest.mark.parametrize("name", ["Ada", "ADA", "\uff41da", "u\u0308nal"])
def test_a_name_has_one_way_of_being_written(name):
    with pytest.raises(ConfigError, match=r"lower case|not a name"):
        User("u1", name, Role.VIEWER)
    assert User("u1", plain_name(name), Role.VIEWER).name in {"ada", "ünal"}


def test_a_password_is_never_kept_as_it_is():
    with pytest.raises(ConfigError, match="Argon2id"):
        User("u1", "ada", Role.ADMIN, password_hash="correct horse")


def test_no_record_shows_its_secrets():
    shown = repr(
        [
            User("u1", "ada", Role.ADMIN, password_hash="$argon2id$secret"),
            ApiKey("k1", "u1", "ci", "secret", ("runs.read",)),
            Session("s1", "u1", "secret"),
        ]
    )
    assert "secret" not in shown.replace("secret_sha256", "")


@pytest.mark.parametrize(
    ("scope", "action", "covered"),
    [
        ("*", "runs.delete", True),
        ("*.*", "runs.delete", True),
        ("runs.*", "runs.delete", True),
        ("runs.delete", "runs.delete", True),
        ("*.read", "videos.read", True),
        ("*.read", "runs.delete", False),
        ("runs.*", "videos.read", False),
        ("runs.read", "runs.delete", False),
    ],
)
def test_a_scope_covers_what_it_names(scope, action, covered):
    who = Principal("u1", "ada", Role.ADMIN, scopes=frozenset({scope}))
    assert who.covers(action) is covered


@pytest.mark.parametrize(
    "scopes", [(), ("runs",), ("Runs.read",), ("runs.read.more",), ("runs.read\n",), ("",)]
)
def test_what_is_no_scope_is_refused(scopes):
    with pytest.raises(ConfigError, match="scope"):
        ApiKey("k1", "u1", "ci", "0" * 64, scopes)


def test_a_key_holds_until_it_expires_or_is_revoked():
    key = ApiKey("k1", "u1", "ci", "0" * 64, ("*",), expires_s=100.0)
    assert key.holds(99.9)
    assert not key.holds(100.0)
    assert not ApiKey("k1", "u1", "ci", "0" * 64, ("*",), revoked_s=5.0).holds(1.0)
    assert ApiKey("k1", "u1", "ci", "0" * 64, ("*",)).holds(1e12)


def test_sessions_and_links_always_end():
    assert not Session("s1", "u1", "0" * 64).holds(0.0)
    assert not ShareLink("l1", "run", "r1", "u1").holds(0.0)
    assert Session("s1", "u1", "0" * 64, expires_s=10.0).holds(9.0)


def test_a_quota_is_not_negative():
    with pytest.raises(ConfigError, match="runs_per_day"):
        Quota(runs_per_day=-1)


def test_the_command_line_may_do_everything():
    assert LOCAL.role is Role.ADMIN
    assert LOCAL.covers("users.delete")
