"""Plots of the object table: how sizes and intensities are spread, and any two columns."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from napari_fncells.core.lasso import points_inside
from napari_fncells.viewer.palette import SELECTED_COLOUR
from napari_fncells.widgets.controls import Choice
from napari_fncells.widgets.plot import Plot
from napari_fncells.widgets.table_model import ObjectModel

_BINS = 24
_POINT_PX = 5
_CLICK_PX = 5
_NEAR_PX = 10
_TALLEST = 16_777_215
_LEAST, _MOST, _NARROW, _LOW = 350, 510, 140, 76


class DraggedPlot(Plot):
    """A plot over which one drags to select; the ids of what is selected are told.

    Attributes
    ----------
    chosen
        Signal(list, bool): cells selected, and whether in addition to those that are.
    """

    chosen = Signal(list, bool)

    def __init__(self, height: int, parent: QWidget | None = None) -> None:
        super().__init__(height=height, parent=parent)
        self._ids: NDArray[np.int64] = np.empty(0, np.int64)
        self._path: list[QPoint] = []
        self._trail = pg.PlotCurveItem(pen=pg.mkPen(SELECTED_COLOUR, width=2))
        self._trail.setZValue(10)
        self.addItem(self._trail, ignoreBounds=True)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin to select."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._path = [event.pos()]
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show what is being enclosed."""
        if self._path:
            self._path.append(event.pos())
            self._trail.setData(*self._outline().T)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Select what was enclosed; on the spot, what is nearest."""
        if not self._path or event.button() != Qt.MouseButton.LeftButton:
            return
        self._path.append(event.pos())
        away = max((p - self._path[0]).manhattanLength() for p in self._path)
        rows = self._at(event.pos()) if away < _CLICK_PX else self._within(self._outline())
        self._path = []
        self._trail.setData([], [])
        more = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.chosen.emit(self._ids[rows].tolist(), more)

    def _outline(self) -> NDArray[np.float64]:
        """(n, 2) points of the plot along the path."""
        box = self.getPlotItem().getViewBox()
        points = (box.mapSceneToView(self.mapToScene(point)) for point in self._path)
        return np.array([(point.x(), point.y()) for point in points])

    def _at(self, place: QPoint) -> NDArray[np.int64]:
        raise NotImplementedError

    def _within(self, outline: NDArray[np.float64]) -> NDArray[np.int64]:
        raise NotImplementedError


class Histogram(DraggedPlot):
    """How many cells have which value; the selected ones in another colour.

    Parameters
    ----------
    title
        Of the value.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(_LOW, parent)
        self.setLabel("bottom", title, color=self.foreground)
        self.setToolTip(f"Cells by {title}. Drag over a span to select its cells; Shift adds.")
        self._values: NDArray[np.float64] = np.empty(0)
        self._edges = np.array([0.0, 1.0])
        self._all, self._chosen = (
            pg.PlotCurveItem([0.0, 1.0], [0.0], stepMode="center", fillLevel=0, pen=None,
                             brush=pg.mkBrush(colour))
            for colour in (self.foreground + "70", SELECTED_COLOUR)
        )  # fmt: skip
        self.addItem(self._all)
        self.addItem(self._chosen)

    def show_values(
        self, ids: NDArray[np.int64], values: NDArray[np.float64], chosen: NDArray[np.bool_]
    ) -> None:
        """Show the (n,) values of cells, of which some are selected."""
        self._ids, self._values = ids, values
        known = np.isfinite(values)
        low, high = (values[known].min(), values[known].max()) if known.any() else (0.0, 1.0)
        if high <= low:
            low, high = low - 0.5, low + 0.5
        counts, self._edges = np.histogram(values[known], _BINS, (low, high))
        self._all.setData(self._edges, counts)
        self._chosen.setData(self._edges, np.histogram(values[known & chosen], self._edges)[0])
        self.setXRange(low, high, padding=0.02)
        self.setYRange(0, float(max(counts.max(initial=0), 1)), padding=0.05)

    def _at(self, place: QPoint) -> NDArray[np.int64]:
        """Cells of the bar there."""
        x = self.getPlotItem().getViewBox().mapSceneToView(self.mapToScene(place)).x()
        k = int(np.searchsorted(self._edges, x, side="right")) - 1
        if not 0 <= k < self._edges.size - 1:
            return np.empty(0, np.int64)
        low, high = self._edges[k], self._edges[k + 1]
        last = k == self._edges.size - 2
        below = self._values <= high if last else self._values < high
        return np.flatnonzero((self._values >= low) & below)

    def _within(self, outline: NDArray[np.float64]) -> NDArray[np.int64]:
        low, high = outline[:, 0].min(), outline[:, 0].max()
        return np.flatnonzero((self._values >= low) & (self._values <= high))


