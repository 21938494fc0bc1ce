"""What is measured of each cell by itself: size, shape, light, edge, score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.doubt.sight import Sight
from napari_fncells.core.doubt.windows import (
    FREE,
    OTHER,
    OUTSIDE,
    OWN,
    REACH,
    Index,
    Shape,
    Windows,
)
from napari_fncells.core.labels import Labels

Column = NDArray[np.float64]
Features = dict[str, Column]

NAMES: tuple[str, ...] = (
    *("area", "elongation", "solidity", "roundness", "border", "contact"),
    *("contrast", "spread", "hollow", "haze", "sharpness", "unevenness"),
    *("margin", "peak", "second", "left_out"),
)
"""Of what is measured, in the order of the columns of a table."""

_ROUND = np.pi / 4
"""Length of an outline to the pixel sides along it, of one that runs in all directions."""
_NEAR, _FAR = 0.12, 0.35
"""How far inside, outside and around the outline is looked, in radii of a disk as large."""
_NEAREST, _FARTHEST_NEAR, _LEAST_FAR = 1.0, 4.0, 2.5
"""px"""
_ENOUGH = 400
"""Pixels of a cell that its light is measured by."""
_LEAST_CONTRAST = 0.1
"""In noises."""


def measure(sight: Sight, labels: Labels, shapes: Sequence[Shape]) -> NDArray[np.float64]:
    """Measure shapes; each is as it is alone, whatever the others are.

    Parameters
    ----------
    sight
        The picture.
    labels
        (Y, X) instance labels, 0 = background.
    shapes
        What is measured.

    Returns
    -------
    ndarray
        (n, len(NAMES)) float64, finite. 'area': logarithm, of px². 'elongation': of the ratio of
        the axes. 'solidity': area over that of the convex hull. 'roundness': logarithm of
        4 pi A / P². 'border', 'contact': share of the outline on the picture's border, along
        another cell. 'contrast': logarithm of the light inside less that around, in noises. In
        contrasts: 'spread', the SD inside; 'hollow', how much darker the middle is; 'haze', the
        light around; 'sharpness', the step at the outline. 'unevenness': how that step varies.
        'margin', 'peak': of mean and highest score above the cutoff; 'second': of the mean of the
        second scores. 'left_out': share that the draft by these leaves out. 0 where it is not
        known.
    """
    if not shapes:
        return np.zeros((0, len(NAMES)))
    cells = _Cells.of_windows(sight, Windows.around(labels, shapes))
    table = _shape(cells) | _light(cells) | _score(cells)
    found = np.stack([table[name] for name in NAMES], axis=1)
    found[cells.windows.empty] = 0.0
    return found


@dataclass(frozen=True, eq=False)
class _Cells:
    """Pixels of shapes, evenly thinned out in large ones, and all of their outlines."""

    sight: Sight
    windows: Windows
    area: Column
    of: Index
    rows: Index
    columns: Index
    number: Column
    """Of pixels that are left of each shape, at least 1."""
    middle: tuple[Column, Column]
    rim_place: Index
    rim_of: Index
    rim_rows: Index
    rim_columns: Index

    @classmethod
    def of_windows(cls, sight: Sight, windows: Windows) -> _Cells:
        place, of, state = windows.place, windows.of, windows.state
        counts = np.bincount(of, minlength=windows.count)
        step = windows.width[of]
        own = state[place - 1] == OWN
        for offset in (1, -step, step):
            own &= state[place + offset] == OWN
        rim = np.flatnonzero(~own)
        rank = np.arange(of.size) - np.repeat(np.cumsum(counts) - counts, counts)
        some = np.flatnonzero(rank % -(-counts // _ENOUGH)[of] == 0)
        of_some = of[some]
        rows, columns = windows.local(place[some], of_some)
        number = np.maximum(np.bincount(of_some, minlength=windows.count), 1).astype(np.float64)
        middle = (
            np.bincount(of_some, rows, windows.count) / number,
            np.bincount(of_some, columns, windows.count) / number,
        )
        rim_rows, rim_columns = windows.local(place[rim], of[rim])
        return cls(
            sight,
            windows,
            np.maximum(counts, 1).astype(np.float64),
            of_some,
            rows,
            columns,
            number,
            middle,
            place[rim],
            of[rim],
            rim_rows,
            rim_columns,
        )

    def mean(self, values: Column) -> Column:
        """Mean of values of the pixels of each shape."""
        return np.bincount(self.of, values, self.windows.count) / self.number

    def sum_at_rim(self, values: NDArray[np.generic]) -> Column:
        """Sum of values of the pixels of each outline."""
        weights = np.asarray(values, np.float64)
        found = np.bincount(self.rim_of, weights, self.windows.count)
        return found.astype(np.float64, copy=False)

    def in_picture(self, rows: Index, columns: Index, of: Index) -> tuple[Index, Index]:
        """Rows and columns in the picture, of pixels in windows; those outside at its border."""
        shape = self.sight.plane.shape
        corner = self.windows.corner[of]
        return (
            np.clip(rows + corner[:, 0], 0, shape[0] - 1),
            np.clip(columns + corner[:, 1], 0, shape[1] - 1),
        )


def _shape(cells: _Cells) -> Features:
    windows, of = cells.windows, cells.of
    down = cells.rows - cells.middle[0][of]
    right = cells.columns - cells.middle[1][of]
    # A pixel is a square, not a point
    yy, xx = cells.mean(down * down) + 1 / 12, cells.mean(right * right) + 1 / 12
    spread = np.sqrt((yy - xx) ** 2 / 4 + cells.mean(down * right) ** 2)
    major, minor = (yy + xx) / 2 + spread, np.maximum((yy + xx) / 2 - spread, 1 / 12)
    place, step = cells.rim_place, windows.width[cells.rim_of]
    sides = np.stack([windows.state[place + offset] for offset in (-step, step, -1, 1)])
    outside = cells.sum_at_rim((sides == OUTSIDE).sum(axis=0))
    beside = cells.sum_at_rim((sides == OTHER).sum(axis=0))
    length = np.maximum(outside + beside + cells.sum_at_rim((sides == FREE).sum(axis=0)), 1)
    return {
        "area": np.log(cells.area),
        "elongation": np.log(major / minor) / 2,
        "solidity": _solidity(cells),
        "roundness": np.log(4 * np.pi * cells.area / (_ROUND * length) ** 2),
        "border": outside / length,
        "contact": beside / length,
    }


def _solidity(cells: _Cells) -> Column:
    """Area over that of the convex hull of the pixels."""
    points = np.stack([cells.rim_columns, cells.rim_rows], axis=1).astype(np.int32)
    ends = np.cumsum(np.bincount(cells.rim_of, minlength=cells.windows.count))
    found = np.ones(cells.windows.count)
    for k, part in enumerate(np.split(points, ends[:-1])):
        if len(part) < 3:
            continue
        hull = cv2.convexHull(part)
        # The hull runs through the middles of the pixels
        around = cv2.contourArea(hull) + cv2.arcLength(hull, True) / 2 + 1
        found[k] = min(cells.area[k] / around, 1.0)
    return found


def _light(cells: _Cells) -> Features:
    windows, of, rim_of = cells.windows, cells.of, cells.rim_of
    light = cells.sight.light(*cells.in_picture(cells.rows, cells.columns, of))
    mean = cells.mean(light)
    radius = np.sqrt(cells.area / np.pi)
    near = np.clip(_NEAR * radius, _NEAREST, _FARTHEST_NEAR)
    far = np.clip(_FAR * radius, _LEAST_FAR, REACH - 1)
    normal = _normals(cells)
    outer, is_free = _sampled(cells, normal, far[rim_of])
    middle, middle_free = _sampled(cells, normal, 0.6 * far[rim_of])
    free = cells.sum_at_rim(is_free) + cells.sum_at_rim(middle_free)
    around = cells.sum_at_rim(outer * is_free) + cells.sum_at_rim(middle * middle_free)
    # Where cells lie all around, the ground of the picture
    around = np.where(free > 0, around / np.maximum(free, 1), 0.0)
    contrast = np.maximum(mean - around, _LEAST_CONTRAST)
    inside, _ = _sampled(cells, normal, -near[rim_of])
    outside, open_rim = _sampled(cells, normal, near[rim_of])
    step = (inside - outside) * open_rim
    number = np.maximum(cells.sum_at_rim(open_rim), 1)
    steps = cells.sum_at_rim(step) / number
    varied = np.sqrt(np.maximum(cells.sum_at_rim(step**2) / number - steps**2, 0))
    down = cells.rows - cells.middle[0][of]
    right = cells.columns - cells.middle[1][of]
    core = down * down + right * right <= (0.5 * radius[of]) ** 2
    in_core = np.bincount(of, core, windows.count)
    core_mean = np.bincount(of, light * core, windows.count) / np.maximum(in_core, 1)
    return {
        "contrast": np.log(contrast),
        "spread": np.minimum(
            np.sqrt(np.maximum(cells.mean(light**2) - mean**2, 0)) / contrast, 3.0
        ),
        "hollow": np.clip(np.where(in_core > 0, mean - core_mean, 0) / contrast, -2.0, 2.0),
        "haze": np.clip(around / contrast, -1.0, 4.0),
        "sharpness": np.clip(steps / contrast, -1.0, 2.0),
        "unevenness": np.minimum(varied / np.maximum(np.abs(steps), 1.0), 3.0),
    }


def _normals(cells: _Cells) -> tuple[Column, Column]:
    """Directions out of the shapes, at the pixels of their outlines."""
    windows = cells.windows
    of, place = cells.rim_of, cells.rim_place
    step = windows.width[of]
    down, right = np.zeros(of.size), np.zeros(of.size)
    for row in (-1, 0, 1):
        for column in (-1, 0, 1):
            out = windows.state[place + row * step + column] != OWN
            down += row * out
            right += column * out
    # Thin parts have ground on both sides: away from the middle, then
    lost = (down == 0) & (right == 0)
    down[lost] = (cells.rim_rows - cells.middle[0][of])[lost]
    right[lost] = (cells.rim_columns - cells.middle[1][of])[lost]
    length = np.maximum(np.hypot(down, right), 1e-9)
    return down / length, right / length


def _sampled(
    cells: _Cells, normal: tuple[Column, Column], away: Column
) -> tuple[Column, NDArray[np.bool_]]:
    """Light at a distance from the outlines, and whether there is free ground."""
    of = cells.rim_of
    rows = np.rint(cells.rim_rows + normal[0] * away).astype(np.int64)
    columns = np.rint(cells.rim_columns + normal[1] * away).astype(np.int64)
    free = cells.windows.states(rows, columns, of) == FREE
    return cells.sight.light(*cells.in_picture(rows, columns, of)), free


def _score(cells: _Cells) -> Features:
    count, of = cells.windows.count, cells.of
    found = {name: np.zeros(count) for name in ("margin", "peak", "second", "left_out")}
    rows, columns = cells.in_picture(cells.rows, cells.columns, of)
    scores = cells.sight.scores
    if scores is not None:
        values = scores.at(rows, columns)
        highest = np.full(count, -np.inf)
        np.maximum.at(highest, of, values)
        found["margin"] = scores.margins(cells.mean(values))
        found["peak"] = scores.margins(np.where(cells.windows.empty, scores.cutoff, highest))
    second = cells.sight.second
    if second is not None:
        values = second.at(rows, columns)
        found["second"] = second.margins(cells.mean(values))
        found["left_out"] = 1.0 - cells.mean((values > second.cutoff).astype(np.float64))
    return found
