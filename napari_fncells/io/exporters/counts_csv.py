"""Counts as CSV, one file for the set: a row for each picture, those without cells too."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.exporters.agreement import unreadable
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.sheet import (
    Row,
    agrees,
    encode_head,
    encode_rows,
    original_text,
    read_rows,
)

FILE = "counts.csv"
COLUMNS = (
    "image", "stem", "split", "count", "area_px", "ignored_px", "area_um2", "pixel_size_um",
)  # fmt: skip
"""`area` of all cells together, `ignored` of regions left undecided."""


@dataclass(frozen=True)
class CountsCsv:
    """Counts of a set."""

    name: str = "counts-csv"
    title: str = "Counts, CSV"
    about: str = "Cells and their area, a row for each picture; holds no cell by itself."

    def writer(self, folder: Path, _params: ExportParams) -> _Writer:
        """Begin to write into a folder."""
        return _Writer(folder)

    def reader(self, folder: Path, _params: ExportParams) -> _Reader:
        """Begin to read what was written there."""
        return _Reader(folder)


@dataclass
class _Writer:
    folder: Path
    rows: list[Row] = field(default_factory=list)

    def add(self, truth: GroundTruth) -> None:
        area = sum(cell.area for cell in truth.cells)
        self.rows.append(_row(truth, len(truth.cells), area))

    def close(self) -> None:
        data = encode_head(COLUMNS) + encode_rows(self.rows, COLUMNS)
        write_atomic(self.folder / FILE, data, replace=False)


@dataclass
class _Reader:
    folder: Path

    @cached_property
    def rows(self) -> dict[str, list[dict[str, str]]] | None:
        """By stem."""
        return rows_by_stem(self.folder / FILE)

    def compare(self, truth: GroundTruth) -> Comparison:
        """Count the pixels anew and compare."""
        if self.rows is None:
            return unreadable(truth, f"{FILE} does not read back as a table.")
        rows = self.rows.get(truth.stem, [])
        if len(rows) != 1:
            return unreadable(truth, f"{FILE} has {len(rows)} rows for {truth.name}.")
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
            problem=f"{FILE} has another {wrong[0]} for {truth.name}." if wrong else "",
        )


def rows_by_stem(path: Path) -> dict[str, list[dict[str, str]]] | None:
    """Rows of a set's table by picture; None where it is none."""
    rows = read_rows(path)
    if rows is None:
        return None
    found: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        found.setdefault(original_text(row.get("stem", "")), []).append(row)
    return found


def _row(truth: GroundTruth, count: int, area: int) -> Row:
    ignored = 0 if truth.ignored is None else int(np.count_nonzero(truth.ignored))
    size = truth.pixel_size
    square = None if size is None else area * size**2
    values = (truth.name, truth.stem, truth.split, count, area, ignored, square, size)
    return dict(zip(COLUMNS, values, strict=True))


COUNTS_CSV = CountsCsv()
