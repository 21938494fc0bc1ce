"""Text files of YOLO, one a picture: a line for each cell, a box or a polygon.

Polygons whose points are the middles of pixels, as this program writes them, are drawn with
their borders, as ultralytics does; those between pixels by the centres inside them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape
from napari_fncells.io.importers.annotations.content import Broken, broken, read_bytes
from napari_fncells.io.importers.annotations.figures import (
    Figure,
    contours,
    ellipse,
    polygons,
)
from napari_fncells.io.importers.annotations.found import Found
from napari_fncells.io.importers.annotations.names import chosen
from napari_fncells.io.importers.base import head_of

_LINE = re.compile(rb"\s*\d{1,6}(\.0*)?([ \t]+[-+.\deE]+){4,}[ \t]*(\r?\n|$)")
_HEAD_BYTES = 1 << 16
_FOLDER = "labels"
_BOX, _BOX_SURE = 4, 5
# What rounding to few decimals leaves of a pixel
_TOLERANCE_PX = 0.02
# Shares outside of the picture that only rounding or a cell at its border explains
_OUTSIDE = 0.5


@dataclass(frozen=True)
class YoloImporter:
    """Reads boxes and segments of one picture."""

    name: str = "yolo"
    title: str = "YOLO boxes or segments"
    suffixes: tuple[str, ...] = (".txt",)

    def sniff(self, path: Path) -> bool:
        """Tell by the first line; an empty file in a folder `labels` is one without cells."""
        try:
            if path.is_file() and path.stat().st_size == 0:
                return _FOLDER in path.parts[-4:-1]
        except OSError:
            return False
        return _LINE.match(head_of(path, _HEAD_BYTES)) is not None

    def open(self, path: Path) -> Annotations:
        """Read the lines."""
        try:
            text = read_bytes(path).decode("ascii")
            lines = [_shares(line) for line in text.splitlines() if line.strip()]
        except (Broken, ValueError) as error:
            raise broken(path, error) from error
        return _Yolo(path, lines)


@dataclass(frozen=True, eq=False)
class _Yolo:
    path: Path
    lines: list[tuple[str, NDArray[np.float64]]]
    program: str = "YOLO"

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.path.name,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        _, notes = chosen(self.path, self.pictures, name)
        found = Found(notes=list(notes))
        size = np.array([shape[1], shape[0]])
        sure = 0
        for _, shares in self.lines:
            if shares.size in (_BOX, _BOX_SURE):
                sure += shares.size == _BOX_SURE
                (x, y), (width, height) = shares[:_BOX].reshape(2, 2) * size
                found.boxes.append(ellipse(x, y, width / 2, height / 2))
            else:
                sure += shares.size % 2
                points = shares[: shares.size // 2 * 2].reshape(-1, 2) * size
                found.outlines.append(_polygon(points))
        classes = sorted({number for number, _ in self.lines})
        if len(classes) > 1:
            told = ", ".join(classes)
            found.notes.append(f"Objects of the classes {told} were all taken for cells.")
        if sure:
            found.notes.append(f"{sure} objects have a confidence, which was left out.")
        return found.read(self.path, shape, boxes=boxes)


def _shares(line: str) -> tuple[str, NDArray[np.float64]]:
    """Class, and the numbers behind it."""
    first, *rest = line.split()
    number = first.split(".")[0]
    shares = np.array([float(text) for text in rest], dtype=np.float64)
    if not number.isdecimal() or shares.size < _BOX:
        raise Broken("has a line that is none of YOLO")
    if not ((shares >= -_OUTSIDE) & (shares <= 1 + _OUTSIDE)).all():
        raise Broken("has numbers that are no shares of a picture (0 to 1)")
    return number[:6], shares


def _polygon(points: NDArray[np.float64]) -> Figure:
    """A polygon in px; see the module for which pixels it has."""
    corner = np.floor(points)
    if (np.abs(points - corner - 0.5) <= _TOLERANCE_PX).all():
        return contours([corner])
    return polygons([[points]])


YOLO = YoloImporter()
