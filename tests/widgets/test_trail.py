"""The path of a gesture lies over the canvas, and the mouse goes through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtGui import QColor, QGuiApplication
from qtpy.QtWidgets import QWidget

from napari_fncells.demo.pilot import Pilot
from napari_fncells.widgets.trail import Trail

SQUARE = [(20.0, 20.0), (80.0, 20.0), (80.0, 80.0), (20.0, 80.0)]


@pytest.fixture
def canvas(qtbot) -> Iterator[QWidget]:
    canvas = QWidget()
    canvas.setStyleSheet("background: black")
    qtbot.addWidget(canvas)
    canvas.resize(120, 100)
    canvas.show()
    qtbot.waitExposed(canvas)
    yield canvas
    canvas.close()


def lightness(canvas: QWidget, x: int, y: int) -> int:
    return QColor(canvas.grab().toImage().pixelColor(x, y)).lightness()


def test_a_path_is_drawn_and_taken_away(canvas: QWidget) -> None:
    trail = Trail(canvas)
    assert lightness(canvas, 50, 20) == 0
    trail.show_trail("cut", SQUARE)
    assert lightness(canvas, 50, 20) > 200
    trail.clear()
    assert lightness(canvas, 50, 20) == 0


def test_no_points_take_it_away_too(canvas: QWidget) -> None:
    trail = Trail(canvas)
    trail.show_trail("cut", SQUARE)
    trail.show_trail("cut", [])
    assert lightness(canvas, 50, 20) == 0
    assert trail.isHidden()


def test_a_cut_stays_open_and_the_others_close(canvas: QWidget) -> None:
    trail = Trail(canvas)
    seen = {}
    for kind in ("cut", "trace", "lasso"):
        trail.show_trail(kind, SQUARE)
        left = [lightness(canvas, 20, y) for y in range(25, 75)]
        seen[kind] = (max(left), min(left), lightness(canvas, 50, 50))
    assert seen["cut"] == (0, 0, 0)
    assert seen["trace"][1] > 120
    # Dashed: with gaps
    assert seen["lasso"][0] > 200
    assert seen["lasso"][1] < 60
    assert min(seen["trace"][2], seen["lasso"][2]) > 0


def test_the_mouse_goes_through(canvas: QWidget) -> None:
    trail = Trail(canvas)
    trail.show_trail("trace", SQUARE)
    assert trail.isVisible()
    assert canvas.childAt(QPoint(50, 20)) is None


def test_it_follows_the_size_of_the_canvas(canvas: QWidget, qtbot) -> None:
    trail = Trail(canvas)
    trail.show_trail("cut", SQUARE)
    canvas.resize(300, 200)
    qtbot.waitUntil(lambda: trail.size() == canvas.size() and canvas.width() == 300)
    trail.show_trail("cut", [(250.0, 150.0), (290.0, 150.0)])
    assert lightness(canvas, 270, 150) > 200
    assert lightness(canvas, 50, 20) == 0


def test_a_single_point_and_numbers_of_numpy_do_no_harm(canvas: QWidget) -> None:
    trail = Trail(canvas)
    trail.show_trail("lasso", [(5.0, 5.0)])
    trail.show_trail("cut", [*SQUARE, tuple(np.float32([20, 20]))])
    assert lightness(canvas, 50, 20) > 200


def test_it_is_seen_above_naparis_canvas(make_napari_viewer: Callable) -> None:
    viewer = make_napari_viewer(show=True)
    viewer.add_image(np.full((100, 100), 100, np.uint8), contrast_limits=(0, 255))
    pilot = Pilot(viewer)
    pilot.settle()
    canvas, trail = pilot.canvas, Trail(pilot.canvas)
    middle = canvas.rect().center()
    x, y = middle.x(), middle.y()
    beside = QPoint(x, y + 40)

    def seen(place: QPoint) -> int:
        everywhere = canvas.mapToGlobal(place)
        screen = QGuiApplication.primaryScreen().grabWindow(0).toImage()
        return QColor(screen.pixelColor(everywhere)).lightness()

    picture = seen(middle)
    assert picture == pytest.approx(100, abs=3)
    trail.show_trail("cut", [(x - 50, y), (x + 50, y)])
    pilot.wait_until(lambda: seen(middle) > 240, "the line", seconds=10)
    assert seen(beside) == picture
    trail.clear()
    pilot.wait_until(lambda: seen(middle) == picture, "the line's end", seconds=10)
    vars(pilot).clear()
