"""The pieces of a picture that may be cells: level sets, whole and cut at their necks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.necks import parts_at
from napari_fncells.core.auto.view import View
from napari_fncells.core.blur import Plane
from napari_fncells.core.score import background_statistics

_LEVELS = 16
_LOWEST = 1.6
"""Lowest level, in noises above the ground."""
_TOP = 0.92
"""Of the highest value: the uppermost level."""
_SOFT_LEVELS = 8
_SOFT_LOWEST = 2.0
_SOFT_ABOVE = 1.5
"""Noises above the ground that what stands out of its surroundings has at least."""
_OPENING = 0.11
_NECKS = (0.02, 0.05, 0.1)
"""In typical diameters: radius of the opening, depths of the necks at which clumps are cut."""
_SMALLEST = 0.06
_LARGEST = 12.0
"""Areas looked at, in squared typical diameters."""


@dataclass(frozen=True)
class Pieces:
    """Pieces that don't overlap.

    Attributes
    ----------
    place
        (P,) int64 flat indices of their pixels in the planes of the view, ascending.
    of
        (P,) int64: the piece of each of them, from 0.
    depth
        (P,) float32: how far each lies below the outline of the level set, in px.
    count
        Number of pieces.
    """

    place: NDArray[np.int64]
    of: NDArray[np.int64]
    depth: NDArray[np.float32]
    count: int

    @cached_property
    def order(self) -> NDArray[np.intp]:
        """(P,) the order that puts the pixels of each piece together."""
        # Of 16 bits numpy sorts by radix
        return np.argsort(self.of.astype(np.uint16), kind="stable")

    @cached_property
    def starts(self) -> NDArray[np.intp]:
        """(count,) where in that order each piece begins."""
        areas = np.bincount(self.of, minlength=self.count)
        return np.cumsum(areas) - areas

    def members(self) -> list[NDArray[np.int64]]:
        """Pixels of each piece."""
        return np.split(self.place[self.order], self.starts[1:])


def ladders(view: View) -> Iterator[Pieces]:
    """All pieces looked at, a level at a time, from the lowest up; none without a piece."""
    return (pieces for pieces in _ladders(view) if pieces.count)


def _ladders(view: View) -> Iterator[Pieces]:
    top = _TOP * float(view.height.max())
    for level in _levels(_LOWEST * view.noise, top, _LEVELS):
        whole = _above(view, view.height, level)
        yield whole
        yield from _cut(view, whole)
    lowest = _SOFT_LOWEST * background_statistics(view.soft)[1]
    lit = view.height > np.float32(_SOFT_ABOVE * view.noise)
    for level in _levels(lowest, _TOP * float(view.soft.max()), _SOFT_LEVELS):
        yield _above(view, view.soft, level, lit)


def _levels(lowest: float, highest: float, count: int) -> list[float]:
    """Levels evenly spaced by their ratio."""
    if not 0 < lowest < highest:
        return []
    return [float(level) for level in np.geomspace(lowest, highest, count)]


def _above(
    view: View, plane: Plane, level: float, within: NDArray[np.bool_] | None = None
) -> Pieces:
    above = plane > np.float32(level)
    if within is not None:
        above &= within
    opened = cv2.morphologyEx(above.view(np.uint8), cv2.MORPH_OPEN, disk(_OPENING * view.unit))
    _, regions = cv2.connectedComponents(np.asarray(opened), connectivity=8, ltype=cv2.CV_32S)
    distance = cv2.distanceTransform(np.pad(np.asarray(opened), 1), cv2.DIST_L2, 5)
    depth = np.asarray(distance, dtype=np.float32)[1:-1, 1:-1].ravel()
    flat = np.asarray(regions).ravel()
    place = np.flatnonzero(np.asarray(opened).view(np.bool_))
    return _sized(view, place, flat[place].astype(np.int64) - 1, depth[place])


def _sized(
    view: View, place: NDArray[np.int64], of: NDArray[np.int64], depth: NDArray[np.float32]
) -> Pieces:
    """Pieces of a size that is looked at."""
    area = np.bincount(of)
    least, most = _SMALLEST * view.unit**2, _LARGEST * view.unit**2
    fits = (area >= max(least, 4)) & (area <= most)
    number = np.cumsum(fits) - 1
    kept = fits[of]
    return Pieces(place[kept], number[of[kept]], depth[kept], int(np.count_nonzero(fits)))


def _cut(view: View, whole: Pieces) -> Iterator[Pieces]:
    """Parts of the pieces, at each depth of necks; only those that are new."""
    before = np.bincount(whole.of, minlength=whole.count)[whole.of]
    depths = [max(share * view.unit, 0.5) for share in _NECKS]
    for part in reversed(parts_at(whole.place, whole.depth, view.height.shape, depths)):
        area = np.bincount(part)[part]
        new = area < before
        before = area
        if new.any():
            _, number = np.unique(part[new], return_inverse=True)
            yield _sized(view, whole.place[new], number.astype(np.int64), whole.depth[new])


def disk(radius: float) -> NDArray[np.uint8]:
    """Pixels whose centres lie within a radius of the middle one."""
    reach = int(radius)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return np.asarray(y * y + x * x <= radius**2 + 0.01, dtype=np.uint8)
