"""A set of pixels, and the ladder of outlines around it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import label

NOTCH = 2.0
"""How far one step of a ladder moves an outline, in px."""
NOTCHES = 12
"""Most steps of a ladder, each way."""
# Grain puts single pixels of a cell below any level that its outline follows
_BELOW_LEVEL = 4.0


@dataclass(frozen=True)
class Region:
    """A set of pixels.

    Attributes
    ----------
    box
        Tight bounding box in the picture.
    mask
        (box.height, box.width) bool.
    level
        Score above which all but 4 % of its pixels lie.
    """

    box: Box
    mask: NDArray[np.bool_]
    level: float

    def shifted(self, rows: int, columns: int) -> Region:
        """Return the region moved down and right."""
        return Region(self.box.shifted(rows, columns), self.mask, self.level)

    @classmethod
    def of(cls, mask: NDArray[np.bool_], values: NDArray[np.float32], corner: Box) -> Region:
        """Cut the true pixels out of a (Y, X) mask.

        Parameters
        ----------
        mask, values
            (Y, X) pixels, at least one of them true, and their scores.
        corner
            Box whose top left the mask's first pixel has in the picture.
        """
        box = Box.around(mask)
        if box is None:
            raise ValueError("a region needs a pixel")
        inside = mask[box.slices]
        level = float(np.percentile(values[box.slices][inside], _BELOW_LEVEL))
        return cls(box.shifted(corner.top, corner.left), inside.copy(), level)


@dataclass(frozen=True)
class Growth:
    """Outlines of one cell, of which one is proposed.

    Attributes
    ----------
    steps
        From the smallest to the largest, about `NOTCH` px of outline apart, each within the
        next.
    chosen
        Index of the one proposed.
    """

    steps: tuple[Region, ...]
    chosen: int

    @property
    def region(self) -> Region:
        """The outline proposed."""
        return self.steps[self.chosen]

    def shifted(self, rows: int, columns: int) -> Growth:
        """Return the outlines moved down and right."""
        return replace(self, steps=tuple(step.shifted(rows, columns) for step in self.steps))


def ladder(
    mask: NDArray[np.bool_], free: NDArray[np.bool_], min_area: int
) -> tuple[list[NDArray[np.bool_]], int]:
    """Outlines within and around a mask.

    Parameters
    ----------
    mask
        (Y, X) bool, at least one pixel true.
    free
        (Y, X) bool: where it may grow.
    min_area
        Least pixels of a step, in px²; the mask itself may have less.

    Returns
    -------
    list of ndarray, int
        (Y, X) masks, each within the next, and the index of the mask itself.
    """
    inner = _shrunk(mask, min_area)
    return [*reversed(inner), mask, *_grown(mask, free)], len(inner)


def _shrunk(mask: NDArray[np.bool_], min_area: int) -> list[NDArray[np.bool_]]:
    """Smaller and smaller masks; where one falls apart, its largest piece."""
    # The zero border lets cells at the side of the picture shrink away from it as elsewhere
    depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    steps: list[NDArray[np.bool_]] = []
    last = mask
    for number in range(1, NOTCHES + 1):
        regions = label((depth > number * NOTCH) & last)
        areas = np.bincount(regions.ravel())[1:]
        if areas.size == 0 or areas.max() < min_area:
            break
        last = regions == 1 + int(areas.argmax())
        steps.append(last)
    return steps


def _grown(mask: NDArray[np.bool_], free: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Larger and larger masks on free ground, of the pieces that the mask is part of."""
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5)
    steps: list[NDArray[np.bool_]] = []
    last = mask
    for number in range(1, NOTCHES + 1):
        regions = label(((distance <= number * NOTCH) & free) | mask)
        step: NDArray[np.bool_] = np.isin(regions, np.unique(regions[mask]))
        if np.array_equal(step, last):
            break
        steps.append(step)
        last = step
    return steps
