"""The histogram of the sizes of cells, with the limits of what is kept."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QWidget

from napari_fncells.widgets.plot import Plot, silently

_BINS = 32
_LOW, _HIGH = 0.5, 6.0
"""Areas from 3 to a million px², as powers of ten."""


class SizePlot(Plot):
    """How many pieces have which area, logarithmic; those in the band are kept.

    Attributes
    ----------
    moved
        Signal(int, int): smallest and largest area kept, in px²; 0 for a largest without limit.
    counts
        How many pieces are in each bar.
    """

    moved = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(height=84, parent=parent)
        self.setToolTip(
            "How many pieces have which area in px². Drag the ends of the band: pieces outside "
            "are dropped."
        )
        self.getAxis("bottom").setLogMode(True)
        self.counts: NDArray[np.integer] = np.zeros(_BINS, dtype=np.int64)
        self._bars = pg.PlotCurveItem(
            [0.0, 1.0],
            [0.0],
            stepMode="center",
            fillLevel=0,
            pen=None,
            brush=pg.mkBrush(self.foreground + "80"),
        )
        self.addItem(self._bars)
        self.band = pg.LinearRegionItem(
            values=(_LOW, _HIGH),
            bounds=(_LOW, _HIGH),
            brush=pg.mkBrush(self.highlight + "30"),
            pen=pg.mkPen(self.highlight, width=2),
            hoverPen=pg.mkPen(self.foreground, width=3),
        )
        self.band.setMovable(True)
        self.addItem(self.band)
        self.setXRange(_LOW, _HIGH, padding=0.02)
        self.band.sigRegionChanged.connect(self._on_moved)

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest area kept, in px²; 0 where there is no limit."""
        low, high = self.band.getRegion()
        smallest = 0 if low <= _LOW else round(10**low)
        largest = 0 if high >= _HIGH else round(10**high)
        return smallest, largest

    def show_areas(self, areas: NDArray[np.integer]) -> None:
        """Show the areas of all pieces, in px²."""
        counts, edges = np.histogram(np.log10(np.maximum(areas, 1)), _BINS, (_LOW, _HIGH))
        self.counts = counts
        self._bars.setData(edges, counts)
        self.setYRange(0, float(max(counts.max(initial=0), 1)), padding=0.05)

    def show_limits(self, smallest: int, largest: int) -> None:
        """Put the band around the areas that are kept; 0 for no limit."""
        low = np.log10(max(smallest, 1))
        high = np.log10(largest) if largest else _HIGH
        silently(self.band, lambda: self.band.setRegion((max(low, _LOW), max(high, low))))

    def _on_moved(self) -> None:
        self.moved.emit(*self.limits)
