"""Pascal VOC: boxes in XML, with the polygons that FNC v2's and LabelMe's files have.

In VOC the first pixel is 1, and xmax and ymax are the last pixels inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import defusedxml.ElementTree as SafeET
import numpy as np

from napari_fncells.core.polygons import Points
from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape, refused
from napari_fncells.io.importers.annotations.content import (
    Broken,
    broken,
    holds,
    number,
    read_bytes,
)
from napari_fncells.io.importers.annotations.figures import Figure, ellipse, outlined, rectangle
from napari_fncells.io.importers.annotations.found import Found, check_size
from napari_fncells.io.importers.annotations.names import bare, chosen, stem
from napari_fncells.io.read_error import ImageReadError, ReadCode

_MAX_BYTES = 1 << 26


@dataclass(frozen=True)
class VocImporter:
    """Reads the file of one picture."""

    name: str = "voc"
    title: str = "Pascal VOC"
    suffixes: tuple[str, ...] = (".xml",)

    def sniff(self, path: Path) -> bool:
        """Tell by the outermost element."""
        return path.suffix.lower() in self.suffixes and holds(path, b"<annotation")

    def open(self, path: Path) -> Annotations:
        """Read it; no entity in it is resolved."""
        data = read_bytes(path, _MAX_BYTES)
        try:
            root = SafeET.fromstring(data, forbid_dtd=True)
        except Exception as error:  # those of expat, of Python's codecs and of defusedxml
            raise refused(path, "is no XML that can be read", "", ReadCode.DAMAGED) from error
        if root.tag != "annotation":
            raise refused(path, "is no annotation of Pascal VOC")
        return _Voc(path, root)


@dataclass(frozen=True, eq=False)
class _Voc:
    path: Path
    root: Any
    program: str = "Pascal VOC"

    @property
    def pictures(self) -> tuple[str, ...]:
        told = bare(self.root.findtext("filename") or "")
        own = self.path.stem
        return (told if stem(told).casefold() == stem(own).casefold() else own,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        _, notes = chosen(self.path, self.pictures, name)
        found = Found(notes=list(notes))
        try:
            if self.root.find("size") is not None:
                size = self.root.find("size")
                check_size(self.path, (_whole(size, "height"), _whole(size, "width")), shape)
            items = self.root.findall("object")
            on_pixels = found.on_pixels(
                [_ring(polygon) for item in items for polygon in item.findall("polygon")]
            )
            for item in items:
                _add(found, item, on_pixels)
            return found.read(self.path, shape, boxes=boxes)
        except ImageReadError:
            raise
        except (Broken, ValueError, TypeError) as error:
            raise broken(self.path, error) from error


def _add(found: Found, item: Any, on_pixels: bool) -> None:
    rings = [_ring(polygon) for polygon in item.findall("polygon")]
    if rings:
        found.outlines.append(outlined(rings, on_pixels=on_pixels))
    elif item.findtext("difficult", "0").strip() == "1":
        found.ignored.append(rectangle(*_box(item)))
    else:
        found.boxes.append(_round(*_box(item)))


def _box(item: Any) -> tuple[float, float, float, float]:
    """Edges of a box between pixels: left, top, right, bottom."""
    corners = item.find("bndbox")
    if corners is None:
        raise Broken("has an object without a box")
    left, top, right, bottom = (_value(corners, key) for key in ("xmin", "ymin", "xmax", "ymax"))
    if right < left or bottom < top:
        raise Broken("has a box that ends before it begins")
    return left - 1, top - 1, right, bottom


def _round(left: float, top: float, right: float, bottom: float) -> Figure:
    return ellipse((left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2)


def _ring(polygon: Any) -> Points:
    points = list(_points(polygon))
    if not points:
        raise Broken("has an outline without a point")
    return np.array(points, dtype=np.float64)


def _points(polygon: Any) -> Iterator[tuple[float, float]]:
    for point in polygon.findall("pt"):
        yield _value(point, "x"), _value(point, "y")


def _value(element: Any, key: str) -> float:
    try:
        return number(float(element.findtext(key) or ""), f"the {key} of an object")
    except ValueError as error:
        raise Broken(f"gives no number for the {key} of an object") from error


def _whole(element: Any, key: str) -> int:
    return int(_value(element, key))


VOC = VocImporter()
