"""What is seen around a click: light at half scale, brought to one range of values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box

Slopes = tuple[NDArray[np.float32], NDArray[np.float32]]
SCALE = 2
"""Pixels of the picture per pixel of a view, each way."""
SOFTNESS = 4.0
"""Sigma of the blur that takes the grain out of a cell, in px of the picture."""
# Light of a neighbour much brighter than the cell clicked says no more than that it is brighter
_CEILING = 1.6
_DARKEST = 2.0
_CLICK_SIGMA = 1.5
_TINY = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class View:
    """The light in a square around a click, at half scale.

    Attributes
    ----------
    box
        The square in the picture; its sides may lie outside, where the picture is mirrored.
    light
        (n, n) float32: square root of the score above the darkest ground, 1 = at the click.
    free
        (n, n) bool: where no other cell is.
    click
        (row, column) of the click, in pixels of the view.
    height
        Square root of the score above the darkest ground that `light` has as 1.
    """

    box: Box
    light: NDArray[np.float32]
    free: NDArray[np.bool_]
    click: tuple[float, float]
    height: float

    @cached_property
    def soft(self) -> NDArray[np.float32]:
        """The light without grain, (n, n) float32."""
        return blurred(self.light, SOFTNESS / SCALE)

    @property
    def size(self) -> int:
        """Pixels a side."""
        return int(self.light.shape[0])

    def brightest(self, plane: NDArray[np.float32], reach: int = 3) -> tuple[int, int]:
        """Pixel of the view near the click, on free ground, at which a plane is highest."""
        row, column = round(self.click[0]), round(self.click[1])
        near = Box.square(row, column, reach).clip(plane.shape)
        values = np.where(self.free[near.slices], plane[near.slices], -np.inf)
        at_row, at_column = np.unravel_index(int(values.argmax()), values.shape)
        return near.top + int(at_row), near.left + int(at_column)


def view_around(
    values: NDArray[np.float32], labels: NDArray[np.integer], point: tuple[int, int], reach: int
) -> View:
    """Look at the square of 2 x reach + 2 pixels around a point.

    The square root evens out the noise of light, whose variance grows with the light, and lets
    dim flanks count beside bright cores (Anscombe 1948). Beyond the picture's sides it is
    mirrored, so that a cell cut by the side is seen as a whole one.

    Parameters
    ----------
    values
        (Y, X) float32 scores.
    labels
        (Y, X) instance labels of other cells, 0 = free.
    point
        (row, column) in the picture.
    reach
        In px of the picture.
    """
    row, column = point
    box = Box(row - reach - 1, column - reach - 1, row + reach + 1, column + reach + 1)
    small = _halved(mirrored(values, box))
    free = _halved(mirrored(labels, box) != 0) <= 0.5
    low = float(np.percentile(small[free], _DARKEST)) if free.any() else float(small.min())
    root = np.sqrt(np.maximum(small - np.float32(low), np.float32(0)))
    click = (reach + 0.5) / SCALE
    near = Box.square(round(click), round(click), 2).clip(root.shape)
    height = max(float(blurred(root, _CLICK_SIGMA)[near.slices].max()), _TINY)
    light = np.minimum(root / np.float32(height), np.float32(_CEILING))
    return View(box, light, free, (click, click), height)


def mirrored(plane: NDArray[np.generic], box: Box) -> NDArray[np.generic]:
    """Cut a box out of a (Y, X) plane, which is mirrored at its sides."""
    rows = _folded(np.arange(box.top, box.bottom), plane.shape[0])
    columns = _folded(np.arange(box.left, box.right), plane.shape[1])
    cut: NDArray[np.generic] = plane[np.ix_(rows, columns)]
    return cut


def blurred(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur with mirrored sides; sigma in pixels of the plane."""
    soft = cv2.GaussianBlur(plane, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(soft, dtype=np.float32)


def slopes_of(plane: NDArray[np.float32]) -> Slopes:
    """Slopes of a plane downwards and to the right, per pixel."""
    down = cv2.Sobel(plane, cv2.CV_32F, 0, 1, ksize=3) / 8
    right = cv2.Sobel(plane, cv2.CV_32F, 1, 0, ksize=3) / 8
    return np.asarray(down, dtype=np.float32), np.asarray(right, dtype=np.float32)


def _halved(plane: NDArray[np.generic]) -> NDArray[np.float32]:
    """Mean of each 2 x 2 pixels."""
    rows, columns = plane.shape[0] // SCALE, plane.shape[1] // SCALE
    values = plane.astype(np.float32, copy=False)
    small = cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32).reshape(rows, columns)


def _folded(index: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Indices folded into 0..length - 1, the pixel at the side repeated."""
    wrapped = np.mod(index, 2 * length)
    folded: NDArray[np.intp] = np.minimum(wrapped, 2 * length - 1 - wrapped)
    return folded
