"""The guard of the window: nothing unsaved is lost by closing it unasked."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QMainWindow, QMessageBox, QWidget

from napari_fncells.core.errors import UserError

FLUSH_SECONDS = 2.0
"""How long closing waits for what is being saved."""

_ELSEWHERE = "Save elsewhere…"
_LOSE = "Close and lose it"


class CloseGuard(QObject):
    """Asks before a window closes while something is not saved.

    Parameters
    ----------
    window
        The main window; it owns the guard.
    unsaved
        Says in a sentence what is not saved, or None where everything is.
    flush
        Called with a number of seconds: saves what can be saved within them. What it could not
        save is told by `unsaved`.
    save_elsewhere
        Saves to a folder; raises a UserError where that fails, too.
    """

    def __init__(
        self,
        window: QMainWindow,
        unsaved: Callable[[], str | None],
        flush: Callable[[float], object],
        save_elsewhere: Callable[[Path], object],
    ) -> None:
        super().__init__(window)
        self._unsaved = unsaved
        self._flush = flush
        self._save_elsewhere = save_elsewhere
        self._asking = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Keep the window open while the user has not decided."""
        if watched is not self._window or event.type() != QEvent.Type.Close:
            return False
        if not self._asking and self._may_close():
            return False
        event.ignore()
        return True

    @property
    def _window(self) -> QMainWindow:
        """The window; asked for, not kept: its guard must not keep it alive."""
        window: QMainWindow = self.parent()
        return window

    def _may_close(self) -> bool:
        sentence = self._still_unsaved()
        if sentence is None:
            return True
        if not self._can_stay():
            warnings.warn(f"The window closed with work not saved. {sentence}", stacklevel=2)
            return True
        self._asking = True
        try:
            return self._decide(sentence)
        finally:
            self._asking = False

    def _still_unsaved(self) -> str | None:
        """What is not saved after all that could be saved has been."""
        if self._unsaved() is None:
            return None
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            # What went wrong is told by `unsaved`
            with suppress(UserError):
                self._flush(FLUSH_SECONDS)
        finally:
            QApplication.restoreOverrideCursor()
        return self._unsaved()

    def _can_stay(self) -> bool:
        """Whether the window can be kept: not once a program has closed what is in it."""
        centre = self._window.centralWidget()
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        content = centre.findChildren(QWidget, options=direct) if centre is not None else []
        closed = bool(content) and all(widget.isHidden() for widget in content)
        return bool(self._window.isVisible()) and not closed

    def _decide(self, sentence: str) -> bool:
        """Ask until the work is saved, given up, or the window is to stay."""
        while True:
            answer = self._ask(sentence)
            if answer != _ELSEWHERE:
                return answer == _LOSE
            folder = QFileDialog.getExistingDirectory(self._window, "Folder to save to")
            if not folder:
                continue
            try:
                self._save_elsewhere(Path(folder))
            except UserError as error:
                sentence = str(error)
                continue
            return True

    def _ask(self, sentence: str) -> str:
        """Text of the button that was pressed."""
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Not everything is saved")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(sentence)
        box.setInformativeText("Closing the window now loses that work.")
        box.addButton(_ELSEWHERE, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(_LOSE, QMessageBox.ButtonRole.DestructiveRole)
        cancel = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(cancel)
        box.setEscapeButton(cancel)
        box.exec_() if hasattr(box, "exec_") else box.exec()
        pressed = box.clickedButton()
        return pressed.text().replace("&", "") if pressed is not None else ""
