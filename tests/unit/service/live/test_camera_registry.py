"""Cameras outlive a server, each is worked on once, and their runs do not pile up; nothing is dialled here."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from sightline.bootstrap import build_platform
from sightline.core.cameras import StoredCamera
from sightline.core.errors import (
    CameraElsewhereError,
    ConfigError,
    QuotaExceededError,
    SettingsError,
    StreamNotFoundError,
)
from sightline.core.events import EventKind
from sightline.core.runs import Run, RunState
from sightline.media.draw import veil
from sightline.media.live.connection import CameraState
from sightline.service.live.cameras import registry as module
from sightline.service.live.cameras.camera import Camera
from sightline.service.live.cameras.registry import CameraRegistry
from sightline.service.live.cameras.request import CameraRequest
from sightline.service.live.cameras.runs import KeptRuns
from sightline.settings import read_settings
from sightline.testing.cameras import MemoryCameraStore
from sightline.testing.fakes import FakeClock
from sightline.testing.memory import MemoryRunStore
from unit.service.live.streams import live_streams

DAY_S = 86_400.0


@pytest.fixture
def clock():
    return FakeClock(1_000_000.0)


@pytest.fixture
def platform(tmp_path, clock):
    built = build_platform(
        read_settings(home=tmp_path, camera_networks=("192.0.2.0/24",)), clock=clock, store=MemoryRunStore()
    )
    return replace(built, cameras=MemoryCameraStore())


@pytest.fixture
def asleep(monkeypatch):
    """Cameras that are begun and ended, and do nothing."""
    log = []
    monkeypatch.setattr(Camera, "start", lambda self: log.append(("start", self.id)))
    monkeypatch.setattr(Camera, "stop", lambda self: log.append(("stop", self.id)))
    return log


REQUEST = CameraRequest(name="gate", address="rtsp://me:secret@192.0.2.7/1", keep_runs=3)


def test_a_camera_that_was_added_is_taken_up_by_the_next_server_with_its_id_and_owner(platform, asleep):
    first = CameraRegistry(platform, live_streams())
    camera = first.add(REQUEST, owner="ada")
    first.shut()
    second = CameraRegistry(platform, live_streams())
    second.look()
    again = second.get(camera.id)
    assert (again.owner, again.request) == ("ada", REQUEST)
    assert asleep == [("start", camera.id), ("stop", camera.id), ("start", camera.id)]
    second.remove(camera.id)
    third = CameraRegistry(platform, live_streams())
    third.look()
    assert third.all() == ()


def test_of_two_servers_one_works_on_a_camera_and_the_other_takes_over_when_it_is_gone(platform, asleep):
    one, other = CameraRegistry(platform, live_streams()), CameraRegistry(platform, live_streams())
    camera = one.add(REQUEST, owner="ada")
    other.look()
    assert other.all() == ()
    with pytest.raises(CameraElsewhereError) as told:
        other.get(camera.id)
    assert told.value.hint == f"ask {one.server}"
    facts = other.facts(camera.id)
    assert (facts["server"], facts["connection"]["state"]) == (one.server, "elsewhere")
    assert "secret" not in str(facts)
    assert other.owner_of(camera.id) == "ada"
    one.shut()
    assert other.facts(camera.id)["connection"]["state"] == "waiting"
    other.look()
    assert [each.id for each in other.all()] == [camera.id]
    assert other.facts(camera.id)["server"] == platform.cameras.all()[0].server == other.server


def test_a_camera_is_removed_at_any_server_and_let_go_where_it_is_worked_on(platform, asleep):
    one, other = CameraRegistry(platform, live_streams()), CameraRegistry(platform, live_streams())
    camera = one.add(REQUEST, owner="ada")
    assert [facts["id"] for facts in other.all_facts(lambda owner: owner == "ada")] == [camera.id]
    assert other.all_facts(lambda owner: owner == "bob") == []
    assert other.remove(camera.id)["connection"]["state"] == "elsewhere"
    one.look()
    assert one.all() == ()
    assert asleep == [("start", camera.id), ("stop", camera.id)]
    with pytest.raises(StreamNotFoundError):
        other.get(camera.id)


def test_a_server_whose_lock_ran_out_or_whose_camera_was_removed_elsewhere_lets_go(platform, asleep, clock):
    one, other = CameraRegistry(platform, live_streams()), CameraRegistry(platform, live_streams())
    camera = one.add(REQUEST, owner="ada")
    clock.advance(module._LEASE_S + 1)
    other.look()
    one.look()
    assert [len(each.all()) for each in (one, other)] == [0, 1]
    platform.cameras.delete(camera.id)
    other.look()
    assert other.all() == ()


def test_what_cannot_be_taken_up_now_is_left_for_later_and_stops_nobody_else(platform, asleep):
    for number, address in enumerate(["/etc/passwd", "rtsp://192.0.2.1/x"]):
        platform.cameras.add(StoredCamera(f"c{number}", "ada", {"address": address}, number))
    platform.cameras.add(StoredCamera("c2", "ada", {"nonsense": 1}, 2))
    here = CameraRegistry(platform, live_streams())
    here.look()
    assert [camera.id for camera in here.all()] == ["c1"]
    assert len(platform.cameras.all()) == 3


def test_a_file_that_was_played_is_not_played_again_at_the_next_start(platform, asleep):
    here = CameraRegistry(platform, live_streams())
    camera = here.add(REQUEST, owner="ada")
    camera._source.reconnector.connection.state = CameraState.ENDED
    here.look()
    assert platform.cameras.all() == []
    assert here.get(camera.id) is camera


def kept(platform, tmp_path, *, sizes, age_days=0.0, **request):
    """A camera with ended runs, oldest first: `(bytes, ...)`, one a day up to so many days ago."""
    folder = tmp_path / "cameras" / "c"
    found = KeptRuns(platform, REQUEST.model_copy(update=request), folder)
    now_s = platform.clock.now_s()
    for number, size in enumerate(sizes):
        name = f"{number:04}-run"
        root = folder / name
        (root / "tables").mkdir(parents=True)
        (root / "tables" / "frames.parquet").write_bytes(b"x" * size)
        then_s = now_s - DAY_S * (age_days + len(sizes) - 1 - number)
        platform.runs.add(
            Run(name, RunState.COMPLETED, "rtsp://x", "people", str(root), created_s=then_s, updated_s=then_s)
        )
        found.ids.append(name)
    return found


@pytest.mark.parametrize(
    ("request_", "left"),
    [
        ({"keep_runs": 10}, [0, 1, 2, 3]),
        ({"keep_runs": 2}, [2, 3]),
        ({"keep_runs": 10, "keep_days": 1.5}, [2, 3]),
        ({"keep_runs": 10, "keep_bytes": 550}, [2, 3]),
        ({"keep_runs": 10, "keep_bytes": 1}, [3]),
    ],
)
def test_runs_that_are_too_many_too_old_or_too_large_go_and_the_newest_stays(
    platform, tmp_path, request_, left
):
    found = kept(platform, tmp_path, sizes=[200, 200, 200, 300], **request_)
    found.let_go()
    assert list(found.ids) == [f"{number:04}-run" for number in left]
    assert [run.id for run in reversed(platform.runs.list(limit=10))] == list(found.ids)


def test_clips_go_with_the_runs_they_belong_to(platform, tmp_path):
    found = kept(platform, tmp_path, sizes=[1, 1], keep_runs=1)
    clips = tmp_path / "cameras" / "c" / "clips"
    clips.mkdir()
    for name, ago_s in (("old", 0.5 * DAY_S), ("new", -1.0)):
        (clips / f"{name}.mp4").write_bytes(b"x")
        then_s = platform.clock.now_s() - ago_s
        os.utime(clips / f"{name}.mp4", (then_s, then_s))
    found.let_go()
    assert [path.name for path in clips.iterdir()] == ["new.mp4"]


def test_runs_of_an_earlier_life_are_found_and_one_that_was_under_way_has_failed(platform, tmp_path):
    found = kept(platform, tmp_path, sizes=[1, 1])
    root = tmp_path / "cameras" / "c" / "0002-run"
    root.mkdir()
    platform.runs.add(Run("0002-run", RunState.QUEUED, "rtsp://x", "people", str(root)))
    platform.runs.update(replace(platform.runs.get("0002-run"), state=RunState.RUNNING))
    again = KeptRuns(platform, REQUEST, tmp_path / "cameras" / "c")
    again.resume()
    assert list(again.ids) == [*found.ids, "0002-run"]
    assert platform.runs.get("0002-run").state is RunState.FAILED
    assert platform.runs.get("0000-run").state is RunState.COMPLETED


def test_webhooks_hear_that_a_camera_was_lost_and_came_back(platform):
    live, told = live_streams(), []
    live.tell = lambda news, **more: told.append((news.kind, news.what, more))
    camera = Camera(platform, live, REQUEST.model_copy(update={"webhook_cooldown_s": 5}), "ada")
    for state in (CameraState.CONNECTING, CameraState.STREAMING, CameraState.WAITING, CameraState.CONNECTING,
                  CameraState.WAITING, CameraState.STREAMING):  # fmt: skip
        camera._source.reconnector._become(state)
    camera._on_event({"kind": "D40", "phase": "confirmed"})
    camera._on_event({"kind": "D40", "phase": "closed"})
    assert told == [
        (EventKind.CAMERA_EVENT, "lost", {"cooldown_s": 5}),
        (EventKind.CAMERA_EVENT, "back", {"cooldown_s": 5}),
        (EventKind.HAZARD_EVENT, "D40", {"cooldown_s": 5}),
    ]


def test_what_is_veiled_is_unrecognisable_and_the_rest_untouched(rng):
    image = rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)
    before = image.copy()
    veil(image, (-5.5, 10.2, 40.0, 50.0))
    veil(image, (100, 100, 120, 120))
    part = image[10:50, :40].reshape(-1, 3)
    assert len(np.unique(part, axis=0)) <= 36
    image[10:50, :40] = before[10:50, :40]
    assert (image == before).all()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"app": "nothing"}, "unknown_plugin"),
        ({"app": "road", "app_settings": {"hights": 3}}, "settings_invalid"),
        ({"app": "road", "app_settings": {"hits": 0}}, "settings_invalid"),
    ],
)
def test_an_application_that_cannot_work_is_refused_before_anything_is_stored(
    platform, asleep, clock, wrong, code
):
    here = CameraRegistry(platform, live_streams())
    with pytest.raises(ConfigError) as refused:
        here.add(REQUEST.model_copy(update=wrong), owner="ada")
    assert refused.value.code == code
    assert (asleep, platform.cameras.all(), here.all()) == ([], [], ())


@pytest.mark.parametrize(
    "wrong", [{"rtsp_push": "http://x/"}, {"rtsp_push": "/a"}, {"keep_bytes": -1}, {"blur": "person"}]
)
def test_wrong_wishes_are_refused(wrong):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        CameraRequest.of({"address": "rtsp://x/", **wrong})


def test_one_user_has_no_more_cameras_than_the_setting_says(tmp_path, asleep):
    built = build_platform(read_settings(home=tmp_path, quota_cameras=1), store=MemoryRunStore())
    platform = replace(built, cameras=MemoryCameraStore())
    here = CameraRegistry(platform, live_streams())
    first = here.add(REQUEST, owner="ada")
    with pytest.raises(QuotaExceededError, match="limit for one user is 1"):
        here.add(REQUEST, owner="ada")
    here.add(REQUEST, owner="bob")
    here.remove(first.id)
    here.add(REQUEST, owner="ada")
    here.shut()
