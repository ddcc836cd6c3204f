"""Models are listed, checked and measured; the clock is ours."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest

from sightline.core.errors import UnknownPluginError, WeightsMissingError
from sightline.ports import ModelOptions
from sightline.service.models import bench, check_model, describe_model, list_models, made_up_frames
from sightline.vision.zoo import Zoo


@pytest.fixture
def zoo(tmp_path) -> Zoo:
    return Zoo(tmp_path / "models")


def test_models_without_weights_are_always_here(zoo):
    here = {row.name: row for row in list_models(zoo) if row.installed and not row.needs_weights}
    assert set(here) == {"balls", "motion", "hog"}
    assert all(row.summary.endswith(".") for row in here.values())


def test_of_models_with_weights_only_those_that_ship_are_here(zoo):
    here = [row.name for row in list_models(zoo) if row.installed and row.needs_weights]
    assert here
    assert all(name.startswith("sightline-") for name in here)


def test_models_that_can_be_fetched_are_listed_with_their_licence(zoo):
    absent = [row for row in list_models(zoo) if not row.installed]
    assert absent
    assert all(row.licence and row.needs_weights for row in absent)


def test_a_model_that_cannot_be_used_is_refused(zoo):
    check_model(zoo, "motion")
    with pytest.raises(WeightsMissingError):
        check_model(zoo, "yolox-nano")
    with pytest.raises(UnknownPluginError):
        check_model(zoo, "nobody")
    with pytest.raises(WeightsMissingError):
        check_model(zoo, "nothing.onnx")


def test_an_opened_model_tells_its_facts(zoo):
    assert describe_model(zoo, "motion", ModelOptions()).family == "motion"


def test_made_up_frames_are_always_the_same_and_move():
    first, again = made_up_frames((72, 128)), made_up_frames((72, 128))
    assert all((a.image == b.image).all() for a, b in zip(first, again, strict=True))
    assert (first[0].image != first[1].image).any()
    assert {frame.image.shape for frame in first} == {(72, 128, 3)}
    assert [frame.index for frame in first] == list(range(len(first)))


@pytest.mark.slow
def test_a_bench_takes_medians_of_each_combination(zoo):
    ticks = count(0, 0.1)
    paces = list(
        bench(
            zoo,
            "motion",
            ModelOptions(),
            precisions=["f32", "bf16"],
            threads=[1, 2],
            budget_s=0.1,
            clock=lambda: next(ticks),
        )
    )
    assert [(pace.precision, pace.threads) for pace in paces] == [
        ("f32", 1),
        ("f32", 2),
        ("f32", 1),
        ("f32", 2),
    ]
    for pace in paces:
        np.testing.assert_allclose([pace.latency_ms, pace.frame_ms, pace.fps], [12.5, 12.5, 80])


@pytest.mark.slow
def test_the_machine_is_measured_in_words(zoo, tmp_path, monkeypatch):
    from sightline.core.machine import Machine
    from sightline.service import benchmark
    from sightline.settings import read_settings

    monkeypatch.setattr(benchmark, "_FRAMES", 10)
    monkeypatch.setattr(benchmark, "_BUDGET_S", 0.05)
    findings = list(benchmark.measure_machine(read_settings(home=tmp_path), Machine(cores=1), zoo))
    assert [one.topic for one in findings] == ["decoding", "inference", "together"]
    assert "with motion in f32 on 1 cores" in findings[1].words
