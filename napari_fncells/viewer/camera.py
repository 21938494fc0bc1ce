"""Moving the camera to a cell, in a glide or at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psygnal import Signal

from napari_fncells.core.geometry import Box
from napari_fncells.viewer.layer import MaskLayer

# Share of the canvas's shorter side that a cell takes up: nearer or farther only beyond these
_SMALLEST, _USEFUL, _LARGEST = 0.04, 0.1, 0.5
_LEAST_SIDE = 20  # px: a speck is shown with what is around it
_SECONDS = 0.2
_AT_ONCE = 0.35  # share of the way that the first frame shows


@dataclass(frozen=True)
class Look:
    """Where a camera looks.

    Attributes
    ----------
    row, column
        Of the world, in the middle of the canvas.
    zoom
        Canvas pixels to one unit of the world.
    """

    row: float
    column: float
    zoom: float

    def towards(self, other: Look, share: float) -> Look:
        """A look on the way to another."""
        return Look(
            self.row + share * (other.row - self.row),
            self.column + share * (other.column - self.column),
            self.zoom * (other.zoom / self.zoom) ** share,
        )


class Glide:
    """Moves a camera to a place within a moment; whatever else moves it ends that.

    Parameters
    ----------
    viewer
        Returns the viewer.

    Attributes
    ----------
    started
        Signal(): `step` is to be called again and again until it returns False. Where nobody
        does, set `timed` to False: the camera is there at once.
    timed
        Whether somebody calls `step`.
    """

    started = Signal()

    def __init__(self, viewer: Callable[[], Any]) -> None:
        self._viewer = viewer
        self._way: tuple[Look, Look] | None = None
        self._begun = 0.0
        self._shown: Look | None = None
        self.timed = False

    @property
    def going(self) -> bool:
        """Whether the camera is on its way."""
        return self._way is not None

    def to(self, mask: MaskLayer, box: Box) -> None:
        """Go to a box of the picture, and so near that it can be judged.

        The zoom stays where the cell is seen well already: a jump of scale costs orientation.
        """
        viewer = self._viewer()
        begin, end = self._look(), _look_at(viewer, mask, box)
        if not self.timed:
            self._show(end)
            return
        self._way, self._begun = (begin, end), time.monotonic()
        self._show(begin.towards(end, _AT_ONCE))
        self.started.emit()

    def step(self) -> bool:
        """Go on; False once the camera is there, or something else has moved it."""
        if self._way is None:
            return False
        if self._shown != self._look():
            self._way = None
            return False
        begin, end = self._way
        passed = (time.monotonic() - self._begun) / _SECONDS
        if passed >= 1:
            self.land()
            return False
        # Slower towards the end
        share = _AT_ONCE + (1 - _AT_ONCE) * (1 - (1 - passed) ** 2)
        self._show(begin.towards(end, share))
        return True

    def land(self) -> None:
        """Be there at once, if the camera is on its way."""
        if self._way is not None:
            _, end = self._way
            still = self._shown == self._look()
            self._way = None
            if still:
                self._show(end)

    def _show(self, look: Look) -> None:
        camera = self._viewer().scene.camera
        camera.center = (look.row, look.column)
        if camera.zoom != look.zoom:
            camera.zoom = look.zoom
        # As napari has taken it
        self._shown = self._look()

    def _look(self) -> Look:
        camera = self._viewer().scene.camera
        row, column = camera.center[-2:]
        return Look(float(row), float(column), float(camera.zoom))


def _look_at(viewer: Any, mask: MaskLayer, box: Box) -> Look:
    """Where a box is seen well."""
    zoom = float(viewer.scene.camera.zoom)
    side = max(box.height, box.width, _LEAST_SIDE) * float(mask.scale[-1])
    room = min(viewer.canvas.size)
    if not _SMALLEST * room <= side * zoom <= _LARGEST * room:
        zoom = _USEFUL * room / side
    row, column = mask.world_position(*box.centre)[-2:]
    return Look(float(row), float(column), zoom)
