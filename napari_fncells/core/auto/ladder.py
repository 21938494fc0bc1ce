"""Everything in a picture that may be a cell: the pieces of a ladder of level sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.view import View
from napari_fncells.core.clean import fill_holes
from napari_fncells.core.score import background_statistics

Mask = NDArray[np.bool_]
_Number = TypeVar("_Number", np.uint16, np.float32)

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
_CLUMP = 40.0
"""Areas in squared diameters: of holes filled, of the smallest and the largest piece, and of the
largest that is shared out among its cores."""
_MANY = 65_000
"""Pieces that 16 bits do not hold."""
_CORES = {False: 0.3, True: 0.2}
"""Depth, in diameters, at which a piece of the height (of the relief) may fall into cores."""


@dataclass(frozen=True)
class Rung:
    """Pieces of one level, apart from each other, at the working scale.

    Attributes
    ----------
    shape
        (y, x) of the working scale.
    place, of
        (p,) flat indices of all pixels of pieces, in order, and the piece of each, from 0.
    count
        Number of pieces.
    depth
        (p,) float32: distance of each pixel to the ground of the level.
    relief
        Whether the level is one of the relief, not of the height.
    cut
        Whether the pieces are the shares of several cores in a larger piece.
    """

    shape: tuple[int, int]
    place: NDArray[np.int64]
    of: NDArray[np.int32]
    count: int
    depth: NDArray[np.float32]
    relief: bool
    cut: bool

    def numbers(self) -> NDArray[np.uint16] | NDArray[np.float32]:
        """(y, x) pieces, numbered from 1; 0 = none. Of a type that OpenCV's filters take."""
        if self.count < _MANY:
            return self._filled(np.zeros(self.shape, dtype=np.uint16))
        return self._filled(np.zeros(self.shape, dtype=np.float32))

    def _filled(self, plane: NDArray[_Number]) -> NDArray[_Number]:
        plane.ravel()[self.place] = self.of + 1
        return plane


@dataclass(frozen=True)
class _Level:
    """All pieces of a level, whatever their size: as `Rung`, but `of` from 1."""

    shape: tuple[int, int]
    place: NDArray[np.int64]
    of: NDArray[np.int32]
    depth: NDArray[np.float32]
    relief: bool


def ladder(view: View) -> Iterator[Rung]:
    """The rungs, from the lowest level up: those of the height, then those of the relief."""
    bounds = max(int(_LEAST * view.unit**2), 4), _MOST * view.unit**2
    for number, (mask, relief) in enumerate(_masks(view)):
        level = _cleaned(view, mask, relief=relief)
        if level.place.size == 0:
            continue
        rung = _rung(level, level.of, bounds, cut=False)
        if rung is not None:
            yield rung
        # Every other level of the height will do: the shares of cores change little from level
        # to level
        if relief or number % 2 == 0:
            split = _rung(level, _shares(view, level), bounds, cut=True)
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


def _cleaned(view: View, mask: Mask, *, relief: bool) -> _Level:
    """Pieces without processes and holes, and how deep each pixel lies in them."""
    opened = cv2.morphologyEx(mask.view(np.uint8), cv2.MORPH_OPEN, disk(_OPENING * view.unit))
    filled = fill_holes(np.asarray(opened).view(np.bool_), int(_HOLE * view.unit**2))
    pixels = filled.view(np.uint8)
    _, whole = cv2.connectedComponents(pixels, connectivity=8, ltype=cv2.CV_32S)
    # The picture's side counts as ground
    depth = cv2.distanceTransform(np.pad(pixels, 1), cv2.DIST_L2, 5)
    place = np.flatnonzero(filled)
    of = np.asarray(whole, dtype=np.int32).ravel()[place]
    deep = np.asarray(depth, dtype=np.float32)[1:-1, 1:-1].ravel()[place]
    shape = filled.shape[0], filled.shape[1]
    return _Level(shape, place, of, deep, relief)


def _rung(
    level: _Level, of: NDArray[np.int32], bounds: tuple[float, float], *, cut: bool
) -> Rung | None:
    """Keep the pieces of a bearable size; None where there are none."""
    area = np.bincount(of, minlength=1)
    kept = (area >= bounds[0]) & (area < bounds[1])
    kept[0] = False
    count = int(np.count_nonzero(kept))
    if count == 0:
        return None
    numbers = np.full(area.size, -1, dtype=np.int32)
    numbers[kept] = np.arange(count, dtype=np.int32)
    piece = numbers[of]
    here = piece >= 0
    return Rung(
        level.shape, level.place[here], piece[here], count, level.depth[here], level.relief, cut
    )


def _shares(view: View, level: _Level) -> NDArray[np.int32]:
    """Share the pieces of several cores out among them, each pixel to the nearest core."""
    core = np.zeros(level.shape, dtype=np.uint8)
    deep = level.depth > np.float32(_CORES[level.relief] * view.unit)
    core.ravel()[level.place[deep]] = 1
    shares = np.zeros(level.of.size, dtype=np.int32)
    found = 0
    for mine in _clumps(level, core, deep, _CLUMP * view.unit**2):
        rows, columns = np.divmod(level.place[mine], level.shape[1])
        rows, columns = rows - rows.min(), columns - columns.min()
        cores = np.zeros((int(rows.max()) + 1, int(columns.max()) + 1), dtype=np.uint8)
        cores[rows, columns] = deep[mine]
        _, nearest = cv2.distanceTransformWithLabels(
            1 - cores, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_CCOMP
        )
        shares[mine] = nearest[rows, columns] + found
        found += int(nearest.max())
    return shares


def _clumps(
    level: _Level, core: NDArray[np.uint8], deep: NDArray[np.bool_], most: float
) -> list[NDArray[np.int64]]:
    """Pixels of each piece of several cores, those that are too large left out."""
    count, cores = cv2.connectedComponents(core, connectivity=8, ltype=cv2.CV_32S)
    if count < 3:
        return []
    piece = np.zeros(count, dtype=np.int32)
    piece[np.asarray(cores).ravel()[level.place[deep]]] = level.of[deep]
    clump = np.zeros(int(level.of.max()) + 1, dtype=bool)
    several = np.bincount(piece[1:]) > 1
    clump[: several.size] = several & (np.bincount(level.of)[: several.size] < most)
    inside = np.flatnonzero(clump[level.of])
    inside = inside[np.argsort(level.of[inside], kind="stable")]
    ends = np.flatnonzero(np.diff(level.of[inside])) + 1
    return np.split(inside, ends) if inside.size else []


def disk(radius: float) -> NDArray[np.uint8]:
    """Disk of a radius in px, whole or not."""
    rows, columns = np.mgrid[-int(radius) : int(radius) + 1, -int(radius) : int(radius) + 1]
    inside: NDArray[np.bool_] = rows**2 + columns**2 <= radius**2 + 0.01
    return inside.astype(np.uint8)
