"""The dialog that gets a data set: what it is, its licence, where it goes, how far it is."""

from __future__ import annotations

from html import escape
from pathlib import Path

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.io.datasets import Published
from napari_fncells.io.datasets.progress import in_bytes

_STEPS = 1000  # of the bar
_WIDTH = 620
_BAD = "color: #ff6b6b;"


class DatasetDialog(QDialog):
    """Offers to download a data set or to take one that is there.

    Parameters
    ----------
    which
        The data set.
    folder
        Where its folder is made unless the user chooses another place.
    parent
        The window.

    Attributes
    ----------
    download_requested
        Signal(Path): it is to be downloaded to this folder.
    source_chosen
        Signal(Path, Path): this zip or folder of the user's is to be taken; a zip is unpacked
        to the second.
    stop_requested
        Signal(): what runs is to stop.
    folder_chosen
        Signal(Path): another place was chosen.
    """

    download_requested = Signal(object)
    source_chosen = Signal(object, object)
    stop_requested = Signal()
    folder_chosen = Signal(object)

    def __init__(self, which: Published, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._which = which
        self._offered = folder
        self._busy = False
        self.setWindowTitle(which.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.folder = QLineEdit(str(folder), placeholderText=str(folder))
        self.folder.setToolTip(f"The pictures go into a folder {which.folder_name} in here.")
        self.browse = QPushButton("Browse…")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.told = QLabel(wordWrap=True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.download = QPushButton("Download")
        self.have = QPushButton("I have the zip or folder already…")
        self.have.setMenu(QMenu(self.have))
        self.cancel = QPushButton("Cancel")
        for button in (self.browse, self.download, self.have, self.cancel):
            # Return in the line of the folder must not begin a download
            button.setAutoDefault(False)
        self._lay_out()
        self._connect()
        self.show_idle()

    @property
    def chosen_folder(self) -> Path:
        """Where the user wants it; where it was offered, if they cleared the line."""
        text = self.folder.text().strip()
        return Path(text).expanduser().absolute() if text else self._offered

    def show_idle(self, came: int = 0) -> None:
        """Offer to begin; to go on where part of a download has come."""
        self._set_busy(False)
        self.download.setText(f"Go on ({in_bytes(came)} are here)" if came else "Download")

    def show_step(self, words: str, share: float | None) -> None:
        """Show what is done and how far it is; None where that is not known."""
        self._set_busy(True)
        self.told.setStyleSheet("")
        self.told.setText(words)
        self.bar.setRange(0, 0 if share is None else _STEPS)
        if share is not None:
            self.bar.setValue(round(share * _STEPS))

    def show_end(self, words: str, *, bad: bool) -> None:
        """Say how it ended."""
        self.told.setStyleSheet(_BAD if bad else "")
        self.told.setText(words)

    def reject(self) -> None:
        """Stop what runs; with nothing running, close."""
        if self._busy:
            self.stop_requested.emit()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Stop what runs: nobody could see it any more."""
        if self._busy:
            self.stop_requested.emit()
        super().closeEvent(event)

    def _set_busy(self, busy: bool) -> None:
        self._busy = busy
        for control in (self.download, self.have, self.folder, self.browse):
            control.setEnabled(not busy)
        self.bar.setVisible(busy)
        self.cancel.setText("Stop" if busy else "Cancel")

    def _connect(self) -> None:
        self.download.clicked.connect(lambda: self.download_requested.emit(self.chosen_folder))
        self.cancel.clicked.connect(self.reject)
        self.browse.clicked.connect(self._ask_for_place)
        self.folder.editingFinished.connect(lambda: self.folder_chosen.emit(self.chosen_folder))
        self.have.menu().addAction("Zip file…", self._ask_for_zip)
        self.have.menu().addAction("Folder…", self._ask_for_folder)

    def _ask_for_place(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder to put it into", self.folder.text())
        if name:
            self.folder.setText(name)
            self.folder_chosen.emit(self.chosen_folder)

    def _ask_for_zip(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, f"The zip of {self._which.title}", "", "Zip archives (*.zip);;All files (*)"
        )
        if name:
            self.source_chosen.emit(Path(name), self.chosen_folder)

    def _ask_for_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, f"The folder of {self._which.title}")
        if name:
            self.source_chosen.emit(Path(name), self.chosen_folder)

    def _lay_out(self) -> None:
        facts = QFormLayout()
        facts.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for title, text in _facts(self._which):
            facts.addRow(title, _text(text))
        place = QHBoxLayout()
        place.addWidget(self.folder, 1)
        place.addWidget(self.browse)
        facts.addRow("Put into", place)
        buttons = QHBoxLayout()
        buttons.addWidget(self.have)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.download)
        layout = QVBoxLayout(self)
        layout.addWidget(_text(f"<b>{escape(self._which.title)}</b><br>{self._which.about}"))
        layout.addLayout(facts)
        layout.addWidget(self.bar)
        layout.addWidget(self.told)
        layout.addStretch(1)
        layout.addLayout(buttons)
        self.setMinimumWidth(_WIDTH)


def _facts(which: Published) -> list[tuple[str, str]]:
    counts = ", ".join(f"{number} {split}" for split, number in which.pictures.items())
    licence = f"{_link(which.licence_url, which.licence)}: name the authors, share alike."
    if which.licence_note:
        licence += f" {which.licence_note}"
    return [
        ("Pictures", f"{counts}; {which.labelled} with ground truth"),
        ("Download", f"{which.size_in_words}, from {_link(which.page, which.page)}"),
        ("Licence", licence),
        ("To cite", "".join(f"<div>• {escape(citation)}</div>" for citation in which.citations)),
    ]


def _link(address: str, text: str) -> str:
    return f'<a href="{escape(address)}" style="color: #7ab8ff;">{escape(text)}</a>'


def _text(text: str) -> QLabel:
    label = QLabel(text, wordWrap=True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setOpenExternalLinks(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    return label
