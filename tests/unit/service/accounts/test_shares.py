"""Groups, shares, links and quotas."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sightline.core.accounts import LOCAL, Principal, Quota, Resource, Role
from sightline.core.errors import (
    AccessDeniedError,
    AuthenticationError,
    ConfigError,
    NotFoundError,
    QuotaExceededError,
)
from sightline.core.runs import Run, RunState
from sightline.core.videos import Video, VideoState
from sightline.service.accounts import groups, quotas, shares, users
from sightline.service.accounts.authenticate import Credentials, authenticate
from sightline.service.videos import uploads
from sightline.testing.videos import MemoryVideoStore

RUN = (Resource.RUN, "r1")


@pytest.fixture
def crew(platform):
    """A group, a member who owns `r1`, another member, and somebody who is in no group."""
    group = groups.add_group(platform, LOCAL, "Crew")
    people = [users.add_user(platform, LOCAL, name, Role.ANALYST).user for name in ("ann", "ben", "eve")]
    for user in people[:2]:
        groups.add_member(platform, LOCAL, group.id, user.id)
    in_it = frozenset({group.id})
    ann, ben, eve = (Principal(user.id, user.name, user.role) for user in people)
    return group, replace(ann, group_ids=in_it), replace(ben, group_ids=in_it), eve


def test_who_is_in_a_group_is_told_to_members_and_admins(platform, crew):
    group, ann, _, eve = crew
    assert {user.name for user in groups.members(platform, ann, group.id)} == {"ann", "ben"}
    assert len(groups.members(platform, LOCAL, group.id)) == 2
    with pytest.raises(NotFoundError):
        groups.members(platform, eve, group.id)


def test_joining_twice_is_joining_once_and_leaving_closes(platform, crew):
    group, ann, *_ = crew
    groups.add_member(platform, LOCAL, group.id, ann.user_id)
    assert len(groups.members(platform, LOCAL, group.id)) == 2
    groups.remove_member(platform, LOCAL, group.id, ann.user_id)
    assert [user.name for user in groups.members(platform, LOCAL, group.id)] == ["ben"]
    for call in (groups.remove_member, groups.add_member):
        with pytest.raises(NotFoundError):
            call(platform, LOCAL, group.id, "nobody")


def test_a_share_opens_a_thing_to_the_group_until_it_is_taken_back(platform, crew):
    group, ann, ben, _ = crew
    made = shares.share(platform, ann, *RUN, group.id, owner_id=ann.user_id)
    assert shares.share(platform, ann, *RUN, group.id, owner_id=ann.user_id) == made
    assert group.id in shares.shared_with(platform, *RUN)
    assert shares.shared_ids(platform, ben, Resource.RUN) == {"r1"}
    assert shares.shared_ids(platform, ben, Resource.VIDEO) == frozenset()
    with pytest.raises((AccessDeniedError, NotFoundError)):
        shares.unshare(platform, ben, made.id)
    shares.unshare(platform, ann, made.id)
    assert shares.shared_ids(platform, ben, Resource.RUN) == frozenset()


def test_a_share_goes_with_its_group(platform, crew):
    group, ann, ben, _ = crew
    shares.share(platform, ann, *RUN, group.id, owner_id=ann.user_id)
    groups.delete_group(platform, LOCAL, group.id)
    assert shares.shared_ids(platform, ben, Resource.RUN) == frozenset()


def test_nobody_shares_what_is_not_theirs_or_with_a_group_they_are_not_in(platform, crew):
    group, ann, ben, eve = crew
    with pytest.raises(AccessDeniedError):
        shares.share(platform, ben, *RUN, group.id, owner_id=ann.user_id)
    with pytest.raises(NotFoundError, match="group"):
        shares.share(platform, eve, *RUN, group.id, owner_id=eve.user_id)
    with pytest.raises(NotFoundError, match="group"):
        shares.share(platform, eve, *RUN, "no-such-group", owner_id=eve.user_id)


def test_a_link_is_a_way_in_to_one_thing_until_it_ends(platform, crew, clock):
    _, ann, *_ = crew
    made = shares.add_link(platform, ann, *RUN, owner_id=ann.user_id, ttl_s=60)
    who = authenticate(platform, Credentials(link=made.token))
    assert who.scopes == {"runs.read"}
    assert not who.group_ids.isdisjoint(shares.shared_with(platform, *RUN))
    assert who.group_ids.isdisjoint(shares.shared_with(platform, Resource.RUN, "r2"))
    assert shares.shared_ids(platform, who, Resource.RUN) == {"r1"}
    assert made.token not in repr(made)
    clock.advance(60)
    with pytest.raises(AuthenticationError):
        authenticate(platform, Credentials(link=made.token))


def test_a_link_that_is_taken_back_ends_at_once(platform, crew):
    _, ann, ben, _ = crew
    made = shares.add_link(platform, ann, *RUN, owner_id=ann.user_id, ttl_s=60)
    with pytest.raises(NotFoundError):
        shares.revoke_link(platform, ben, made.link.id)
    shares.revoke_link(platform, ann, made.link.id)
    with pytest.raises(AuthenticationError, match="taken back"):
        authenticate(platform, Credentials(link=made.token))


@pytest.mark.parametrize("ttl_s", [0.0, -1.0, 91 * 86_400.0, float("nan")])
def test_every_link_has_an_end(platform, crew, ttl_s):
    ann = crew[1]
    with pytest.raises(ConfigError):
        shares.add_link(platform, ann, *RUN, owner_id=ann.user_id, ttl_s=ttl_s)


def test_a_link_is_no_other_kind_of_token(platform, crew):
    ann = crew[1]
    token = shares.add_link(platform, ann, *RUN, owner_id=ann.user_id, ttl_s=60).token
    for shown in (Credentials(bearer=token), Credentials(ticket=token), Credentials(api_key=token)):
        with pytest.raises(AuthenticationError):
            authenticate(platform, shown)


# --- quotas -----------------------------------------------------------------------------------------------


def begun(platform, owner, number, state=RunState.COMPLETED, ago_s=0.0):
    now_s = platform.clock.now_s() - ago_s
    run_id = f"{int(now_s * 1000):012x}-{number}"
    platform.runs.add(
        Run(
            id=run_id,
            state=state,
            source="/v",
            app="people",
            folder=f"/o{number}",
            created_s=now_s,
            owner=owner,
        )
    )


def limited(platform, who, **limits):
    users.change_user(platform, LOCAL, who.user_id, users.UserChange(quota=Quota(**limits)))


def test_without_limits_nothing_is_counted(platform, crew):
    ann = crew[1]
    for number in range(3):
        begun(platform, ann.user_id, number)
    quotas.check_run_quota(platform, ann)
    quotas.check_run_quota(platform, LOCAL)


def test_a_days_runs_are_counted_for_a_day(platform, crew, clock):
    ann = crew[1]
    limited(platform, ann, runs_per_day=2)
    begun(platform, ann.user_id, 1, ago_s=86_401)
    begun(platform, ann.user_id, 2, ago_s=3600)
    quotas.check_run_quota(platform, ann)
    begun(platform, ann.user_id, 3)
    with pytest.raises(QuotaExceededError, match="limit is 2") as raised:
        quotas.check_run_quota(platform, ann)
    assert raised.value.retry_after_s == pytest.approx(86_400 - 3600)
    clock.advance(raised.value.retry_after_s + 1)
    quotas.check_run_quota(platform, ann)


def test_runs_at_once_are_counted_until_they_end(platform, crew):
    ann, ben = crew[1:3]
    limited(platform, ann, concurrent_runs=1)
    begun(platform, ben.user_id, 1, RunState.QUEUED)
    quotas.check_run_quota(platform, ann)
    begun(platform, ann.user_id, 2, RunState.RUNNING)
    with pytest.raises(QuotaExceededError, match="under way"):
        quotas.check_run_quota(platform, ann)


def kept(platform, owner, number, size_bytes, state=VideoState.READY):
    platform.videos.add(
        Video(id=f"v{number}", owner=owner, name="clip.mp4", size_bytes=size_bytes, state=state)
    )


def test_storage_has_a_limit_and_a_users_own_wins(platform, crew):
    ann, ben = crew[1:3]
    strict = replace(
        platform,
        settings=platform.settings.model_copy(update={"quota_storage_bytes": 100}),
        videos=MemoryVideoStore(),
    )
    kept(strict, ann.user_id, 1, 40)
    kept(strict, ann.user_id, 2, 20, VideoState.UPLOADING)
    kept(strict, ann.user_id, 3, 500, VideoState.REFUSED)
    kept(strict, ben.user_id, 4, 500)
    quotas.check_storage_quota(strict, ann.user_id, more_bytes=40)
    quotas.check_storage_quota(strict, ann.user_id, more_bytes=60, but="v2")
    with pytest.raises(QuotaExceededError, match="100"):
        quotas.check_storage_quota(strict, ann.user_id, more_bytes=41)
    limited(strict, ann, storage_bytes=1000)
    quotas.check_storage_quota(strict, ann.user_id, more_bytes=41)
    quotas.check_storage_quota(strict, LOCAL.user_id, more_bytes=1 << 60)


def test_results_and_what_has_come_of_uploads_count_as_storage(platform, crew):
    ann = crew[1]
    strict = replace(
        platform,
        settings=platform.settings.model_copy(update={"quota_storage_bytes": 1000}),
        videos=MemoryVideoStore(),
    )
    kept(strict, ann.user_id, 1, 100)
    kept(strict, ann.user_id, 2, 0, VideoState.UPLOADING)  # its length was never announced
    coming = strict.settings.videos / "v2"
    coming.mkdir(parents=True)
    (coming / ".part-clip.mp4").write_bytes(bytes(200))
    for number, state in enumerate((RunState.COMPLETED, RunState.RUNNING)):
        folder = strict.settings.results / f"r{number}"
        folder.mkdir(parents=True)
        (folder / "tracks.parquet").write_bytes(bytes(300))
        run = Run(f"r{number}", state, "/v.mp4", "people", str(folder), owner=ann.user_id)
        strict.runs.add(run)
    assert quotas.stored_bytes(strict, ann.user_id) == 900
    quotas.check_storage_quota(strict, ann.user_id, more_bytes=100)
    quotas.check_run_quota(strict, ann)
    (strict.settings.results / "r1" / "poses.parquet").write_bytes(bytes(101))
    for refused in (
        lambda: quotas.check_run_quota(strict, ann),
        lambda: uploads.begin(strict, ann, uploads.Offer("clip.mp4", 1)),
    ):
        with pytest.raises(QuotaExceededError, match=r"1,001 bytes are kept"):
            refused()
