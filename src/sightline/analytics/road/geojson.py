"""Hazards as GeoJSON, and a check of what RFC 7946 asks of such a document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_PLACE = ("latitude_deg", "longitude_deg")
_DIGITS = 7  # of a degree: about a centimetre
_GEOMETRIES = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


def feature_collection(hazards: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Give hazards as a FeatureCollection of Points, longitude first; those without a place have no geometry.

    Args:
        hazards: Rows of the `hazards` table.

    Source:
        RFC 7946, sections 3.1.2, 3.2, 3.3 and 4.

    Example:
        >>> feature_collection([{"hazard_id": 1, "latitude_deg": 50.0, "longitude_deg": 8.0}])["features"][0]["geometry"]
        {'type': 'Point', 'coordinates': [8.0, 50.0]}
    """
    return {"type": "FeatureCollection", "features": [_feature(row) for row in hazards]}


def _feature(row: Mapping[str, Any]) -> dict[str, Any]:
    latitude, longitude = (row.get(name) for name in _PLACE)
    geometry = None
    if latitude is not None and longitude is not None:
        geometry = {"type": "Point", "coordinates": [round(longitude, _DIGITS), round(latitude, _DIGITS)]}
    return {
        "type": "Feature",
        "id": row["hazard_id"],
        "geometry": geometry,
        "properties": {name: value for name, value in row.items() if name not in _PLACE},
    }


def faults_of(document: Any) -> list[str]:
    """List what is wrong with a GeoJSON FeatureCollection; empty where nothing is.

    Source:
        RFC 7946, sections 3, 3.1, 3.2, 3.3, 4 and 7.
    """
    if not isinstance(document, Mapping) or document.get("type") != "FeatureCollection":
        return ["the document is not a FeatureCollection"]
    features = document.get("features")
    if not isinstance(features, list):
        return ["features is not an array"]
    faults = [
        f"the document has a member {name!r} of another type"
        for name in ("geometry", "coordinates", "properties")
        if name in document
    ]
    if "crs" in document:
        faults.append("crs is a member of GeoJSON 2008, not of RFC 7946")
    for number, feature in enumerate(features):
        faults += [f"feature {number}: {fault}" for fault in _feature_faults(feature)]
    return faults


def _feature_faults(feature: Any) -> list[str]:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        return ["it is not a Feature"]
    faults = []
    if "geometry" not in feature:
        faults.append("it has no geometry member")
    if not isinstance(feature.get("properties", 0), Mapping | None):
        faults.append("its properties are neither an object nor null")
    if isinstance(feature.get("id", 0), bool) or not isinstance(feature.get("id", 0), str | int | float):
        faults.append("its id is neither a string nor a number")
    geometry = feature.get("geometry")
    if geometry is not None:
        faults += _geometry_faults(geometry)
    return faults


def _geometry_faults(geometry: Any) -> list[str]:
    if not isinstance(geometry, Mapping) or geometry.get("type") not in _GEOMETRIES:
        return ["its geometry has no known type"]
    depth = _GEOMETRIES[geometry["type"]]
    positions: Sequence[Any] = [geometry.get("coordinates")]
    for _ in range(depth):
        if not all(isinstance(inner, list) for inner in positions):
            return [f"its coordinates are not those of a {geometry['type']}"]
        positions = [position for inner in positions for position in inner]
    return [fault for position in positions if (fault := _position_fault(position)) is not None]


def _position_fault(position: Any) -> str | None:
    if not isinstance(position, list) or not 2 <= len(position) <= 3:
        return "a position is not an array of two or three numbers"
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in position):
        return "a position holds something else than numbers"
    longitude, latitude = position[:2]
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        return f"no place on Earth has longitude {longitude} and latitude {latitude}"
    return None
