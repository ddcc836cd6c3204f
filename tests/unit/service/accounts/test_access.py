"""The table of rules answers as its rows say."""

from __future__ import annotations

import pytest

from sightline.core.accounts import LOCAL, Principal, Role
from sightline.core.errors import AccessDeniedError, RunNotFoundError
from sightline.service.accounts.access import RULES, allow, allow_any, can

MISSING = RunNotFoundError("there is no run 'r1'")


def who(role, **given):
    return Principal("me", "me", role, **given)


@pytest.mark.parametrize("action", RULES)
def test_an_admin_may_do_everything_to_what_is_theirs(action):
    allow(who(Role.ADMIN), action, owner_id="me")
    allow_any(LOCAL, action)


@pytest.mark.parametrize("action", sorted(RULES))
def test_no_rule_lets_others_do_more_than_the_owner(action):
    rule = RULES[action]
    assert rule.shared <= rule.own
    assert rule.others <= rule.own


@pytest.mark.parametrize("action", sorted(RULES))
def test_a_subject_that_can_be_changed_can_be_read_by_the_same_people(action):
    reading = RULES[action.partition(".")[0] + ".read"]
    assert RULES[action].own <= reading.own
    assert RULES[action].others <= reading.others


def test_a_viewer_changes_nothing_but_their_own_account_and_keys():
    may = {action for action in RULES if not action.endswith(".read") and can(who(Role.VIEWER), action)}
    assert may == {"account.change", "keys.create", "keys.delete"}


@pytest.mark.parametrize("action", sorted(RULES))
def test_what_is_somebody_elses_is_theirs_alone_or_an_admins(action):
    for role in (Role.ANALYST, Role.VIEWER):
        allowed = can(who(role), action, owner_id="you")
        assert allowed is (action in {"groups.read", "models.read"})


def test_a_share_opens_reading_to_the_group_and_nothing_else():
    member = who(Role.ANALYST, group_ids=frozenset({"g1"}))
    allow(member, "runs.read", owner_id="you", shared_with={"g1", "g2"})
    with pytest.raises(AccessDeniedError):
        allow(member, "runs.delete", owner_id="you", shared_with={"g1"}, missing=MISSING)
    with pytest.raises(RunNotFoundError):
        allow(member, "runs.read", owner_id="you", shared_with={"g2"}, missing=MISSING)


def test_what_may_not_be_read_is_as_if_it_were_not_there():
    for action in ("runs.read", "runs.delete"):
        with pytest.raises(RunNotFoundError) as raised:
            allow(who(Role.ANALYST), action, owner_id="you", missing=MISSING)
        assert raised.value is MISSING


def test_a_scope_narrows_a_role_and_never_widens_it():
    narrow = who(Role.ADMIN, scopes=frozenset({"runs.read"}))
    allow(narrow, "runs.read", owner_id="you")
    for question in (allow, allow_any):
        with pytest.raises(AccessDeniedError, match="not good for"):
            question(narrow, "runs.delete")
    with pytest.raises(AccessDeniedError):
        allow_any(who(Role.VIEWER, scopes=frozenset({"*"})), "runs.create")


def test_an_action_that_no_rule_names_is_no_action():
    with pytest.raises(KeyError):
        allow_any(LOCAL, "runs.frobnicate")
