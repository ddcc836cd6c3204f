"""Users come in by a link that works once, and there is always an admin."""

from __future__ import annotations

import pytest

from accounts import CAME, PASSWORD
from sightline.core.accounts import LOCAL, ApiKey, AuditEntry, Membership, Quota, Role, Session
from sightline.core.errors import (
    AuthenticationError,
    ConfigError,
    ConflictError,
    NotFoundError,
    SettingsError,
)
from sightline.service.accounts import groups, keys, sessions, users
from sightline.service.accounts.authenticate import Credentials, authenticate


def grown(platform, name="ada", role=Role.ADMIN):
    """Give a user who has set a password."""
    invited = users.add_user(platform, LOCAL, name, role)
    users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)
    return users.get_user(platform, invited.user.id)


def test_a_server_without_users_gets_one_admin_and_a_link(platform):
    invited = users.first_admin(platform)
    assert (invited.user.name, invited.user.role) == ("admin", Role.ADMIN)
    found = users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)
    assert authenticate(platform, Credentials(bearer=found.access_token)).role is Role.ADMIN
    assert users.first_admin(platform) is None


def test_a_link_that_nobody_has_used_is_given_again_at_the_next_start(platform):
    first, second = users.first_admin(platform), users.first_admin(platform)
    assert first.user == second.user
    assert len(users.list_users(platform)) == 1


def test_two_servers_that_start_at_once_make_one_admin(platform, monkeypatch):
    find = platform.accounts.find
    users.first_admin(platform)
    answers = [[]]
    monkeypatch.setattr(
        platform.accounts, "find", lambda *a, **k: answers.pop() if answers else find(*a, **k)
    )
    assert users.first_admin(platform) is not None
    assert len(users.list_users(platform)) == 1


def test_a_link_works_once(platform):
    invited = users.add_user(platform, LOCAL, "ada", Role.VIEWER)
    users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)
    with pytest.raises(AuthenticationError, match="used"):
        users.set_up(platform, invited.setup_token, "another good sentence", came=CAME)
    sessions.login(platform, "ada", PASSWORD, came=CAME)


def test_a_link_ends_with_its_time_and_with_its_user(platform, clock):
    late, gone, shut = (users.add_user(platform, LOCAL, name, Role.VIEWER) for name in ("a1", "b1", "c1"))
    users.delete_user(platform, LOCAL, gone.user.id)
    users.change_user(platform, LOCAL, shut.user.id, users.UserChange(active=False))
    for invited in (gone, shut):
        with pytest.raises(AuthenticationError):
            users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)
    clock.advance(platform.settings.setup_link_s)
    with pytest.raises(AuthenticationError, match="expired"):
        users.set_up(platform, late.setup_token, PASSWORD, came=CAME)


def test_a_new_link_ends_what_came_before(platform):
    ada = grown(platform)
    found = sessions.login(platform, "ada", PASSWORD, came=CAME)
    again = users.invite_again(platform, LOCAL, ada.id)
    users.set_up(platform, again.setup_token, "a sentence that is new", came=CAME)
    with pytest.raises(AuthenticationError):
        authenticate(platform, Credentials(bearer=found.access_token))
    with pytest.raises(AuthenticationError):
        sessions.login(platform, "ada", PASSWORD, came=CAME)
    assert "setup_token" not in repr(again)


@pytest.mark.parametrize("password", ["short", "x" * 12, "x" * 300, "my name is Ada too", "abababababab", ""])
def test_a_password_that_others_would_guess_is_refused_and_the_link_stays_good(platform, password):
    invited = users.add_user(platform, LOCAL, "ada", Role.VIEWER)
    with pytest.raises(SettingsError, match="password"):
        users.set_up(platform, invited.setup_token, password, came=CAME)
    users.set_up(platform, invited.setup_token, PASSWORD, came=CAME)


def test_changing_ones_password_asks_for_the_old_one(platform):
    ada = grown(platform)
    found = sessions.login(platform, "ada", PASSWORD, came=CAME)
    who = authenticate(platform, Credentials(bearer=found.access_token))
    with pytest.raises(AuthenticationError, match="old"):
        users.change_password(platform, who, "not this one", "a sentence that is new", came=CAME)
    users.change_password(platform, who, PASSWORD, "a sentence that is new", came=CAME)
    with pytest.raises(AuthenticationError):
        sessions.refresh(platform, found.refresh_token, came=CAME)
    assert users.get_user(platform, ada.id).password_s > ada.password_s - 1


def test_a_name_is_taken_whatever_its_case(platform):
    users.add_user(platform, LOCAL, "Ada", Role.VIEWER)
    with pytest.raises(ConflictError):
        users.add_user(platform, LOCAL, "ADA", Role.VIEWER)
    assert users.named_user(platform, "aDa").name == "ada"
    with pytest.raises(NotFoundError):
        users.named_user(platform, "eve")


