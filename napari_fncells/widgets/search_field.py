"""A field to search with: what is typed counts when the typing pauses."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QLineEdit, QWidget

TYPING_MS = 150


class SearchField(QLineEdit):
    """Takes the keys only when it is clicked, and gives them back at Return and Escape.

    Attributes
    ----------
    searched
        Signal(): there is something else to search for.
    left
        Signal(): the keys are to go to the canvas again.
    """

    searched = Signal()
    left = Signal()

    def __init__(self, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, placeholderText=hint, clearButtonEnabled=True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._typing = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typing.timeout.connect(self.searched)
        self.textChanged.connect(lambda _text: self._typing.start())

    @property
    def in_use(self) -> bool:
        """Whether somebody types, so that the text is not to be set by others."""
        return bool(self.hasFocus() or self._typing.isActive())

    def show_text(self, text: str) -> None:
        """Show what is searched for, without searching for it."""
        if self.text() != text and not self.in_use:
            blocked = self.blockSignals(True)
            self.setText(text)
            self.blockSignals(blocked)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Search at once and give the keys back at Return; the same without words at Escape."""
        if event.key() not in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        if event.key() == Qt.Key.Key_Escape:
            self.clear()
        if self._typing.isActive():
            self._typing.stop()
            self.searched.emit()
        self.left.emit()
