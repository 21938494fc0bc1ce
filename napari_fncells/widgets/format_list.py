"""The formats of ground truth, to be ticked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem, QWidget

from napari_fncells.io.exporters import Exporter
from napari_fncells.widgets.controls import keep_canvas_keys

_NAME = Qt.ItemDataRole.UserRole
_ROWS = 4
"""Rows in sight in the smallest window; the rest is scrolled to."""


class FormatList(QListWidget):
    """One row a format, with a box.

    Parameters
    ----------
    exporters
        The formats, in the order shown.

    Attributes
    ----------
    ticked
        Signal(): other formats are ticked now.
    """

    ticked = Signal()

    def __init__(self, exporters: Mapping[str, Exporter], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionMode(self.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        keep_canvas_keys(self)
        for exporter in exporters.values():
            item = QListWidgetItem(exporter.title, self)
            item.setData(_NAME, exporter.name)
            item.setToolTip(exporter.about)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
        self.setMinimumHeight(self._height(_ROWS))
        self.setMaximumHeight(self._height(self.count()))
        self.itemChanged.connect(lambda _item: self.ticked.emit())
        # A click on the words ticks, too
        self.itemClicked.connect(self._note_click)
        self.itemPressed.connect(self._note_press)
        self._pressed: tuple[str, Qt.CheckState] | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        """All rows, where there is room."""
        return QSize(super().sizeHint().width(), self._height(self.count()))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the formats that are ticked."""
        return tuple(
            str(item.data(_NAME))
            for item in self._items()
            if item.checkState() == Qt.CheckState.Checked
        )

    def tick(self, names: Iterable[str]) -> None:
        """Tick these and no others."""
        wanted = set(names)
        blocked = self.blockSignals(True)
        for item in self._items():
            on = item.data(_NAME) in wanted
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.blockSignals(blocked)
        self.ticked.emit()

    def _items(self) -> list[QListWidgetItem]:
        items = (self.item(row) for row in range(self.count()))
        return [item for item in items if item is not None]

    def _height(self, rows: int) -> int:
        row: int = self.sizeHintForRow(0)
        return row * rows + 2 * int(self.frameWidth())

    def _note_press(self, item: QListWidgetItem) -> None:
        self._pressed = item.data(_NAME), item.checkState()

    def _note_click(self, item: QListWidgetItem) -> None:
        """Tick by a click beside the box; one on the box has ticked already."""
        if self._pressed == (item.data(_NAME), item.checkState()):
            on = item.checkState() == Qt.CheckState.Checked
            item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)
        self._pressed = None
