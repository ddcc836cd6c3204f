from __future__ import annotations

import json
import os
import subprocess
import warnings
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factories import ROOT
from sightline.analytics.football.events.event import FootballEvent
from sightline.analytics.football.match import Period, Team
from sightline.core.errors import ConfigError
from sightline.core.tables import schema_of
from sightline.service.football.evaluate.interop import compare
from sightline.service.football.exports.gsr import export_gsr
from sightline.service.football.exports.second_spectrum import export_second_spectrum, write_second_spectrum
from sightline.service.football.exports.source import MatchData, match_data, squads
from sightline.service.football.exports.sportscode import export_sportscode
from sightline.service.football.exports.statsbomb import export_statsbomb, write_statsbomb
from sightline.service.football.exports.timeline import timeline_of
from sightline.service.football.exports.tracab import export_tracab, write_tracab
from sightline.service.football.report import report_on_match
from sightline.service.football.tracking.provider import load_match
from unit.analytics.football.matches import make_match, turned, two_teams

_REQUIRED = os.environ.get("SIGHTLINE_REQUIRE_PEERS") == "1"  # read before the tests clear such settings
PEER = ROOT / "benchmarks" / "peers" / "football"

EVENTS = (
    FootballEvent("kick_off", 0, 0.0, team="home", x_m=0.0, y_m=0.0),
    FootballEvent("pass", 0, 0.0, 5, 1.0, "home", "h1", "h2", 0.0, 0.0, -10.0, 5.0, "complete", 0.9),
    FootballEvent("pass", 10, 2.0, 15, 3.0, "away", "a13", None, 20.0, 5.0, 30.0, 5.0, "intercepted", 0.8),
    FootballEvent("interception", 15, 3.0, team="home", player_id="h4", x_m=30.0, y_m=5.0),
    FootballEvent(
        "duel", 20, 4.0, team="away", player_id="a14", receiver_id="h4", x_m=1.0, y_m=2.0, outcome="won"
    ),
    FootballEvent("shot", 40, 8.0, 45, 9.0, "home", "h9", None, 41.5, 0.0, 52.5, 1.0, "goal", 0.7),
    FootballEvent("goal", 45, 9.0, team="home", x_m=52.5, y_m=1.0, outcome="confirmed", confidence=0.9),
    FootballEvent("shot", 70, 14.0, 75, 15.0, "home", "h9", None, -41.5, 0.0, -52.5, 9.0, "off_target", 0.7),
)


@pytest.fixture
def told():
    match = turned(two_teams(count=100, noise_m=1.0))
    ball_m = np.zeros((100, 3))
    ball_m[30:40] = np.nan
    alive, owner = np.ones(100, bool), np.array(["home"] * 60 + ["away"] * 40)
    return MatchData(replace(match, ball_m=ball_m, alive=alive, owner=owner), EVENTS, {Team.HOME: "4-2-3-1"})


def test_what_is_written_is_read_back_by_kloppy(told, tmp_path):
    found = compare(told, tmp_path)
    for layout, most_m in (("second_spectrum", 1e-4), ("tracab", 0.005 + 1e-9)):
        assert found[layout]["frames"] == 100
        assert found[layout]["players"] == 22
        assert found[layout]["player_error_m"] <= most_m
        assert found[layout]["ball_error_m"] <= most_m
    assert all(part["read"] == part["written"] > 0 for part in found["statsbomb"].values())
    assert found["sportscode"] == {"written": len(EVENTS), "read": len(EVENTS)}


def test_a_lost_ball_is_null_in_one_format_and_dead_in_the_other(told, tmp_path):
    write_second_spectrum(told, tmp_path)
    write_tracab(told, tmp_path)
    read = load_match("secondspectrum", tmp_path / "tracking.jsonl", tmp_path / "meta.json")
    assert np.isnan(read.ball_m[30:40]).all()
    assert np.isfinite(np.delete(read.ball_m, range(30, 40), axis=0)).all()
    held = load_match("tracab", tmp_path / "tracking.dat", tmp_path / "metadata.xml")
    assert held.alive.tolist() == [not 30 <= row < 40 for row in range(100)]
    assert held.owner.tolist() == told.match.owner.tolist()


