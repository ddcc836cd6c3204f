"""How right hazard counts, sizes and places are, on simulated drives; and whether a GeoJSON file is one.

Boxes are the truth's with noise (see `simulated.py`): the numbers are those of tracker, watch, ground plane and GPS, and
say nothing of a detector.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.evaluation.moments import bootstrap_interval
from sightline.analytics.evaluation.shares import Share
from sightline.analytics.road.geojson import faults_of
from sightline.analytics.road.hazards import HazardPlace
from sightline.analytics.road.known import distance_m
from sightline.core.errors import SettingsError, UnsupportedFormatError
from sightline.service.road.evaluate.simulated import BoxNoise, SimulatedDrive, drive
from sightline.service.text_files import read_json

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

DETECTOR = "truth boxes with noise, no network"
_WITHIN, _SIZE_WITHIN = 0.05, 0.15
_SEED = 20_240_501


def evaluate_drives(
    *,
    drives: int = 10,
    first_seed: int = 1,
    laps: int = 3,
    hz: float = 15.0,
    noise: BoxNoise | None = None,
    gps_noise_m: float = 2.0,
) -> dict[str, Any]:
    """Drive around simulated rings, several passes each, and score what came of it.

    Raises:
        SettingsError: There is nothing to do.
    """
    if drives < 1 or laps < 1 or hz <= 0:
        raise SettingsError(f"{drives} drives of {laps} laps at {hz:g} frames a second", hint="one or more")
    driven = [
        drive(seed, laps=laps, hz=hz, noise=noise, gps_noise_m=gps_noise_m)
        for seed in range(first_seed, first_seed + drives)
    ]
    return {
        "detector": DETECTOR,
        "drives": drives,
        "first_seed": first_seed,
        "laps": laps,
        "hz": hz,
        "gps_noise_m": gps_noise_m,
        "frames": sum(one.frames for one in driven),
        "counts": _counts(driven),
        "off_road": _off_road(driven),
        "sizes": _sizes(driven),
        "places": _places(driven),
    }


def evaluate_geojson(path: Path) -> dict[str, Any]:
    """Check a GeoJSON file against RFC 7946.

    Raises:
        SourceUnavailableError: It cannot be read.
    """
    try:
        document = read_json(path, "give a .geojson file")
    except UnsupportedFormatError as error:
        return {"file": path.name, "features": 0, "faults": [error.message]}
    faults = faults_of(document)
    features = document.get("features", []) if isinstance(document, Mapping) else []
    return {"file": path.name, "features": len(features), "faults": faults}


def _counts(driven: Sequence[SimulatedDrive]) -> dict[str, Any]:
    """Compare how many hazards were told with how many there are, and which were met in which pass."""
    rows = []
    for one in driven:
        told = {event.hazard_id for event in one.events}
        meant = [one.meant[event.event_id] for event in one.events]
        rows.append(
            {
                "seed": one.seed,
                "truth": len(one.truth),
                "told": len(told),
                "ratio": round(len(told) / len(one.truth), 4),
                "found": len(set(meant) - {0}),
                "passes": sum(1 for number in meant if number),
                "passes_truth": sum(int(hazard["passes"]) for hazard in one.truth),
                "false": sum(1 for number in meant if not number),
            }
        )
    ratios = np.array([row["ratio"] for row in rows], np.float64)
    within = int((np.abs(ratios - 1) <= _WITHIN).sum())
    return {
        "ratio": round(float(ratios.mean()), 4),
        "interval95": _interval(ratios, _mean),
        "within_5_percent": Share(within, len(rows)).as_dict(),
        "found": Share(_total(rows, "found"), _total(rows, "truth")).as_dict(),
        "passes_found": Share(
            min(_total(rows, "passes"), _total(rows, "passes_truth")), _total(rows, "passes_truth")
        ).as_dict(),
        "false": _total(rows, "false"),
        "rows": rows,
    }


def _total(rows: Sequence[Mapping[str, Any]], name: str) -> int:
    return sum(int(row[name]) for row in rows)


def _off_road(driven: Sequence[SimulatedDrive]) -> dict[str, Any]:
    """Count events whose box lies on a thing beside the road, which were boxed as hazards in four frames of five."""
    things, boxes = (sum(one.things[place] for one in driven) for place in (0, 1))
    events = sum(len(one.beside) for one in driven)
    return {"things": things, "boxes": boxes, "events": Share(events, things).as_dict()}


def _sizes(driven: Sequence[SimulatedDrive]) -> list[dict[str, Any]]:
    """Compare extents with the truth's, kind by kind, of events that name the right kind."""
    errors: dict[str, list[float]] = {}
    sure: dict[str, list[bool]] = {}
    for one in driven:
        truth = {int(hazard["hazard"]): hazard for hazard in one.truth}
        for event in one.events:
            hazard = truth.get(one.meant[event.event_id])
            if hazard is None or event.size is None or event.kind.value != hazard["kind"]:
                continue
            off = event.size.extent - hazard["extent"]
            for kind in (hazard["kind"], "all"):
                errors.setdefault(kind, []).append(off / hazard["extent"])
                sure.setdefault(kind, []).append(abs(off) <= 2 * event.size.extent_sd)
    return [
        {
            "kind": kind,
            "events": len(errors[kind]),
            "median_error": round(float(np.median(np.abs(errors[kind]))), 4),
            "interval95": _interval(np.abs(np.array(errors[kind])), _median),
            "bias": round(float(np.median(errors[kind])), 4),
            "within_15_percent": Share(
                int((np.abs(np.array(errors[kind])) <= _SIZE_WITHIN).sum()), len(errors[kind])
            ).as_dict(),
            "within_two_sd": Share(sum(sure[kind]), len(sure[kind])).as_dict(),
        }
        for kind in sorted(errors)
    ]


def _places(driven: Sequence[SimulatedDrive]) -> dict[str, Any]:
    """Compare hazards' places with the truth's, beside the error of the car's own place alone."""
    off_m = []
    for one in driven:
        truth = {int(hazard["hazard"]): hazard for hazard in one.truth}
        for event in one.events:
            hazard = truth.get(one.meant[event.event_id])
            if hazard is not None and event.place is not None:
                true = HazardPlace(hazard["latitude_deg"], hazard["longitude_deg"], None, "seen", "road")
                off_m.append(distance_m(event.place, true))
    return {
        "hazards": _spread(np.array(off_m)),
        "gps_alone": _spread(np.concatenate([one.gps_m for one in driven])),
    }


def _spread(values_m: Float64) -> dict[str, Any]:
    if not len(values_m):
        return {"n": 0, "median_m": None, "interval95": None, "p90_m": None}
    return {
        "n": len(values_m),
        "median_m": round(float(np.median(values_m)), 3),
        "interval95": _interval(values_m, _median),
        "p90_m": round(float(np.quantile(values_m, 0.9)), 3),
    }


def _interval(values: Float64, statistic: Any) -> list[float]:
    return [round(end, 4) for end in bootstrap_interval(values, statistic, seed=_SEED)]


def _mean(values: Float64) -> float:
    return float(values.mean())


def _median(values: Float64) -> float:
    return float(np.median(values))
