"""Panel that tells how to correct, what there is, and takes back."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_fncells.core.document import Document
from napari_fncells.viewer.commands import command
from napari_fncells.widgets.controls import keep_canvas_keys
from napari_fncells.widgets.effort_label import EffortLabel
from napari_fncells.widgets.key_names import key_names
from napari_fncells.widgets.note_row import NoteRow
from napari_fncells.widgets.status_light import StatusLight

_HELP = (
    "<b>Shift+click</b> remove a cell, or add one<br>"
    "<b>Shift+wheel</b> its size, <b>Shift+drag</b> lasso<br>"
    "<b>Ctrl+drag</b> cut, or join two<br>"
    "<b>Ctrl+Shift+drag</b> trace, or redraw<br>"
    "<b>N A D U</b> next, accept, remove, unsure<br>"
    "<b>Ctrl+Z</b> undo anything, <b>?</b> all keys"
)
_NARROWEST, _FRAME = 120, 16  # px, of a button and of what surrounds its text
_NO_MASK = "No mask yet. Draft one, or Shift+click the cells."


class CorrectPanel(QWidget):
    """Help, counts, undo and redo.

    Attributes
    ----------
    undo_requested, redo_requested, ignore_requested, table_requested
        Signal(): the buttons.
    """

    undo_requested = Signal()
    redo_requested = Signal()
    ignore_requested = Signal()
    table_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.help = QLabel(_HELP)
        self.help.setWordWrap(True)
        self.counts = QLabel(_NO_MASK)
        self.counts.setWordWrap(True)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.light = StatusLight()
        self.effort = EffortLabel()
        self.note = NoteRow()
        self.ignore = QPushButton("▨ Ignore", checkable=True)
        keys = key_names(command("ignore"))
        self.ignore.setToolTip(
            "Paint over regions that are not to count: cells in them are left out of counts, "
            f"exports and figures{f' ({keys[0]})' if keys else ''}."
        )
        keep_canvas_keys(self.ignore)
        # Not toggled: that is also what showing the state does
        self.ignore.clicked.connect(self.ignore_requested)
        self.table = QPushButton("Table")
        self.table.setToolTip("All cells with their measures, to sort, filter and select.")
        self.table.clicked.connect(self.table_requested)
        keep_canvas_keys(self.table)
        self.undo = QPushButton("Undo")
        self.redo = QPushButton("Redo")
        for button in (self.undo, self.redo):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setEnabled(False)
            # A long name must not widen the dock
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.undo.clicked.connect(self.undo_requested)
        self.redo.clicked.connect(self.redo_requested)
        self._lay_out()

    def show_document(self, document: Document | None) -> None:
        """Show the counts and what can be undone of a document, or that there is none."""
        summaries = (document.undo_summary, document.redo_summary) if document else (None, None)
        for button, word, summary in zip(
            (self.undo, self.redo), ("Undo", "Redo"), summaries, strict=True
        ):
            button.setEnabled(summary is not None)
            text = f"{word} {summary}" if summary else word
            button.setToolTip(text)
            room = max(button.width(), _NARROWEST) - _FRAME
            elide = Qt.TextElideMode.ElideRight
            button.setText(button.fontMetrics().elidedText(text, elide, room))
        self.counts.setText(_NO_MASK if document is None else _in_words(document))

    def show_ignoring(self, on: bool, *, possible: bool) -> None:
        """Show whether ignored regions are being painted, and whether they can be."""
        self.ignore.setChecked(on)
        self.ignore.setEnabled(possible)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.undo)
        buttons.addWidget(self.redo)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        # What one clicks stands above the words that grow and shrink, so that it stays in place
        layout.addWidget(self.light)
        layout.addLayout(buttons)
        layout.addWidget(self.help)
        row = QHBoxLayout()
        row.addWidget(self.note, 1)
        row.addWidget(self.ignore)
        layout.addLayout(row)
        told = QHBoxLayout()
        told.addWidget(self.counts, 1)
        told.addWidget(self.table, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(told)
        layout.addWidget(self.message)
        layout.addWidget(self.effort)


def _in_words(document: Document) -> str:
    counts = document.counts
    parts = [
        f"{number} {word}"
        for number, word in (
            (counts.untouched, "as drafted"),
            (counts.accepted, "accepted"),
            (counts.edited, "edited"),
            (counts.added, "added"),
            (counts.unsure, "unsure"),
        )
        if number
    ]
    cells = f"<b>{counts.final} cell{'' if counts.final == 1 else 's'}</b>"
    if counts.ignored:
        cells += f" and {counts.ignored} ignored"
    text = f"{cells}: {', '.join(parts)}" if parts else cells
    if counts.removed:
        text += f"<br>{counts.removed} false positive{'s' if counts.removed > 1 else ''} removed"
    return text
