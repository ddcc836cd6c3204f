"""Writes track paths as GeoJSON, for runs that know where on Earth their ground lies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.earth import GeoOrigin
from sightline.core.errors import MissingSpaceError
from sightline.service.folder import whole
from sightline.service.results import Results

if TYPE_CHECKING:
    from sightline.core.arrays import Float64
    from sightline.core.space import Homography

_BATCH_ROWS = 20_000
_LEAST_POINTS = 2


def export_geojson(
    folder: Path,
    out: Path,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    bearing_deg: float = 0.0,
    every_s: float = 0.0,
) -> Path:
    """Write each track's path as a LineString of longitude and latitude.

    A place is where the middle of a box's lower edge lies on the ground. Paths of one point only, and points
    above the horizon, are left out.

    Args:
        folder: A run's result folder whose rules had a `ground`.
        out: The file.
        latitude: Of the ground's origin in degrees.
        longitude: Likewise.
        bearing_deg: Direction of the ground's y axis, clockwise from true north.
        every_s: Least time between two points of a path; 0 keeps all.

    Raises:
        MissingSpaceError: The run knows pixels only, or not where on Earth they lie.
        SettingsError: Latitude or longitude is out of range.
        OutputError: The file cannot be written.
    """
    results = Results(folder)
    homography = _homography(results)
    origin = _origin(latitude, longitude, bearing_deg)
    with whole(out) as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for number, feature in enumerate(_features(results, homography, origin, every_s)):
            file.write(("\n" if number == 0 else ",\n") + json.dumps(feature, ensure_ascii=False))
        file.write("]}\n")
    return out


def _homography(results: Results) -> Homography:
    rules = results.app_settings.get("rules") or {}
    if rules.get("ground") is None:
        raise MissingSpaceError(
            "this run knows pixels only, and pixels have no place on Earth",
            hint="give four or more points as `ground` in the rules file, then `sightline replay`",
        )
    from sightline.analytics.rules import RulesFile

    bound = RulesFile.model_validate(rules).bind(results.media.size, {})
    if bound.homography is None:
        raise MissingSpaceError("the rules' ground gives no homography", hint="see `ground` in docs/rules.md")
    return bound.homography


def _origin(latitude: float | None, longitude: float | None, bearing_deg: float) -> GeoOrigin:
    if latitude is None or longitude is None:
        raise MissingSpaceError(
            "the ground's metres have no place on Earth yet",
            hint="say where their origin lies: --set latitude=... --set longitude=... --set bearing_deg=...",
        )
    return GeoOrigin(float(latitude), float(longitude), float(bearing_deg))


def _features(
    results: Results, homography: Homography, origin: GeoOrigin, every_s: float
) -> Iterator[dict[str, Any]]:
    for track_id, class_name, rows in _by_track(results):
        kept = _thin(rows[:, 0], every_s)
        times_s, points_px = rows[kept, 0], rows[kept, 1:]
        points_m = homography.project(points_px)
        there = np.isfinite(points_m).all(axis=1)
        if there.sum() < _LEAST_POINTS:
            continue
        places = np.round(origin.degrees(points_m[there]), 8)
        yield {
            "type": "Feature",
            "id": track_id,
            "properties": {
                "track_id": track_id,
                "class_name": class_name,
                "start_s": float(times_s[there][0]),
                "end_s": float(times_s[there][-1]),
                "times_s": np.round(times_s[there], 6).tolist(),
            },
            "geometry": {"type": "LineString", "coordinates": places.tolist()},
        }


def _thin(times_s: Float64, every_s: float) -> list[int]:
    """Give the rows to keep: the first, the last, and in between none sooner than `every_s` after another."""
    kept = [0]
    for row in range(1, len(times_s)):
        if times_s[row] - times_s[kept[-1]] >= every_s or row == len(times_s) - 1:
            kept.append(row)
    return kept


def _by_track(results: Results) -> Iterator[tuple[int, str, Float64]]:
    """Give each track's id, class and `(n, 3)` rows of time and foot point, one track in memory at a time.

    DuckDB sorts the table by track, on disk where memory is short.
    """
    import duckdb

    path = results.tables.path("tracks")
    if path is None:
        return
    with duckdb.connect(config={"threads": 1}) as connection:
        cursor = connection.execute(
            "select track_id, class_name, t_s, (x1_px + x2_px)::double / 2, y2_px::double "
            "from read_parquet(?) order by track_id, frame",
            [str(path)],
        )
        rows = chain.from_iterable(iter(lambda: cursor.fetchmany(_BATCH_ROWS), []))
        for track_id, group in groupby(rows, key=itemgetter(0)):
            own = list(group)
            yield int(track_id), str(own[0][1]), np.array([row[2:] for row in own], np.float64)
