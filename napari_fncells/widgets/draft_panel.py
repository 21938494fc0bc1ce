"""Panel to choose a draft method and run it."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_fncells.core.params import PRESET_TITLES, PRESETS, DraftParams
from napari_fncells.widgets.forms import draft_form, fill_form, read_form


class DraftPanel(QWidget):
    """Method, its settings and the button.

    Attributes
    ----------
    requested
        Signal(): the user wants a draft with `params`.
    cancelled
        Signal(): the user wants the running draft stopped.
    match_requested
        Signal(): the user wants drafts with outlines like the corrected ones.
    """

    requested = Signal()
    cancelled = Signal()
    match_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.method = QComboBox()
        for name, title in PRESET_TITLES.items():
            self.method.addItem(title, name)
        self.method.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.form = draft_form(PRESETS[self.method.currentData()])
        self.settings = QCollapsible("Fine-tune")
        self.settings.addWidget(self.form.native)
        self.match = QPushButton("Match my outlines")
        self.match.setToolTip(
            "Set the outline offset to what the cells you accepted, added or edited in this "
            "picture ask for."
        )
        self.match.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.settings.addWidget(self.match)
        self.button = QPushButton("Draft mask")
        self.button.setToolTip(
            "Propose a mask. Cells you added, edited or removed stay as they are."
        )
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.stop = QPushButton("Stop")
        self.stop.setVisible(False)
        self.progress = QLabel()
        self.progress.setVisible(False)
        self._lay_out()
        self.method.currentIndexChanged.connect(self._show_preset)
        self.button.clicked.connect(self.requested)
        self.stop.clicked.connect(self.cancelled)
        self.match.clicked.connect(self.match_requested)

    @property
    def params(self) -> DraftParams:
        """The settings shown.

        Raises
        ------
        ParameterError
            For a value outside its range.
        """
        return read_form(self.form, PRESETS[self.method.currentData()])

    def raise_offset(self, by: float) -> float:
        """Raise the outline offset, within its range; returns what it is then."""
        field = self.form["clean_up.outline_offset"]
        field.value = float(min(max(round(field.value + by, 1), field.min), field.max))
        return float(field.value)

    def show_busy(self, message: str | None) -> None:
        """Say what the running job does, or with None that none runs."""
        self.button.setEnabled(message is None)
        self.stop.setVisible(message is not None)
        self.progress.setVisible(message is not None)
        self.progress.setText(f"{message} …" if message else "")

    def _show_preset(self) -> None:
        fill_form(self.form, PRESETS[self.method.currentData()])

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.button, 1)
        buttons.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.method)
        layout.addWidget(self.settings)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
