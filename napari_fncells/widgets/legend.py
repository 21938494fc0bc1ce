"""The legend of the cells' states, by which they are shown and hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QWidget

from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.palette import STATE_COLOURS, STATE_TITLES
from napari_fncells.widgets.controls import keep_canvas_keys

SHOWN_AT_FIRST = frozenset(ObjectState) - {ObjectState.REMOVED}
"""States that are shown as long as nobody chose others."""

_SWATCH = 16
_COLUMNS = 2


class Legend(QWidget):
    """One row a state: swatch, title, count; unchecked ones are hidden.

    Attributes
    ----------
    states_changed
        Signal(frozenset of ObjectState): those to be shown.
    """

    states_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.boxes: dict[ObjectState, QCheckBox] = {}
        self.counts: dict[ObjectState, QLabel] = {}
        for state, title in STATE_TITLES.items():
            box = QCheckBox(title)
            box.setIcon(swatch(state))
            box.setIconSize(QSize(_SWATCH, _SWATCH))
            box.setToolTip(f"Show or hide cells that are {title}.")
            box.setChecked(state in SHOWN_AT_FIRST)
            box.toggled.connect(self._tell)
            self.boxes[state] = box
            self.counts[state] = QLabel("0")
        keep_canvas_keys(*self.boxes.values())
        self._lay_out()

    @property
    def states(self) -> frozenset[ObjectState]:
        """States to be shown."""
        return frozenset(state for state, box in self.boxes.items() if box.isChecked())

    def show_states(self, states: Iterable[ObjectState]) -> None:
        """Check the states that are shown."""
        shown = frozenset(states)
        for state, box in self.boxes.items():
            blocked = box.blockSignals(True)
            box.setChecked(state in shown)
            box.blockSignals(blocked)

    def show_counts(self, counts: Mapping[ObjectState, int]) -> None:
        """Show how many cells there are of each state; 0 where none is given."""
        for state, label in self.counts.items():
            label.setText(f"{counts.get(state, 0):,}")

    def _tell(self) -> None:
        self.states_changed.emit(self.states)

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.setHorizontalSpacing(4)
        rows = len(self.boxes) // _COLUMNS
        for index, state in enumerate(self.boxes):
            row, column = index % rows, index // rows * 3
            layout.addWidget(self.boxes[state], row, column)
            layout.addWidget(self.counts[state], row, column + 1, Qt.AlignmentFlag.AlignRight)
        layout.setColumnMinimumWidth(2, 8)
        layout.setColumnStretch(0, 1)
        layout.setColumnStretch(3, 1)


def swatch(state: ObjectState) -> QIcon:
    """A sample of how cells of a state look; unsure and removed ones are dashed."""
    pixmap = QPixmap(2 * _SWATCH, 2 * _SWATCH)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    colour = QColor(STATE_COLOURS[state])
    pen = QPen(colour, 2)
    if state in (ObjectState.UNSURE, ObjectState.REMOVED):
        pen.setDashPattern([1.6, 1.2])
    inside = QColor(colour)
    inside.setAlpha(0 if state is ObjectState.REMOVED else 110)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(pen)
    painter.setBrush(inside)
    painter.drawEllipse(QRectF(2, 2, _SWATCH - 4, _SWATCH - 4))
    painter.end()
    return QIcon(pixmap)
