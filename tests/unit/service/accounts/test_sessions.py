"""Signing in, staying signed in, and what happens to somebody who copied a token."""

from __future__ import annotations

from dataclasses import replace

import pytest

from accounts import CAME, PASSWORD
from sightline.core.accounts import LOCAL, AuditEntry, Outcome, Role, Session, User
from sightline.core.errors import AuthenticationError, ConflictError, RateLimitedError
from sightline.service.accounts import sessions, users
from sightline.service.accounts.access import allow_any
from sightline.service.accounts.authenticate import Credentials, authenticate


@pytest.fixture
def ada(platform):
    invited = users.add_user(platform, LOCAL, "Ada", Role.ANALYST)
    users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)
    return users.get_user(platform, invited.user.id)


def login(platform, name="ada", password=PASSWORD, came=CAME):
    return sessions.login(platform, name, password, came=came)


def who_has(platform, token):
    return authenticate(platform, Credentials(bearer=token))


def refusals(platform):
    return [
        (one.action, one.details.get("code"))
        for one in platform.accounts.find(AuditEntry, outcome=Outcome.REFUSED)
    ]


def test_a_name_and_its_password_sign_in(platform, ada):
    found = login(platform, "ADA")
    who = who_has(platform, found.access_token)
    assert (who.user_id, who.name, who.role) == (ada.id, "ada", Role.ANALYST)
    assert who.key_id is None


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "wrong password"), ("nobody", PASSWORD), ("", ""), ("ada", "x" * 5000)]
)
def test_a_wrong_name_and_a_wrong_password_are_refused_in_one_way(platform, ada, name, password):
    with pytest.raises(AuthenticationError, match="the name or the password is wrong"):
        login(platform, name, password)
    assert refusals(platform) == [("auth.login", "not_authenticated")]


def test_no_refusal_keeps_the_password_that_was_tried(platform, ada):
    with pytest.raises(AuthenticationError):
        login(platform, "ada", "hunter2hunter2")
    assert "hunter2" not in repr(platform.accounts.find(AuditEntry))


def test_a_shut_account_cannot_sign_in_and_its_tokens_end_at_once(platform, ada):
    found = login(platform)
    users.change_user(platform, LOCAL, ada.id, users.UserChange(active=False))
    for attempt in (
        lambda: who_has(platform, found.access_token),
        lambda: sessions.refresh(platform, found.refresh_token, came=CAME),
        lambda: login(platform),
    ):
        with pytest.raises(AuthenticationError):
            attempt()


def test_tries_are_counted_for_each_name_at_each_address(platform, ada, clock):
    for _ in range(5):
        with pytest.raises(AuthenticationError):
            login(platform, password="wrong password")
    with pytest.raises(RateLimitedError) as raised:
        login(platform)
    assert 0 < raised.value.retry_after_s <= 12
    assert ("auth.login", "rate_limited") in refusals(platform)
    login(platform, came=replace(CAME, address="192.0.2.8"))
    clock.advance(raised.value.retry_after_s)
    login(platform)


def test_an_access_token_ends_with_its_time_and_a_refresh_gives_the_next(platform, ada, clock):
    found = login(platform)
    clock.advance(platform.settings.access_token_s)
    with pytest.raises(AuthenticationError, match="expired"):
        who_has(platform, found.access_token)
    again = sessions.refresh(platform, found.refresh_token, came=CAME)
    assert who_has(platform, again.access_token).user_id == ada.id
    assert again.refresh_token != found.refresh_token


def test_a_refresh_token_that_is_used_twice_ends_the_whole_session(platform, ada):
    first = login(platform)
    second = sessions.refresh(platform, first.refresh_token, came=CAME)
    third = sessions.refresh(platform, second.refresh_token, came=CAME)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, first.refresh_token, came=CAME)
    for token in (first.access_token, second.access_token, third.access_token):
        with pytest.raises(AuthenticationError):
            who_has(platform, token)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, third.refresh_token, came=CAME)
    assert ("auth.refresh", "replayed") in refusals(platform)


