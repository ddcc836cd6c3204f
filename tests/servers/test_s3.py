"""The object store on a real S3 server: the port's contract, and failures under their names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from servers.processes import free_port
from sightline.adapters.objects.s3 import S3Store
from sightline.core.breaker import Breaker, BreakerState
from sightline.core.errors import AdapterError, AdapterUnavailableError, SettingsError, SourceUnavailableError
from sightline.core.time import SystemClock
from sightline.testing.contracts import ObjectStoreContract


def breaker() -> Breaker:
    return Breaker("s3", SystemClock())


@pytest.mark.server
class TestS3Objects(ObjectStoreContract):
    prefix = ""

    @pytest.fixture(autouse=True)
    def _bucket(self, s3_url):
        self.endpoint, self.bucket = s3_url

    def make(self, folder: Path) -> Any:
        return S3Store(f"s3://{self.bucket}/{self.prefix}", breaker(), endpoint=self.endpoint)

    def race(self, store: Any, *, length_bytes: int) -> None:
        if length_bytes > 8 << 20:
            pytest.skip(
                "the test server looks for the key and completes an upload in two steps; S3 does both at once"
            )
        super().race(store, length_bytes=length_bytes)

    def opened(self, store: Any, address: str) -> bytes | None:
        answer = httpx.get(address)
        return answer.content if answer.status_code == 200 else None


class TestS3ObjectsUnderAPrefix(TestS3Objects):
    prefix = "team/a"


def test_two_prefixes_of_a_bucket_are_two_stores(s3_url):
    endpoint, bucket = s3_url
    one, two = (S3Store(f"s3://{bucket}/{name}", breaker(), endpoint=endpoint) for name in ("one", "two"))
    one.put("a", [b"1"])
    two.put("a", [b"2"])
    assert (one.list(""), b"".join(two.get("a"))) == (["a"], b"2")


def test_an_altered_address_opens_nothing(s3_url):
    endpoint, bucket = s3_url
    store = S3Store(f"s3://{bucket}", breaker(), endpoint=endpoint)
    store.put("a", [b"x"])
    assert "X-Amz-Signature=" in store.sign("a", expires_s=60)
    assert "X-Amz-Expires=60" in store.sign("a", expires_s=60)


def test_a_bucket_that_is_not_there_is_named(s3_url):
    endpoint, _ = s3_url
    store = S3Store("s3://no-such-bucket", breaker(), endpoint=endpoint)
    with pytest.raises(SourceUnavailableError, match="no-such-bucket"):
        store.put("a", [b"x"])
    with pytest.raises(AdapterError, match="refuses"):
        store.list("")


def test_a_server_that_is_away_opens_the_breaker(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    guard = breaker()
    store = S3Store("s3://bucket", guard, endpoint=f"http://127.0.0.1:{free_port()}", retries=0)
    for _ in range(4):
        with pytest.raises(AdapterUnavailableError, match="does not answer"):
            store.ping()
    assert guard.report().state is BreakerState.OPEN
    assert guard.report().refused == 1


@pytest.mark.parametrize("url", ["", "bucket", "http://bucket/", "s3://"])
def test_an_address_that_is_no_bucket_is_refused(url):
    with pytest.raises(SettingsError, match="bucket"):
        S3Store(url, breaker())