class Scatter(DraggedPlot):
    """One point for each cell, by two columns; a lasso selects."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(150, parent)
        self.setMaximumHeight(_TALLEST)
        self.setToolTip("Draw a lasso to select the cells within; Shift adds. A click takes one.")
        self.showAxis("left")
        self.getAxis("left").setWidth(44)
        self._points = np.empty((0, 2))
        self._all, self._chosen = (
            pg.ScatterPlotItem(size=_POINT_PX, pen=None, brush=pg.mkBrush(colour))
            for colour in (self.foreground + "90", SELECTED_COLOUR)
        )
        self.addItem(self._all)
        self.addItem(self._chosen)

    def show_points(
        self, ids: NDArray[np.int64], points: NDArray[np.float64], chosen: NDArray[np.bool_]
    ) -> None:
        """Show the (n, 2) points of cells, of which some are selected."""
        self._ids, self._points = ids, points
        known = np.isfinite(points).all(axis=1)
        self._all.setData(pos=points[known & ~chosen])
        self._chosen.setData(pos=points[known & chosen])
        if known.any():
            low, high = points[known].min(axis=0), points[known].max(axis=0)
            self.setXRange(low[0], high[0], padding=0.05)
            self.setYRange(low[1], high[1], padding=0.05)

    def _at(self, place: QPoint) -> NDArray[np.int64]:
        """The cell nearest to a place, if it is near."""
        known = np.flatnonzero(np.isfinite(self._points).all(axis=1))
        if not known.size:
            return known
        box = self.getPlotItem().getViewBox()
        spot = box.mapSceneToView(self.mapToScene(place))
        step = np.array(box.viewPixelSize())
        away = np.hypot(*((self._points[known] - (spot.x(), spot.y())) / step).T)
        return known[[away.argmin()]] if away.min() <= _NEAR_PX else known[:0]

    def _within(self, outline: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.flatnonzero(points_inside(self._points, outline))


class TablePlots(QWidget):
    """Two histograms beside a scatter plot of two columns.

    Parameters
    ----------
    model
        Whose shown rows are plotted.

    Attributes
    ----------
    chosen
        Signal(list, bool): see `DraggedPlot`.
    """

    chosen = Signal(list, bool)

    def __init__(self, model: ObjectModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._selected: frozenset[int] = frozenset()
        self._names: tuple[str, ...] = ()
        self.histograms = {"area": Histogram("area px²"), "mean": Histogram("mean intensity")}
        self.scatter = Scatter()
        self.across, self.up = Choice(), Choice()
        self._lay_out()
        for plot in (*self.histograms.values(), self.scatter):
            plot.chosen.connect(self.chosen)
        for choice in (self.across, self.up):
            choice.activated.connect(lambda _index: self.refresh())

    def show_selected(self, ids: frozenset[int]) -> None:
        """Show other cells as selected, and the rows as they are now."""
        self._selected = ids
        self.refresh()

    def refresh(self) -> None:
        """Draw the shown rows anew."""
        model = self._model
        if model.names != self._names:
            self._offer(model.names)
        if not self._names:
            return
        chosen = np.isin(model.ids, list(self._selected))
        for name, plot in self.histograms.items():
            plot.show_values(model.ids, model.shown(name), chosen)
        points = [model.shown(choice.currentData()) for choice in (self.across, self.up)]
        self.scatter.show_points(model.ids, np.stack(points, axis=1), chosen)

    def _offer(self, names: tuple[str, ...]) -> None:
        """Offer the columns of another table; those chosen stay where they can."""
        self._names = names
        for choice, usual in ((self.across, "area"), (self.up, "contrast")):
            kept = choice.currentData() or usual
            choice.clear()
            for name in names:
                if name != "state":
                    choice.addItem(name, name)
            choice.setCurrentIndex(max(choice.findData(kept), 0))

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        for plot in self.histograms.values():
            plot.setFixedWidth(_NARROW)
            left.addWidget(plot)
        left.addStretch(1)
        axes = QHBoxLayout()
        for words, choice in (("across", self.across), ("up", self.up)):
            axes.addWidget(QLabel(words))
            axes.addWidget(choice, 1)
        plots = QHBoxLayout()
        plots.addLayout(left)
        plots.addWidget(self.scatter, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(axes)
        layout.addLayout(plots, 1)
        self.setMinimumWidth(_LEAST)
        self.setMaximumWidth(_MOST)
