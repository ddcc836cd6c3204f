from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from sightline.analytics.football.match import PitchSize, Role, Team
from sightline.core.errors import ConfigError, SourceUnavailableError, UnsupportedFormatError
from sightline.service.football.exports.second_spectrum import write_second_spectrum
from sightline.service.football.exports.source import MatchData
from sightline.service.football.exports.tracab import write_tracab
from sightline.service.football.report import report_on_files
from sightline.service.football.tracking.files import provider_of
from sightline.service.football.tracking.provider import LOADERS, load_match, load_named_match
from unit.analytics.football.matches import turned, two_teams

# provider, tracking, metadata, rows, players seen, attacking by period, rate
FILES = [
    ("tracab", ["tracab_raw.dat"], ["tracab_meta.xml"], 7, 30, [-1, 1], 25),
    ("skillcorner", ["skillcorner_v3_raw_data.jsonl"], ["skillcorner_meta_data.json"], 6, 31, [-1, 1], 10),
    ("metrica", ["metrica_home.csv", "metrica_away.csv"], [], 6, 28, [1, -1], 25),
    ("metrica-epts", ["epts_metrica_tracking.txt"], ["epts_metrica_metadata.xml"], 100, 19, [1, 1], 25),
    (
        "pff", ["pff_10517.jsonl"], ["pff_metadata_10517.json", "pff_rosters_10517.json"],
        200, 35, [1, -1, 1, -1], 29.97,
    ),
    ("sportec", ["sportec_positional.xml"], ["sportec_meta.xml"], 202, 3, [1, 0], 25),
    # Every 400th frame of made-up positions: nobody can tell which way the teams attack.
    (
        "secondspectrum", ["second_spectrum_fake_data.jsonl"],
        ["second_spectrum_fake_metadata.xml", "second_spectrum_fake_metadata.json"], 376, 29, [0, 0], 0.0625,
    ),
    (
        "secondspectrum", ["second_spectrum_fake_data.jsonl"], ["second_spectrum_fake_metadata.xml"],
        376, 29, [0, 0], 0.0625,
    ),
]  # fmt: skip


@pytest.mark.data
@pytest.mark.parametrize(
    ("provider", "tracking", "meta", "rows", "players", "ends", "rate_hz"),
    FILES,
    ids=lambda value: str(value)[:20],
)
def test_every_providers_file_becomes_a_match(  # noqa: PLR0917
    data_dir, provider, tracking, meta, rows, players, ends, rate_hz
):
    folder = data_dir / "football" / "formats"
    match = load_match(provider, [folder / name for name in tracking], [folder / name for name in meta])
    assert (len(match), len(match.players)) == (rows, players)
    assert [period.home_attacks for period in match.periods] == ends
    assert float(match.frame_rate_hz) == pytest.approx(rate_hz)
    assert np.nanmax(np.abs(match.positions_m[..., 0])) < match.pitch.length_m / 2 + 15
    assert len(match.columns(Team.HOME)) + len(match.columns(Team.AWAY)) == players


ABSENT = [
    ("skillcorner", FILES[1][1:3], {"ball_data": None}, "frame"),
    ("skillcorner", FILES[1][1:3], {"ball_data": {}}, "frame"),
    ("skillcorner", FILES[1][1:3], {"player_data": None}, "frame"),
    ("skillcorner", FILES[1][1:3], {"player_data": [None, {"player_id": None, "x": 1, "y": 1}]}, "frame"),
    ("skillcorner", FILES[1][1:3], {"possession": None}, "frame"),
    ("pff", FILES[4][1:3], {"ballsSmoothed": None}, "frameNum"),
    ("pff", FILES[4][1:3], {"homePlayersSmoothed": None, "awayPlayersSmoothed": []}, "frameNum"),
    (
        "pff", FILES[4][1:3],
        {"homePlayersSmoothed": [None, {"jerseyNum": None}, {"jerseyNum": "9", "x": None, "y": None}]}, "frameNum",
    ),
]  # fmt: skip


