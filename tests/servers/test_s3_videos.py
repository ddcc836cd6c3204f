"""Videos in a bucket of a real S3 server: as a run's source, as results with signed links, and as a watched place."""

from __future__ import annotations

import hashlib

import httpx
import pytest
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.adapters.objects.s3 import S3Store
from sightline.bootstrap import build_platform
from sightline.core.breaker import Breaker
from sightline.core.errors import AddressRefusedError
from sightline.core.time import SystemClock
from sightline.server.app import build_server
from sightline.service.watch.watcher import Watcher
from sightline.settings import WatchedPlace, read_settings
from sightline.testing.accounts import headers_of
from unit.apps.juggling_film import three_balls

API = "/api/v1"


@pytest.fixture
def bucket(s3_url):
    endpoint, name = s3_url
    return S3Store(f"s3://{name}", Breaker("s3", SystemClock()), endpoint=endpoint)


@pytest.fixture
def make(s3_url, tmp_path):
    """Build a platform that may read `in/` of the bucket."""
    opened = []

    def build(**more):
        endpoint, name = s3_url
        settings = read_settings(
            home=tmp_path / "home",
            s3_endpoint=endpoint,
            allowed_buckets=(f"{name}/in/",),
            min_free_bytes=0,
            reserve_bytes=0,
            **more,
        )
        opened.append(build_platform(settings))
        return opened[-1]

    yield build
    for platform in opened:
        platform.runs.close()


def clip(tmp_path, frames=10):
    return make_clip(tmp_path / f"clip{frames}.mp4", frames=frames).path.read_bytes()


@pytest.mark.slow
def test_a_run_reads_its_video_from_a_bucket_and_its_results_are_opened_there(bucket, make, s3_url, tmp_path):
    _, name = s3_url
    video = clip(tmp_path)
    bucket.put("in/match.mp4", [video])
    bucket.put("private.mp4", [video])
    platform = make(objects="s3", objects_url=f"s3://{name}/out")
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        body = {"video_url": f"s3://{name}/in/match.mp4", "stage_configs": {"rendering": {"annotate": False}}}
        done = client.post(f"{API}/process-video", params={"wait": 120}, json=body)
        assert done.status_code == 200, done.text
        found = client.get(f"{API}/videos/{done.json()['video_id']}").json()
        assert (found["origin"], found["sha256"]) == (body["video_url"], hashlib.sha256(video).hexdigest())
        signed = client.post(f"{API}/pipeline/{done.json()['id']}/sign/tables/frames.parquet").json()
        assert "X-Amz-Signature" in signed["url"]
        assert hashlib.sha256(httpx.get(signed["url"]).content).hexdigest() == signed["sha256"]
        assert httpx.get(signed["url"], headers={"Range": "bytes=0-3"}).content == b"PAR1"
        for address, status in (
            (f"s3://{name}/private.mp4", 403),
            ("s3://other/in/a.mp4", 403),
            (f"s3://{name}/in/none.mp4", 404),
        ):
            assert client.post(f"{API}/process-video", json={"video_url": address}).status_code == status


@pytest.mark.slow
def test_a_juggler_in_a_bucket_is_read_and_told(bucket, make, s3_url, tmp_path):
    _, name = s3_url
    bucket.put("in/three.mp4", [three_balls(tmp_path / "three.mp4").read_bytes()])
    platform = make(objects="s3", objects_url=f"s3://{name}/out")
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        body = {
            "video_url": f"s3://{name}/in/three.mp4",
            "app": "juggling",
            "stage_configs": {"rendering": {"annotate": False}},
        }
        done = client.post(f"{API}/process-video", params={"wait": 240}, json=body)
        assert done.status_code == 200, done.text
        signed = client.post(f"{API}/pipeline/{done.json()['id']}/sign/report.json").json()
        report = httpx.get(signed["url"]).json()
        assert (report["siteswap"], report["balls"]["value"]) == ("3", 3)


def test_each_new_object_under_a_prefix_becomes_a_run_once(bucket, make, s3_url, tmp_path):
    _, name = s3_url
    platform = make()
    wanted = WatchedPlace(place=f"s3://{name}/in/", owner="local", tags=("night",))
    bucket.put("in/a.mp4", [clip(tmp_path)])
    bucket.put("elsewhere/b.mp4", [clip(tmp_path)])
    taken = list(Watcher(platform, wanted).look())
    assert [one.found.name for one in taken] == [f"s3://{name}/in/a.mp4"]
    run = platform.runs.get(taken[0].run.id)
    assert "night" in run.tags
    assert platform.videos.get(run.video_id).origin == f"s3://{name}/in/a.mp4"
    assert list(Watcher(platform, wanted).look()) == []  # as after a restart
    bucket.delete("in/a.mp4")
    bucket.put("in/a.mp4", [clip(tmp_path, frames=12)])
    bucket.put("in/deep/c.mp4", [clip(tmp_path, frames=14)])
    again = list(Watcher(make(), wanted).look())
    assert [one.found.name.rpartition("/in/")[2] for one in again] == ["a.mp4", "deep/c.mp4"]
    assert len(platform.runs.list()) == 3


def test_no_more_of_a_bucket_is_watched_than_may_be_read(make, s3_url):
    _, name = s3_url
    for place in (f"s3://{name}", f"s3://{name}/", f"s3://{name}/i", "s3://other/in/"):
        with pytest.raises(AddressRefusedError):
            Watcher(make(), WatchedPlace(place=place, owner="local"))
