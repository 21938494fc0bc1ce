"""GeoJSON as QuPath reads it, one file a picture: a feature for each cell.

Polygons and, for cells in several parts, multipolygons along the edges of pixels, with holes.
Regions left undecided are features of QuPath's own class `Ignore*`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry import mapping

from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.polygons import Parts, outline, outlines
from napari_fncells.io.exporters.agreement import (
    Rings,
    compare_outlines,
    same_region,
    unreadable,
)
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture

IGNORED_CLASS = "Ignore*"


def _encode(truth: GroundTruth, params: ExportParams) -> bytes:
    parts = outlines(truth.labels)
    features = [
        _feature(
            parts[cell.id],
            params.category,
            {"name": str(cell.id), "id": cell.id, "state": str(cell.state)},
        )
        for cell in truth.cells
    ]
    if truth.ignored is not None and truth.ignored.any():
        features.append(_feature(outline(truth.ignored), IGNORED_CLASS, {}))
    # A feature a line, so that differences can be looked at
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    return f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'.encode()


def _feature(parts: Parts, category: str, properties: dict[str, Any]) -> dict[str, Any]:
    polygons = [
        Polygon(_whole(part.exterior), [_whole(hole) for hole in part.holes]) for part in parts
    ]
    shape = polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    return {
        "type": "Feature",
        "geometry": _as_whole(mapping(shape)),
        "properties": {
            "objectType": "annotation",
            "classification": {"name": category},
            **properties,
        },
    }


def _whole(ring: NDArray[np.float64]) -> NDArray[np.int64]:
    return ring.astype(np.int64)


def _as_whole(value: Any) -> Any:
    """The same with whole numbers: shapely knows floats only, which take twice the room."""
    if isinstance(value, dict):
        return {key: _as_whole(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_as_whole(item) for item in value]
    return int(value) if isinstance(value, float) else value


def _compare(path: Path, truth: GroundTruth, params: ExportParams) -> Comparison:
    try:
        features = json.loads(path.read_bytes())["features"]
        cells = [f for f in features if _class_of(f) != IGNORED_CLASS]
        ignored = [_rings(f) for f in features if _class_of(f) == IGNORED_CLASS]
        rings = {int(feature["properties"]["id"]): _rings(feature) for feature in cells}
        told = {f["properties"]["id"]: (f["properties"]["state"], _class_of(f)) for f in cells}
    except (OSError, ValueError, LookupError, TypeError, RecursionError, OverflowError):
        return unreadable(truth, f"{path.name} does not read back as GeoJSON of cells.")
    region = truth.ignored if truth.ignored is not None else np.zeros(truth.shape, dtype=bool)
    if not same_region([ring for rings in ignored for ring in rings], region):
        return unreadable(truth, f"{path.name} does not hold the ignored regions.")
    for cell in truth.cells:
        expected = (str(cell.state), params.category)
        if told.get(cell.id, expected) != expected:
            return unreadable(truth, f"{path.name} has another state or class for {cell.id}.")
    return compare_outlines(rings, len(cells), truth, path.name)


def _class_of(feature: dict[str, Any]) -> str:
    return str(feature["properties"]["classification"]["name"])


def _rings(feature: dict[str, Any]) -> Rings:
    """Exteriors and holes alike; see `agreement.drawn`."""
    geometry = feature["geometry"]
    shape = geometry["coordinates"]
    polygons = {"Polygon": [shape], "MultiPolygon": shape}[geometry["type"]]
    rings = [np.asarray(ring, dtype=np.float64) for polygon in polygons for ring in polygon]
    if any(ring.ndim != 2 or ring.shape[1] != 2 for ring in rings):
        raise ValueError("a ring is a list of pairs")
    if not all(np.isfinite(ring).all() for ring in rings):
        raise ValueError("a point is nowhere")
    return rings


QUPATH_GEOJSON = PerPicture(
    "qupath-geojson",
    "QuPath GeoJSON",
    "Opened in QuPath and by shapely and geopandas; exact, with ids, states and ignored regions.",
    ".geojson",
    _encode,
    _compare,
)
