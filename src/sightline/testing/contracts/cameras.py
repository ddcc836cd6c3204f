"""What every store of cameras promises."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sightline.core.cameras import StoredCamera
from sightline.core.errors import ConflictError

if TYPE_CHECKING:
    from sightline.ports import CameraStore

_REQUEST = {
    "address": "rtsp://me:sécret@host/1",
    "app_settings": {"hits": 3},
    "blur": ["person"],
    "model": None,
}


class CameraStoreContract:
    """Name an implementation in `make`."""

    def make(self, folder: Path) -> CameraStore:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> CameraStore:
        return self.make(tmp_path)

    def test_cameras_come_back_as_they_were_stored_oldest_first(self, store: CameraStore) -> None:
        cameras = [
            StoredCamera("b", "ann", _REQUEST, 1.5),
            StoredCamera("c", "ann", {}, 2.5, "http://10.0.0.1:8000"),
            StoredCamera("a", "bob", {}, 2.5),
        ]
        for camera in reversed(cameras):
            store.add(camera)
        assert list(store.all()) == [cameras[0], cameras[2], cameras[1]]

    def test_an_id_is_taken_once(self, store: CameraStore) -> None:
        store.add(StoredCamera("a", "ann", {}))
        with pytest.raises(ConflictError):
            store.add(StoredCamera("a", "bob", {}))

    def test_the_server_that_works_on_a_camera_is_noted(self, store: CameraStore) -> None:
        store.add(StoredCamera("a", "ann", _REQUEST, 1.5, "one"))
        store.add(StoredCamera("b", "ann", {}, 2.5, "one"))
        store.assign("a", "other")
        store.assign("nothing", "other")
        assert [camera.server for camera in store.all()] == ["other", "one"]
        store.assign("a", "")
        assert store.all()[0] == StoredCamera("a", "ann", _REQUEST, 1.5)

    def test_a_camera_that_is_forgotten_is_gone_and_forgetting_again_does_nothing(
        self, store: CameraStore
    ) -> None:
        store.add(StoredCamera("a", "ann", {}))
        for _ in range(2):
            store.delete("a")
        assert list(store.all()) == []
