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
        self.hide()
        self.setGeometry(canvas.rect())
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Follow the size of the canvas."""
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self._fill_canvas()
        return False

    def cover(self) -> None:
        """Show it above everything else on the canvas."""
        self._fill_canvas()
        self.show()
        self.raise_()

    def _fill_canvas(self) -> None:
        # Asked for, not kept: what belongs to a window must not keep it alive
        canvas = self.parentWidget()
        if canvas is not None:
            self.setGeometry(canvas.rect())
