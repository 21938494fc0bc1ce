"""The object table as Qt shows it: rows filtered and sorted all at once, not one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from qtpy.QtGui import QColor

from napari_fncells.core.object_table import STATES, ObjectTable, Test, arranged
from napari_fncells.viewer.palette import STATE_COLOURS

_DISPLAY = int(Qt.ItemDataRole.DisplayRole)
_ALIGN = int(Qt.ItemDataRole.TextAlignmentRole)
_FOREGROUND = int(Qt.ItemDataRole.ForegroundRole)
_TOOLTIP = int(Qt.ItemDataRole.ToolTipRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class ObjectModel(QAbstractTableModel):
    """Rows of the cells of a picture.

    Parameters
    ----------
    parent
        Owns it.

    Attributes
    ----------
    ids
        (n,) int64: the cells shown, in the order of rows.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table: ObjectTable | None = None
        self._columns: tuple[Any, ...] = ()
        self._test: Test | None = None
        self._by, self._falling = "id", False
        self._rows: NDArray[np.int64] = np.empty(0, np.int64)
        self.ids: NDArray[np.int64] = np.empty(0, np.int64)

    @property
    def table(self) -> ObjectTable | None:
        """The table, rows that are not shown included."""
        return self._table

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return tuple(column.name for column in self._columns)

    def shown(self, name: str) -> NDArray[np.float64]:
        """(n,) figures of a column, of the rows that are shown."""
        return np.empty(0) if self._table is None else self._table.column(name)[self._rows]

    def rows_of(self, ids: Iterable[int]) -> NDArray[np.int64]:
        """Rows of those of the cells that are shown, from the top."""
        return np.flatnonzero(np.isin(self.ids, list(ids)))

    def show_table(self, table: ObjectTable | None, test: Test | None) -> bool:
        """Show a table, or what became of it; whether any row is another one now."""
        if table is not self._table:
            self.beginResetModel()
            self._table = table
            self._columns = table.columns if table is not None else ()
            if self._by not in self.names:
                self._by, self._falling = "id", False
            self._test = test
            self._arrange()
            self.endResetModel()
            return True
        self._test = test
        return self._rearrange()

    def sort(self, column: int, order: Any = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, as the head of the table asks for."""
        if 0 <= column < len(self._columns):
            self._by = self._columns[column].name
            self._falling = order == Qt.SortOrder.DescendingOrder
            self._rearrange()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Cells shown."""
        return 0 if parent is not None and parent.isValid() else int(self.ids.size)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Columns."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = _DISPLAY) -> Any:
        """What a field shows."""
        if not index.isValid() or self._table is None:
            return None
        if role == _DISPLAY:
            return self._table.text(int(self._rows[index.row()]), index.column())
        state = self._columns[index.column()].name == "state"
        if role == _ALIGN:
            return None if state else _RIGHT
        if role == _FOREGROUND and state:
            at = int(self._table.column("state")[self._rows[index.row()]])
            return QColor(STATE_COLOURS[STATES[at]])
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Any, role: int = _DISPLAY
    ) -> Any:
        """Titles of the columns, and what they hold."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self._columns):
            return None
        column = self._columns[section]
        return {_DISPLAY: column.title, _TOOLTIP: column.about}.get(role)

    def text_of(self, rows: Iterable[int]) -> str:
        """Rows with the titles above, parted by tabs, as spreadsheets take them."""
        lines = ["\t".join(column.title for column in self._columns)]
        for row in rows:
            fields = (self.index(row, k).data() for k in range(len(self._columns)))
            lines.append("\t".join(field.replace(",", "") for field in fields))
        return "\n".join(lines) + "\n"

    def _rearrange(self) -> bool:
        """Filter and sort anew; where the rows stay the same, only their figures are redrawn."""
        former = self.ids
        rows, ids = self._arrangement()
        if np.array_equal(ids, former):
            self._rows = rows
            if ids.size:
                last = self.index(ids.size - 1, len(self._columns) - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return False
        self.beginResetModel()
        self._rows, self.ids = rows, ids
        self.endResetModel()
        return True

    def _arrange(self) -> None:
        self._rows, self.ids = self._arrangement()

    def _arrangement(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        if self._table is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        rows = arranged(self._table, self._test, self._by, falling=self._falling)
        return rows, self._table.ids[rows]
