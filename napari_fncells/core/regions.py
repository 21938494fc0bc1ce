"""Region properties of all cells of a mask in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import label


@dataclass(frozen=True)
class RegionTable:
    """One row per cell, in the order of ids.

    Attributes
    ----------
    ids
        (N,) int64.
    area
        (N,) int64, px².
    box
        (N, 4) int64: top, left, bottom, right, the latter two exclusive.
    centroid
        (N, 2) float64: row, column.
    mean, maximum
        (N,) float64 of the intensities.
    """

    ids: NDArray[np.int64]
    area: NDArray[np.int64]
    box: NDArray[np.int64]
    centroid: NDArray[np.float64]
    mean: NDArray[np.float64]
    maximum: NDArray[np.float64]


def region_table(
    labels: NDArray[np.integer], intensity: NDArray[np.floating] | NDArray[np.integer]
) -> RegionTable:
    """Area, box, centroid and intensity of every cell.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    intensity
        (Y, X) of the same shape.
    """
    first, length, values = _runs(labels, intensity)
    at = np.cumsum(length) - length
    ids, of = np.unique(labels.ravel()[first].astype(np.int64), return_inverse=True)
    count = ids.size
    row, left = np.divmod(first, max(labels.shape[1], 1))
    area = np.bincount(of, length, count)
    box = np.stack([np.full(count, labels.size)] * 2 + [np.zeros(count, np.int64)] * 2, axis=1)
    for k, (start, stop) in enumerate(((row, row + 1), (left, left + length))):
        np.minimum.at(box[:, k], of, start)
        np.maximum.at(box[:, k + 2], of, stop)
    rows, columns = row * length, (left + (length - 1) / 2) * length
    total = np.add.reduceat(values, at, dtype=np.float64)
    sums = [np.bincount(of, w, count) / area for w in (rows, columns, total)]
    maximum = np.full(count, -np.inf)
    np.maximum.at(maximum, of, np.maximum.reduceat(values, at))
    return RegionTable(
        ids, area.astype(np.int64), box, np.stack(sums[:2], axis=1), sums[2], maximum
    )


def _runs(
    labels: NDArray[np.integer], intensity: NDArray[np.floating] | NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.floating] | NDArray[np.integer]]:
    """Pixels of cells in rows, of one cell each: of far fewer runs there are sums to make.

    Returns
    -------
    first, length
        (R,) int64: first pixel of each run in the flattened picture, and their number.
    values
        (P,) intensities of all their pixels, in order.
    """
    flat, width = labels.ravel(), labels.shape[1]
    place = np.flatnonzero(flat > 0)
    cell = flat[place]
    starts = np.ones(place.size, dtype=bool)
    starts[1:] = (np.diff(place) != 1) | (cell[1:] != cell[:-1])
    starts[np.searchsorted(place, np.flatnonzero(labels[:, 0] > 0) * width)] = True
    at = np.flatnonzero(starts)
    return place[at], np.diff(at, append=place.size), intensity.ravel()[place]


def piece_areas(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Areas in px² of the 8-connected pieces of a (Y, X) mask, in no particular order."""
    if mask.size == 0:
        return np.empty(0, dtype=np.int64)
    return np.bincount(label(mask)[mask])[1:].astype(np.int64, copy=False)
