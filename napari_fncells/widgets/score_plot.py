"""The histogram of a picture's scores, with a cutoff line to be dragged."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QWidget

from napari_fncells.widgets.plot import Plot, silently


class ScorePlot(Plot):
    """How many pixels have which score, on a logarithmic scale; all above the line are cells.

    Attributes
    ----------
    moved
        Signal(float): the line is being dragged, to this score.
    released
        Signal(float): it was let go of.
    """

    moved = Signal(float)
    released = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setToolTip(
            "How many pixels have which score (logarithmic). Drag the line: all to its right "
            "becomes cells."
        )
        self._curve = pg.PlotCurveItem(
            [0.0, 1.0],
            [0.0],
            stepMode="center",
            fillLevel=0,
            pen=None,
            brush=pg.mkBrush(self.foreground + "60"),
        )
        self.addItem(self._curve)
        self.line = pg.InfiniteLine(
            angle=90,
            movable=True,
            pen=pg.mkPen(self.highlight, width=2),
            hoverPen=pg.mkPen(self.foreground, width=3),
            label="{value:.4g}",
            labelOpts={"position": 0.85, "color": self.foreground, "movable": False},
        )
        self.line.setCursor(Qt.CursorShape.SizeHorCursor)
        self.line.setVisible(False)
        self.addItem(self.line)
        self.line.sigPositionChanged.connect(self._on_moved)
        self.line.sigPositionChangeFinished.connect(self._on_released)

    def show_scores(self, counts: NDArray[np.integer], edges: NDArray[np.floating]) -> None:
        """Show a histogram.

        Parameters
        ----------
        counts, edges
            (B,) numbers of pixels and (B + 1,) limits of the bins.
        """
        self._curve.setData(edges, np.log10(counts + 1.0))
        low, high = float(edges[0]), float(edges[-1])
        silently(self.line, lambda: self.line.setBounds((low, high)))
        self.line.setVisible(True)
        self.setXRange(low, high, padding=0.01)
        self.setYRange(0, float(np.log10(counts.max(initial=1) + 1.0)), padding=0.02)

    def show_cutoff(self, cutoff: float) -> None:
        """Put the line at a score."""
        silently(self.line, lambda: self.line.setValue(cutoff))
        self.line.label.valueChanged()

    def clear_scores(self) -> None:
        """Show that there is no score map yet."""
        self._curve.setData([0.0, 1.0], [0.0])
        self.line.setVisible(False)

    def _on_moved(self) -> None:
        self.moved.emit(float(self.line.value()))

    def _on_released(self) -> None:
        self.released.emit(float(self.line.value()))