@pytest.mark.parametrize(
    "leave",
    [
        lambda p, user: users.delete_user(p, LOCAL, user.id),
        lambda p, user: users.change_user(p, LOCAL, user.id, users.UserChange(role=Role.VIEWER)),
        lambda p, user: users.change_user(p, LOCAL, user.id, users.UserChange(active=False)),
    ],
    ids=["delete", "demote", "shut"],
)
def test_the_last_admin_who_can_sign_in_stays(platform, leave):
    ada = grown(platform)
    users.add_user(platform, LOCAL, "not yet here", Role.ADMIN)
    with pytest.raises(ConflictError, match="no admin"):
        leave(platform, ada)
    grown(platform, "ben")
    leave(platform, ada)


def test_a_user_who_goes_takes_keys_sessions_and_memberships_along(platform):
    grown(platform, "boss")
    ada = grown(platform, role=Role.ANALYST)
    group = groups.add_group(platform, LOCAL, "crew")
    groups.add_member(platform, LOCAL, group.id, ada.id)
    key = keys.add_key(platform, LOCAL, "ci", ["*"], user_id=ada.id)
    users.delete_user(platform, LOCAL, ada.id)
    for kind in (ApiKey, Session, Membership):
        assert platform.accounts.find(kind, user_id=ada.id) == []
    with pytest.raises(AuthenticationError):
        authenticate(platform, Credentials(api_key=key.text))


def test_every_change_is_in_the_audit(platform):
    grown(platform, "boss")
    ada = grown(platform)
    users.change_user(
        platform, LOCAL, ada.id, users.UserChange(role=Role.VIEWER, quota=Quota(runs_per_day=3))
    )
    users.delete_user(platform, LOCAL, ada.id)
    told = [one.action for one in platform.accounts.find(AuditEntry, target=f"user:{ada.id}")]
    assert sorted(told) == ["account.change", "users.change", "users.create", "users.delete"]
    assert PASSWORD not in repr(platform.accounts.find(AuditEntry))


# --- keys -------------------------------------------------------------------------------------------------


def test_a_key_acts_for_its_user_within_its_scopes_until_it_ends(platform, clock):
    ada = grown(platform)
    made = keys.add_key(platform, LOCAL, "ci", ["runs.read", "runs.read"], ttl_s=60, user_id=ada.id)
    who = authenticate(platform, Credentials(api_key=made.text))
    assert (who.user_id, who.key_id, who.scopes) == (ada.id, made.key.id, {"runs.read"})
    assert made.text.startswith(f"sl_{made.key.id}_")
    assert platform.accounts.get(ApiKey, made.key.id).used_s == clock.now_s()
    clock.advance(60)
    with pytest.raises(AuthenticationError, match="expired"):
        authenticate(platform, Credentials(api_key=made.text))


def test_only_the_hash_of_a_key_is_kept(platform):
    made = keys.add_key(platform, LOCAL, "ci", ["*"], user_id=grown(platform).id)
    secret = made.text.rpartition("_")[2]
    kept = platform.accounts.get(ApiKey, made.key.id)
    assert secret not in kept.secret_sha256
    assert secret not in repr(made)


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "x", lambda t: "sl_" + t, lambda t: t[3:], lambda t: "sl__"]
)
def test_a_key_that_is_almost_right_is_wrong(platform, change):
    made = keys.add_key(platform, LOCAL, "ci", ["*"], user_id=grown(platform).id)
    with pytest.raises(AuthenticationError, match="not a valid"):
        authenticate(platform, Credentials(api_key=change(made.text)))


def test_a_key_cannot_make_a_key_that_is_good_for_more(platform):
    ada = grown(platform)
    made = keys.add_key(platform, LOCAL, "ci", ["keys.create", "runs.read"], user_id=ada.id)
    who = authenticate(platform, Credentials(api_key=made.text))
    with pytest.raises(Exception, match="good for more"):
        keys.add_key(platform, who, "more", ["*"])
    assert keys.add_key(platform, who, "same", ["runs.read"]).key.user_id == ada.id


def test_wrong_keys_are_refused_at_birth(platform):
    ada = grown(platform)
    for scopes, ttl_s in ((["runs"], None), ([], None), (["*"], -1.0), (["*"], 0.0)):
        with pytest.raises(ConfigError):
            keys.add_key(platform, LOCAL, "ci", scopes, ttl_s=ttl_s, user_id=ada.id)


def test_a_key_is_revoked_by_its_owner_or_an_admin_and_is_unknown_to_others(platform):
    ada, ben = grown(platform), grown(platform, "ben", Role.ANALYST)
    key = keys.add_key(platform, LOCAL, "ci", ["*"], user_id=ada.id)
    by_ben = authenticate(
        platform, Credentials(api_key=keys.add_key(platform, LOCAL, "b", ["*"], user_id=ben.id).text)
    )
    with pytest.raises(NotFoundError):
        keys.revoke_key(platform, by_ben, key.key.id)
    assert keys.revoke_key(platform, LOCAL, key.key.id).revoked_s is not None
    with pytest.raises(AuthenticationError, match="revoked"):
        authenticate(platform, Credentials(api_key=key.text))
    assert [one.id for one in keys.list_keys(platform, ada.id)] == [key.key.id]
