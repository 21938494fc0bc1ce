"""Panel to open pictures and go from one to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.io.images import IMAGE_SUFFIXES
from napari_fncells.viewer.pictures import Picture


class PicturePanel(QWidget):
    """List of pictures with previous, next and open.

    Attributes
    ----------
    chosen
        Signal(Picture): one was picked in the list.
    stepped
        Signal(int): +1 or -1.
    files_opened
        Signal(list of Path).
    folder_opened
        Signal(Path).
    part_requested
        Signal(): another page or channel of the file is to be chosen.
    """

    chosen = Signal(object)
    stepped = Signal(int)
    files_opened = Signal(list)
    folder_opened = Signal(object)
    part_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[Picture] = []
        self.list = QComboBox()
        self.list.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.back = QToolButton(text="◀", toolTip="Previous picture")
        self.forth = QToolButton(text="▶", toolTip="Next picture")
        self.open_files = QPushButton("Open pictures…")
        self.open_folder = QPushButton("Open folder…")
        self.part = QPushButton(visible=False)
        self.part.setToolTip("The file holds several pictures or channels: choose another.")
        buttons = (self.open_files, self.open_folder, self.part)
        for widget in (self.list, self.back, self.forth, *buttons):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._lay_out()
        self.list.activated.connect(self._choose)
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.forth.clicked.connect(lambda: self.stepped.emit(1))
        self.open_files.clicked.connect(self._ask_for_files)
        self.open_folder.clicked.connect(self._ask_for_folder)
        self.part.clicked.connect(self.part_requested)

    def show_pictures(self, pictures: Sequence[Picture], current: Picture | None) -> None:
        """List the pictures and mark the current one."""
        if self._shown != list(pictures):
            self._shown = list(pictures)
            self.list.clear()
            self.list.addItems([picture.name for picture in pictures])
        index = self._shown.index(current) if current in self._shown else -1
        self.list.setCurrentIndex(index)
        self.list.setEnabled(bool(self._shown))
        self.back.setEnabled(index > 0)
        self.forth.setEnabled(0 <= index < len(self._shown) - 1)

    def show_part(self, words: str) -> None:
        """Show which part of the file is on the screen; nothing where there is no other."""
        self.part.setText(f"{words} …")
        self.part.setVisible(bool(words))

    def _choose(self, index: int) -> None:
        self.chosen.emit(self._shown[index])

    def _ask_for_files(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in IMAGE_SUFFIXES)
        names, _ = QFileDialog.getOpenFileNames(
            self, "Open pictures", "", f"Pictures ({patterns})"
        )
        if names:
            self.files_opened.emit([Path(name) for name in names])

    def _ask_for_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Open a folder of pictures")
        if name:
            self.folder_opened.emit(Path(name))

    def _lay_out(self) -> None:
        going = QHBoxLayout()
        going.addWidget(self.back)
        going.addWidget(self.list, 1)
        going.addWidget(self.forth)
        opening = QHBoxLayout()
        opening.addWidget(self.open_files)
        opening.addWidget(self.open_folder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(going)
        layout.addWidget(self.part)
        layout.addLayout(opening)
