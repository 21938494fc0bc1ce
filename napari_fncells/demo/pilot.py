"""A pilot: works a napari window by real mouse and key events, and takes pictures of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, QEventLoop, QPoint, QPointF, QSize, Qt, QTimer
from qtpy.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QWidget

_LEFT = Qt.MouseButton.LeftButton
_PLAIN = Qt.KeyboardModifier.NoModifier
_STEP_MS = 12


class PilotError(RuntimeError):
    """The window did not do what it should."""


class Pilot:
    """Mouse and keyboard of a napari window.

    Parameters
    ----------
    viewer
        A `napari.Viewer` with its window shown.
    """

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.window = viewer.window._qt_window
        self.canvas: QWidget = viewer.window._qt_viewer.canvas.native

    def wait_until(self, true: Callable[[], bool], what: str, seconds: float = 30) -> None:
        """Let the window work until something holds.

        Raises
        ------
        PilotError
            Where it does not within `seconds`.
        """
        loop = QEventLoop()
        poll = QTimer(interval=10)
        poll.timeout.connect(lambda: loop.quit() if true() else None)
        limit = QTimer(singleShot=True, interval=int(seconds * 1000))
        limit.timeout.connect(loop.quit)
        poll.start()
        limit.start()
        if not true():
            loop.exec_() if hasattr(loop, "exec_") else loop.exec()
        poll.stop()
        if not true():
            raise PilotError(f"{what} did not happen within {seconds:g} s")

    def settle(self) -> None:
        """Let everything that is due be done and drawn."""
        for _ in range(3):
            QApplication.processEvents()
        QTest.qWait(50)

    def choose(self, path: Sequence[str], look: Callable[[], None] | None = None) -> None:
        """Click through the menu bar, e.g. ('File', 'Open Sample', 'Fluorescent cells', ...).

        `look` is called before the last click, with all menus open.
        """
        bar: Any = self.window.menuBar()
        for text in path:
            action = _action(bar, text)
            if look is not None and text == path[-1]:
                look()
            QTest.mouseClick(bar, _LEFT, _PLAIN, bar.actionGeometry(action).center())
            self.settle()
            bar = action.menu()

    def press(self, button: QWidget) -> None:
        """Click a button of a dock."""
        if not button.isEnabled() or not button.isVisible():
            raise PilotError(f"the button {button.text()!r} cannot be pressed")
        QTest.mouseClick(button, _LEFT)
        self.settle()

    def click(self, row: float, column: float, modifiers: Any = _PLAIN) -> None:
        """Click a pixel of the picture."""
        QTest.mouseClick(self.canvas, _LEFT, modifiers, self.place(row, column))
        self.settle()

    def shift_click(self, row: float, column: float) -> None:
        """Shift+click a pixel of the picture."""
        self.click(row, column, Qt.KeyboardModifier.ShiftModifier)

    def drag(self, points: Sequence[tuple[float, float]], modifiers: Any = _PLAIN) -> None:
        """Press at the first pixel, move over the others, release at the last."""
        places = [self.place(*point) for point in points]
        QTest.mousePress(self.canvas, _LEFT, modifiers, places[0])
        for place in places[1:]:
            # No faster than a hand: vispy passes over what comes within 10 ms
            QTest.qWait(_STEP_MS)
            self._move(place, modifiers)
            QApplication.processEvents()
        QTest.mouseRelease(self.canvas, _LEFT, modifiers, places[-1])
        self.settle()

    def _move(self, place: QPoint, modifiers: Any, button: Any = _LEFT) -> None:
        """Move the mouse with a button held, which QTest's own move does not say."""
        everywhere = self.canvas.mapToGlobal(place)
        event = QMouseEvent(
            QEvent.Type.MouseMove,
            QPointF(place),
            QPointF(everywhere),
            Qt.MouseButton.NoButton,
            button,
            modifiers,
        )
        QApplication.sendEvent(self.canvas, event)

    def hover(self, row: float, column: float) -> None:
        """Move the mouse to a pixel of the picture, no button held."""
        # As it comes in: where the pointer of the screen itself is does not matter
        self.viewer.mouse_over_canvas = True
        self._move(self.place(row, column), _PLAIN, Qt.MouseButton.NoButton)
        self.settle()

    def wheel(
        self, row: float, column: float, angle: int, modifiers: Any = _PLAIN, across: int = 0
    ) -> None:
        """Turn the wheel over a pixel of the picture.

        Parameters
        ----------
        row, column
            Where.
        angle, across
            Of the turn, in eighths of a degree; a notch is 120. Trackpads send less at a time,
            and turned sideways the second.
        modifiers
            Keys held.
        """
        place = self.place(row, column)
        event = QWheelEvent(
            QPointF(place),
            QPointF(self.canvas.mapToGlobal(place)),
            QPoint(),
            QPoint(across, angle),
            Qt.MouseButton.NoButton,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(self.canvas, event)
        self.settle()

    def key(self, key: Any, modifiers: Any = _PLAIN) -> None:
        """Press a key with the canvas in focus."""
        self.canvas.setFocus()
        QTest.keyClick(self.canvas, key, modifiers)
        self.settle()

    def look_at(self, row: float, column: float, zoom: float) -> None:
        """Move the camera to a pixel."""
        camera = self.viewer.scene.camera
        camera.center = (0.0, row, column)
        camera.zoom = zoom
        self.settle()

    def place(self, row: float, column: float) -> QPoint:
        """Where a pixel of the picture is on the canvas.

        Raises
        ------
        PilotError
            Where it is not on the canvas.
        """
        camera = self.viewer.scene.camera
        size: QSize = self.canvas.size()
        x = size.width() / 2 + (column - camera.center[-1]) * camera.zoom
        y = size.height() / 2 + (row - camera.center[-2]) * camera.zoom
        if not (0 <= x < size.width() and 0 <= y < size.height()):
            raise PilotError(f"the pixel ({row:g}, {column:g}) is not on the canvas")
        return QPoint(round(x), round(y))

    def screenshot(self, path: Path) -> None:
        """Save the whole screen as PNG."""
        self.settle()
        shot = QGuiApplication.primaryScreen().grabWindow(0)
        if not shot.save(str(path), "PNG"):
            raise PilotError(f"the screenshot {path} could not be saved")


def _action(menu: Any, text: str) -> Any:
    """The entry of a menu with a text, mnemonics aside."""
    entries = {action.text().replace("&", ""): action for action in menu.actions()}
    if text not in entries:
        raise PilotError(f"the menu has no {text!r}, only: {', '.join(filter(None, entries))}")
    return entries[text]
