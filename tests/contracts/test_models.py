"""Every model family that ships. Those with weights run on the stored ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from factories import DATA
from sightline import plugins
from sightline.ports import ModelOptions
from sightline.testing.contracts import ModelAdapterContract
from sightline.vision.catalog import build_model
from sightline.vision.zoo import Zoo


class _Weightless(ModelAdapterContract):
    NAME = ""

    def make(self, folder: Path) -> Any:
        return build_model(self.NAME, ModelOptions(), Zoo(folder / "models"))


class TestMotion(_Weightless):
    NAME = "motion"


class TestHog(_Weightless):
    NAME = "hog"


class TestBalls(_Weightless):
    NAME = "balls"


@pytest.mark.data
@pytest.mark.slow
class _Stored(ModelAdapterContract):
    WEIGHTS = ""
    LAYOUT: str | None = None

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        """One for all tests: compiling takes seconds, and none of these has a memory."""
        model = cls().make(tmp_path_factory.mktemp("model"))
        model.open()
        yield model
        model.close()

    def make(self, folder: Path) -> Any:
        path = DATA / "weights" / self.WEIGHTS
        if not path.exists():
            pytest.skip(f"no {self.WEIGHTS}")
        return build_model(str(path), ModelOptions(layout=self.LAYOUT), Zoo(folder / "models"))


class TestYolox(_Stored):
    WEIGHTS = "yolox_nano.onnx"


class TestRtmdet(_Stored):
    WEIGHTS = "rtmdet_nano_person.onnx"


class TestNanodet(_Stored):
    WEIGHTS = "nanodet_m_416.onnx"


class TestOmz(_Stored):
    WEIGHTS = "person-detection-0200.xml"


class TestMovenet(_Stored):
    WEIGHTS = "movenet_lightning_int8.onnx"


class TestOsnet(_Stored):
    WEIGHTS = "osnet_x0_25.onnx"


TESTED = {"motion", "hog", "balls", "yolox", "rtmdet", "nanodet", "omz", "movenet", "osnet"}
# Their outputs are checked on stored tensors in tests/unit/vision and tests/parity: no free weights are stored.
LAYOUT_ONLY = {"yolo", "yolo-pose", "rtmpose"}


def test_every_family_is_tested_here_or_said_not_to_be():
    assert set(plugins.names("models")) == TESTED | LAYOUT_ONLY
