"""Scores a run of the football application on a simulated clip: detector, camera and all, against the clip's truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from sightline.analytics.evaluation.moments import match_moments
from sightline.analytics.evaluation.mot import MotTable, evaluate_mot
from sightline.analytics.football.match import BallState
from sightline.core.detections import feet_px
from sightline.core.space import project_rows
from sightline.service.football.evaluate.simulated import TOLERANCE_S, ball_share, owners_of
from sightline.service.football.exports.source import match_data
from sightline.service.football.simulated import match_of
from sightline.service.results import Results

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from sightline.analytics.football.match import Match
    from sightline.core.arrays import Float64, Int64

_LEAST_SHOWN = 0.3
_EDGES = ("x1_px", "y1_px", "x2_px", "y2_px")
_MAP = tuple(f"m{row}{column}" for row in range(1, 4) for column in range(1, 4))
_MOST_IDS = 100_000
_NEAR_PX = 5.0
_SIDES = {"home": 1, "away": -1, "referee": 0, None: 9}


def evaluate_filmed(truth: Path, results: Path) -> dict[str, Any]:
    """Score one run.

    Args:
        truth: What `sightline simulate football -o` wrote.
        results: What `sightline analyze --app football -o` made of its clip, every frame looked at.

    Returns:
        `camera_share` of frames with a camera, and `camera_error_m`, the median over people of how far it moves them;
        `people_share` of those who show by 0.3 whose box is found (overlap 0.5), `hota` of persons, `position_error_m`
        (median), `team_seen_share` of found people told the right team, names the better way round; `ball_seen_share`
        of frames in which the ball is in view and is picked within 5 px, `ball_share` as `Score` has it; `passes`,
        `passes_found`, and `pass_f1` at 2 s. A share of nothing is NaN.

    Raises:
        SightlineError: A folder lacks what is read.
    """
    true, told = match_of(truth), match_data(results)
    alive = np.ones(len(true), np.bool_) if true.alive is None else true.alive
    boxes, balls = _shown(truth)
    tables = Results(results)
    found = tables.table("players", ("frame", "player_id", "team", *_EDGES, "x_m", "y_m"))
    order = np.argsort(found["frame"].to_numpy(), kind="stable")
    rows, found_px = found["frame"].to_numpy()[order], _stacked(found, _EDGES)[order]
    who = np.unique(found["player_id"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1]
    owners = owners_of(boxes, rows, found_px)
    known = owners >= 0
    places = _stacked(found, ("x_m", "y_m"))[order]
    off_m = np.hypot(*(places[known] - true.positions_m[rows[known], owners[known]]).T)
    sides = np.array([_SIDES[name] for name in found["team"].to_pylist()])[order][known]
    passes_s = _pass_times(truth)
    found_s = np.array([event.t_s for event in told.events if event.kind == "pass"])
    return {
        **_camera(tables, true, boxes),
        "people_share": float(known.sum() / len(boxes)) if len(boxes) else float("nan"),
        "hota": evaluate_mot(boxes, MotTable.of(rows, who[order] + 1, found_px)).hota,
        "position_error_m": float(np.nanmedian(off_m)) if np.isfinite(off_m).any() else float("nan"),
        "team_seen_share": _teams(true, owners[known], sides),
        "ball_seen_share": _ball_seen(tables, balls),
        "ball_share": ball_share(true.ball_m, alive, told.match),
        "passes": len(passes_s),
        "passes_found": len(found_s),
        "pass_f1": match_moments(passes_s, found_s, tolerance_s=TOLERANCE_S).f1,
    }


def _stacked(table: Any, names: tuple[str, ...]) -> Float64:
    return np.stack([table[name].to_numpy() for name in names], axis=1).astype(np.float64)


def _shown(truth: Path) -> tuple[MotTable, MotTable]:
    """Give the true boxes of people and of the ball where they show enough; ids are columns of the match plus one."""
    rows = pq.read_table(
        truth / "truth" / "tracks.parquet", columns=["frame", "track_id", "class_name", *_EDGES]
    )
    told = pq.read_table(truth / "truth" / "objects.parquet", columns=["frame", "track_id", "visibility"])
    kept = np.isin(_keys(rows), _keys(told)[told["visibility"].to_numpy() >= _LEAST_SHOWN])
    balls = rows["class_name"].to_numpy(zero_copy_only=False).astype(str) == "ball"
    whole = MotTable.of(rows["frame"].to_numpy(), rows["track_id"].to_numpy(), _stacked(rows, _EDGES))
    return whole[kept & ~balls], whole[kept & balls]


def _keys(rows: pa.Table) -> Int64:
    return np.asarray(rows["frame"].to_numpy() * _MOST_IDS + rows["track_id"].to_numpy(), np.int64)


def _camera(results: Results, true: Match, people: MotTable) -> dict[str, float]:
    """Give the share of frames with a camera, and how far it puts people from where they are, were their feet exact."""
    pitch = results.table("pitch", ("frame", *_MAP))
    maps = np.full((len(true), 3, 3), np.nan)
    maps[pitch["frame"].to_numpy()] = _stacked(pitch, _MAP).reshape(-1, 3, 3)
    known = np.isfinite(maps).all(axis=(1, 2))
    mine = people[known[people.frames]]
    places = project_rows(maps[mine.frames], feet_px(mine.boxes_px))
    off_m = np.hypot(*(places - true.positions_m[mine.frames, mine.track_ids - 1]).T)
    return {
        "camera_share": float(known.mean()),
        "camera_error_m": float(np.median(off_m)) if len(off_m) else float("nan"),
    }


def _teams(true: Match, owners: Int64, said: Int64) -> float:
    sides = np.array([_SIDES[player.team.value if player.team else "referee"] for player in true.players])[
        owners
    ]
    return float(max((sides == said).mean(), (sides == -said).mean())) if len(said) else float("nan")


def _ball_seen(results: Results, balls: MotTable) -> float:
    """Give the share of frames with the ball in view in which the detection taken for it is one of it."""
    told = results.table("ball", ("frame", "x_px", "y_px", "radius_px", "state"))
    seen = told["state"].to_numpy(zero_copy_only=False) == BallState.SEEN.value
    centres = np.full(
        (max(int(balls.frames.max(initial=0)), int(told["frame"].to_numpy().max(initial=0))) + 1, 2), np.nan
    )
    x, y, radius = (told[name].to_numpy()[seen].astype(np.float64) for name in ("x_px", "y_px", "radius_px"))
    centres[told["frame"].to_numpy()[seen]] = np.stack((x, y - radius), axis=1)
    middles = (balls.boxes_px[:, :2] + balls.boxes_px[:, 2:]) / 2
    near = np.hypot(*(centres[balls.frames] - middles).T) < _NEAR_PX
    return float(near.mean()) if len(near) else float("nan")


def _pass_times(truth: Path) -> Float64:
    rows = pq.read_table(truth / "truth" / "events.parquet", columns=["kind", "t_s"])
    return np.asarray(
        rows["t_s"].to_numpy()[rows["kind"].to_numpy(zero_copy_only=False) == "pass"], np.float64
    )
