"""The path of a gesture, drawn over the canvas while it is dragged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import QPointF, QRect, Qt
from qtpy.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.palette import STATE_COLOURS
from napari_fncells.widgets.canvas_child import CanvasChild

_WIDTH = 2
_HALO = 5  # a dark line below, so that the path is seen on bright cells, too
_HALO_COLOUR = QColor(0, 0, 0, 150)
_DASH = [4.0, 3.0]
_WHITE = "#ffffff"


@dataclass(frozen=True)
class _Style:
    colour: str
    closed: bool
    dashed: bool = False


_STYLES = {
    "lasso": _Style(_WHITE, closed=True, dashed=True),
    "cut": _Style(_WHITE, closed=False),
    "trace": _Style(STATE_COLOURS[ObjectState.ADDED], closed=True),
}


class Trail(CanvasChild):
    """Draws a path over a canvas; the mouse goes through it.

    Parameters
    ----------
    canvas
        The canvas's native widget; it owns this one.
    """

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._path = QPolygonF()
        self._style = _STYLES["cut"]

    def show_trail(self, kind: str, points: Sequence[tuple[float, float]]) -> None:
        """Draw a path.

        Parameters
        ----------
        kind
            'lasso' (dashed, closed), 'cut' (a line) or 'trace' (closed).
        points
            (x, y) on the canvas, as of napari's `event.pos`: device-independent pixels from
            the upper left. None clears.
        """
        before = self._extent()
        self._style = _STYLES[kind]
        self._path = QPolygonF([QPointF(float(x), float(y)) for x, y in points])
        if not points:
            self.hide()
        elif self.isHidden():
            self.cover()
        # No more than the path: the canvas below is composed anew wherever it is asked for
        self.update(before.united(self._extent()))

    def clear(self) -> None:
        """Take the path away."""
        self._path = QPolygonF()
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Draw the path on a dark halo."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(self._style.colour)
        pen = _pen(colour, _WIDTH)
        if self._style.dashed:
            pen.setDashPattern(_DASH)
        self._draw(painter, _pen(_HALO_COLOUR, _HALO))
        if self._style.closed:
            colour.setAlpha(40)
            painter.setBrush(colour)
        self._draw(painter, pen)
        painter.end()

    def _draw(self, painter: QPainter, pen: QPen) -> None:
        painter.setPen(pen)
        if self._style.closed:
            painter.drawPolygon(self._path)
        else:
            painter.drawPolyline(self._path)

    def _extent(self) -> QRect:
        """The part of the canvas that the path and its halo cover."""
        if self._path.isEmpty():
            return QRect()
        return self._path.boundingRect().toAlignedRect().adjusted(-_HALO, -_HALO, _HALO, _HALO)


def _pen(colour: QColor, width: float) -> QPen:
    pen = QPen(colour, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