def test_who_is_not_there_is_left_out(told, tmp_path):
    positions = told.match.positions_m.copy()
    positions[50:, 3] = np.nan
    write_second_spectrum(replace(told, match=replace(told.match, positions_m=positions)), tmp_path)
    read = load_match("secondspectrum", tmp_path / "tracking.jsonl", tmp_path / "meta.json")
    assert np.array_equal(np.isnan(read.positions_m), np.isnan(positions))


@pytest.mark.parametrize("people", [2, 21, 25])
def test_any_number_of_players_is_written(people, tmp_path, rng):
    match = make_match(rng.uniform(-30, 30, (20, people, 2)), keepers=False)
    write_tracab(MatchData(match), tmp_path)
    lines = (tmp_path / "tracking.dat").read_text().splitlines()
    assert len(lines) == 20
    assert all(line.count(";") == people + 1 for line in lines)


def test_a_rate_that_is_no_whole_number_is_brought_to_one():
    t_s = np.arange(300) / 29.97
    match = make_match(np.stack([t_s, 2 * t_s], axis=1)[:, None], home=1)
    line = timeline_of(replace(match, frame_rate_hz=Fraction(2997, 100), t_s=t_s))
    assert line.rate_hz == 30
    assert np.allclose(np.diff(line.match.t_s), 1 / 30)
    assert line.match.positions_m[:, 0, 0] == pytest.approx(line.match.t_s)
    assert (np.diff(line.numbers) == 1).all()


def test_a_place_is_not_made_up_between_two_of_which_one_is_not_known():
    t_s = np.arange(30) / 29.97
    positions = np.stack([t_s, t_s], axis=1)[:, None].copy()
    positions[10:15] = np.nan
    match = make_match(positions, home=1)
    line = timeline_of(replace(match, frame_rate_hz=Fraction(2997, 100), t_s=t_s))
    missing = np.isnan(line.match.positions_m[:, 0, 0])
    assert missing[10:15].all()
    assert missing.sum() <= 6


def test_the_sources_frame_numbers_are_kept_where_they_count_frames():
    match = turned(two_teams(count=20))
    frames = np.arange(20) + 700
    frames[10:] += 50
    t_s = match.t_s.copy()
    t_s[10:] += 10.0
    numbers = timeline_of(replace(match, frames=frames, t_s=t_s)).numbers
    assert numbers.tolist() == frames.tolist()
    restarted = timeline_of(replace(match, frames=frames * 3, t_s=t_s)).numbers
    assert (np.diff(restarted) == 1).all()


def test_shirts_are_unique_in_a_team_and_below_a_hundred():
    match = two_teams(count=2)
    players = tuple(
        replace(player, jersey=None if place % 3 else 7) for place, player in enumerate(match.players)
    )
    for squad in squads(replace(match, players=players)).values():
        numbers = [number for _, number, _ in squad]
        assert len(set(numbers)) == len(numbers)
        assert max(numbers) <= 99


def statsbomb(told, folder):
    write_statsbomb(told, folder)
    return [json.loads((folder / name).read_text()) for name in ("events.json", "lineups.json")]


def test_statsbomb_events_attack_to_the_right_in_both_halves(told, tmp_path):
    events, lineups = statsbomb(told, tmp_path)
    shots = [event for event in events if event["type"]["name"] == "Shot"]
    assert [shot["location"] for shot in shots] == [pytest.approx([107.43, 40.0], abs=0.01)] * 2
    assert [shot["shot"]["outcome"]["name"] for shot in shots] == ["Goal", "Off T"]
    assert shots[0]["shot"]["statsbomb_xg"] == shots[1]["shot"]["statsbomb_xg"] > 0.1
    assert [len(lineup["lineup"]) for lineup in lineups] == [11, 11]


def test_statsbomb_passes_tell_receiver_outcome_and_restart(told, tmp_path):
    events, _ = statsbomb(told, tmp_path)
    first, second = (event["pass"] for event in events if event["type"]["name"] == "Pass")
    assert first["recipient"]["name"] == "h2"
    assert first["type"]["name"] == "Kick Off"
    assert second["outcome"]["name"] == "Incomplete"
    assert "recipient" not in second


