"""List of what was found: a few keys are its own, all others go to the picture."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QModelIndex, Qt, Signal
from qtpy.QtGui import QKeyEvent, QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QListView, QWidget

from napari_fncells.session.gate import Found
from napari_fncells.widgets.gate_model import GateModel, Heading
from napari_fncells.widgets.gate_row import GateRowPainter

_MOVES = frozenset((
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home,
    Qt.Key.Key_End,
))  # fmt: skip
_ENTER = frozenset((Qt.Key.Key_Return, Qt.Key.Key_Enter))


class GateList(QListView):
    """The rows; clicked, it takes arrows, Return, R, A and Esc, and nothing else.

    Attributes
    ----------
    shown, mended, accepted
        Signal(Found): what was chosen is to be shown; mended; accepted, or no longer.
    moved
        Signal(): another row is the current one.
    left
        Signal(): the keys are to go to the canvas again.
    """

    shown = Signal(object)
    mended = Signal(object)
    accepted = Signal(object)
    moved = Signal()
    left = Signal()

    def __init__(self, model: GateModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setItemDelegate(GateRowPainter(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(self._fold)
        self.doubleClicked.connect(self._show)
        self.selectionModel().currentChanged.connect(lambda *_: self.moved.emit())

    @property
    def chosen(self) -> Found | None:
        """The finding of the current row; None on a heading."""
        row = self._model.row_at(self.currentIndex().row())
        return row if isinstance(row, Found) else None

    def choose(self, row: int) -> None:
        """Make a row the current one; one beyond the last counts as the last."""
        last = self._model.rowCount() - 1
        index = self._model.index(min(row, last))
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do what the list's own keys say; let the others pass to the picture."""
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        if plain and event.key() in _MOVES:
            super().keyPressEvent(event)
        elif plain and event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif plain and self._act(event.key()):
            event.accept()
        else:
            event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Keep the chosen row in sight."""
        super().resizeEvent(event)
        self.scrollTo(self.currentIndex())

    def _act(self, key: int) -> bool:
        """Do what a key says of the chosen finding; whether it is one of ours."""
        signals: dict[int, Any] = {Qt.Key.Key_R: self.mended, Qt.Key.Key_A: self.accepted}
        signals |= dict.fromkeys(_ENTER, self.shown)
        signal = signals.get(key)
        if signal is None:
            return False
        if self.chosen is not None:
            signal.emit(self.chosen)
        elif key in _ENTER:
            self._fold(self.currentIndex())
        return True

    def _fold(self, index: QModelIndex) -> None:
        row = self._model.row_at(index.row())
        if isinstance(row, Heading):
            self._model.fold(row.kind)
            self.choose(index.row())

    def _show(self, index: QModelIndex) -> None:
        row = self._model.row_at(index.row())
        if isinstance(row, Found):
            self.shown.emit(row)
