"""Weights that come with the package: whole, small, open, and with a card that says what they are worth."""

from pathlib import Path

import numpy as np
import pytest

from sightline.core.frames import Frame
from sightline.ports import ModelOptions
from sightline.vision.catalog import build_model
from sightline.vision.detect import predict
from sightline.vision.zoo import Zoo

ROOT = Path(__file__).parents[3]
MOST_BYTES = 10_000_000
SHIPPED = [entry for entry in Zoo(Path("nowhere")).entries() if entry.shipped]


def test_the_zoo_names_every_file_that_ships():
    files = {path.name for path in (ROOT / "src/sightline/weights").iterdir()}
    assert {file.name for entry in SHIPPED for file in entry.files} == files
    assert files


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)
def test_shipped_weights_are_what_the_manifest_says(entry, tmp_path):
    zoo = Zoo(tmp_path)
    assert zoo.installed(entry.name)
    assert all(check.good for check in zoo.verify(entry.name))
    assert zoo.path(entry.name).stat().st_size < MOST_BYTES
    assert entry.licence == "MIT"


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)
def test_shipped_weights_have_a_card(entry):
    kind = entry.files[0].name.removeprefix("sightline-").removesuffix("-n.onnx")
    card = (ROOT / f"docs/models/{kind}.md").read_text(encoding="utf-8")
    assert entry.files[0].sha256 in card
    assert "## Scores" in card


@pytest.mark.parametrize("entry", SHIPPED, ids=lambda entry: entry.name)
def test_shipped_weights_run_with_nothing_installed_beside_them(entry, tmp_path):
    model = build_model(entry.name, ModelOptions(), Zoo(tmp_path))
    model.open()
    try:
        [found] = predict(model, [Frame.from_image(np.full((90, 160, 3), 90, np.uint8))])
        assert model.info.class_names
        assert not [name for name in model.info.class_names if name.startswith("class_")]
        assert len(found) == 0
    finally:
        model.close()