def test_statsbomb_elevens_have_formation_and_roles(told, tmp_path):
    events, _ = statsbomb(told, tmp_path)
    home, away = (event["tactics"] for event in events[:2])
    assert (home["formation"], away["formation"]) == (4231, 442)
    assert home["lineup"][0]["position"]["id"] == 1
    assert len({one["position"]["id"] for one in home["lineup"]}) == 11


def test_statsbomb_files_hold_all_that_databallpy_and_floodlight_ask_for(told, tmp_path):
    events, lineups = statsbomb(told, tmp_path)
    (match,) = json.loads((tmp_path / "matches.json").read_text())
    assert (tmp_path / f"{match['match_id']}.json").read_bytes() == (tmp_path / "events.json").read_bytes()
    assert match["home_team"]["home_team_id"] == lineups[0]["team_id"]
    assert (match["home_score"], match["away_score"]) == (1, 0)
    starts = {one["jersey_number"]: one["positions"] for one in lineups[0]["lineup"]}
    for one in events[0]["tactics"]["lineup"]:
        (start,) = starts[one["jersey_number"]]
        assert (start["position_id"], start["position"]) == (one["position"]["id"], one["position"]["name"])
        assert start["from"] == "00:00"
    shots = [event for event in events if event["type"]["name"] == "Shot"]
    assert all(shot["related_events"] == [] and "body_part" in shot["shot"] for shot in shots)


def test_a_statsbomb_minute_is_the_match_clock_and_a_timestamp_the_half_s(told, tmp_path):
    events, _ = statsbomb(told, tmp_path)
    begins = [event for event in events if event["type"]["name"] == "Half Start"]
    assert [(one["period"], one["minute"], one["timestamp"]) for one in begins[::2]] == [
        (1, 0, "00:00:00.000"),
        (2, 45, "00:00:00.000"),
    ]


def test_statsbomb_wants_elevens(tmp_path):
    with pytest.raises(ConfigError, match="wants eleven"):
        write_statsbomb(MatchData(make_match(np.zeros((5, 10, 2)))), tmp_path)


def test_equal_matches_are_equal_bytes(told, tmp_path):
    for name in ("first", "second"):
        compare(told, tmp_path / name)
    files = sorted(
        path.relative_to(tmp_path / "first") for path in (tmp_path / "first").rglob("*") if path.is_file()
    )
    assert len(files) == 9
    for path in files:
        assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes()


@pytest.fixture
def results(told, tmp_path):
    return report_on_match(told.match, tmp_path / "results", source={"name": "test"}, names={"home": "Reds"})


@pytest.mark.slow
def test_exports_read_a_result_folder(results, tmp_path, told):
    from kloppy import sportscode

    for export, name in ((export_second_spectrum, "ss"), (export_tracab, "tracab"), (export_statsbomb, "sb")):
        assert export(results, tmp_path / name) == tmp_path / name
    read = load_match("secondspectrum", tmp_path / "ss" / "tracking.jsonl", tmp_path / "ss" / "meta.json")
    assert np.abs(read.positions_m - told.match.positions_m).max() <= 1e-4
    assert json.loads((tmp_path / "sb" / "lineups.json").read_text())[0]["team_name"] == "Reds"
    export_sportscode(results, tmp_path / "events.xml", before_s=2.0)
    assert (tmp_path / "events.xml").read_bytes().startswith(b"<?xml")
    if (b"<instance>") in (tmp_path / "events.xml").read_bytes():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert len(sportscode.load(str(tmp_path / "events.xml")).records) > 0
    with pytest.raises(ConfigError, match="no boxes"):
        export_gsr(results, tmp_path / "gsr.json")


def test_a_tracab_frame_without_players_holds_an_object_of_no_team(told, tmp_path):
    positions = told.match.positions_m.copy()
    positions[:5] = np.nan
    write_tracab(replace(told, match=replace(told.match, positions_m=positions)), tmp_path)
    lines = (tmp_path / "tracking.dat").read_text().splitlines()
    assert lines[0].split(":")[1] == "4,0,-1,5550,4400,0.00;"
    assert "4,0,-1" not in lines[5]
    read = load_match("tracab", tmp_path / "tracking.dat", tmp_path / "metadata.xml")
    assert np.isnan(read.positions_m[:5]).all()
    assert len(read.players) == 22


