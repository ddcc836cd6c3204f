"""What floodlight and databallpy read in our exports, and how far databallpy says that players ran.

Called with this folder's own Python: `run.py FOLDER OUT.npz`, FOLDER with `second_spectrum/`, `tracab/` and
`statsbomb/` as `sightline export` writes them. OUT holds `<library>/<format>/<team>_<shirt>` as `(n, 2)` metres,
`<library>/<format>/ball`, `databallpy/distance/<team>_<shirt>` in metres and `<library>/events/<kind>`, a count.
"""

import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")


def floodlight_second_spectrum(folder):
    from floodlight.io import secondspectrum as reader

    xy, _, _, sheets, _ = reader.read_position_data_jsonl(folder / "tracking.jsonl", folder / "meta.json")
    return _floodlight(xy, sheets, 1.0)


def floodlight_tracab(folder):
    from floodlight.io import tracab as reader

    xy, _, _, sheets, _ = reader.read_position_data_dat(
        str(folder / "tracking.dat"), str(folder / "metadata.xml")
    )
    return _floodlight(xy, sheets, 0.01)


def _floodlight(xy, sheets, metres):
    first = next(iter(xy.values()))
    teams = first if "Ball" in first else xy
    segments = list(xy) if "Ball" in first else list(first)
    found = {}
    for team in ("Home", "Away", "Ball"):
        parts = [
            (xy[segment][team] if teams is first else xy[team][segment]).xy * metres for segment in segments
        ]
        values = np.concatenate(parts)
        if team == "Ball":
            found["ball"] = values
            continue
        for jersey, place in sheets[team].get_links("jID", "xID").items():
            found[f"{team.lower()}_{jersey}"] = values[:, 2 * place : 2 * place + 2]
    return found


def databallpy_tracab(folder):
    from databallpy import get_game

    game = get_game(
        tracking_data_loc=str(folder / "tracking.dat"),
        tracking_metadata_loc=str(folder / "metadata.xml"),
        tracking_data_provider="tracab",
        check_quality=False,
        verbose=False,
    )
    data = game.tracking_data
    names = [name[:-2] for name in data.columns if name.endswith("_x") and name != "ball_x"]
    found = {name: data[[f"{name}_x", f"{name}_y"]].to_numpy(float) for name in names}
    found["ball"] = data[["ball_x", "ball_y"]].to_numpy(float)
    data.add_velocity(
        column_ids=names, filter_type="savitzky_golay", window_length=7, polyorder=2, max_velocity=13.0
    )
    run = data.get_covered_distance(names)
    return found, {name: float(run.loc[name, "total_distance"]) for name in names}


def floodlight_statsbomb(folder):
    from floodlight.io import statsbomb as reader

    events, _ = reader.read_open_event_data_json(str(folder / "1.json"), str(folder / "matches.json"))
    tables = [team.events for segment in events.values() for team in segment.values()]
    return _counts([name for table in tables for name in table["event_name"]])


def databallpy_statsbomb(folder):
    from databallpy import get_game

    game = get_game(
        event_data_loc=str(folder / "events.json"),
        event_match_loc=str(folder / "matches.json"),
        event_lineup_loc=str(folder / "lineups.json"),
        event_data_provider="statsbomb",
        check_quality=False,
        verbose=False,
    )
    assert len(game.pass_events) == (game.event_data["databallpy_event"] == "pass").sum()
    return _counts(game.event_data["original_event"])


def _counts(names):
    lower = [name.lower() for name in names]
    return {kind: lower.count(kind) for kind in ("pass", "shot", "interception", "duel")}


def main(folder, out):
    arrays = {}
    for library, layout, read in (
        ("floodlight", "second_spectrum", floodlight_second_spectrum),
        ("floodlight", "tracab", floodlight_tracab),
    ):
        for name, values in read(folder / layout).items():
            arrays[f"{library}/{layout}/{name}"] = values
    positions, distances = databallpy_tracab(folder / "tracab")
    arrays |= {f"databallpy/tracab/{name}": values for name, values in positions.items()}
    arrays |= {f"databallpy/distance/{name}": np.array(value) for name, value in distances.items()}
    for library, read in (("floodlight", floodlight_statsbomb), ("databallpy", databallpy_statsbomb)):
        arrays |= {
            f"{library}/events/{kind}": np.array(value) for kind, value in read(folder / "statsbomb").items()
        }
    np.savez(out, **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
