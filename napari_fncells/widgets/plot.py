"""Small plots in the dock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from napari.utils.theme import get_theme
from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QWidget

HEIGHT = 96


class Plot(pg.PlotWidget):
    """Plot without axes to be dragged or menus: what moves in it are its own handles.

    Parameters
    ----------
    height
        In px of the screen.
    theme
        Name of napari's theme, whose colours are taken.
    """

    def __init__(
        self, height: int = HEIGHT, theme: str = "dark", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        colours = get_theme(theme)
        self.foreground = colours.text.as_hex()
        self.highlight = colours.current.as_hex()
        self.setBackground(colours.background.as_hex())
        self.setFixedHeight(height)
        self.setMouseEnabled(x=False, y=False)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setFrameShape(self.Shape.NoFrame)
        # Keys go on to the canvas
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setTextPen(self.foreground)
            axis.setPen(self.foreground)
        self.hideAxis("left")
        self.getAxis("bottom").setStyle(tickTextOffset=2)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Not pyqtgraph's 640 px, which would widen the dock."""
        return QSize(200, self.height())

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Leave the wheel to the dock, which scrolls."""
        event.ignore()


def silently(item: Any, act: Callable[[], object]) -> None:
    """Move a handle without its signals."""
    was = item.blockSignals(True)
    try:
        act()
    finally:
        item.blockSignals(was)