def test_other_sessions_outlive_a_replayed_one(platform, ada):
    stolen, other = login(platform), login(platform)
    sessions.refresh(platform, stolen.refresh_token, came=CAME)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, stolen.refresh_token, came=CAME)
    assert who_has(platform, other.access_token).user_id == ada.id


def test_two_refreshes_at_the_same_moment_end_the_session(platform, ada, monkeypatch):
    found = login(platform)
    update = platform.accounts.update

    def overtaken(record, *also):
        monkeypatch.setattr(platform.accounts, "update", update)
        update(record, *also)
        raise ConflictError("changed by somebody else")

    monkeypatch.setattr(platform.accounts, "update", overtaken)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, found.refresh_token, came=CAME)
    with pytest.raises(AuthenticationError):
        who_has(platform, found.access_token)


@pytest.mark.parametrize("token", ["", ".", "nobody.secret", "x" * 500])
def test_what_is_no_refresh_token_is_refused(platform, ada, token):
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, token, came=CAME)


def test_a_refresh_token_ends_when_nobody_uses_it(platform, ada, clock):
    found = login(platform)
    clock.advance(platform.settings.refresh_token_s)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, found.refresh_token, came=CAME)


def test_signing_out_ends_the_session_and_no_other(platform, ada):
    found, other = login(platform), login(platform)
    sessions.logout(platform, who_has(platform, found.access_token))
    with pytest.raises(AuthenticationError, match="ended"):
        who_has(platform, found.access_token)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, found.refresh_token, came=CAME)
    assert who_has(platform, other.access_token)


def test_a_ticket_reads_for_a_minute_and_changes_nothing(platform, ada, clock):
    found = login(platform)
    ticket = sessions.ticket(platform, who_has(platform, found.access_token))
    who = authenticate(platform, Credentials(ticket=ticket))
    assert who.user_id == ada.id
    assert who.covers("runs.read")
    assert not who.covers("runs.create")
    with pytest.raises(AuthenticationError):
        who_has(platform, ticket)
    clock.advance(platform.settings.ticket_s)
    with pytest.raises(AuthenticationError):
        authenticate(platform, Credentials(ticket=ticket))


def test_a_ticket_ends_with_its_session(platform, ada):
    who = who_has(platform, login(platform).access_token)
    ticket = sessions.ticket(platform, who)
    sessions.logout(platform, who)
    with pytest.raises(AuthenticationError):
        authenticate(platform, Credentials(ticket=ticket))


def test_a_role_that_is_taken_away_is_gone_at_once(platform, ada):
    token = login(platform).access_token
    allow_any(who_has(platform, token), "runs.create")
    users.change_user(platform, LOCAL, ada.id, users.UserChange(role=Role.VIEWER))
    assert who_has(platform, token).role is Role.VIEWER


def test_a_password_of_old_settings_is_hashed_anew_at_the_next_sign_in(platform, ada):
    stronger = replace(
        platform, settings=platform.settings.model_copy(update={"password_memory_kib": 20_480})
    )
    sessions.login(stronger, "ada", PASSWORD, came=CAME)
    assert "m=20480" in platform.accounts.get(User, ada.id).password_hash
    login(platform)


@pytest.mark.parametrize(
    "shown",
    [
        Credentials(),
        Credentials(bearer="a", api_key="b"),
        Credentials(ticket="a", bearer="b"),
        Credentials(bearer=""),
    ],
)
def test_nothing_or_more_than_one_thing_is_no_proof(platform, shown):
    with pytest.raises(AuthenticationError):
        authenticate(platform, shown)


def test_no_secret_is_kept(platform, ada):
    found = login(platform)
    kept = repr([platform.accounts.find(kind) for kind in (User, Session, AuditEntry)])
    kept += "".join(one.password_hash for one in platform.accounts.find(User))
    for secret in (PASSWORD, found.access_token, found.refresh_token.split(".")[1]):
        assert secret not in kept
