"""A real window for measuring: events as a hand sends them, and when what they ask for is there.

Three moments after an event: *handled*, its handler has returned (pixels, overlay, dock, the
edit on its way to the journal); *drawn*, the frame that shows it is on the screen; *saved*, the
journal has acknowledged it. *Worked* is what the window's thread has had of the processor until it
was drawn: where other programs keep the machine busy, that still tells something.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tifffile
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from benchmarks import scenes
from napari_fncells.demo.pilot import Pilot
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.widgets.window import open_window

LEFT, NOTHING = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier

_FRAME_S = 2.0  # an event that draws nothing is given up after this
_SAVED_S = 20.0
_MOVES_S = 0.012  # VisPy drops movements that follow one another faster


@dataclass
class Times:
    """Milliseconds of one kind of event, over its repeats."""

    handled: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)


class Desk:
    """The window with one picture and its draft.

    Parameters
    ----------
    shape
        Of the picture: that of the tile is opened in colour, larger ones in one channel.
    folder
        For the picture's file.
    """

    def __init__(self, shape: tuple[int, int], folder: Path) -> None:
        self.viewer, self.widget = open_window()
        self.viewer.window._qt_window.resize(1400, 900)
        self.pilot = Pilot(self.viewer)
        self.canvas = self.pilot.canvas
        self.frames = 0
        self.times: dict[str, Times] = {}
        scene = self.viewer.window._qt_viewer.canvas._scene_canvas
        scene.events.draw.connect(self._count_frame, position="last")
        self.pixels, labels = scenes.tiled(shape)
        if shape == scenes.BASE:
            self.pixels = scenes.tile().pixels
        self.corner = scenes.middle_corner(shape)
        path = folder / "scene.tif"
        tifffile.imwrite(path, self.pixels)
        self.workspace.open_files([path])
        self.pilot.wait_until(lambda: self.workspace.current is not None, "opening", 120)
        self._adopt(labels)
        self.look()

    @property
    def workspace(self) -> Any:
        return self.widget.workspace

    @property
    def document(self) -> Any:
        return self.workspace.session.document

    @property
    def keeper(self) -> Any:
        return self.workspace.current.keeper

    @property
    def mask(self) -> MaskLayer:
        return self.workspace.mask_layer

    def look(self) -> None:
        """Show the tile that is worked on, as large as the canvas lets it be."""
        size = self.canvas.size()
        zoom = min(size.height() / scenes.BASE[0], size.width() / scenes.BASE[1])
        row, column = (c + s / 2 for c, s in zip(self.corner, scenes.BASE, strict=True))
        self.pilot.look_at(row, column, zoom * 0.98)

    # -- events ------------------------------------------------------------------------------

    def click(self, point: scenes.Point, modifiers: Any = PLAIN) -> None:
        """Press and release at a pixel of the tile."""
        place = self.place(point)
        QTest.mousePress(self.canvas, LEFT, modifiers, place)
        QTest.mouseRelease(self.canvas, LEFT, modifiers, place)

    def drag(self, name: str, path: Sequence[scenes.Point], modifiers: Any = PLAIN) -> None:
        """Drag along a path of the tile; times each movement, and the release."""
        places = [self.place(point) for point in path]
        issued = self.document.edit_count
        QTest.mousePress(self.canvas, LEFT, modifiers, places[0])
        for place in places[1:]:
            self._rest(_MOVES_S)
            # The trail is drawn over the canvas, which needs no new frame of its own
            self.timed(
                f"{name}: a movement", lambda p=place: self._move(p, modifiers), frame=False
            )
        self._rest(_MOVES_S)
        end = places[-1]
        # A long stroke is taken into the history before its end, too
        self.timed(
            name, lambda: QTest.mouseRelease(self.canvas, LEFT, modifiers, end), since=issued
        )

    def _rest(self, seconds: float) -> None:
        """Let the window work for a while, as a hand does between two movements."""
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds:
            QApplication.processEvents()

    def key(self, key: Any, modifiers: Any = PLAIN) -> None:
        """Press and release a key over the canvas."""
        QTest.keyClick(self.canvas, key, modifiers)

    def wheel(self, point: scenes.Point, modifiers: Any) -> None:
        """Turn the wheel by one notch."""
        place = self.place(point)
        event = QWheelEvent(
            QPointF(place), QPointF(self.canvas.mapToGlobal(place)), QPoint(0, 0), QPoint(0, 120),
            NOTHING, modifiers, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    def place(self, point: scenes.Point) -> QPoint:
        """Where a pixel of the tile is on the canvas."""
        return self.pilot.place(point[0] + self.corner[0], point[1] + self.corner[1])

    def _move(self, place: QPoint, modifiers: Any) -> None:
        event = QMouseEvent(
            QEvent.Type.MouseMove, QPointF(place), QPointF(self.canvas.mapToGlobal(place)),
            NOTHING, LEFT, modifiers,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    # -- the clock ---------------------------------------------------------------------------

    def edit(self, name: str, act: Callable[[], object]) -> None:
        """Do what makes an edit, and time it."""
        self.timed(name, act, since=self.document.edit_count)

    def timed(
        self,
        name: str,
        act: Callable[[], object],
        *,
        since: int | None = None,
        frame: bool = True,
    ) -> None:
        """Do something; note when it was handled, drawn and saved.

        Parameters
        ----------
        name, act
            What is done.
        since
            Number of the last edit before it; None for what makes no edit.
        frame
            Whether to wait for a frame of the canvas; else for what is drawn over it.

        Raises
        ------
        RuntimeError
            Where no edit was made.
        """
        times = self.times.setdefault(name, Times())
        frames = self.frames
        begin, work = time.perf_counter(), time.thread_time()
        act()
        times.handled.append(_ms(begin))
        edited = since is not None and self.document.edit_count > since
        watch = _SavedWatch(self.keeper, begin) if edited else None
        QApplication.processEvents()
        while frame and self.frames == frames and time.perf_counter() - begin < _FRAME_S:
            QApplication.processEvents()
        if self.frames > frames or not frame:
            times.drawn.append(_ms(begin))
            times.worked.append(1000 * (time.thread_time() - work))
        if since is not None and not edited:
            raise RuntimeError(f"{name} changed nothing: {self.widget.correct.message.text()}")
        if watch is not None:
            times.saved.append(watch.wait())

    def empty_frames(self, number: int) -> list[float]:
        """Milliseconds of frames in which nothing changed."""
        found = []
        for _ in range(number):
            frames, begin = self.frames, time.perf_counter()
            self.canvas.update()
            while self.frames == frames:
                QApplication.processEvents()
            found.append(_ms(begin))
        return found

    def close(self) -> None:
        """Close the window once everything is written."""
        self.workspace.saving.close()
        self.viewer.close()

    def _adopt(self, labels: NDArray[Any]) -> None:
        """Take labels over as the draft, and wait until that is saved."""
        self.workspace.require_session().adopt(labels, "scene")
        # The count of touching pairs, which the dock makes once, is no part of a gesture
        self.pilot.wait_until(lambda: self.keeper.state.settled, "the draft's saving", 300)
        self.pilot.wait_until(lambda: self.widget._touching is not None, "the first count", 300)

    def _count_frame(self, _event: Any = None) -> None:
        self.frames += 1


class _SavedWatch:
    """Notes when a keeper has saved all that was done before, while the window goes on."""

    def __init__(self, keeper: Any, begin: float) -> None:
        self._keeper, self._begin = keeper, begin
        self._issued = keeper.state.issued
        self._found = float("nan")
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def wait(self) -> float:
        """Milliseconds until it was saved."""
        while self._thread.is_alive():
            QApplication.processEvents()
            self._thread.join(0.002)
        return self._found

    def _look(self) -> None:
        while self._keeper.state.saved < self._issued:
            time.sleep(0.002)
            if time.perf_counter() - self._begin > _SAVED_S:
                return
        self._found = _ms(self._begin)


def _ms(begin: float) -> float:
    return 1000 * (time.perf_counter() - begin)
