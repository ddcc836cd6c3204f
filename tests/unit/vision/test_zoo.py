"""The zoo against a local server that cuts off, lies and stalls."""

from __future__ import annotations

import json
import re
from random import Random

import pytest
import yaml

from graphs import constant_graph
from sightline.core.errors import (
    ConfigError,
    SettingsError,
    UnknownPluginError,
    WeightsInvalidError,
    WeightsMissingError,
)
from sightline.testing.fakes import FakeClock
from sightline.vision.zoo import Zoo
from unit.vision.flaky_server import (
    BODY,
    PATIENCE,
    SHA,
)


def manifest(tmp_path, server, **changes):
    file = {"name": "model.onnx", "url": server.url, "sha256": SHA, "size_bytes": len(BODY)} | changes
    entry = {"layout": "yolox", "licence": "MIT", "classes": "coco-80", "files": [file]}
    path = tmp_path / "zoo.yaml"
    path.write_text(yaml.safe_dump({"models": {"tiny": entry}}))
    return path


def zoo_of(tmp_path, server, **changes):
    return Zoo(
        tmp_path / "models",
        manifest(tmp_path, server, **changes),
        clock=FakeClock(),
        rng=Random(1),
        patience=PATIENCE,
    )


def test_pulled_weights_are_there_and_verified(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    assert not zoo.installed("tiny")
    with pytest.raises(WeightsMissingError, match="not on this machine") as raised:
        zoo.path("tiny")
    assert raised.value.hint == "sightline models pull tiny"
    seen = []
    path = zoo.pull("tiny", progress=lambda *step: seen.append(step))
    assert path.read_bytes() == BODY
    assert seen[-1] == ("model.onnx", len(BODY), len(BODY))
    assert zoo.installed("tiny")
    assert zoo.path("tiny") == path
    assert [check.good for check in zoo.verify("tiny")] == [True]
    assert zoo.pull("tiny") == path
    assert len(server.asked) == 1


def test_damaged_weights_are_noticed_and_fetched_again(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    path = zoo.pull("tiny")
    path.write_bytes(BODY[:-1] + b"?")
    (check,) = zoo.verify("tiny")
    assert not check.good
    assert check.expected == SHA
    zoo.pull("tiny")
    assert path.read_bytes() == BODY
    path.unlink()
    assert zoo.verify("tiny")[0].actual is None
    assert not zoo.installed("tiny")


def test_weights_that_nobody_vouches_for_need_trust(tmp_path, server):
    zoo = zoo_of(tmp_path, server, sha256=None, size_bytes=None)
    assert not zoo.show("tiny").verified
    with pytest.raises(WeightsInvalidError, match="no checksum is known") as raised:
        zoo.pull("tiny")
    assert "--trust" in raised.value.hint
    zoo.pull("tiny", trust=True)
    assert zoo.show("tiny").files[0].sha256 == SHA
    assert zoo.show("tiny").verified


def test_weights_without_an_address_are_to_be_added(tmp_path, server):
    zoo = zoo_of(tmp_path, server, url="")
    with pytest.raises(WeightsMissingError, match="no address") as raised:
        zoo.pull("tiny")
    assert "models add" in raised.value.hint
    source = tmp_path / "any.onnx"
    source.write_bytes(BODY)
    entry = zoo.add(source, name="tiny")
    assert (entry.layout, entry.licence, len(entry.classes)) == ("yolox", "MIT", 80)
    assert zoo.path("tiny").read_bytes() == BODY


def test_a_file_that_the_manifest_knows_takes_its_facts_from_there(tmp_path, server):
    source = tmp_path / "My Copy.onnx"
    source.write_bytes(BODY)
    zoo = zoo_of(tmp_path, server)
    assert zoo.add(source).name == "my-copy"
    assert zoo.show("my-copy").licence == "MIT"
    assert zoo.names() == ("my-copy", "tiny")
    assert "my-copy" in zoo
    assert [entry.name for entry in zoo.entries()] == ["my-copy", "tiny"]


def test_another_file_under_the_manifests_name_is_refused(tmp_path, server):
    source = tmp_path / "other.onnx"
    source.write_bytes(b"another")
    with pytest.raises(WeightsInvalidError, match="this is not 'tiny'"):
        zoo_of(tmp_path, server).add(source, name="tiny")


def test_own_weights_keep_what_the_user_says_of_them(tmp_path, server):
    source = constant_graph(tmp_path / "own.onnx", {"out": [[1.0]]})
    zoo = zoo_of(tmp_path, server)
    zoo.add(source, layout="yolo", classes=("ball", "player"), licence="mine")
    again = zoo_of(tmp_path, server).show("own")
    assert (again.layout, again.classes, again.licence, again.local) == (
        "yolo",
        ("ball", "player"),
        "mine",
        True,
    )
    zoo.add(source)
    source.write_bytes(b"changed")
    with pytest.raises(SettingsError, match="taken by other weights"):
        zoo.add(source)


def test_an_xml_is_kept_with_its_bin(tmp_path, server):
    (tmp_path / "m.xml").write_text("<net/>")
    zoo = zoo_of(tmp_path, server)
    with pytest.raises(WeightsMissingError, match=r"m\.bin"):
        zoo.add(tmp_path / "m.xml")
    (tmp_path / "m.bin").write_bytes(b"123")
    zoo.add(tmp_path / "m.xml")
    assert zoo.path("m").with_suffix(".bin").read_bytes() == b"123"
    assert [check.good for check in zoo.verify("m")] == [True, True]


@pytest.mark.parametrize(
    ("source", "name", "error"),
    [
        ("absent.onnx", None, WeightsMissingError),
        ("there.pt", None, WeightsInvalidError),
        ("there.onnx", "../escape", SettingsError),
        ("there.onnx", "", None),
    ],
)
def test_what_cannot_be_added_is_refused(tmp_path, server, source, name, error):
    (tmp_path / "there.onnx").write_bytes(b"1")
    (tmp_path / "there.pt").write_bytes(b"1")
    zoo = zoo_of(tmp_path, server)
    if error is None:
        assert zoo.add(tmp_path / source, name=name).name == "there"
    else:
        with pytest.raises(error):
            zoo.add(tmp_path / source, name=name)


def test_unknown_names_come_with_the_known_ones(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    for call in (zoo.show, zoo.path, zoo.pull, zoo.verify):
        with pytest.raises(UnknownPluginError, match="no weights are called 'nothing'") as raised:
            call("nothing")
        assert "tiny" in raised.value.hint


def test_a_damaged_record_says_what_to_delete(tmp_path, server):
    zoo = zoo_of(tmp_path, server)
    zoo.pull("tiny")
    (tmp_path / "models" / "tiny" / "model.json").write_text("{")
    with pytest.raises(WeightsInvalidError, match="damaged") as raised:
        zoo.show("tiny")
    assert "delete" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "no: models",
        "models: [1]",
        "models: {a: {files: []}}",
        "models: {a: {files: [{name: ../b}]}}",
        "{",
        "models: 3",
    ],
)
def test_a_broken_manifest_is_named(tmp_path, text):
    path = tmp_path / "zoo.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match="not a manifest"):
        Zoo(tmp_path / "models", path).names()


def test_a_manifest_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the manifest"):
        Zoo(tmp_path / "models", tmp_path / "none.yaml").names()


def test_the_shipped_manifest_is_honest(tmp_path):
    zoo = Zoo(tmp_path / "models")
    assert "yolox-nano" in zoo
    for entry in zoo.entries():
        assert entry.layout, entry.name
        assert entry.licence in {"Apache-2.0", "MIT", "BSD-3-Clause"}, entry.name
        assert entry.summary
        assert entry.input
        for file in entry.files:
            assert not file.url or file.url.startswith("https://"), file
            assert file.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", file.sha256), file
            assert file.sha256 is not None or file.url, file
        json.dumps(entry.as_dict())
