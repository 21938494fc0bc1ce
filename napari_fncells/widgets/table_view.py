"""Rows of the object table: a few keys are their own, all others go to the picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QSize, Qt, Signal
from qtpy.QtGui import QKeyEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from napari_fncells.widgets.table_model import ObjectModel

_MOVES = frozenset((
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home,
    Qt.Key.Key_End,
))  # fmt: skip
_NONE, _SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
_CTRL, _PAD = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.KeypadModifier
_ROWS_SHOWN = 10
_SELECT = QItemSelectionModel.SelectionFlag.Select
_ROWS = QItemSelectionModel.SelectionFlag.Rows


class ObjectView(QTableView):
    """The rows; clicked, they take arrows, Return, A, D, U, Ctrl+A, Ctrl+C and Esc alone.

    Attributes
    ----------
    chosen
        Signal(list): the user selected the cells of these ids.
    shown
        Signal(int): the camera is to go to a cell.
    accepted, removed, doubted
        Signal(): the selected cells are to be accepted, removed, marked as unsure.
    copied
        Signal(): the selected rows are to be copied.
    left
        Signal(): the keys are to go to the canvas again.
    """

    chosen = Signal(list)
    shown = Signal(int)
    accepted = Signal()
    removed = Signal()
    doubted = Signal()
    copied = Signal()
    left = Signal()

    def __init__(self, model: ObjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._telling = True
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        # Tab goes on to the next control, not to the next of thousands of fields
        self.setTabKeyNavigation(False)
        rows, head = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 4)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        head.setMinimumSectionSize(46)
        model.modelReset.connect(self._spread)
        head.setHighlightSections(False)
        head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.selectionModel().selectionChanged.connect(lambda *_: self._tell())
        self.doubleClicked.connect(self._show)

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as ten rows: more would leave too little of the picture."""
        rows = _ROWS_SHOWN * self.verticalHeader().defaultSectionSize()
        head = self.horizontalHeader().sizeHint().height()
        return QSize(super().sizeHint().width(), head + rows + 2 * self.frameWidth())

    @property
    def selected_rows(self) -> list[int]:
        """From the top."""
        ranges = self.selectionModel().selection()
        return sorted(row for part in ranges for row in range(part.top(), part.bottom() + 1))

    def select_cells(self, ids: Iterable[int], *, scroll: bool = True) -> None:
        """Select the rows of cells, as is done on the canvas; the first comes into sight."""
        rows = self._model.rows_of(ids).tolist()
        if rows == self.selected_rows:
            return
        selection, begin = QItemSelection(), 0
        last = self._model.columnCount() - 1
        for k, row in enumerate(rows):
            if k + 1 == len(rows) or rows[k + 1] != row + 1:
                top, bottom = self._model.index(rows[begin], 0), self._model.index(row, last)
                selection.select(top, bottom)
                begin = k + 1
        self._telling = False
        try:
            model = self.selectionModel()
            model.clearSelection()
            if rows:
                first = self._model.index(rows[0], max(self.currentIndex().column(), 0))
                model.setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
                model.select(selection, _SELECT | _ROWS)
        finally:
            self._telling = True
        if rows and scroll:
            self.scrollTo(self._model.index(rows[0], 0))

    def choose_row(self, row: int) -> None:
        """Select a row as the user does; one beyond the last counts as the last."""
        last = self._model.rowCount() - 1
        if last >= 0:
            self.selectRow(min(row, last))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Give the columns the width there is."""
        super().resizeEvent(event)
        self._spread()

    def _spread(self) -> None:
        """Let no column be narrower than its title; what is left over goes to all alike."""
        head = self.horizontalHeader()
        needed = [head.sectionSizeHint(k) for k in range(head.count())]
        left = max(self.viewport().width() - sum(needed), 0)
        for k, width in enumerate(needed):
            head.resizeSection(k, width + left * (k + 1) // len(needed) - left * k // len(needed))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what the table's own keys say; let the others pass to the picture."""
        held = event.modifiers() & ~_PAD
        own = event.key() in _MOVES and held in (_NONE, _SHIFT)
        if own or (held == _CTRL and event.key() == Qt.Key.Key_A):
            super().keyPressEvent(event)
        elif held == _CTRL and event.key() == Qt.Key.Key_C:
            self.copied.emit()
        elif held == _NONE and self._act(event.key()):
            event.accept()
        else:
            event.ignore()

    def _act(self, key: int) -> bool:
        """Do what a key says of the selected cells; whether it is one of ours."""
        signals: dict[int, Any] = {
            Qt.Key.Key_A: self.accepted, Qt.Key.Key_D: self.removed,
            Qt.Key.Key_Delete: self.removed, Qt.Key.Key_U: self.doubted,
            Qt.Key.Key_Escape: self.left,
        }  # fmt: skip
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._show(self.currentIndex())
            return True
        if key in signals:
            signals[key].emit()
        return key in signals

    def _show(self, index: QModelIndex) -> None:
        if index.isValid():
            self.shown.emit(int(self._model.ids[index.row()]))

    def _tell(self) -> None:
        if self._telling:
            self.chosen.emit(self._model.ids[self.selected_rows].tolist())
