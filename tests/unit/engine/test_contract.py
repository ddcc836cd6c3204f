"""A wrong pipeline is refused before it runs."""

from __future__ import annotations

import pytest

from sightline.core.errors import PipelineContractError
from sightline.engine.contract import check_contract
from sightline.stages.detect import DetectStage
from sightline.stages.track import TrackStage
from sightline.testing.fakes import FakeModel, FakeTracker


def test_a_right_pipeline_says_what_it_produces() -> None:
    stages = [DetectStage(FakeModel(), min_score=0.1), TrackStage(FakeTracker)]

    assert check_contract(stages) == {"frame", "detections", "tracks"}


def test_a_stage_that_comes_too_early_is_named_with_what_it_lacks() -> None:
    with pytest.raises(PipelineContractError, match="'track' needs detections") as caught:
        check_contract([TrackStage(FakeTracker), DetectStage(FakeModel(), min_score=0.1)])

    assert caught.value.hint is not None
    assert "frame" in caught.value.hint


def test_two_stages_of_one_name_are_refused() -> None:
    with pytest.raises(PipelineContractError, match="two stages"):
        check_contract([DetectStage(FakeModel(), min_score=0.1), DetectStage(FakeModel(), min_score=0.1)])