@pytest.mark.data
@pytest.mark.parametrize(("provider", "files", "absent", "number"), ABSENT, ids=str)
def test_whoever_is_absent_in_some_frames_is_nowhere_in_them(
    data_dir, tmp_path, provider, files, absent, number
):
    """Null, empty and missing are one; SkillCorner's frames without anybody are left out, as they always were."""
    folder = data_dir / "football" / "formats"
    tracking, meta = folder / files[0][0], [folder / name for name in files[1]]
    frames = [json.loads(line) for line in tracking.read_text().splitlines()]
    chosen = [frame for frame in frames if frame.get("period")][2::3]
    for frame in chosen:
        frame.update(absent)
    (tmp_path / tracking.name).write_text("\n".join(map(json.dumps, frames)))
    whole, match = load_match(provider, tracking, meta), load_match(provider, tmp_path / tracking.name, meta)
    rows = np.isin(match.frames, [frame[number] for frame in chosen])
    kept = np.isin(whole.frames, match.frames)
    assert rows.any() == kept.all()
    assert kept.all() or (provider, "player_data" in absent) == ("skillcorner", True)
    assert np.array_equal(match.ball_m[~rows], whole.ball_m[kept][~rows], equal_nan=True)
    if {"ball_data", "ballsSmoothed"} & set(absent):
        assert np.isnan(match.ball_m[rows]).all()
    elif "possession" not in absent:
        assert np.isnan(match.positions_m[rows][:, match.columns(Team.HOME)]).all()


# What kloppy tries itself on, of providers of whose files there is no other sample: rows, players seen, ends, names
OWN = [
    (
        "statsperform", ["statsperform_tracking_ma25.txt"], ["statsperform_tracking_ma1.json"],
        92, 23, [-1, 1], 10, {"home": "Monaco", "away": "Reims"},
    ),
    (
        "statsperform", ["statsperform_tracking_ma25.txt"], ["statsperform_tracking_ma1.xml"],
        92, 23, [-1, 1], 10, {"home": "Monaco", "away": "Reims"},
    ),
    (
        "signality", ["signality_p1_raw_data_subset.json", "signality_p2_raw_data_subset.json"],
        ["signality_meta_data.json", "signality_venue_information.json"], 10, 27, [1, -1], 25, {},
    ),
    (
        "tracab", ["tracab_raw.json"], ["tracab_meta.json"],
        7, 30, [-1, 1], 25, {"home": "Short Name Home", "away": "Short Name Away"},
    ),
    (
        "tracab", ["tracab_raw.dat"], ["tracab_meta_4.xml"],
        7, 30, [-1, 1], 25, {"home": "Widzew Łódź", "away": "Short Name Away"},
    ),
    (
        "pff", ["pff_3812.jsonl"], ["pff_metadata_3812.json", "pff_rosters_3812.json"],
        100, 30, [-1, 1], 29.97, {"home": "Senegal", "away": "Netherlands"},
    ),
]  # fmt: skip


@pytest.fixture
def kloppy_files():
    """The files that kloppy ships for its own tests."""
    import kloppy

    folder = Path(kloppy.__file__).parent / "tests" / "files"
    if not folder.is_dir():
        pytest.skip("this kloppy ships no files")
    return folder


@pytest.mark.parametrize(
    ("provider", "tracking", "meta", "rows", "players", "ends", "rate_hz", "names"),
    OWN,
    ids=lambda value: str(value)[:20],
)
def test_files_that_kloppy_ships_become_matches_with_their_teams_names(  # noqa: PLR0917
    kloppy_files, provider, tracking, meta, rows, players, ends, rate_hz, names
):
    match, called = load_named_match(
        provider,
        [kloppy_files / name for name in tracking],
        [kloppy_files / name for name in meta],
        pitch=PitchSize(105.0, 68.0),
    )
    assert (len(match), len(match.players), called) == (rows, players, names)
    assert [period.home_attacks for period in match.periods] == ends
    assert float(match.frame_rate_hz) == pytest.approx(rate_hz)


def test_hawkeyes_metadata_give_the_pitch(kloppy_files, tmp_path):
    """A second of the minute that kloppy ships, whose centroids fill 25 MB."""
    files = []
    for what, parts in (("ball", ["ball"]), ("centroids", ["people"])):
        told = json.loads((kloppy_files / f"hawkeye_2_46.football.samples.{what}").read_text())
        for part in parts:
            rows = told["samples"][part]
            if part == "ball":
                told["samples"][part] = [row for row in rows if row["time"] < 1]
            else:
                for row in rows:
                    row["centroid"] = [one for one in row["centroid"] if one["time"] < 1]
        files.append(tmp_path / f"minute.football.samples.{what}")
        files[-1].write_text(json.dumps(told))
    for meta, pitch_m in (("hawkeye_meta.xml", (106.0, 69.0)), ("hawkeye_meta.json", (104.0, 67.0))):
        match = load_match("hawkeye", files, kloppy_files / meta)
        assert (match.pitch.length_m, match.pitch.width_m) == pitch_m
        assert len(match) == 50
        assert len(match.players) >= 22


