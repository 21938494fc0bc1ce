"""The device check: what models can run on, what is used, how fast it is."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_fncells.widgets.controls import Choice

_WIDTH = 460


class DeviceDialog(QDialog):
    """What was found, in sentences, and a test of the speed.

    Attributes
    ----------
    test_requested
        Signal(str): the speed of the model of this name is wanted.
    stopped
        Signal(): it is not wanted any more.
    """

    test_requested = Signal(str)
    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Device check")
        self.found = QLabel("Looking at what there is …", wordWrap=True)
        self.model = Choice()
        self.test = QPushButton("Test speed")
        self.test.setToolTip("Let the model look at made-up pictures for some seconds.")
        self.stop = QPushButton("Stop")
        self.stop.setVisible(False)
        self.close_button = QPushButton("Close")
        self.speed = QLabel(wordWrap=True)
        self._lay_out()
        self.test.clicked.connect(self._ask)
        self.stop.clicked.connect(self.stopped)
        self.close_button.clicked.connect(self.close)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def show_lines(self, lines: Iterable[str]) -> None:
        """Show what was found."""
        self.found.setText("\n".join(lines))
        self.adjustSize()

    def show_models(self, names: Iterable[str], chosen: str = "") -> None:
        """Offer models to test."""
        self.model.clear()
        for name in names:
            self.model.addItem(name, name)
        self.model.setCurrentIndex(max(self.model.findData(chosen), 0))
        self.test.setEnabled(self.model.count() > 0)

    def show_busy(self, message: str | None) -> None:
        """Say what is done now, or with None that nothing is."""
        self.test.setVisible(message is None)
        self.stop.setVisible(message is not None)
        if message is not None:
            self.speed.setText(f"{message} …")
        elif self.speed.text().endswith("…"):
            self.speed.clear()
        self.adjustSize()

    def show_speed(self, words: str) -> None:
        """Show what was measured, or why it was not."""
        self.speed.setText(words)
        self.adjustSize()

    def _ask(self) -> None:
        self.test_requested.emit(self.model.currentData())

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.model, 1)
        row.addWidget(self.test)
        row.addWidget(self.stop)
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.found)
        layout.addLayout(row)
        layout.addWidget(self.speed)
        layout.addLayout(bottom)
        self.setMinimumWidth(_WIDTH)
