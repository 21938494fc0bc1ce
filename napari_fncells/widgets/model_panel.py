"""Panel of a model: its card, and where it runs."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from qtpy.QtCore import Signal
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import AUTO, Device
from napari_fncells.session.scoring import Place
from napari_fncells.session.words import card_in_words
from napari_fncells.widgets.controls import Choice, keep_canvas_keys

_SHORT = 12  # of 64 digits
_DIGEST = "SHA-256"
PRECISION_TITLES = {
    "auto": "Automatic",
    "float32": "32 bits, as trained",
    "half": "16 bits",
    "int8": "8 bits, fastest on a CPU",
}


class ModelPanel(QWidget):
    """What a model's card says, and device and precision, each behind a fold.

    Attributes
    ----------
    place_chosen
        Signal(Place): models are to run there.
    opened
        Signal(): the fold was opened, and the devices that there are are to be offered.
    """

    place_chosen = Signal(object)
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._digest = ""
        # No QCollapsible: it is too low for words that are wrapped
        self.about = QPushButton("About this model …")
        self.about.setCheckable(True)
        self.known = QWidget()
        self.known.hide()
        self.card = QLabel(wordWrap=True)
        self.digest = QLabel()
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copy the whole SHA-256 of the weights.")
        self.fold = QCollapsible("Where it runs")
        self.device = Choice()
        self.device.setToolTip("What computes: the best there is, or one by name.")
        self.precision = Choice()
        self.precision.setToolTip(
            "In what numbers it computes. Fewer bits are faster; automatic takes them only where "
            "the masks stay the same."
        )
        for name, title in PRECISION_TITLES.items():
            self.precision.addItem(title, name)
        keep_canvas_keys(self.copy, self.about)
        self.show_devices(())
        self._lay_out()
        self.about.toggled.connect(self.known.setVisible)
        self.copy.clicked.connect(self._copy)
        self.fold.toggled.connect(self._on_fold)
        # Neither is emitted when a program sets what is shown
        self.device.activated.connect(self._tell_place)
        self.precision.activated.connect(self._tell_place)

    @property
    def place(self) -> Place:
        """Where models are to run."""
        return Place(self.device.currentData(), self.precision.currentData())

    def show_card(self, card: ModelCard) -> None:
        """Show what is known of a model."""
        lines = [
            f"<b>{escape(title)}:</b> {escape(words)}"
            for title, words in card_in_words(card)
            if title != _DIGEST
        ]
        self.card.setText("<br>".join(lines))
        self._digest = card.sha256
        self.digest.setText(f"<b>{_DIGEST}:</b> {card.sha256[:_SHORT]}…")
        self.digest.setToolTip(card.sha256)

    def show_devices(self, found: Iterable[Device]) -> None:
        """Offer the devices that were found; the choice stays where it is among them."""
        chosen = self.device.currentData()
        self.device.clear()
        self.device.addItem("Automatic", AUTO)
        for device in found:
            self.device.addItem(device.title, device.name)
        self.device.setCurrentIndex(max(self.device.findData(chosen), 0))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._digest)

    def _on_fold(self, opened: bool) -> None:
        if opened:
            self.opened.emit()

    def _tell_place(self) -> None:
        self.place_chosen.emit(self.place)

    def _lay_out(self) -> None:
        digest = QHBoxLayout()
        digest.addWidget(self.digest, 1)
        digest.addWidget(self.copy)
        words = QVBoxLayout(self.known)
        words.setContentsMargins(0, 0, 0, 0)
        words.addWidget(self.card)
        words.addLayout(digest)
        inside = QWidget()
        rows = QFormLayout(inside)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addRow("Device", self.device)
        rows.addRow("Precision", self.precision)
        self.fold.addWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.about)
        layout.addWidget(self.known)
        layout.addWidget(self.fold)
