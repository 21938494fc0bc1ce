"""Panel to export the mask, and the way to check and to export all of them."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)


class ExportPanel(QWidget):
    """Folder, the choice of a gap, the button and the outcome.

    Attributes
    ----------
    requested
        Signal(): the user wants the mask exported.
    check_wanted
        Signal(): the user wants all masks checked before.
    set_wanted
        Signal(): the user wants the masks of all pictures exported.
    """

    requested = Signal()
    check_wanted = Signal()
    set_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._suggested = ""
        self.folder = QLineEdit()
        self.folder.setPlaceholderText("Folder for the masks")
        self.browse = QPushButton("Browse…")
        self.touching = QLabel()
        self.touching.setWordWrap(True)
        self.gap = QCheckBox("1-px gap between touching cells")
        self.gap.setToolTip(
            "Clears a line one pixel wide, so that each cell is a piece of its own in the file. "
            "The mask on screen stays as it is."
        )
        self.button = QPushButton("Export mask")
        self.button.setToolTip("Write <picture>.png (0/255) with its record, and read it back.")
        self.check = QPushButton("Check first…")
        self.check.setToolTip(
            "Look through all masks of the folder for holes, pieces, unsure cells and the like."
        )
        self.whole = QPushButton("Data set…")
        self.whole.setToolTip("Export all pictures of the folder, in the formats you choose.")
        self.outcome = QLabel()
        self.outcome.setWordWrap(True)
        self.outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for widget in (self.browse, self.gap, self.check, self.button, self.whole):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lay_out()
        self.browse.clicked.connect(self._choose_folder)
        self.button.clicked.connect(self.requested)
        self.check.clicked.connect(self.check_wanted)
        self.whole.clicked.connect(self.set_wanted)
        self.show_touching(0)

    def show_touching(self, pairs: int) -> None:
        """Say how many pairs of cells would run together in a binary mask."""
        self.touching.setVisible(pairs > 0)
        self.gap.setVisible(pairs > 0)
        are = "pair of cells touches and runs" if pairs == 1 else "pairs of cells touch and run"
        self.touching.setText(f"{pairs} {are} together in a 0/255 mask.")

    def choose_default_folder(self, folder: Path) -> None:
        """Suggest a folder, in place of none and of an earlier suggestion."""
        if self.folder.text() in ("", self._suggested):
            self.folder.setText(str(folder))
            self._suggested = str(folder)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder for the masks", self.folder.text())
        if chosen:
            self.folder.setText(chosen)

    def _lay_out(self) -> None:
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(place)
        layout.addWidget(self.touching)
        layout.addWidget(self.gap)
        doing = QHBoxLayout()
        doing.addWidget(self.check)
        doing.addWidget(self.button, 1)
        doing.addWidget(self.whole)
        layout.addLayout(doing)
        layout.addWidget(self.outcome)
