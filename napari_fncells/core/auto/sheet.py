"""Pieces drawn into a plane, and what is read off them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.pieces import Pieces
from napari_fncells.core.auto.view import View
from napari_fncells.core.blur import Plane

Column = NDArray[np.float64]
_BOX = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Sheet:
    """Pieces drawn into a plane.

    (P,) are the pixels of all pieces, (R,) those that lie on a rim, (n,) the pieces.

    Attributes
    ----------
    view
        The picture.
    pieces
        At most 65,535, one at least.
    """

    view: View
    pieces: Pieces

    @cached_property
    def area(self) -> Column:
        """(n,) pixels."""
        return np.bincount(self.pieces.of, minlength=self.pieces.count).astype(np.float64)

    @cached_property
    def rows_and_columns(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(P,) each."""
        rows, columns = np.divmod(self.pieces.place, self.view.height.shape[1])
        return rows, columns

    @cached_property
    def numbers(self) -> NDArray[np.uint16]:
        """(y + 2, x + 2): pieces numbered from 1, with a border of 0."""
        height, width = self.view.height.shape
        numbers = np.zeros((height + 2, width + 2), dtype=np.uint16)
        numbers.ravel()[self._at] = self.pieces.of + 1
        return numbers

    @cached_property
    def rim(self) -> NDArray[np.bool_]:
        """(P,) whether a pixel lies beside another piece or none."""
        low, high = self._beside
        own = self.pieces.of + 1
        rim: NDArray[np.bool_] = (low != own) | (high != own)
        return rim

    @cached_property
    def beside_another(self) -> NDArray[np.bool_]:
        """(R,) whether it lies beside another piece."""
        low, high = (side[self.rim] for side in self._beside)
        own = self.pieces.of[self.rim] + 1
        beside: NDArray[np.bool_] = (high != own) | ((low != own) & (low != 0))
        return beside

    @cached_property
    def at_border(self) -> NDArray[np.bool_]:
        """(R,) whether it lies on the picture's border."""
        height, width = self.view.height.shape
        rows, columns = (axis[self.rim] for axis in self.rows_and_columns)
        border: NDArray[np.bool_] = (rows == 0) | (columns == 0)
        border |= (rows == height - 1) | (columns == width - 1)
        return border

    @cached_property
    def perimeter(self) -> Column:
        """(n,) pixels of the rim."""
        return np.bincount(self._rim_of, minlength=self.pieces.count).astype(np.float64)

    @cached_property
    def radius(self) -> Column:
        """(n,) of the largest disk in the level set around a pixel of each piece, in px."""
        return self.highest(self.pieces.depth.astype(np.float64))

    def values(self, plane: Plane) -> Column:
        """(P,) values of a plane."""
        return plane.ravel()[self.pieces.place].astype(np.float64)

    def mean(self, values: NDArray[np.generic]) -> Column:
        """(n,) mean over each piece of (P,) values."""
        total = np.bincount(self.pieces.of, weights=values, minlength=self.pieces.count)
        return np.asarray(total / self.area)

    def rim_mean(self, values: NDArray[np.generic]) -> Column:
        """(n,) mean along each rim of (R,) values."""
        total = np.bincount(self._rim_of, weights=values, minlength=self.pieces.count)
        return np.asarray(total / self.perimeter)

    def highest(self, values: Column) -> Column:
        """(n,) largest of (P,) values in each piece."""
        together = values[self.pieces.order]
        return np.asarray(np.maximum.reduceat(together, self.pieces.starts), dtype=np.float64)

    def outside(self, plane: Plane, reach: int) -> Column:
        """(n,) mean of a plane around each piece, other pieces left out."""
        square = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
        numbers = np.ascontiguousarray(self.numbers[1:-1, 1:-1])
        wide = np.asarray(cv2.dilate(numbers, square)).ravel()
        ring = np.flatnonzero(wide != numbers.ravel())
        ring = ring[numbers.ravel()[ring] == 0]
        of = wide[ring].astype(np.int64) - 1
        total = np.bincount(of, weights=plane.ravel()[ring], minlength=self.pieces.count)
        return np.asarray(total / np.maximum(np.bincount(of, minlength=self.pieces.count), 1))

    @cached_property
    def _at(self) -> NDArray[np.int64]:
        """(P,) flat indices in `numbers`."""
        rows, columns = self.rows_and_columns
        at: NDArray[np.int64] = (rows + 1) * (self.view.height.shape[1] + 2) + columns + 1
        return at

    @cached_property
    def _beside(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(P,) lowest and highest number in the 3 x 3 px around each pixel."""
        low = np.asarray(cv2.erode(self.numbers, _BOX)).ravel()[self._at]
        high = np.asarray(cv2.dilate(self.numbers, _BOX)).ravel()[self._at]
        return low.astype(np.int64), high.astype(np.int64)

    @cached_property
    def _rim_of(self) -> NDArray[np.int64]:
        return self.pieces.of[self.rim]
