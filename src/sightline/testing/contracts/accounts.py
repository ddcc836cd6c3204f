"""What every `AccountStore` and `RateLimiter` promises."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sightline.core.accounts import (
    ApiKey,
    AuditEntry,
    Group,
    Membership,
    Outcome,
    Quota,
    Record,
    Resource,
    Role,
    Session,
    Share,
    ShareLink,
    User,
)
from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.limits import Rate

ADA = User(
    "u1", "ada", Role.ADMIN, "$argon2id$x", quota=Quota(storage_bytes=5), created_s=1.5, password_s=2.25
)
BEN = User("u2", "bén", Role.VIEWER, active=False)
CREW = Group("g1", "crew", created_s=3.0)
BELONGING: tuple[Record, ...] = (
    ApiKey("k1", "u1", "ci", "a" * 64, ("runs.read", "*.read"), created_s=1.0, expires_s=9.5, revoked_s=2.0),
    Session("s1", "u1", "b" * 64, created_s=1.0, expires_s=9.5, revoked_s=4.0, reason="replayed"),
    Membership("g1:u1", "g1", "u1"),
    Share("run:r1:g1", Resource.RUN, "r1", "g1", "u1", created_s=1.0),
    ShareLink("l1", Resource.VIDEO, "v1", "u1", created_s=1.0, expires_s=8.0),
)


def told(number: int, **changes: Any) -> AuditEntry:
    """Give an entry of the audit."""
    entry = AuditEntry(
        f"e{number}",
        float(number),
        "u1",
        "ada",
        "users.create",
        Outcome.DONE,
        details={"name": "Tür", "n": [1]},
    )
    return replace(entry, **changes)


class AccountStoreContract:
    """Subclass it and give a fresh, empty store in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        return self.make(tmp_path)

    @pytest.fixture
    def full(self, store: Any) -> Any:
        store.add(ADA, BEN, CREW, *BELONGING)
        return store

    @pytest.mark.parametrize("record", [ADA, BEN, CREW, *BELONGING, told(1)], ids=lambda one: one.id)
    def test_every_record_comes_back_as_it_was_stored(self, full: Any, record: Record) -> None:
        if isinstance(record, AuditEntry):
            full.add(record)
        assert full.get(type(record), record.id) == record

    def test_changes_are_counted_and_the_audit_is_not(self, full: Any) -> None:
        seen = [full.changes]
        full.add(Group("g2", "other"))
        seen.append(full.changes)
        full.update(replace(BEN, active=True), told(1))
        seen.append(full.changes)
        full.delete(full.get(Group, "g2"), told(2))
        seen.append(full.changes)
        assert sorted(set(seen)) == seen
        full.add(told(3))
        full.find(User)
        with pytest.raises(NotFoundError):
            full.delete(Group("g2", "other"))
        assert full.changes == seen[-1]

    def test_records_of_different_kinds_may_have_one_id(self, store: Any) -> None:
        store.add(ADA, Group("u1", "other"))
        assert store.get(User, "u1") == ADA
        assert store.get(Group, "u1").name == "other"

    @pytest.mark.parametrize("kind", [User, ApiKey, Session, Group, Membership, Share, ShareLink, AuditEntry])
    def test_what_is_not_there_is_not_found(self, full: Any, kind: type[Record]) -> None:
        with pytest.raises(NotFoundError, match="nobody"):
            full.get(kind, "nobody")

    def test_records_are_stored_all_or_none(self, store: Any) -> None:
        with pytest.raises(ConflictError):
            store.add(ADA, told(1), replace(ADA, name="other"))
        assert store.find(User) == []
        assert store.find(AuditEntry) == []

    @pytest.mark.parametrize("twin", [replace(ADA, id="u9"), Group("g9", "crew")], ids=["user", "group"])
    def test_a_name_is_taken_once(self, full: Any, twin: Record) -> None:
        with pytest.raises(ConflictError, match="already"):
            full.add(twin)

    def test_a_name_cannot_be_changed_to_one_that_is_taken(self, full: Any) -> None:
        with pytest.raises(ConflictError, match="already"):
            full.update(replace(BEN, name="ada"))
        assert full.get(User, "u2") == BEN

    @pytest.mark.parametrize(
        "orphan",
        [
            ApiKey("k9", "nobody", "ci", "a" * 64, ("*",)),
            Session("s9", "nobody", "a" * 64),
            Membership("g9:u1", "g9", "u1"),
            Membership("g1:nobody", "g1", "nobody"),
            Share("run:r1:g9", Resource.RUN, "r1", "g9", "u1"),
        ],
        ids=lambda one: one.id,
    )
    def test_nothing_belongs_to_nobody(self, full: Any, orphan: Record) -> None:
        with pytest.raises(ConflictError, match="gone"):
            full.add(orphan)

    def test_records_are_found_by_their_fields_newest_first_page_by_page(self, store: Any) -> None:
        store.add(*(told(n, actor_id="u2" if n % 2 else "u1") for n in (3, 1, 5, 2, 4)))
        assert [one.id for one in store.find(AuditEntry, limit=2)] == ["e5", "e4"]
        assert [one.id for one in store.find(AuditEntry, limit=2, before="e4")] == ["e3", "e2"]
        assert [one.id for one in store.find(AuditEntry, actor_id="u1")] == ["e4", "e2"]
        assert [
            one.id for one in store.find(AuditEntry, actor_id="u1", action="users.create", before="e4")
        ] == ["e2"]
        assert store.find(AuditEntry, outcome=Outcome.REFUSED) == []

    def test_fields_that_hold_nothing_are_found_too(self, full: Any) -> None:
        assert [one.id for one in full.find(ShareLink, revoked_s=None)] == ["l1"]
        assert full.find(ApiKey, revoked_s=None) == []
        assert [one.id for one in full.find(User, active=False)] == ["u2"]
        assert [one.id for one in full.find(User, role=Role.ADMIN)] == ["u1"]

    def test_a_change_raises_the_version_and_brings_its_entry(self, full: Any) -> None:
        changed = full.update(replace(ADA, role=Role.VIEWER), told(1))
        assert changed == replace(ADA, role=Role.VIEWER, version=1)
        assert full.get(User, "u1") == changed
        assert full.get(AuditEntry, "e1") == told(1)

    def test_a_change_to_an_old_version_loses_and_leaves_nothing(self, full: Any) -> None:
        full.update(replace(ADA, role=Role.VIEWER))
        with pytest.raises(ConflictError, match="somebody else"):
            full.update(replace(ADA, role=Role.ANALYST), told(1))
        assert full.get(User, "u1").role is Role.VIEWER
        assert full.find(AuditEntry) == []

    def test_a_change_whose_entry_cannot_be_stored_is_not_made(self, full: Any) -> None:
        full.add(told(1))
        with pytest.raises(ConflictError):
            full.update(replace(ADA, role=Role.VIEWER), told(1))
        with pytest.raises(ConflictError):
            full.delete(ADA, told(1))
        assert full.get(User, "u1") == ADA
        assert full.get(Session, "s1")

    def test_changing_or_deleting_what_is_not_there_is_not_found(self, store: Any) -> None:
        for call in (store.update, store.delete):
            with pytest.raises(NotFoundError):
                call(ADA)

    def test_what_belongs_to_a_user_goes_with_them(self, full: Any) -> None:
        full.delete(ADA, told(1))
        assert [len(full.find(kind)) for kind in (User, ApiKey, Session, Membership)] == [1, 0, 0, 0]
        assert [len(full.find(kind)) for kind in (Group, Share, ShareLink, AuditEntry)] == [1, 1, 1, 1]

    def test_what_belongs_to_a_group_goes_with_it(self, full: Any) -> None:
        full.delete(CREW)
        assert [len(full.find(kind)) for kind in (User, Group, Membership, Share)] == [2, 0, 0, 0]

    def test_an_entry_of_the_audit_is_never_altered(self, store: Any) -> None:
        store.add(told(1))
        with pytest.raises(ConflictError, match="never"):
            store.update(told(1, actor="somebody else"))

    def test_of_many_changes_at_once_one_wins(self, full: Any) -> None:
        session = full.get(Session, "s1")
        outcomes: list[str] = []

        def rotate(number: int) -> None:
            try:
                full.update(replace(session, secret_sha256=f"{number:064d}"))
                outcomes.append("won")
            except ConflictError:
                outcomes.append("lost")

        threads = [threading.Thread(target=rotate, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["lost"] * 5 + ["won"]


class RateLimiterContract:
    """Subclass it; give a limiter in `make`, and let `wait` pass seconds of its clock."""

    def make(self) -> Any:
        """Give an implementation whose buckets are untouched."""
        raise NotImplementedError

    def wait(self, seconds: float) -> None:
        """Let time pass for the limiter."""
        raise NotImplementedError

    @pytest.fixture
    def limiter(self) -> Any:
        return self.make()

    def test_a_burst_passes_and_then_there_is_a_wait(self, limiter: Any) -> None:
        rate = Rate(burst=3, per_s=0.01)
        assert [limiter.take("a", rate) for _ in range(3)] == [0, 0, 0]
        assert 90 < limiter.take("a", rate) <= 100

    def test_a_refusal_takes_nothing(self, limiter: Any) -> None:
        rate = Rate(burst=1, per_s=0.01)
        limiter.take("a", rate)
        assert all(90 < limiter.take("a", rate) <= 100 for _ in range(5))

    def test_buckets_do_not_know_each_other(self, limiter: Any) -> None:
        rate = Rate(burst=1, per_s=0.01)
        assert limiter.take("a", rate) == 0
        assert limiter.take("b", rate) == 0
        assert limiter.take("a", rate) > 0

    def test_tokens_come_back_with_time_and_never_beyond_the_burst(self, limiter: Any) -> None:
        rate = Rate(burst=2, per_s=10.0)
        for _ in range(2):
            assert limiter.take("a", rate) == 0
        self.wait(0.3)
        assert [limiter.take("a", rate) == 0 for _ in range(2)] == [True, True]

    def test_threads_together_get_no_more_than_the_burst(self, limiter: Any) -> None:
        rate = Rate(burst=20, per_s=0.001)
        passed: list[bool] = []

        def ask() -> None:
            passed.extend(limiter.take("a", rate) == 0 for _ in range(10))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(passed) == 20