def test_a_report_takes_the_pitchs_size_and_the_teams_names(kloppy_files, tmp_path):
    files = (
        "statsperform",
        [kloppy_files / "statsperform_tracking_ma25.txt"],
        [kloppy_files / "statsperform_tracking_ma1.json"],
    )
    with pytest.raises(ConfigError, match="size") as error:
        report_on_files(*files, tmp_path / "none")
    assert "pitch_length_m=105" in error.value.hint
    sides = {"pitch_length_m": 100.0, "pitch_width_m": 66.0}
    told = json.loads((report_on_files(*files, tmp_path / "out", settings=sides) / "report.json").read_text())
    assert told["source"]["pitch_m"] == [100.0, 66.0]
    assert [told["teams"][team]["name"] for team in ("home", "away")] == ["Monaco", "Reims"]


@pytest.mark.data
def test_what_a_provider_says_of_play_and_owner_is_kept(data_dir):
    folder = data_dir / "football" / "formats"
    match = load_match("tracab", folder / "tracab_raw.dat", folder / "tracab_meta.xml")
    assert match.alive.tolist() == [False, True, True, False, False, False, False]
    assert match.owner.tolist() == ["home", "home", "home", "home", "away", "away", "home"]
    assert match.ball_m[0] == pytest.approx([27.10, 37.22, 0.11])


@pytest.fixture
def written(tmp_path):
    write_second_spectrum(MatchData(turned(two_teams(count=400, noise_m=1.0))), tmp_path)
    write_tracab(MatchData(turned(two_teams(count=400, noise_m=1.0))), tmp_path)
    return tmp_path


def second(folder):
    return load_match("secondspectrum", folder / "tracking.jsonl", folder / "meta.json")


def edit_meta(folder, change):
    facts = json.loads((folder / "meta.json").read_text())
    change(facts)
    (folder / "meta.json").write_text(json.dumps(facts))


def edit_frames(folder, change):
    frames = [json.loads(line) for line in (folder / "tracking.jsonl").read_text().splitlines()]
    frames = change(frames) or frames
    (folder / "tracking.jsonl").write_text("".join(json.dumps(frame) + "\n" for frame in frames))


def test_what_we_write_is_read_with_ends_and_keepers(written):
    match = second(written)
    assert [period.home_attacks for period in match.periods] == [1, -1]
    assert [player.role for player in match.players].count(Role.GOALKEEPER) == 2
    assert load_match("tracab", written / "tracking.dat", written / "metadata.xml").periods == match.periods


def test_a_period_that_the_metadata_lack_is_refused(written):
    edit_meta(written, lambda facts: facts["periods"].pop())
    with pytest.raises(UnsupportedFormatError) as error:
        second(written)
    assert "period" in error.value.hint


def test_frames_in_play_outside_of_all_periods_are_refused(written):
    text = (written / "metadata.xml").read_text()
    last = re.search(r'iId="2" iStartFrame="(\d+)" iEndFrame="(\d+)"', text)
    assert last
    (written / "metadata.xml").write_text(text.replace(last[0], 'iId="2" iStartFrame="0" iEndFrame="0"'))
    lines = (written / "tracking.dat").read_text().replace(",Dead;", ",Alive;")
    (written / "tracking.dat").write_text(lines)
    with pytest.raises(UnsupportedFormatError, match="50% of the file's frames in play"):
        load_match("tracab", written / "tracking.dat", written / "metadata.xml")


def test_sides_that_the_metadata_swap_are_refused(written):
    def swap(facts):
        for period in facts["periods"]:
            period["homeAttPositive"] = not period["homeAttPositive"]

    edit_meta(written, swap)
    with pytest.raises(UnsupportedFormatError, match="other end"):
        second(written)


