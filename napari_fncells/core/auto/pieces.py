"""The pieces of a ladder of level sets, and which lies in which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.view import View

LEVELS = 26
LOWEST = 2.0
"""Level of the lowest rung, in noises above the ground."""
_TOP = 0.92
"""Of the highest value: the uppermost rung."""
_FEWEST = 0.03
"""Smallest area looked at, in squared typical diameters."""


@dataclass(frozen=True)
class Rung:
    """The pieces above one level, at the working scale.

    Attributes
    ----------
    level
        Height above the ground.
    regions
        (y, x) int32: pieces numbered from 1; those too small are 0.
    place
        (P,) flat indices of all pixels of pieces.
    of
        (P,) piece of each of them, from 0.
    count
        Number of pieces.
    parent
        (count,) piece of the rung below that holds each, from 0; -1 on the lowest.
    """

    level: float
    regions: NDArray[np.int32]
    place: NDArray[np.int64]
    of: NDArray[np.int32]
    count: int
    parent: NDArray[np.int64]


def levels_of(view: View) -> NDArray[np.float64]:
    """Levels of the ladder, evenly spaced by their ratio, lowest first."""
    lowest, highest = LOWEST * view.noise, _TOP * float(view.small.max())
    if highest <= lowest:
        return np.empty(0)
    return np.geomspace(lowest, highest, LEVELS)


def ladder(view: View) -> Iterator[Rung]:
    """The rungs, from the lowest up."""
    least = max(int(_FEWEST * view.unit**2), 4)
    below: Rung | None = None
    for level in levels_of(view):
        below = _rung(view, float(level), least, below)
        if below.count == 0:
            return
        yield below


def _rung(view: View, level: float, least: int, below: Rung | None) -> Rung:
    mask = (view.small > np.float32(level)).view(np.uint8)
    _, regions = cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)
    flat = np.asarray(regions).ravel()
    place = np.flatnonzero(flat != 0)
    area = np.bincount(flat[place])
    numbers = np.zeros(area.size, dtype=np.int32)
    large = np.flatnonzero(area >= least)
    numbers[large] = np.arange(1, large.size + 1, dtype=np.int32)
    kept = numbers[flat[place]]
    place, of = place[kept > 0], kept[kept > 0] - 1
    numbered = np.zeros(flat.size, dtype=np.int32)
    numbered[place] = of + 1
    parent = np.full(large.size, -1, dtype=np.int64)
    if below is not None:
        parent[of] = below.regions.ravel()[place] - 1
    return Rung(level, numbered.reshape(regions.shape), place, of, large.size, parent)