@pytest.mark.slow
def test_a_video_s_export_attacks_the_way_its_report_says(results, told):
    """The same tables as a video would leave them: periods, ends and owner stand in the report and tables alone."""
    manifest = json.loads((results / "manifest.json").read_text())
    del manifest["provenance"]["settings"]["app"]["match"]
    manifest["media"] = {"frame_rate_hz": "10", "height_px": 720, "width_px": 1280, "container": "", "codec": "",
        "rotation_deg": 0, "variable_frame_rate": False, "duration_s": "10", "frames": 100, "audio_codec": None}  # fmt: skip
    (results / "manifest.json").write_text(json.dumps(manifest))
    report = json.loads((results / "report.json").read_text())
    for period in report["source"]["periods"]:
        period["home_attacks"] = {"left": "right", "right": "left"}[period["home_attacks"]]
    (results / "report.json").write_text(json.dumps(report))
    spell = dict.fromkeys(schema_of("possession").names) | {"frame": 10, "end_frame": 20, "team": "away"}
    pq.write_table(
        pa.Table.from_pylist([spell], schema_of("possession")), results / "tables" / "possession.parquet"
    )
    match = match_data(results).match
    assert [(one.number, one.start, one.stop) for one in match.periods] == [
        (one.number, one.start, one.stop) for one in told.match.periods
    ]
    assert [one.home_attacks for one in match.periods] == [-one.home_attacks for one in told.match.periods]
    assert match.owner.tolist() == [""] * 10 + ["away"] * 11 + [""] * 79


def test_second_spectrum_always_names_who_touched_the_ball_last(told, tmp_path):
    owner = np.array([""] * 20 + ["away"] * 20 + [""] * 60)
    write_second_spectrum(replace(told, match=replace(told.match, owner=owner)), tmp_path)
    frames = [json.loads(line) for line in (tmp_path / "tracking.jsonl").read_text().splitlines()]
    assert [frame["lastTouch"] for frame in frames] == ["home"] * 20 + ["away"] * 80


@pytest.mark.slow
@pytest.mark.data
def test_floodlight_and_databallpy_read_what_we_write(data_dir, tmp_path):
    from sightline.analytics.football.events import find_events
    from sightline.analytics.football.physical import measure_physical
    from sightline.service.football.recorded import read_recorded

    python = PEER / ".venv" / "bin" / "python"
    if not python.exists():
        if _REQUIRED:
            pytest.fail("make peers installs floodlight and databallpy")
        pytest.skip("floodlight and databallpy are not installed; make peers")
    match = read_recorded(data_dir / "football" / "tracab").match
    cut = 1000
    short = replace(
        match,
        frames=match.frames[:cut], t_s=match.t_s[:cut], periods=(Period(1, 0, cut, 1),),
        positions_m=match.positions_m[:cut], ball_m=match.ball_m[:cut], ball_states=match.ball_states[:cut],
        alive=match.alive[:cut], owner=match.owner[:cut],
    )  # fmt: skip
    told = MatchData(short, find_events(short).events)
    written = compare(told, tmp_path)["statsbomb"]
    out = tmp_path / "out.npz"
    subprocess.run(
        [str(python), str(PEER / "run.py"), str(tmp_path), str(out)], check=True, capture_output=True
    )
    with np.load(out) as read:
        for place in ("floodlight/second_spectrum", "floodlight/tracab", "databallpy/tracab"):
            for column, player in enumerate(short.players):
                theirs = read[f"{place}/{player.team}_{player.jersey}"]
                assert np.abs(theirs - short.positions_m[:, column]).max() <= 0.01
            assert np.abs(read[f"{place}/ball"] - short.ball_m[:, :2]).max() <= 0.01
        for library in ("floodlight", "databallpy"):
            for kind, count in written.items():
                assert int(read[f"{library}/events/{kind}"]) == count["written"]
        for one in measure_physical(short):
            player = short.players[one.column]
            theirs = float(read[f"databallpy/distance/{player.team}_{player.jersey}"])
            assert one.distance_m == pytest.approx(theirs, rel=0.01)


def test_the_peer_pins_what_it_runs():
    pinned = Path(PEER / "requirements.txt").read_text()
    assert "databallpy==" in pinned
    assert "floodlight==" in pinned
