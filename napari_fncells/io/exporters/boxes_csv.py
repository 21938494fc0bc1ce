"""Boxes as CSV, one file a picture: the tight box of each cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from skimage.measure import regionprops

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import dense
from napari_fncells.core.params.export import ExportParams
from napari_fncells.core.regions import region_table
from napari_fncells.io.exporters.base import Comparison, GroundTruth, PerPicture
from napari_fncells.io.exporters.sheet import (
    Row,
    compare_rows,
    encode_head,
    encode_rows,
    micrometres,
    read_rows,
)

_PIXELS = ("left", "top", "width", "height")
COLUMNS = ("id", "state", *_PIXELS, *(f"{side}_um" for side in _PIXELS))
"""A box covers the columns left to left + width - 1, and the rows likewise."""


def _encode(truth: GroundTruth, _params: ExportParams) -> bytes:
    table = region_table(truth.labels, np.zeros(truth.shape, np.uint8))
    rows = [
        _row(truth, cell.id, cell.state, Box(*(int(v) for v in box)))
        for cell, box in zip(truth.cells, table.box, strict=True)
    ]
    return encode_head(COLUMNS) + encode_rows(rows, COLUMNS)


def _row(truth: GroundTruth, cell: int, state: str, box: Box) -> Row:
    pixels = (box.left, box.top, box.width, box.height)
    lengths = (micrometres(side, truth.pixel_size) for side in pixels)
    return dict(zip(COLUMNS, (cell, str(state), *pixels, *lengths), strict=True))


def _compare(path: Path, truth: GroundTruth, _params: ExportParams) -> Comparison:
    _, numbers = dense(truth.labels)
    expected = {
        cell.id: _row(truth, cell.id, cell.state, Box(*region.bbox))
        for cell, region in zip(truth.cells, regionprops(numbers), strict=True)
    }
    notes = () if truth.ignored is None else ("Ignored regions are not in it.",)
    return compare_rows(read_rows(path), expected, truth, path.name, notes=notes)


BOXES_CSV = PerPicture(
    "boxes-csv",
    "Boxes, CSV",
    "Tight boxes in px and µm, for spreadsheets and detectors; holds no outlines.",
    ".csv",
    _encode,
    _compare,
)
