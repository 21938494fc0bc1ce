"""GeoJSON as QuPath writes it: features with polygons, for one picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape
from napari_fncells.io.importers.annotations.content import (
    Broken,
    broken,
    entry,
    holds,
    numbers,
    read_json,
)
from napari_fncells.io.importers.annotations.figures import Figure, polygons
from napari_fncells.io.importers.annotations.found import Found
from napari_fncells.io.importers.annotations.names import bare, chosen

# QuPath's classes that end so do not count
_IGNORED_END = "*"
_POINTS = {"Point": 1, "MultiPoint": 2}

Ring = NDArray[np.float64]


@dataclass(frozen=True)
class GeojsonImporter:
    """Reads the features of one picture."""

    name: str = "geojson"
    title: str = "GeoJSON of QuPath"
    suffixes: tuple[str, ...] = (".geojson", ".json")

    def sniff(self, path: Path) -> bool:
        """Tell by what every feature has."""
        return holds(path, b'"type"', b"Feature") and (
            path.suffix.lower() == ".geojson" or holds(path, b'"geometry"', b'"coordinates"')
        )

    def open(self, path: Path) -> Annotations:
        """Read all features."""
        whole = read_json(path)
        if isinstance(whole, dict) and whole.get("type") == "FeatureCollection":
            whole = whole.get("features")
        features = [whole] if isinstance(whole, dict) else whole
        if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
            raise broken(path, Broken("holds no features"))
        return _Geojson(path, features)


@dataclass(frozen=True, eq=False)
class _Geojson:
    path: Path
    features: list[dict[str, Any]]
    program: str = "GeoJSON"

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.path.name,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        _, notes = chosen(self.path, self.pictures, name)
        found = Found(notes=list(notes))
        try:
            classes = {_add(found, feature) for feature in self.features} - {""}
        except (Broken, ValueError, TypeError, LookupError) as error:
            raise broken(self.path, error) from error
        if len(classes) > 1:
            told = ", ".join(sorted(map(bare, classes)))
            found.notes.append(f"Objects of the classes {told} were all taken for cells.")
        return found.read(self.path, shape, boxes=boxes)


def _add(found: Found, feature: dict[str, Any]) -> str:
    """Add what a feature draws; return its class, empty where it is no cell."""
    geometry = entry(feature, "geometry", dict, "a feature")
    kind, shape = geometry.get("type"), geometry.get("coordinates")
    category = _class_of(feature)
    if kind in _POINTS:
        found.points += 1 if kind == "Point" else len(_list(shape))
    elif kind not in ("Polygon", "MultiPolygon"):
        found.notes.append("A shape without an area was left out.")
    elif category.endswith(_IGNORED_END):
        found.ignored.append(_figure(kind, shape))
    else:
        found.outlines.append(_figure(kind, shape))
        return category
    return ""


def _class_of(feature: dict[str, Any]) -> str:
    properties = feature.get("properties")
    told = properties.get("classification") if isinstance(properties, dict) else None
    if isinstance(told, dict):
        told = told.get("name")
    return told if isinstance(told, str) else ""


def _figure(kind: str, shape: Any) -> Figure:
    parts = [shape] if kind == "Polygon" else _list(shape)
    return polygons([[_ring(ring) for ring in _list(part)] for part in parts])


def _ring(points: Any) -> Ring:
    """(N, 2) of positions, which may have heights."""
    pairs = _list(points)
    if not all(isinstance(pair, list) and len(pair) in (2, 3) for pair in pairs):
        raise Broken("has an outline that is no list of positions")
    return numbers([value for pair in pairs for value in pair[:2]], "an outline").reshape(-1, 2)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Broken("has an outline that is none")
    return value


GEOJSON = GeojsonImporter()
