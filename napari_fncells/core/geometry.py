"""Boxes in the picture's pixel grid."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Slices


class Box(NamedTuple):
    """Half-open rectangle of pixels: rows top..bottom-1, columns left..right-1."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> Slices:
        """Index that cuts the box out of a (Y, X) array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def centre(self) -> tuple[float, float]:
        """Middle (y, x), in px."""
        return (self.top + self.bottom - 1) / 2, (self.left + self.right - 1) / 2

    def union(self, other: Box) -> Box:
        """Smallest box that holds both."""
        return Box(
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def within(self, outer: Box) -> Slices:
        """Index of this box in an array cut out of the picture at `outer`."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )

    def clip(self, shape: tuple[int, ...]) -> Box:
        """Part of the box inside a (Y, X) array of this shape; empty where there is none."""
        rows, columns = shape[0], shape[1]
        top, left = min(max(self.top, 0), rows), min(max(self.left, 0), columns)
        bottom, right = min(self.bottom, rows), min(self.right, columns)
        return Box(top, left, max(bottom, top), max(right, left))

    @classmethod
    def square(cls, row: int, column: int, reach: int) -> Self:
        """Box of 2 x reach + 1 pixels a side around a pixel."""
        return cls(row - reach, column - reach, row + reach + 1, column + reach + 1)

    def shifted(self, rows: int, columns: int) -> Box:
        """Return the box moved down and right."""
        return Box(self.top + rows, self.left + columns, self.bottom + rows, self.right + columns)

    @classmethod
    def of(cls, slices: Slices) -> Self:
        """Box of a pair of slices with explicit ends."""
        rows, columns = slices
        return cls(int(rows.start), int(columns.start), int(rows.stop), int(columns.stop))

    @classmethod
    def around(cls, mask: NDArray[np.bool_]) -> Self | None:
        """Tight box of the true pixels of a (Y, X) mask, or None where there are none."""
        rows = np.flatnonzero(mask.any(axis=1))
        if rows.size == 0:
            return None
        columns = np.flatnonzero(mask.any(axis=0))
        return cls(int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1)

    @classmethod
    def whole(cls, shape: tuple[int, ...]) -> Self:
        """Box of a whole (Y, X) array."""
        return cls(0, 0, shape[0], shape[1])
