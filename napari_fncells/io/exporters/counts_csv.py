"""Counts as CSV, one file for the set: a row for each picture, those without cells too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.set_table import ReadRow, SetTable
from napari_fncells.io.exporters.sheet import Row, agrees

COLUMNS = (
    "image", "stem", "split", "count", "area_px", "ignored_px", "area_um2", "pixel_size_um",
)  # fmt: skip
"""`area` of all cells together, `ignored` of regions left undecided."""


def _rows(truth: GroundTruth) -> Iterable[Row]:
    yield _row(truth, len(truth.cells), sum(cell.area for cell in truth.cells))


def _compare(rows: Sequence[ReadRow], truth: GroundTruth, file: str) -> Comparison:
    """Count the pixels anew and compare."""
    if len(rows) != 1:
        return unreadable(truth, f"{file} has {len(rows)} rows for {truth.name}.")
    ids = np.unique(truth.labels)
    expected = _row(truth, int((ids > 0).sum()), int(np.count_nonzero(truth.labels)))
    row = rows[0]
    wrong = [name for name in COLUMNS if not agrees(row.get(name, ""), expected[name])]
    count = row.get("count", "")
    return Comparison(
        len(truth.cells),
        int(count) if count.isdecimal() and len(count) < 10 else 0,
        exact=not wrong,
        notes=("Only their number is kept, not the cells.",),
        problem=f"{file} has another {wrong[0]} for {truth.name}." if wrong else "",
    )


def _row(truth: GroundTruth, count: int, area: int) -> Row:
    ignored = 0 if truth.ignored is None else int(np.count_nonzero(truth.ignored))
    size = truth.pixel_size
    square = None if size is None else area * size**2
    values = (truth.name, truth.stem, truth.split, count, area, ignored, square, size)
    return dict(zip(COLUMNS, values, strict=True))


COUNTS_CSV = SetTable(
    "counts-csv",
    "Counts, CSV",
    "Cells and their area, a row for each picture; holds no cell by itself.",
    "counts.csv",
    COLUMNS,
    _rows,
    _compare,
)