@pytest.mark.data
@pytest.mark.parametrize("swapped", [False, True])
def test_sides_that_skillcorner_swaps_are_refused(data_dir, tmp_path, swapped):
    folder = data_dir / "football" / "formats"
    facts = json.loads((folder / "skillcorner_meta_data.json").read_text())
    if swapped:
        facts["home_team_side"].reverse()
    (tmp_path / "meta.json").write_text(json.dumps(facts))
    files = folder / "skillcorner_v3_raw_data.jsonl", tmp_path / "meta.json"
    if not swapped:
        assert [period.home_attacks for period in load_match("skillcorner", *files).periods] == [-1, 1]
        return
    with pytest.raises(UnsupportedFormatError, match="other end"):
        load_match("skillcorner", *files)


@pytest.mark.parametrize(("left", "wrong"), [("true", False), ("false", True)])
def test_sides_that_tracab_swaps_are_refused(written, left, wrong):
    text = (written / "metadata.xml").read_text()
    told = text.replace("</TracabMetaData>", f"<Phase1HomeGKLeft>{left}</Phase1HomeGKLeft></TracabMetaData>")
    assert told != text
    (written / "metadata.xml").write_text(told)
    if not wrong:
        assert (
            load_match("tracab", written / "tracking.dat", written / "metadata.xml").periods[0].home_attacks
            == 1
        )
        return
    with pytest.raises(UnsupportedFormatError, match="other end"):
        load_match("tracab", written / "tracking.dat", written / "metadata.xml")


def test_two_halves_in_one_period_are_refused(tmp_path):
    match = turned(two_teams(count=1600, noise_m=1.0))
    write_second_spectrum(MatchData(match), tmp_path)

    def join(frames):
        for number, frame in enumerate(frames):
            frame["period"] = 1
            frame["gameClock"] = number / 5

    edit_frames(tmp_path, join)
    edit_meta(tmp_path, lambda facts: facts["periods"].pop())
    with pytest.raises(UnsupportedFormatError, match="change ends"):
        second(tmp_path)


@pytest.mark.parametrize(
    ("fps", "said"), [(0, "cannot read"), (1000, "impossible"), (50, "50 Hz"), (3, "3 Hz")]
)
def test_an_impossible_frame_rate_is_refused(written, fps, said):
    edit_meta(written, lambda facts: facts.update(fps=fps))
    with pytest.raises(UnsupportedFormatError, match=said):
        second(written)


def test_every_other_frame_is_half_the_rate(written):
    edit_frames(written, lambda frames: frames[::2])
    assert float(second(written).frame_rate_hz) == 2.5


def test_players_who_share_an_id_are_refused(written):
    def share(facts):
        facts["awayPlayers"][3]["optaId"] = facts["homePlayers"][3]["optaId"]

    edit_meta(written, share)
    with pytest.raises(UnsupportedFormatError, match="used twice"):
        second(written)


def test_positions_in_another_unit_are_refused(written):
    def feet(frames):
        for frame in frames:
            for one in (*frame["homePlayers"], *frame["awayPlayers"]):
                one["xyz"] = [3.28 * value for value in one["xyz"]]

    edit_frames(written, feet)
    with pytest.raises(UnsupportedFormatError, match="off the pitch"):
        second(written)


def test_a_pitch_of_another_game_is_refused(written):
    edit_meta(written, lambda facts: facts.update(pitchLength=28.0, pitchWidth=15.0))
    with pytest.raises(UnsupportedFormatError):
        second(written)


def test_a_frame_twice_is_refused(written):
    edit_frames(written, lambda frames: [*frames[:3], frames[2], *frames[3:]])
    with pytest.raises(UnsupportedFormatError):
        second(written)


def test_files_of_nothing_are_refused(written):
    (written / "tracking.jsonl").write_text("")
    with pytest.raises(UnsupportedFormatError):
        second(written)
    (written / "tracking.jsonl").write_text("not JSON\n")
    with pytest.raises(UnsupportedFormatError):
        second(written)


def test_home_and_away_swapped_in_the_metadata_are_refused(written):
    def swap(facts):
        facts["homePlayers"], facts["awayPlayers"] = facts["awayPlayers"], facts["homePlayers"]

    edit_meta(written, swap)
    with pytest.raises(UnsupportedFormatError, match="away team by the metadata and in the home team"):
        second(written)


