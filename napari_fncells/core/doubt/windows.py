"""The surroundings of cells, side by side in one array, so that all are measured at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels

FREE, OTHER, OWN, OUTSIDE = 0, 1, 2, 3
"""What a pixel is to a cell: ground, another cell's, its own, outside of the picture."""
REACH = 12
"""How far around its box a cell is looked at, in px: an edit farther away changes nothing."""

Index = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Shape:
    """A cell, or what may be one.

    Attributes
    ----------
    box
        Holds all of its pixels.
    id
        In the labels; 0 for what is in no mask.
    mask
        Its pixels in the box, where they are not those of `id`.
    """

    box: Box
    id: int = 0
    mask: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows around shapes, each flattened, one after the other.

    Attributes
    ----------
    count
        Of shapes.
    state
        (P,) uint8: see `OWN`.
    width
        (count,) int64: of each window.
    start
        (count,) int64: where it begins.
    corner
        (count, 2) int64: its first row and column in the picture.
    place, of
        (Q,) int64: the pixels of the shapes, and which shape each is of; in order.
    """

    count: int
    state: NDArray[np.uint8]
    width: Index
    start: Index
    corner: Index
    place: Index
    of: Index

    @classmethod
    def around(cls, labels: Labels, shapes: Sequence[Shape]) -> Windows:
        """Look around shapes, one at least.

        Parameters
        ----------
        labels
            (Y, X) instance labels, 0 = background.
        shapes
            What is looked at.
        """
        outer = [shape.box.padded(REACH) for shape in shapes]
        sizes = np.array([box.height * box.width for box in outer], dtype=np.int64)
        start = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        state = np.full(int(start[-1]), OUTSIDE, np.uint8)
        for shape, box, begin, end in zip(shapes, outer, start[:-1], start[1:], strict=True):
            _fill(state[begin:end].reshape(box.height, box.width), labels, shape, box)
        place = np.flatnonzero(state == OWN)
        counts = np.diff(np.searchsorted(place, start))
        return cls(
            len(shapes),
            state,
            np.array([box.width for box in outer], dtype=np.int64),
            start[:-1],
            np.array([(box.top, box.left) for box in outer], dtype=np.int64),
            place,
            np.repeat(np.arange(len(shapes)), counts),
        )

    @property
    def empty(self) -> NDArray[np.bool_]:
        """(count,) which of the shapes have no pixels."""
        missing: NDArray[np.bool_] = np.bincount(self.of, minlength=self.count) == 0
        return missing

    def local(self, place: Index, of: Index) -> tuple[Index, Index]:
        """Rows and columns of pixels in the windows of their shapes."""
        rows, columns = np.divmod(place - self.start[of], self.width[of])
        return rows, columns

    def states(self, rows: Index, columns: Index, of: Index) -> NDArray[np.uint8]:
        """States of pixels by their rows and columns in the windows."""
        return self.state[self.start[of] + rows * self.width[of] + columns]


def _fill(window: NDArray[np.uint8], labels: Labels, shape: Shape, box: Box) -> None:
    """Write the states of the pixels of one window."""
    inner = box.clip(labels.shape)
    if inner.height <= 0 or inner.width <= 0:
        return
    here = window[inner.within(box)]
    part = labels[inner.slices]
    here[...] = part != 0
    if shape.mask is None:
        here[part == shape.id] = OWN
    else:
        window[shape.box.within(box)][shape.mask] = OWN
