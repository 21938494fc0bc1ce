"""Outlines of one picture: grown from its intensity, moved in and out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import GrowParams, Region, grow
from napari_fncells.core.intensity import brightest_channel
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import ScoreParams
from napari_fncells.core.score import ScoreMap, background_statistics, score_map

_SMOOTHING = 3.0
_HALO = 16  # more than the reach of the smoothing, so that a window scores like the picture
_STEP = 2.0


class Outlines:
    """Grows and measures cells in windows of a picture: no cost grows with the picture.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), read only.
    document
        Its labels are read.
    """

    def __init__(self, pixels: NDArray[np.generic], document: Document) -> None:
        self._pixels = pixels
        self._document = document
        self._params = GrowParams()
        self._channel: int | None = None

    @property
    def plane(self) -> NDArray[np.generic]:
        """The channel that shows the cells, as a view of the picture."""
        if self._pixels.ndim == 2:
            return self._pixels
        if self._channel is None:
            self._channel = brightest_channel(self._pixels)
        plane: NDArray[np.generic] = self._pixels[..., self._channel]
        return plane

    def region_at(self, row: int, column: int) -> Region:
        """Grow the cell at a pixel.

        Raises
        ------
        NothingToGrowError
            Where there is none to be seen.
        """
        window = Box.square(row, column, self._params.reach + _HALO).clip(self._document.shape)
        labels = self._document.labels[window.slices]
        point = row - window.top, column - window.left
        region = grow(self._score(window), labels, point, self._params)
        return region.shifted(window.top, window.left)

    def resized(self, cell: CellObject, notches: int) -> Region:
        """The outline that many steps farther out, or in where negative.

        Raises
        ------
        UserError
            Where nothing of the cell would be left.
        """
        reach = _STEP * notches
        box = cell.box.padded(int(abs(reach)) + 1).clip(self._document.shape)
        mine = (self._document.labels[box.slices] == cell.id).astype(np.uint8)
        source = 1 - mine if reach > 0 else np.pad(mine, 1)
        distance = cv2.distanceTransform(source, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        mask = distance <= reach if reach > 0 else distance[1:-1, 1:-1] > -reach
        tight = Box.around(mask)
        if tight is None:
            raise UserError(f"Cell {cell.id} cannot shrink any further.")
        return Region(tight.shifted(box.top, box.left), mask[tight.slices], 0.0)

    def figures(self, cell: CellObject) -> tuple[float, float]:
        """Mean intensity of a living cell, and by how many SD it stands above its ground."""
        mine = self._document.labels[cell.box.slices] == cell.id
        mean = float(np.nanmean(self.plane[cell.box.slices][mine], dtype=np.float64))
        window = cell.box.padded(_HALO * 2).clip(self._document.shape)
        score = self._score(window)
        free = self._document.labels[window.slices] == 0
        if not free.any():
            return mean, 0.0
        ground, deviation = background_statistics(score.values[free].reshape(1, -1))
        height = float(score.values[cell.box.within(window)][mine].mean()) - ground
        return mean, height / max(deviation, score.step / 2, 1e-12)

    def _score(self, window: Box) -> ScoreMap:
        return score_map(self.plane[window.slices], ScoreParams(smoothing=_SMOOTHING))
