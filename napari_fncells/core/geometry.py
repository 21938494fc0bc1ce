"""Boxes in the picture's pixel grid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    def padded(self, margin: int) -> Box:
        """Return the box with `margin` pixels more on every side."""
        return Box(
            self.top - margin, self.left - margin, self.bottom + margin, self.right + margin
        )

    def overlaps(self, other: Box) -> bool:
        """Whether the two have pixels in common; asked for every cell near a change."""
        top, left, bottom, right = self
        its_top, its_left, its_bottom, its_right = other
        return (
            top < its_bottom
            and its_top < bottom
            and left < its_right
            and its_left < right
            # An empty box has no pixel to share
            and (top < bottom and left < right)
            and (its_top < its_bottom and its_left < its_right)
        )

    def clip(self, shape: tuple[int, ...]) -> Box:
        """Part of the box inside a (Y, X) array of this shape; empty where there is none."""
        rows, columns = shape[0], shape[1]
        top, left = min(max(self.top, 0), rows), min(max(self.left, 0), columns)
        bottom, right = min(self.bottom, rows), min(self.right, columns)
        return Box(top, left, max(bottom, top), max(right, left))

    def clip_to(self, outer: Box) -> Box:
        """Part of the box inside another; empty, at some place, where there is none."""
        top, left = max(self.top, outer.top), max(self.left, outer.left)
        bottom, right = min(self.bottom, outer.bottom), min(self.right, outer.right)
        return Box(top, left, max(bottom, top), max(right, left))

    @classmethod
    def square(cls, row: int, column: int, reach: int) -> Self:
        """Box of 2 x reach + 1 pixels a side around a pixel."""
        return cls(row - reach, column - reach, row + reach + 1, column + reach + 1)

    def tiles(self, side: int) -> Iterator[Box]:
        """Cut the box into tiles of at most side x side, row by row."""
        for top in range(self.top, self.bottom, side):
            for left in range(self.left, self.right, side):
                yield Box(top, left, min(top + side, self.bottom), min(left + side, self.right))

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


def grouped(boxes: Mapping[int, Box]) -> list[tuple[Box, list[int]]]:
    """Merge boxes that overlap until none do.

    Parameters
    ----------
    boxes
        By any numbers.

    Returns
    -------
    list of tuple
        (box, numbers of those merged into it); no two boxes have a pixel in common.
    """
    found = [(box, [number]) for number, box in boxes.items()]
    corners = np.array([box for box, _ in found], dtype=np.int64).reshape(-1, 4)
    groups: dict[int, tuple[Box, list[int]]] = {}
    for at, (start, start_members) in enumerate(found):
        box, members = start, start_members
        while (met := _met(corners[:at], groups, box)) is not None:
            other, others = groups.pop(met)
            box, members = box.union(other), others + members
        groups[at] = (box, members)
        corners[at] = box
    return list(groups.values())


def _met(
    corners: NDArray[np.int64], groups: Mapping[int, tuple[Box, list[int]]], box: Box
) -> int | None:
    """The first group whose box meets another box, or None."""
    top, left, bottom, right = corners.T
    meeting = (top < box.bottom) & (bottom > box.top) & (left < box.right) & (right > box.left)
    return next((int(at) for at in np.flatnonzero(meeting) if int(at) in groups), None)
