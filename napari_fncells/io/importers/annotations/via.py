"""VIA 2 (VGG Image Annotator): projects, and annotations exported as JSON or CSV.

Regions of one cell that this program wrote have its number in their attribute `cell`, and points
between pixels; for those of others see `Found.on_pixels`.
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_fncells.core.polygons import Points
from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape, refused
from napari_fncells.io.importers.annotations.content import (
    Broken,
    broken,
    entry,
    holds,
    number,
    numbers,
    read_bytes,
    read_json,
)
from napari_fncells.io.importers.annotations.figures import (
    Figure,
    ellipse,
    outlined,
)
from napari_fncells.io.importers.annotations.found import Found
from napari_fncells.io.importers.annotations.names import bare, chosen
from napari_fncells.io.read_error import ImageReadError, ReadCode

_CELL = "cell"
_CSV_HEADER = b"region_shape_attributes"
_LONGEST_FIELD = 1 << 24
_LINES = ("polygon", "polyline")
_CLOSED = "Open lines were closed."

_Region = dict[str, Any]


@dataclass(frozen=True)
class ViaImporter:
    """Reads one file with the regions of many pictures."""

    name: str = "via"
    title: str = "VIA 2 (VGG Image Annotator)"
    suffixes: tuple[str, ...] = (".json", ".csv")

    def sniff(self, path: Path) -> bool:
        """Tell by what every file of VIA names."""
        if path.suffix.lower() == ".csv":
            return holds(path, b"filename", _CSV_HEADER)
        return holds(path, b'"filename"', b'"regions"')

    def open(self, path: Path) -> Annotations:
        """Read the list of pictures; what is said of each is looked at when it is asked for."""
        try:
            if path.suffix.lower() == ".csv":
                return _Via(path, _table(path))
            whole_file = read_json(path)
            if isinstance(whole_file, dict) and "_via_img_metadata" in whole_file:
                whole_file = whole_file["_via_img_metadata"]
            return _Via(path, _entries(whole_file))
        except (Broken, ValueError, TypeError, csv.Error, RecursionError) as error:
            raise broken(path, error) from error


@dataclass(frozen=True, eq=False)
class _Via:
    path: Path
    regions: dict[str, list[_Region]]
    program: str = "VIA"
    pictures: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pictures", tuple(bare(name) for name in self.regions))

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        if not self.regions:
            raise refused(self.path, "speaks of no picture", "", ReadCode.NO_SUCH_PART)
        place, notes = chosen(self.path, self.pictures, name)
        found = Found(notes=list(notes))
        try:
            _add(found, list(self.regions.values())[place])
            return found.read(self.path, shape, boxes=boxes)
        except ImageReadError:
            raise
        except (Broken, ValueError, TypeError) as error:
            raise broken(self.path, error) from error


def _entries(pictures: Any) -> dict[str, list[_Region]]:
    """Regions by the name of their picture; names are those of files, not VIA's keys."""
    if not isinstance(pictures, dict):
        raise Broken("holds no pictures as VIA has them")
    found: dict[str, list[_Region]] = {}
    for key, picture in pictures.items():
        name = entry(picture, "filename", str, "a picture")
        regions = picture.get("regions", [])
        # VIA 1 numbers them
        listed = list(regions.values()) if isinstance(regions, dict) else regions
        if not isinstance(listed, list):
            raise Broken("has regions that are no list")
        # The key tells files of one name apart by their size
        found[name if name not in found else f"{key}/{name}"] = listed
    return found


def _table(path: Path) -> dict[str, list[_Region]]:
    """Regions from VIA's CSV: a row each, or one without a shape for a picture without any."""
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Broken("is no text in UTF-8") from error
    csv.field_size_limit(max(csv.field_size_limit(), _LONGEST_FIELD))
    found: dict[str, list[_Region]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text), skipinitialspace=True):
        name = row.get("filename") or row.get("#filename")
        shape, attributes = row.get("region_shape_attributes"), row.get("region_attributes")
        if not name or shape is None:
            raise Broken("has a row that is none of VIA's")
        regions = found[name]
        drawn = json.loads(shape or "{}")
        if drawn:
            regions.append(
                {"shape_attributes": drawn, "region_attributes": json.loads(attributes or "{}")}
            )
    return dict(found)


def _grouped(regions: Iterable[Any]) -> list[list[_Region]]:
    """Regions of one cell together, in the order of the first of each."""
    groups: dict[Any, list[_Region]] = defaultdict(list)
    for at, region in enumerate(regions):
        entry(region, "shape_attributes", dict, "a region")
        groups[_cell_of(region) or at].append(region)
    return list(groups.values())


def _cell_of(region: _Region) -> str | None:
    attributes = region.get("region_attributes")
    cell = attributes.get(_CELL) if isinstance(attributes, dict) else None
    return cell if isinstance(cell, str) and cell else None


def _add(found: Found, regions: list[Any]) -> None:
    """Add what the regions of a picture draw."""
    groups = _grouped(regions)
    rings = [[_points(shape) for shape in _lines(group)] for group in groups]
    foreign = [
        ring
        for group, own in zip(groups, rings, strict=True)
        if _cell_of(group[0]) is None
        for ring in own
    ]
    on_pixels = found.on_pixels(foreign)
    for group, own in zip(groups, rings, strict=True):
        if own:
            here = on_pixels and _cell_of(group[0]) is None
            found.outlines.append(outlined(own, on_pixels=here))
        for region in group:
            _add_simple(found, region["shape_attributes"])


def _lines(group: list[_Region]) -> list[dict[str, Any]]:
    shapes = [region["shape_attributes"] for region in group]
    return [shape for shape in shapes if shape.get("name") in _LINES]


def _add_simple(found: Found, shape: dict[str, Any]) -> None:
    kind = shape.get("name")
    if kind == "rect":
        x, y, width, height = _values(shape, "x", "y", "width", "height")
        found.boxes.append(ellipse(x + width / 2, y + height / 2, width / 2, height / 2))
    elif kind in ("circle", "ellipse"):
        found.outlines.append(_round(kind, shape))
    elif kind == "point":
        _values(shape, "cx", "cy")
        found.points += 1
    elif kind == "polyline" and _CLOSED not in found.notes:
        found.notes.append(_CLOSED)
    elif kind not in _LINES:
        raise Broken("has a region of a shape that VIA does not know")


def _round(kind: str, shape: dict[str, Any]) -> Figure:
    if kind == "circle":
        x, y, radius = _values(shape, "cx", "cy", "r")
        return ellipse(x, y, radius, radius)
    x, y, across, down = _values(shape, "cx", "cy", "rx", "ry")
    return ellipse(x, y, across, down, number(shape.get("theta", 0), "an angle"))


def _values(shape: dict[str, Any], *keys: str) -> list[float]:
    return [number(shape.get(key), f"{key} of a region") for key in keys]


def _points(shape: dict[str, Any]) -> Points:
    x = numbers(shape.get("all_points_x"), "an outline")
    y = numbers(shape.get("all_points_y"), "an outline")
    if len(x) != len(y) or not len(x):
        raise Broken("has an outline with an x without y")
    return np.stack([x, y], axis=1)


VIA = ViaImporter()
