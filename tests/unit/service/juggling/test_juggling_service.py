"""Decoding MOT files, the measures, and the pages about siteswaps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sightline.analytics.evaluation.shares import Share
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from sightline.analytics.juggling.stitching.pairs import Pairs, folds, mutual, nearest
from sightline.cli.main import run as cli
from sightline.core.errors import NotationError, SettingsError, SourceUnavailableError, UnsupportedFormatError
from sightline.service.juggling.calibrate import calibrate
from sightline.service.juggling.evaluate.decoder import (
    calibration_error,
    evaluate_drops,
    evaluate_notation,
    evaluate_simulated,
    evaluate_siteswap,
    reliability,
    shipped,
)
from sightline.service.juggling.evaluate.live import evaluate_live
from sightline.service.juggling.notation import animate, describe, describe_states, ladder
from sightline.service.juggling.stitching import evaluate_stitching, read_labels
from sightline.service.juggling.tracks import decode_tracks, read_paths, report_of


@pytest.fixture
def tracks(tmp_path):
    rng = np.random.default_rng(3)
    performance = perform([Run(parse("441"), 40)], Juggler(), rng)
    lines = [
        f"{frame + 1},{path.ball_id},{x - 20:.1f},{y - 20:.1f},40,40,1,-1,-1,-1"
        for path in observe(performance, Lens(fps=30), TrackerErrors(), rng)
        for frame, (x, y) in zip(path.frames.tolist(), path.points_px.tolist(), strict=True)
    ]
    file = tmp_path / "441.txt"
    file.write_text("\n".join(lines), encoding="ascii")
    return file


@pytest.fixture
def labels(tmp_path):
    rng = np.random.default_rng(1)
    lines = ["source_tracklet,candidate_tracklet,gap_frames,prediction_error,label"]
    for source in range(1, 40):
        lines.append(f"{source},{source + 100},{rng.integers(1, 6)},{rng.uniform(0, 60):.2f},correct")
        lines.append(f"{source},{source + 101},{rng.integers(3, 11)},{rng.uniform(100, 400):.2f},wrong")
    file = tmp_path / "labels.csv"
    file.write_text("\n".join(lines), encoding="ascii")
    return file


def test_a_mot_file_becomes_a_report(tracks):
    report = report_of(decode_tracks(tracks, fps=30))
    assert report["siteswap"] == "441"
    assert report["siteswap_top3"][0]["siteswap"] == "441"
    assert report["balls"] == 3
    assert report["beats_per_s"] == pytest.approx(4.0, rel=0.03)
    assert report["px_per_m"] == pytest.approx(350, rel=0.03)
    assert report["heights"][0]["value"] == 4
    assert json.dumps(report)


def test_a_doubled_box_does_not_trouble_a_path(tracks):
    text = tracks.read_text(encoding="ascii")
    tracks.write_text(text + "\n" + text.splitlines()[0].replace(",1,-1", ",0.5,-1"), encoding="ascii")
    assert [len(path) for path in read_paths(tracks, fps=30)] == [
        len(set(path.frames.tolist())) for path in read_paths(tracks, fps=30)
    ]


def test_no_frame_rate_is_refused(tracks):
    with pytest.raises(SettingsError, match="frame rate"):
        read_paths(tracks, fps=0)


def test_named_tracks_are_scored(tracks):
    found = evaluate_siteswap(tracks.parent, fps=30, settings=shipped())
    assert found["shares"]["all"]["siteswap"]["right"] == 1
    assert found["files"][0]["truth"] == "441"


def test_a_folder_without_named_tracks_is_refused(tmp_path):
    with pytest.raises(SourceUnavailableError, match="siteswap"):
        evaluate_siteswap(tmp_path, fps=30)


@pytest.mark.slow
def test_simulated_runs_are_scored_the_same_twice():
    first = evaluate_simulated(3, 11)
    assert first == evaluate_simulated(3, 11)
    assert first["shares"]["all"]["balls"]["of"] == 3


@pytest.mark.slow
def test_the_live_meter_is_measured():
    found = evaluate_live(2, beats=24)
    assert found["delay_ms"]["worst"] < 150
    assert found["recall_once_settled"]["share"] > 0.9
    assert found["named"]["right"] == 7


@pytest.mark.slow
def test_drops_are_scored():
    assert evaluate_drops(3, 3)["f1"] == 1.0


@pytest.mark.slow
def test_the_confidence_is_learnt_from_simulated_runs():
    found = calibrate(24, 2)
    assert set(found["weights"]) == {"warmth", "constant", "score a throw"}
    assert found["weights"]["score a throw"] > 1, "the better a run fits, the surer"
    assert found["calibration_error_held_out"] < 0.2
    assert sum(row["of"] for row in found["reliability_held_out"]) == found["runs"] // 2


def test_the_notation_agrees_with_the_rules_on_short_strings():
    found = evaluate_notation(3)
    assert (found["strings"], found["disagreements"]) == (1110, 0)


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(0, 0, 0.0, 1.0), (10, 10, 0.72, 1.0), (5, 10, 0.24, 0.76)]
)
def test_shares_have_intervals(right, of, low, high):
    assert Share(right, of).interval == pytest.approx((low, high), abs=0.01)


def test_reliability_counts_by_bands_of_confidence():
    table = reliability([(0.99, True), (0.99, False), (0.2, False)])
    assert [row["of"] for row in table] == [1, 0, 0, 0, 2]
    assert table[-1]["right"] == 1


def test_the_calibration_error_weighs_bands_by_their_runs():
    assert calibration_error([]) is None
    assert calibration_error([(0.8, True)] * 4 + [(0.8, False)]) == 0.0
    assert calibration_error([(0.8, False), (0.2, False), (0.3, True), (1.0, True)]) == pytest.approx(0.325)


def test_stitches_are_judged_across_folds_that_share_no_tracklet(labels):
    pairs, right = read_labels(labels)
    fold = folds(pairs)
    for keys in (pairs.sources, pairs.candidates):
        for key in np.unique(keys):
            assert len(np.unique(fold[keys == key])) == 1
    assert right.sum() == 39


def test_a_clear_set_of_stitches_is_learnt(tmp_path):
    lines = ["source_tracklet,candidate_tracklet,gap_frames,prediction_error,label"]
    for source in range(1, 30):
        lines += [
            f"{source},{source + 100},2,{10 + source},correct",
            f"{source},{source + 200},8,{300 + source},wrong",
        ]
    file = tmp_path / "labels.csv"
    file.write_text("\n".join(lines), encoding="ascii")
    found = evaluate_stitching(file)
    assert found["rules"][0]["f1"] == 1.0
    assert found["folds"] == 29


def test_plain_rules_pick_the_nearest():
    pairs = Pairs(
        np.array([1, 1, 2]), np.array([5, 6, 6]), np.array([1.0, 2.0, 3.0]), np.array([9.0, 4.0, 2.0])
    )
    assert nearest(pairs).tolist() == [False, True, True]
    assert mutual(pairs).tolist() == [False, False, True]


def test_a_file_that_holds_no_stitches_is_refused(tmp_path):
    file = tmp_path / "labels.csv"
    file.write_text("a,b\n1,2\n", encoding="ascii")
    with pytest.raises(UnsupportedFormatError, match="judged stitches"):
        read_labels(file)


def test_a_pattern_is_described():
    facts = describe("153")
    assert (facts["valid"], facts["balls"], facts["canonical"], facts["excited"]) == (True, 3, "531", False)
    assert describe("54")["fault"].startswith("0 balls land")
    assert describe_states("51")["entry"] == "4"
    assert ladder("531", beats=2) == ["   0  L 5x       R .", "   1  L .        R 3x"]


def test_an_animation_is_a_page_of_its_own_and_the_same_each_time(tmp_path):
    for name in ("a.html", "b.html"):
        animate("531", tmp_path / name, seconds=2)
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert page == (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "<title>531</title>" in page
    assert "http" not in page
    with pytest.raises(NotationError, match="kind of animation"):
        animate("531", tmp_path / "a.gif")


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["siteswap", "canonical", "153"], 0, "531"),
        (["siteswap", "check", "54"], 1, "land on beat"),
        (["siteswap", "check", "<3p|3p>"], 1, ""),
        (["siteswap", "states", "51"], 0, "1101"),
        (["siteswap", "animate", "3"], 0, "3x"),
        (["evaluate", "notation", "--longest", "2"], 0, "0 disagreements"),
    ],
)
def test_commands_answer(words, status, said, capsys):
    assert cli(["juggling", *words]) == status
    assert said in capsys.readouterr().out


def test_the_decode_command_prints_json(tracks, capsys):
    assert cli(["juggling", "decode", "--tracks", str(tracks), "--fps", "30", "--json", "--events"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["siteswap"] == "441"
    assert found["throws"] == len(found["events"]["throws"]) == 27


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("source", ["hand", "color_tracker"])
@pytest.mark.parametrize("name", ["1", "3", "4", "5", "6", "51", "441", "531", "744"])
def test_real_tracks_are_named(data_dir, source, name):
    file = data_dir / "juggling" / "siteswap_tracks" / source / f"{name}.txt"
    juggle = decode_tracks(file, fps=30)
    assert juggle.siteswap == name
    assert juggle.balls == parse(name).balls
