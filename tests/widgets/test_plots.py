"""The plots of the draft panel, dragged by the mouse."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyqtgraph as pg
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QScrollArea

from napari_fncells.widgets.plot import Plot
from napari_fncells.widgets.score_plot import ScorePlot
from napari_fncells.widgets.size_plot import SizePlot

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def every_movement() -> Iterator[None]:
    """pyqtgraph leaves out movements that follow one another too fast for a hand."""
    before = pg.getConfigOption("mouseRateLimit")
    pg.setConfigOption("mouseRateLimit", -1)
    yield
    pg.setConfigOption("mouseRateLimit", before)


@pytest.fixture
def scores(qtbot: QtBot) -> ScorePlot:
    plot = ScorePlot()
    qtbot.addWidget(plot)
    plot.resize(340, plot.height())
    values = np.random.default_rng(0).gamma(2.0, 10.0, 20_000)
    plot.show_scores(*np.histogram(values, 100, (0, 100)))
    plot.show_cutoff(50)
    plot.show()
    qtbot.waitExposed(plot)
    settle()
    return plot


@pytest.fixture
def sizes(qtbot: QtBot) -> SizePlot:
    plot = SizePlot()
    qtbot.addWidget(plot)
    plot.resize(340, plot.height())
    plot.show_areas(np.array([120, 300, 900, 1000, 1100, 4000]))
    plot.show()
    qtbot.waitExposed(plot)
    settle()
    return plot


def settle() -> None:
    for _ in range(4):
        QApplication.processEvents()


def place(plot: Plot, x: float) -> QPoint:
    """Pixel of the widget at a value."""
    scene = plot.getViewBox().mapViewToScene(QPointF(x, 1.0))
    return plot.mapFromScene(QPointF(scene.x(), plot.height() / 3))


def drag(plot: Plot, start: float, stop: float) -> None:
    """Drag from one value to another by real mouse events."""
    view = plot.viewport()
    begin, end = place(plot, start), place(plot, stop)
    QTest.mouseMove(view, begin)
    QTest.mousePress(view, LEFT, pos=begin)
    for share in np.linspace(0, 1, 8):
        at = QPointF(begin) + (QPointF(end) - QPointF(begin)) * float(share)
        QApplication.sendEvent(
            view,
            QMouseEvent(
                QMouseEvent.Type.MouseMove,
                at,
                QPointF(view.mapToGlobal(at.toPoint())),
                Qt.MouseButton.NoButton,
                LEFT,
                Qt.KeyboardModifier.NoModifier,
            ),
        )
        settle()
    QTest.mouseRelease(view, LEFT, pos=end)
    settle()


def test_the_cutoff_line_is_dragged(scores: ScorePlot) -> None:
    moved: list[float] = []
    released: list[float] = []
    scores.moved.connect(moved.append)
    scores.released.connect(released.append)
    drag(scores, 50, 70)
    assert len(moved) > 2, "it is told while it moves"
    assert len(released) == 1
    assert released[0] == pytest.approx(70, abs=3)
    assert moved[-1] == released[0]


def test_the_line_stays_within_the_scores(scores: ScorePlot) -> None:
    drag(scores, 50, 400)
    assert scores.line.value() == 100


def test_showing_a_cutoff_tells_nothing(scores: ScorePlot) -> None:
    moved: list[float] = []
    scores.moved.connect(moved.append)
    scores.show_cutoff(20)
    assert scores.line.value() == 20
    assert not moved


def test_the_band_of_sizes_is_dragged(sizes: SizePlot) -> None:
    told: list[tuple[int, int]] = []
    sizes.moved.connect(lambda low, high: told.append((low, high)))
    assert sizes.limits == (0, 0), "at first all are kept"
    sizes.show_limits(100, 0)
    assert not told
    drag(sizes, 2.0, 2.5)
    assert told[-1][0] == pytest.approx(10**2.5, rel=0.15)
    assert told[-1][1] == 0, "no largest"


def test_plots_leave_wheel_and_keys_alone(qtbot: QtBot) -> None:
    area = QScrollArea()
    qtbot.addWidget(area)
    plot = SizePlot()
    area.setWidget(plot)
    area.resize(200, 60)
    area.show()
    qtbot.waitExposed(area)
    assert plot.focusPolicy() == Qt.FocusPolicy.NoFocus
    before = plot.viewRange()
    QTest.keyClick(plot, Qt.Key.Key_A)
    assert plot.viewRange() == before
