"""The cells of a picture as a table of figures, kept up to date row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.measures import CellMeasures, Measures
from napari_fncells.core.objects import CellObject, ObjectState

Column = NDArray[np.float64]
Test = Callable[[Mapping[str, Column]], NDArray[np.bool_]]
"""Tells of the columns of a table which rows pass: (n,) bool."""

STATES = tuple(state for state in ObjectState if state is not ObjectState.REMOVED)
"""States of living cells; the column 'state' holds places in it."""

_OPEN = tuple(STATES.index(state) for state in (ObjectState.DRAFT, ObjectState.UNSURE))
_NOTHING = float("nan")


@dataclass(frozen=True)
class ColumnFacts:
    """What a column holds.

    Attributes
    ----------
    name
        As filters and heads of tables call it.
    about
        In a sentence.
    decimals
        Shown of its figures.
    unit
        'px²', 'µm²' or empty.
    """

    name: str
    about: str
    decimals: int = 0
    unit: str = ""

    @property
    def title(self) -> str:
        """Name with unit."""
        return f"{self.name} {self.unit}" if self.unit else self.name


COLUMNS = (
    ColumnFacts("id", "Number of the cell; never given to another cell of the picture."),
    ColumnFacts("state", "What was decided about it."),
    ColumnFacts("doubt", "Chance that it is wrong; of cells that are still to be decided on.", 2),
    ColumnFacts("area", "Its pixels.", unit="px²"),
    ColumnFacts("size", "Its area by the size of a pixel.", 1, "µm²"),
    ColumnFacts("mean", "Mean intensity.", 1),
    ColumnFacts("max", "Largest intensity.", 0),
    ColumnFacts("contrast", "Mean intensity less that of the background within 5 px of it.", 1),
    ColumnFacts("eccentricity", "0 is a circle, 1 a line.", 2),
    ColumnFacts("solidity", "Area over that of the convex hull: 1 is without any dent.", 2),
)
"""All columns; without the size of a pixel there is no 'size'."""


class ObjectTable:
    """One row for each living cell that counts, in the order of ids.

    Cells in ignored regions have none. What is not measured yet is not a number.

    Parameters
    ----------
    document, measures
        Read, never written.
    channel
        Number of the channel whose intensities are in it.
    pixel_size
        µm a pixel; None where it is not known.

    Attributes
    ----------
    columns
        Its columns.
    ids
        (n,) int64.
    """

    def __init__(
        self,
        document: Document,
        measures: Measures,
        channel: int = 0,
        pixel_size: float | None = None,
    ) -> None:
        self._document = document
        self._measures = measures
        self._channel = channel
        self._pixel_size = pixel_size
        self.columns = tuple(c for c in COLUMNS if c.name != "size" or pixel_size is not None)
        self.ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._doubts: dict[int, float] = {}
        self._values = np.empty((len(self.columns), 0))
        self.update(cell.id for cell in document.cells)

    def __len__(self) -> int:
        return self.ids.size

    def column(self, name: str) -> Column:
        """(n,) figures of a column; of 'state', places in `STATES`. Not to be changed."""
        return self.values[name]

    @property
    def values(self) -> Mapping[str, Column]:
        """All columns by name."""
        return {c.name: line for c, line in zip(self.columns, self._values, strict=True)}

    def row_of(self, cell: int) -> int | None:
        """Row of a cell; None where it has none."""
        row = int(np.searchsorted(self.ids, cell))
        return row if row < self.ids.size and self.ids[row] == cell else None

    def text(self, row: int, column: int) -> str:
        """What a field shows; empty for what is not known."""
        value, facts = self._values[column, row], self.columns[column]
        if np.isnan(value):
            return ""
        if facts.name == "state":
            return str(STATES[int(value)])
        return f"{int(value)}" if facts.name == "id" else f"{value:,.{facts.decimals}f}"

    def update(self, cells: Iterable[int]) -> bool:
        """Look at some cells anew; whether rows came or went."""
        objects, ignored = self._document.objects, self._document.ignored_cells
        wanted: dict[int, CellObject | None] = {}
        for i in sorted(set(cells)):
            cell = objects.get(i)
            counts = cell is not None and cell.alive and i not in ignored
            wanted[i] = cell if counts else None
        ids = np.fromiter(wanted, np.int64, len(wanted))
        there = np.isin(ids, self.ids, assume_unique=True)
        lives = np.fromiter((cell is not None for cell in wanted.values()), bool, len(wanted))
        gone, new = ids[there & ~lives], ids[lives & ~there]
        if gone.size:
            rows = np.searchsorted(self.ids, gone)
            self.ids = np.delete(self.ids, rows)
            self._values = np.delete(self._values, rows, axis=1)
        if new.size:
            rows = np.searchsorted(self.ids, new)
            self.ids = np.insert(self.ids, rows, new)
            self._values = np.insert(self._values, rows, np.nan, axis=1)
        living = [cell for cell in wanted.values() if cell is not None]
        if living:
            rows = np.searchsorted(self.ids, ids[lives])
            self._values[:, rows] = np.array([self._figures(cell) for cell in living]).T
        return bool(gone.size or new.size)

    def show_doubts(self, ids: NDArray[np.int64], doubts: Column) -> None:
        """Take in the doubts of cells, (n,) in the order of their ids."""
        self._doubts = dict(zip(ids.tolist(), doubts.tolist(), strict=True))
        column = np.full(len(self), np.nan)
        if ids.size:
            place = np.minimum(np.searchsorted(ids, self.ids), ids.size - 1)
            known = (ids[place] == self.ids) & np.isin(self.column("state"), _OPEN)
            column[known] = doubts[place[known]]
        self._values[[facts.name for facts in self.columns].index("doubt")] = column

    def _figures(self, cell: CellObject) -> list[float]:
        """One row."""
        found = self._measures.of(cell.id)
        size = [cell.area * self._pixel_size**2] if self._pixel_size is not None else []
        state = STATES.index(cell.state)
        doubt = self._doubts.get(cell.id, _NOTHING) if state in _OPEN else _NOTHING
        return [cell.id, state, doubt, cell.area, *size, *_measured(found, self._channel)]


def arranged(
    table: ObjectTable, test: Test | None = None, by: str = "id", *, falling: bool = False
) -> NDArray[np.int64]:
    """Rows that pass a filter, in the order of a column.

    Parameters
    ----------
    table
        The table.
    test
        See `core.table_filter`; all rows pass where None.
    by
        Name of the column. Of equal figures the smaller id comes first; what is not known
        comes last.
    falling
        Whether the largest comes first.

    Returns
    -------
    NDArray
        (n,) int64.
    """
    rows = np.arange(len(table)) if test is None else np.flatnonzero(test(table.values))
    keys = table.column(by)[rows]
    return rows[np.argsort(-keys if falling else keys, kind="stable")]


def _measured(found: CellMeasures | None, channel: int) -> list[float]:
    if found is None:
        return [_NOTHING] * 5
    light = found.channels[channel]
    contrast = _NOTHING if light.contrast is None else light.contrast
    return [light.mean, float(light.max), contrast, found.eccentricity, found.solidity]
