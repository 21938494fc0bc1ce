"""Region properties of all cells of a mask in one pass."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import cell_pixels


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
    pixels = cell_pixels(labels)
    of, count = pixels.of, pixels.ids.size
    rows, columns = np.divmod(pixels.place, max(labels.shape[1], 1))
    values = intensity.ravel()[pixels.place].astype(np.float64)
    area = np.bincount(of, minlength=count)
    sums = [np.bincount(of, weights=w, minlength=count) / area for w in (rows, columns, values)]
    box = np.stack([np.full(count, labels.size)] * 2 + [np.zeros(count, np.int64)] * 2, axis=1)
    for k, places in enumerate((rows, columns)):
        np.minimum.at(box[:, k], of, places)
        np.maximum.at(box[:, k + 2], of, places + 1)
    maximum = np.full(count, -np.inf)
    np.maximum.at(maximum, of, values)
    return RegionTable(pixels.ids, area, box, np.stack(sums[:2], axis=1), sums[2], maximum)


def piece_areas(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Areas in px² of the 8-connected pieces of a (Y, X) mask, in no particular order."""
    if mask.size == 0:
        return np.empty(0, dtype=np.int64)
    count, regions = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    areas = np.bincount(np.asarray(regions)[mask], minlength=count)[1:]
    return areas.astype(np.int64, copy=False)