def test_a_first_half_that_the_metadata_lack_is_not_taken_for_the_second(written):
    edit_meta(written, lambda facts: facts["periods"].pop(0))
    edit_frames(written, lambda frames: [frame for frame in frames if frame["period"] == 1])
    with pytest.raises(UnsupportedFormatError, match="frames are of period 1"):
        second(written)


def test_places_far_off_the_pitch_are_none(written):
    def far(frames):
        frames[3]["homePlayers"][2]["xyz"][0] = 1e12
        for frame in frames:
            frame["ball"]["xyz"] = [5000.0, 0.0, 0.0]

    before = second(written)
    edit_frames(written, far)
    match = second(written)
    assert np.isfinite(before.positions_m).all()
    assert np.isnan(match.positions_m).any(axis=2).sum() == 1
    assert np.isnan(match.ball_m).all()
    assert set(match.ball_states) == {"lost"}


@pytest.mark.parametrize(
    ("tracking", "meta", "provider", "said"),
    [
        ("", "meta.json", "secondspectrum", "is a folder"),
        ("empty.jsonl", "meta.json", "secondspectrum", "is empty"),
        ("tracking.jsonl", "tracking.jsonl", "secondspectrum", "given twice"),
        ("cut.jsonl", "meta.json", "secondspectrum", "cut off"),
        ("cut.dat", "metadata.xml", "tracab", "cut off"),
        ("meta.json", "tracking.jsonl", "secondspectrum", "give it with --tracking"),
        ("tracking.dat", "metadata.xml", "secondspectrum", "--provider tracab"),
        ("tracking.jsonl", "meta.json", "metrica", "--provider secondspectrum"),
        ("noise.dat", "metadata.xml", "tracab", "no text"),
    ],
)
def test_files_that_are_not_what_they_should_be_are_told_apart(written, tracking, meta, provider, said):
    (written / "empty.jsonl").touch()
    (written / "noise.dat").write_bytes(bytes([0, 255, 254]) * 99)
    for name in ("tracking.jsonl", "tracking.dat"):
        whole = (written / name).read_bytes()
        (written / f"cut{Path(name).suffix}").write_bytes(whole[: len(whole) * 2 // 3 - 7])
    with pytest.raises((UnsupportedFormatError, ConfigError)) as error:
        load_match(provider, written / tracking, written / meta)
    assert said in f"{error.value} {error.value.hint}"


@pytest.mark.data
def test_a_teams_file_in_the_other_teams_place_is_refused(data_dir):
    home, away = (data_dir / "football" / "formats" / f"metrica_{team}.csv" for team in ("home", "away"))
    with pytest.raises(ConfigError, match="in the home team's place"):
        load_match("metrica", [away, home])


@pytest.mark.data
@pytest.mark.parametrize("row", FILES, ids=lambda row: str(row[0]))
def test_a_tracking_file_is_known_by_its_looks(data_dir, row):
    provider, (name, *_), *_ = row
    assert provider_of(data_dir / "football" / "formats" / name) == provider


def test_a_byte_order_mark_is_read_over(written):
    before = second(written)
    path = written / "tracking.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert np.array_equal(second(written).positions_m, before.positions_m)


def test_a_missing_file_an_unknown_provider_and_a_missing_argument_are_told(tmp_path):
    with pytest.raises(SourceUnavailableError):
        load_match("tracab", tmp_path / "none.dat", tmp_path / "none.xml")
    with pytest.raises(ConfigError) as error:
        load_match("acme", tmp_path)
    assert all(name in error.value.hint for name in LOADERS)
    with pytest.raises(ConfigError, match="events, not positions"):
        load_match("datafactory", tmp_path)
    here = tmp_path / "one"
    here.write_text("")
    with pytest.raises(ConfigError, match="meta data"):
        load_match("tracab", here)
    with pytest.raises(ConfigError, match="size"):
        load_match("statsperform", here, here)
    with pytest.raises(UnsupportedFormatError):
        load_match("statsperform", here, here, pitch=PitchSize())


def test_every_loader_names_what_kloppy_takes():
    import inspect
    from importlib import import_module

    for loader in LOADERS.values():
        taken = inspect.signature(
            getattr(import_module(f"kloppy.{loader.module}"), loader.function)
        ).parameters
        named = [name.removesuffix("?") for name in (*loader.tracking, *loader.meta)]
        assert {*named, *loader.fixed, "coordinates"} <= set(taken)
