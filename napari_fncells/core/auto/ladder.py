"""Everything in a picture that may be a cell: the pieces of a ladder of level sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.view import View
from napari_fncells.core.clean import fill_holes
from napari_fncells.core.score import background_statistics

Mask = NDArray[np.bool_]

_LEVELS = 20
_LOWEST = 1.6
_HIGHEST = 0.92
"""Levels of the height, evenly spaced by their ratio: how many, the lowest in noises, the
highest as a share of the greatest height."""
_RELIEF_LEVELS = 10
_RELIEF_LOWEST = 2.0
_RELIEF_HIGHEST = 0.9
_RELIEF_FAINTEST = 1.5
"""The same of the relief, and the height below which it is grain."""
_OPENING = 0.11
"""Radius of the disk that cuts processes off, in typical diameters."""
_HOLE = 0.25
_LEAST = 0.06
_MOST = 12.0
"""Areas in squared diameters: of holes filled, of the smallest and the largest piece."""
_CORES = {False: 0.3, True: 0.2}
"""Depth, in diameters, at which a piece of the height (of the relief) may fall into cores."""


@dataclass(frozen=True)
class Rung:
    """Pieces of one level, apart from each other, at the working scale.

    Attributes
    ----------
    regions
        (y, x) int32: pieces numbered from 1, 0 = none.
    count
        Number of pieces.
    depth
        (y, x) float32: distance to the ground of the level.
    relief
        Whether the level is one of the relief, not of the height.
    cut
        Whether the pieces are the shares of several cores in a larger piece.
    """

    regions: NDArray[np.int32]
    count: int
    depth: NDArray[np.float32]
    relief: bool
    cut: bool


def ladder(view: View) -> Iterator[Rung]:
    """The rungs, from the lowest level up: those of the height, then those of the relief."""
    least, most = max(int(_LEAST * view.unit**2), 4), _MOST * view.unit**2
    for number, (mask, relief) in enumerate(_masks(view)):
        whole, depth = _cleaned(view, mask)
        rung = _rung(whole, depth, (least, most), relief=relief, cut=False)
        if rung is None:
            continue
        yield rung
        # Every other level of the height will do: the shares of cores change little from level
        # to level
        if relief or number % 2 == 0:
            shares = _shares(whole, depth, _CORES[relief] * view.unit)
            split = _rung(shares, depth, (least, most), relief=relief, cut=True)
            if split is not None:
                yield split


def _masks(view: View) -> Iterator[tuple[Mask, bool]]:
    for level in _spaced(_LOWEST * view.noise, _HIGHEST * float(view.height.max()), _LEVELS):
        yield view.height > np.float32(level), False
    _, spread = background_statistics(view.relief)
    highest = _RELIEF_HIGHEST * float(view.relief.max())
    seen = view.height > np.float32(_RELIEF_FAINTEST * view.noise)
    for level in _spaced(_RELIEF_LOWEST * spread, highest, _RELIEF_LEVELS):
        yield (view.relief > np.float32(level)) & seen, True


def _spaced(lowest: float, highest: float, count: int) -> NDArray[np.float64]:
    return np.geomspace(lowest, highest, count) if 0 < lowest < highest else np.empty(0)


def _cleaned(view: View, mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Pieces without processes and holes, and how deep each pixel lies in them."""
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, disk(_OPENING * view.unit))
    filled = fill_holes(opened.view(np.bool_), int(_HOLE * view.unit**2)).view(np.uint8)
    _, whole = cv2.connectedComponents(filled, connectivity=8, ltype=cv2.CV_32S)
    depth = cv2.distanceTransform(np.pad(filled, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    return np.asarray(whole, dtype=np.int32), np.ascontiguousarray(depth, dtype=np.float32)


def _rung(
    regions: NDArray[np.int32],
    depth: NDArray[np.float32],
    bounds: tuple[float, float],
    *,
    relief: bool,
    cut: bool,
) -> Rung | None:
    """Keep the pieces of a bearable size; None where there are none."""
    area = np.bincount(regions.ravel())
    kept = (area >= bounds[0]) & (area < bounds[1])
    kept[0] = False
    count = int(np.count_nonzero(kept))
    if count == 0:
        return None
    numbers = np.zeros(area.size, dtype=np.int32)
    numbers[kept] = np.arange(1, count + 1, dtype=np.int32)
    return Rung(numbers[regions], count, depth, relief, cut)


def _shares(
    whole: NDArray[np.int32], depth: NDArray[np.float32], least: float
) -> NDArray[np.int32]:
    """Share the pieces of several cores out among them, each pixel to the nearest core."""
    core = (depth > np.float32(least)).view(np.uint8)
    count, cores = cv2.connectedComponents(core, connectivity=8, ltype=cv2.CV_32S)
    shares = np.zeros(whole.shape, dtype=np.int32)
    if count < 3:
        return shares
    place = np.flatnonzero(core)
    piece = np.zeros(count, dtype=np.int32)
    piece[cores.ravel()[place]] = whole.ravel()[place]
    several = np.bincount(piece[1:], minlength=int(whole.max()) + 1) > 1
    if not several.any():
        return shares
    _, nearest = cv2.distanceTransformWithLabels(
        1 - core, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP
    )
    inside = np.flatnonzero(several[whole])
    shares.ravel()[inside] = nearest.ravel()[inside]
    return shares


def disk(radius: float) -> NDArray[np.uint8]:
    """Disk of a radius in px, whole or not."""
    rows, columns = np.mgrid[-int(radius) : int(radius) + 1, -int(radius) : int(radius) + 1]
    return (rows**2 + columns**2 <= radius**2 + 0.01).astype(np.uint8)
