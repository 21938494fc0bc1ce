"""Points as CSV, one file a picture: the centroid of each cell, and a pixel that is inside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.measure import regionprops

from napari_fncells.core.labels import cell_pixels, dense
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.exporters.sheet import (
    Row,
    compare_rows,
    encode_head,
    encode_rows,
    micrometres,
    read_rows,
)

COLUMNS = ("id", "state", "x", "y", "inside_x", "inside_y", "x_um", "y_um")
"""Pixels' middles are whole numbers; `inside` is the cell's pixel nearest to its centroid."""

# Distances that differ in later decimals are the same
_DECIMALS = 6


def _encode(truth: GroundTruth, _params: ExportParams) -> bytes:
    pixels = cell_pixels(truth.labels)
    count = pixels.ids.size
    place = np.stack(np.divmod(pixels.place, truth.shape[1])).astype(np.float64)
    area = np.maximum(np.bincount(pixels.of, minlength=count), 1)
    centroid = np.stack([np.bincount(pixels.of, axis, count) / area for axis in place])
    distance = np.round(((place - centroid[:, pixels.of]) ** 2).sum(axis=0), _DECIMALS)
    # Of each cell the nearest pixel, and of those equally near the first
    order = np.lexsort((pixels.place, distance, pixels.of))
    nearest = order[np.searchsorted(pixels.of[order], np.arange(count))]
    rows = [
        _row(truth, cell.id, cell.state, centroid[:, k], place[:, nearest[k]])
        for k, cell in enumerate(truth.cells)
    ]
    return encode_head(COLUMNS) + encode_rows(rows, COLUMNS)


def _row(
    truth: GroundTruth,
    cell: int,
    state: str,
    centroid: NDArray[np.float64],
    inside: NDArray[np.float64],
) -> Row:
    y, x = (float(v) for v in centroid)
    values = (
        cell,
        str(state),
        x,
        y,
        int(inside[1]),
        int(inside[0]),
        micrometres(x, truth.pixel_size),
        micrometres(y, truth.pixel_size),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _compare(path: Path, truth: GroundTruth, _params: ExportParams) -> Comparison:
    expected = {}
    _, numbers = dense(truth.labels)
    for cell, region in zip(truth.cells, regionprops(numbers), strict=True):
        centroid = np.asarray(region.centroid)
        inside = _nearest(region.coords, centroid)
        expected[cell.id] = _row(truth, cell.id, cell.state, centroid, inside)
    notes = () if truth.ignored is None else ("Ignored regions are not in it.",)
    return compare_rows(read_rows(path), expected, truth, path.name, notes=notes)


def _nearest(coords: NDArray[np.int64], centroid: NDArray[np.float64]) -> NDArray[np.float64]:
    """The pixel, (y, x), nearest to the centroid; the first of those that are equally near."""
    distance = np.round(((coords - centroid) ** 2).sum(axis=1), _DECIMALS)
    nearest: NDArray[np.float64] = coords[int(np.argmin(distance))].astype(np.float64)
    return nearest


POINTS_CSV = PerPicture(
    "points-csv",
    "Points, CSV",
    "Centroids in px and µm, for spreadsheets and counting; holds no outlines.",
    ".csv",
    _encode,
    _compare,
)
