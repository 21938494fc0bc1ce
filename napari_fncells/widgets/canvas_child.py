"""Base of what lies over napari's canvas."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QWidget


class CanvasChild(QWidget):
    """Covers a canvas, follows its size and is hidden at first.

    Parameters
    ----------
    canvas
        The canvas's native widget; it owns this one.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.hide()
        self.setGeometry(canvas.rect())
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the size of the canvas."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._canvas.rect())
        return False

    def cover(self) -> None:
        """Show it above everything else on the canvas."""
        self.setGeometry(self._canvas.rect())
        self.show()
        self.raise_()
