"""Settings by stage: each has an effect, or is refused with a hint, or told of in a warning."""

from __future__ import annotations

import pytest

from sightline.api.views.pipelines import EXAMPLE
from sightline.apps.football.app import FootballApp
from sightline.core.errors import SettingsError
from sightline.service.pipelines.options.stage_configs import STAGES, read_resolution, read_stage_configs

FOOTBALL = frozenset(FootballApp().defaults())


def read(configs, app="football", settings=FOOTBALL):
    return read_stage_configs(configs, app, settings)


def test_the_stages_of_the_documented_example_become_settings():
    found = read(EXAMPLE["stage_configs"])
    assert found.fields == {
        "target_fps": 25,
        "extract_audio": True,
        "target_resolution": (720, 1280),
        "model": "sightline-football-n",
        "batch": 8,
    }
    assert found.warnings == ()
    assert found.settings == {
        "min_score": 0.3,
        "iou": 0.6,
        "tracking_method": "kalman",
        "min_ball_radius": 1,
        "max_ball_radius": 30,
        "max_missing_frames": 20,
    }


@pytest.mark.parametrize(
    ("configs", "says"),
    [
        ({"teleportation": {}}, "no stage 'teleportation'"),
        ({"ball_tracking": {"colour": "red"}}, "has no 'colour'"),
        ({"video_decoding": {"extract_audio": "yes"}}, "must be bool"),
        ({"video_decoding": {"target_resolution": "small"}}, "not a resolution"),
        ({"player_detection": {"batch_size": "many"}}, "must be int"),
        ({"player_detection": {"batch_size": True}}, "must be int"),
        ({"tracking": {"camera_motion": 1}}, "must be bool"),
        ({"detection": {"model_name": "a"}, "player_detection": {"model_name": "b"}}, "another stage says"),
    ],
)
def test_what_nobody_can_mean_is_refused_with_a_hint(configs, says):
    with pytest.raises(SettingsError, match=says) as refused:
        read(configs)
    assert refused.value.hint


def test_what_another_application_has_is_left_out_and_told_of():
    found = read({"ball_tracking": {"tracking_method": "kalman"}}, "people", frozenset({"min_score"}))
    assert found.settings == {}
    assert found.warnings == (
        "stage_configs.ball_tracking.tracking_method is not used: "
        "the people application has no tracking_method",
    )


@pytest.mark.parametrize(
    "said", ["1280x720", "1280 X 720", "720p", [1280, 720], {"width": 1280, "height": 720}]
)
def test_a_resolution_may_be_said_in_many_ways(said):
    assert read_resolution(said, "here") == (720, 1280)


@pytest.mark.parametrize(
    "said",
    ["", "720", "1280x720x3", [1280], [1280.0, 720], [True, 720], {"width": 1280}, "8x8", [99999, 720]],
)
def test_what_is_no_resolution_is_refused(said):
    with pytest.raises(SettingsError, match="not a resolution") as refused:
        read_resolution(said, "here")
    assert "1280x720" in refused.value.hint


def test_every_target_of_football_is_a_setting_that_it_has():
    of_others = {"pose_model"}
    targets = {
        target.removeprefix("app:")
        for keys in STAGES.values()
        for target in keys.values()
        if target.startswith("app:")
    }
    assert targets - of_others <= FOOTBALL
