"""Videos come in whole, in parts, or not at all."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from factories import make_clip
from sightline.bootstrap import build_platform
from sightline.core.accounts import Role
from sightline.core.videos import VideoState
from sightline.server.app import build_server
from sightline.service.videos.uploads import give_up_expired
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

pytestmark = pytest.mark.slow
API = "/api/v1"
TUS = {"Tus-Resumable": "1.0.0"}
PATCH = {**TUS, "Content-Type": "application/offset+octet-stream"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return build_platform(Settings(home=home, min_free_bytes=0, workers=1, segment_s=0.5))


@pytest.fixture(scope="module")
def client(platform):
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        yield client


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clip") / "street.mp4", frames=20).path.read_bytes()


def begun(client, clip, **more):
    metadata = (
        f"filename {base64.b64encode(b'my street.mp4').decode()},tags {base64.b64encode(b'a,b').decode()}"
    )
    headers = {**TUS, "Upload-Length": str(len(clip)), "Upload-Metadata": metadata, **more}
    answer = client.post(f"{API}/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def sent(client, place, offset, data, **more):
    return client.patch(place, headers={**PATCH, "Upload-Offset": str(offset), **more}, content=data)


def parts_left(platform) -> list[Path]:
    return list(platform.settings.videos.rglob(".part*"))


def test_a_form_becomes_a_video_with_its_hash_and_facts(client, platform, clip):
    answer = client.post(
        f"{API}/videos",
        data={"tags": "street,day"},
        files={"file": ("../../evil name?.mp4", clip, "video/mp4")},
    )
    assert answer.status_code == 201, answer.text
    video = answer.json()
    assert video["name"] == "evil name_.mp4"
    assert video["sha256"] == hashlib.sha256(clip).hexdigest()
    assert (video["state"], video["media"]["frames"], video["tags"]) == ("ready", 20, ["day", "street"])
    content = f"{answer.headers['location']}/content"
    assert client.get(content).content == clip
    assert client.get(content, headers={"Range": "bytes=5-9"}).content == clip[5:10]


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".mp4", "video/mp4"),
        (".mp4.html", "video/mp4"),
        (".mov.html", "video/quicktime"),
        (".mov", "video/quicktime"),
        (".mkv", "video/x-matroska"),
        (".webm", "video/webm"),
        (".avi", "video/x-msvideo"),
        (".mpg", "video/mpeg"),
        (".ts", "video/mp2t"),
        (".gif", "image/gif"),
    ],
)
def test_a_video_is_served_as_what_was_found_in_it(client, tmp_path, suffix, kind):
    data = make_clip(tmp_path / f"clip{suffix.removesuffix('.html')}", frames=5).path.read_bytes()
    answer = client.post(f"{API}/videos", files={"file": (f'<b>"größe"{suffix}', data, "text/html")})
    content = f"{answer.headers['location']}/content"
    for asked in ({}, {"Range": "bytes=0-9"}):
        served = client.get(content, headers=asked)
        assert served.headers["content-type"] == kind
        assert served.headers["x-content-type-options"] == "nosniff"
        assert served.headers["content-disposition"].startswith("inline; filename*=UTF-8''")
        assert served.headers["content-disposition"].isascii()
        assert not set('<>"') & set(served.headers["content-disposition"])


def test_an_upload_goes_on_where_it_was(client, clip):
    place = begun(client, clip)
    half = len(clip) // 2
    assert sent(client, place, 0, clip[:half]).headers["upload-offset"] == str(half)
    assert sent(client, place, 0, clip[:half]).status_code == 409
    assert client.head(place, headers=TUS).headers["upload-offset"] == str(half)
    assert sent(client, place, half, clip[half:]).status_code == 204
    video = client.get(place.replace("uploads", "videos")).json()
    assert (video["state"], video["name"], video["tags"]) == ("ready", "my street.mp4", ["a", "b"])
    assert video["sha256"] == hashlib.sha256(clip).hexdigest()


def test_bytes_that_are_not_what_was_sent_are_taken_back(client, clip):
    place = begun(client, clip)
    wrong = "sha256 " + base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    right = "sha256 " + base64.b64encode(hashlib.sha256(clip[:100]).digest()).decode()
    assert sent(client, place, 0, clip[:100], **{"Upload-Checksum": wrong}).status_code == 460
    assert client.head(place, headers=TUS).headers["upload-offset"] == "0"
    assert sent(client, place, 0, clip[:100], **{"Upload-Checksum": right}).status_code == 204


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.0", "Upload-Length": "10"}, 412),
        ({**TUS, "Upload-Length": "-1"}, 422),
        ({**TUS, "Upload-Length": str(2**52)}, 413),
        ({**TUS, "Upload-Length": "10", "Upload-Metadata": "filename %%"}, 400),
    ],
)
def test_what_cannot_be_begun_is_refused(client, headers, status):
    assert client.post(f"{API}/uploads", headers=headers).status_code == status


def test_more_than_was_declared_is_refused(client, clip):
    place = begun(client, clip[:50])
    assert sent(client, place, 0, clip[:60]).status_code == 400


def test_an_upload_that_is_given_up_leaves_nothing(client, platform, clip):
    place = begun(client, clip)
    sent(client, place, 0, clip[:10])
    assert client.delete(place, headers=TUS).status_code == 204
    assert client.head(place, headers=TUS).status_code == 404
    assert not (platform.settings.videos / place.rpartition("/")[2]).exists()


def test_an_upload_that_nobody_goes_on_with_expires(client, platform, clip, monkeypatch):
    place = begun(client, clip)
    video_id = place.rpartition("/")[2]
    later_s = platform.clock.now_s() + 10 * platform.settings.upload_expires_s
    monkeypatch.setattr(type(platform.clock), "now_s", lambda _: later_s)
    assert give_up_expired(platform) >= 1
    assert not (platform.settings.videos / video_id).exists()


def test_what_is_no_video_is_refused_and_its_bytes_removed(client, platform):
    answer = client.post(f"{API}/videos", files={"file": ("fake.mp4", b"#!/bin/sh\n" * 400, "video/mp4")})
    assert answer.status_code == 415, answer.text
    assert answer.json()["hint"]
    refused = client.get(f"{API}/videos", params={"state": "refused"}).json()["items"]
    assert refused[0]["error"]["code"] == answer.json()["code"]
    assert not (platform.settings.videos / refused[0]["id"]).exists()


def test_an_upload_that_is_refused_at_once_leaves_nothing(client, platform):
    before = list(platform.settings.videos.glob("*"))
    answer = client.post(f"{API}/uploads", headers={**TUS, "Upload-Length": "999999999999999"})
    assert answer.status_code == 413
    assert list(platform.settings.videos.glob("*")) == before


def test_a_form_that_breaks_off_leaves_nothing(client, platform):
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nabc'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    before = parts_left(platform)
    assert client.post(f"{API}/videos", content=body, headers=headers).status_code == 400
    assert parts_left(platform) == before


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("text/plain", b"hello", 415),
        ("multipart/form-data", b"hello", 415),
        ("multipart/form-data; boundary=x", b"hello", 400),
        ("application/json", b'{"url": "http://169.254.169.254/latest"}', 403),
        ("application/json", b'{"url": "file:///etc/passwd"}', 403),
        ("application/json", b'{"url": "s3://bucket/key"}', 403),
        ("application/json", b"{}", 422),
    ],
)
def test_what_is_no_upload_is_refused(client, content_type, body, status):
    answer = client.post(f"{API}/videos", content=body, headers={"Content-Type": content_type})
    assert answer.status_code == status, answer.text


def test_a_video_of_somebody_else_does_not_exist(client, platform, clip):
    place = begun(client, clip)
    other = headers_of(platform, Role.ANALYST)
    assert client.get(place.replace("uploads", "videos"), headers=other).status_code == 404
    assert client.get(f"{API}/videos", headers=other).json()["items"] == []


def test_a_disk_without_room_refuses_and_keeps_what_is_there(client, platform, clip, monkeypatch):
    place = begun(client, clip)
    sent(client, place, 0, clip[:100])
    with monkeypatch.context() as patch:
        patch.setattr("sightline.service.videos.incoming.free_bytes", lambda _: 10)
        assert sent(client, place, 100, clip[100:]).status_code == 503
    assert client.head(place, headers=TUS).headers["upload-offset"] == "100"
    assert sent(client, place, 100, clip[100:]).status_code == 204


def test_an_uploaded_video_is_processed_once_under_a_key_and_answered_again_from_what_is_stored(client, clip):
    video = client.post(f"{API}/videos", files={"file": ("a.mp4", clip, "video/mp4")}).json()
    body = {"video_id": video["id"]}
    headers = {"Idempotency-Key": "k-1"}
    first = client.post(f"{API}/process-video", json=body, headers=headers, params={"wait": 200})
    assert first.status_code == 200, first.text
    again = client.post(f"{API}/process-video", json=body, headers=headers).json()
    assert (again["id"], again["reused"]) == (first.json()["id"], True)
    other = client.post(f"{API}/process-video", json={**body, "priority": 3}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    stored = client.post(f"{API}/process-video", json=body)
    assert (stored.status_code, stored.json()["id"], stored.json()["reused"]) == (
        200,
        first.json()["id"],
        True,
    )
    assert client.get(f"{API}/pipelines", params={"video_id": video["id"]}).json()["items"][0]["id"]
    assert VideoState(client.get(f"{API}/videos/{video['id']}").json()["state"]) is VideoState.READY


def test_a_full_share_refuses_uploads_of_both_kinds_until_something_is_deleted(client, platform, clip):
    headers = headers_of(platform, Role.ANALYST, name="lim")
    user_id = client.get(f"{API}/auth/me", headers=headers).json()["id"]
    limit = {"storage_bytes": int(1.5 * len(clip))}
    assert client.put(f"{API}/quotas/{user_id}", json=limit).status_code == 200
    begin = {**TUS, **headers, "Upload-Length": str(len(clip))}
    place = client.post(f"{API}/uploads", headers=begin).headers["location"]
    assert client.get(f"{API}/quotas", headers=headers).json()["stored_bytes"] == len(clip)
    for refused in (
        client.post(f"{API}/uploads", headers=begin),
        client.post(f"{API}/videos", headers=headers, files={"file": ("b.mp4", clip, "video/mp4")}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
        assert int(refused.headers["retry-after"]) > 0
    assert client.delete(place, headers={**TUS, **headers}).status_code == 204
    assert client.post(f"{API}/uploads", headers=begin).status_code == 201


def test_a_video_that_a_pipeline_needs_is_not_removed(tmp_path, clip):
    platform = build_platform(Settings(home=tmp_path, min_free_bytes=0, workers=0))
    with TestClient(build_server(platform)) as client:
        client.headers.update(headers_of(platform))
        sent = client.post(f"{API}/videos", files={"file": ("street.mp4", clip)})
        video = sent.json()["id"]
        run = client.post(f"{API}/process-video", json={"video_id": video, "model_version": "motion"}).json()
        refused = client.delete(f"{API}/videos/{video}")
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
        assert refused.json()["hint"] == "cancel it first, or wait for its end"
        assert client.get(f"{API}/videos/{video}/content").content == clip
        client.post(f"{API}/pipeline/{run['id']}/cancel")
        assert client.delete(f"{API}/videos/{video}").status_code == 204
