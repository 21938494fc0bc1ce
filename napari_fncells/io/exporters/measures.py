"""Measures of a cell, and their computation from pixels alone, to compare a table with.

Nothing here uses the region properties of scikit-image, by which the table is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, cell_pixels
from napari_fncells.io.exporters.base import GroundTruth

RING_PX = 5
"""How far the ring of a cell reaches from it."""

Value = int | float


@dataclass(frozen=True)
class ChannelMeasures:
    """Intensities of a cell in one channel; None for the ring where nothing is free around it."""

    mean: float
    min: Value
    max: Value
    ring: float | None
    contrast: float | None

    @classmethod
    def of(cls, inside: NDArray[Any], around: NDArray[Any]) -> Self:
        """Measure the pixels of a cell and those of its ring."""
        mean = float(inside.mean(dtype=np.float64))
        ring = float(around.mean(dtype=np.float64)) if around.size else None
        return cls(
            mean,
            inside.min().item(),
            inside.max().item(),
            ring,
            None if ring is None else mean - ring,
        )


@dataclass(frozen=True)
class CellMeasures:
    """Place, shape and intensities of a cell, in px."""

    area: int
    x: float
    y: float
    box: Box
    diameter: float
    """Of a circle of the same area."""
    eccentricity: float
    solidity: float
    """Area over that of the convex hull."""
    channels: tuple[ChannelMeasures, ...]


def planes_of(truth: GroundTruth) -> tuple[NDArray[Any], ...]:
    """Channels of a picture, each (Y, X).

    Raises
    ------
    ImageReadError
        The picture cannot be read.
    """
    pixels = truth.read_pixels().pixels
    if pixels.ndim == 2:
        return (pixels,)
    return tuple(pixels[..., k] for k in range(pixels.shape[2]))


def measured_anew(truth: GroundTruth, planes: Sequence[NDArray[Any]]) -> Iterator[CellMeasures]:
    """Measure each cell of a picture, by rising id."""
    pixels = cell_pixels(truth.labels)
    order = np.argsort(pixels.of, kind="stable")
    starts = np.searchsorted(pixels.of[order], np.arange(pixels.ids.size + 1))
    for k, cell in enumerate(pixels.ids.tolist()):
        place = pixels.place[order[starts[k] : starts[k + 1]]]
        rows, columns = np.divmod(place, truth.shape[1])
        box = Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)
        around = _ring(truth.labels, truth.ignored, cell, box)
        yield CellMeasures(
            area=int(place.size),
            x=float(columns.sum() / place.size),
            y=float(rows.sum() / place.size),
            box=box,
            diameter=2 * math.sqrt(place.size / math.pi),
            eccentricity=_eccentricity(rows, columns),
            solidity=place.size / _hull_area(rows, columns),
            channels=tuple(
                ChannelMeasures.of(plane[rows, columns], plane[around]) for plane in planes
            ),
        )


def _ring(
    labels: Labels, ignored: NDArray[np.bool_] | None, cell: int, box: Box
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the free pixels around a cell."""
    wide = box.padded(RING_PX).clip(labels.shape)
    part = labels[wide.slices]
    free = (part == 0) & (distance_transform_edt(part != cell) <= RING_PX)
    if ignored is not None:
        free &= ~ignored[wide.slices]
    rows, columns = np.nonzero(free)
    return rows + wide.top, columns + wide.left


def _eccentricity(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> float:
    """Of the ellipse with the same second moments; 0 is a circle, 1 a line."""
    spread = np.cov(np.stack([rows, columns]).astype(np.float64), bias=True)
    low, high = np.clip(np.linalg.eigvalsh(spread), 0, None)
    return math.sqrt(1 - low / high) if high > 0 else 0.0


def _hull_area(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> int:
    """Pixels whose middles lie in the convex hull of the middles of all pixels' sides."""
    sides = _sides(rows, columns)
    # Of whole numbers: exact
    hull = cv2.convexHull(sides.astype(np.int32), clockwise=True)[:, 0].astype(np.int64)
    y, x = np.mgrid[2 * rows.min() : 2 * rows.max() + 1 : 2,
                    2 * columns.min() : 2 * columns.max() + 1 : 2]  # fmt: skip
    inside = np.ones(y.shape, dtype=bool)
    for (y0, x0), (y1, x1) in zip(hull, np.roll(hull, -1, axis=0), strict=True):
        inside &= (y1 - y0) * (x - x0) - (x1 - x0) * (y - y0) <= 0
    return int(np.count_nonzero(inside))


def _sides(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Middles of the sides of the outermost pixels of each row, (N, 2) in halves of a pixel."""
    # Pixels come row by row, from left to right
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    outer = np.union1d(starts, np.append(starts[1:], rows.size) - 1)
    middle = 2 * np.stack([rows[outer], columns[outer]], axis=1)
    steps = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)])
    points: NDArray[np.int64] = (middle[:, np.newaxis] + steps).reshape(-1, 2)
    return points
