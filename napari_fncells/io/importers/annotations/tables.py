"""Tables of boxes or points of one picture, CSV, as this program writes them.

Neither is a mask: boxes become ellipses, and points discs, only where that is asked for.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.io.importers.annotations.base import Annotations, Read, Shape
from napari_fncells.io.importers.annotations.content import Broken, broken, number, read_bytes
from napari_fncells.io.importers.annotations.figures import ellipse
from napari_fncells.io.importers.annotations.found import Found
from napari_fncells.io.importers.annotations.names import chosen
from napari_fncells.io.importers.base import head_of

_BOX = ("left", "top", "width", "height")
_POINT = ("x", "y")
# Tables of several pictures name them
_IMAGE = "image"
_HEAD_BYTES = 4096
_DISC_PX = 5
# Points have whole numbers in the middles of pixels, figures at their corners
_MIDDLE = 0.5


@dataclass(frozen=True)
class TableImporter:
    """Reads the boxes or points of one picture."""

    name: str = "table"
    title: str = "Table of boxes or points"
    suffixes: tuple[str, ...] = (".csv",)

    def sniff(self, path: Path) -> bool:
        """Tell by the first line."""
        line = head_of(path, _HEAD_BYTES).splitlines()[:1]
        return bool(line) and bool(_columns(line[0].decode("utf-8", "replace").split(",")))

    def open(self, path: Path) -> Annotations:
        """Read the rows."""
        try:
            text = read_bytes(path).decode("utf-8", "surrogateescape")
            head, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            columns = _columns(head)
            places = [_names(head).index(column) for column in columns]
            found = [[_figure(row[place]) for place in places] for row in rows if row]
        except (Broken, ValueError, LookupError, csv.Error) as error:
            raise broken(path, error) from error
        return _Table(path, columns, found)


@dataclass(frozen=True, eq=False)
class _Table:
    path: Path
    columns: tuple[str, ...]
    rows: list[list[float]]
    program: str = "table"

    @property
    def pictures(self) -> tuple[str, ...]:
        return (self.path.name,)

    def labels_of(self, name: str, shape: Shape, *, boxes: bool = False) -> Read:
        _, notes = chosen(self.path, self.pictures, name)
        found = Found(notes=list(notes))
        if self.columns == _BOX:
            for left, top, width, height in self.rows:
                middle = left + width / 2, top + height / 2
                found.boxes.append(ellipse(*middle, width / 2, height / 2))
        elif boxes:
            for x, y in self.rows:
                found.outlines.append(ellipse(x + _MIDDLE, y + _MIDDLE, _DISC_PX, _DISC_PX))
            told = f"{len(self.rows)} points were drawn as discs of {_DISC_PX} px."
            found.notes.append(told)
        else:
            found.points = len(self.rows)
        return found.read(self.path, shape, boxes=boxes)


def _names(head: list[str]) -> list[str]:
    return [name.strip().strip('"').lower() for name in head]


def _columns(head: list[str]) -> tuple[str, ...]:
    """Those that are read; none where it is no such table."""
    names = set(_names(head))
    if _IMAGE in names:
        return ()
    return next((columns for columns in (_BOX, _POINT) if names >= set(columns)), ())


def _figure(text: str) -> float:
    return number(float(text), "a place")


TABLE = TableImporter()
