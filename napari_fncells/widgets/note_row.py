"""One line for a note: on the selected cell, or on the picture where none is selected."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject, Qt, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from napari_fncells.core.notes import MOST
from napari_fncells.viewer.commands import command
from napari_fncells.widgets.key_names import key_names


class NoteRow(QWidget):
    """A text field and what it is about.

    What it is about stays as long as the field has the keys, whatever is selected meanwhile.
    Return and leaving the field take the note in; Escape leaves it as it was.

    Attributes
    ----------
    written
        Signal(object, str): the note on a cell, by its id, or, for None, on the picture.
    left
        Signal(): the keys are to go to the canvas again.
    """

    written = Signal(object, str)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cell: int | None = None
        self._text = ""
        self.about = QLabel()
        self.field = QLineEdit()
        self.field.setMaxLength(MOST)
        self.field.installEventFilter(self)
        self.field.editingFinished.connect(self.take_in)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.about)
        layout.addWidget(self.field, 1)
        self.show_note(None, "")

    def show_note(
        self, cell: int | None, text: str, *, read_only: bool = False, anew: bool = False
    ) -> None:
        """Show the note on a cell or, for None, on the picture.

        Not while one is written, unless `anew`: it is another picture's.
        """
        if self.field.hasFocus() and not anew:
            return
        self._show(cell, text)
        self.field.setReadOnly(read_only)

    def ask(self, cell: int | None, text: str) -> None:
        """Let a note be written now."""
        self.take_in()
        self._show(cell, text)
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.end(False)

    def take_in(self) -> None:
        """Take in what was written, if it is another text than before."""
        text = self.field.text()
        if text != self._text:
            self._text = text
            self.written.emit(self._cell, text)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Give the keys back to the canvas at Return and Escape."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.field.setText(self._text)
                self.left.emit()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.take_in()
                self.left.emit()
                return True
        return False

    def _show(self, cell: int | None, text: str) -> None:
        self._cell, self._text = cell, text
        if self.field.text() != text:
            self.field.setText(text)
            self.field.setCursorPosition(0)
        self.about.setText("Picture" if cell is None else f"Cell {cell}")
        keys = key_names(command("note_picture" if cell is None else "note"))
        place = "the picture" if cell is None else "this cell"
        self.field.setPlaceholderText(f"note ({keys[0]})" if keys else "note")
        self.field.setToolTip(text or f"A note on {place}, kept with the mask")
