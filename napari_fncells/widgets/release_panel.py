"""Panel to export a data set: where to, which formats, how, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from qtpy.QtCore import Qt, QUrl, Signal
from qtpy.QtGui import QDesktopServices
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.fields import ParamsForm
from napari_fncells.widgets.format_list import FormatList

USUAL = ("binary-png", "label-tiff", "coco", "counts-csv")
"""Formats ticked at first."""
_BAD, _GOOD = "color: #ff6b6b;", "color: #8fd694;"


class ReleasePanel(QWidget):
    """Everything one chooses for an export of a data set.

    Attributes
    ----------
    requested
        Signal(): the set is to be written.
    check_requested
        Signal(): the pictures are to be checked first.
    cancelled
        Signal(): what runs is to stop.
    verify_requested
        Signal(): the set in the folder is to be compared with its report.
    """

    requested = Signal()
    check_requested = Signal()
    cancelled = Signal()
    verify_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._suggested = ""
        self._report: Path | None = None
        self._ready = self._pictures = self._busy = False
        self.about = _words()
        self.folder = QLineEdit(placeholderText="Folder for the data set")
        self.browse = QPushButton("Browse…")
        self.formats = FormatList(EXPORTERS)
        self.usual, self.all, self.none = (
            QPushButton(title) for title in ("Usual", "All", "None")
        )
        self.only_done = QCheckBox("Only pictures that are done")
        self.only_done.setToolTip("Drafts that nobody has looked at are no ground truth.")
        self.only_done.setChecked(True)
        self.pictures = QCheckBox("Copy the pictures, too")
        self.pictures.setToolTip("Byte for byte, into images/ beside the masks.")
        self.form = ParamsForm(ExportParams())
        self.check = QPushButton("Check first…")
        self.check.setToolTip("Look for what is likely to be wrong before it is exported.")
        self.button = QPushButton("Export data set")
        self.verify = QPushButton("Verify")
        self.verify.setToolTip("Compare every byte of the set in this folder with its report.")
        self.cancel = QPushButton("Cancel")
        self.bar = QProgressBar(textVisible=False, maximum=0)
        self.outcome = _words()
        self.report = QPushButton("Open the report")
        keep_canvas_keys(
            self.browse, self.usual, self.all, self.none, self.only_done, self.pictures,
            self.check, self.button, self.verify, self.cancel, self.report,
        )  # fmt: skip
        self._lay_out()
        self._connect()
        self.formats.tick(USUAL)
        self.show_busy(None)
        self.report.hide()

    @property
    def target(self) -> Path | None:
        """The folder that was chosen; None where there is none."""
        text = self.folder.text().strip()
        return Path(text).expanduser().absolute() if text else None

    def suggest(self, folder: Path) -> None:
        """Suggest a folder, in place of none and of an earlier suggestion."""
        if self.folder.text() in ("", self._suggested):
            self.folder.setText(str(folder))
            self._suggested = str(folder)

    def show_about(self, words: str, *, ready: bool, pictures: bool) -> None:
        """Say what would be exported, whether that is anything, and whether there are pictures."""
        self.about.setText(words)
        self._ready, self._pictures = ready, pictures
        self._show_ready()

    def show_choice(self, formats: Iterable[str], params: ExportParams) -> None:
        """Show formats and settings, as an earlier export had them."""
        self.formats.tick(formats)
        self.form.show_params(params)

    def show_busy(self, words: str | None) -> None:
        """Say what is being done; None where nothing is."""
        self._busy = words is not None
        self.bar.setVisible(self._busy)
        self.cancel.setVisible(self._busy)
        if words is not None:
            self.outcome.setStyleSheet("")
            self.outcome.setText(f"{words} …")
            self.report.hide()
        self._show_ready()

    def show_outcome(self, words: str, *, good: bool, report: Path | None = None) -> None:
        """Say what came of it, and offer the report."""
        self.outcome.setStyleSheet(_GOOD if good else _BAD)
        self.outcome.setText(words)
        self._report = report
        self.report.setVisible(report is not None)

    def _show_ready(self) -> None:
        may = self._ready and not self._busy
        self.button.setEnabled(may and bool(self.formats.names) and self.target is not None)
        self.check.setEnabled(self._pictures)
        self.verify.setEnabled(not self._busy and self.target is not None)

    def _connect(self) -> None:
        self.browse.clicked.connect(self._choose_folder)
        self.folder.textChanged.connect(lambda _text: self._show_ready())
        self.formats.ticked.connect(self._show_ready)
        self.usual.clicked.connect(lambda: self.formats.tick(USUAL))
        self.all.clicked.connect(lambda: self.formats.tick(EXPORTERS))
        self.none.clicked.connect(lambda: self.formats.tick(()))
        self.button.clicked.connect(self.requested)
        self.check.clicked.connect(self.check_requested)
        self.cancel.clicked.connect(self.cancelled)
        self.verify.clicked.connect(self.verify_requested)
        self.report.clicked.connect(self._open_report)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, "Folder for the data set", self.folder.text()
        )
        if chosen:
            self.folder.setText(chosen)

    def _open_report(self) -> None:
        if self._report is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._report)))

    def _lay_out(self) -> None:
        settings = QCollapsible("Settings")
        settings.addWidget(self.form)
        layout = QVBoxLayout(self)
        layout.addWidget(self.about)
        layout.addLayout(_row(self.folder, self.browse))
        layout.addLayout(_row(QLabel("Formats"), None, self.usual, self.all, self.none))
        layout.addWidget(self.formats, 1)
        layout.addWidget(self.only_done)
        layout.addWidget(self.pictures)
        layout.addWidget(settings)
        layout.addLayout(_row(self.check, None, self.verify))
        layout.addWidget(self.button)
        layout.addLayout(_row(self.bar, self.cancel))
        layout.addWidget(self.outcome)
        layout.addWidget(self.report)


def _row(*widgets: QWidget | None) -> QHBoxLayout:
    """Widgets side by side; None is what space is left."""
    row = QHBoxLayout()
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return row


def _words() -> QLabel:
    label = QLabel(wordWrap=True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
