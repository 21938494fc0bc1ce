"""Whether a hand has moved the pointer, whatever the camera did under it."""

from __future__ import annotations

from collections.abc import Iterator
from math import dist
from typing import Any

from napari_fncells.viewer.gestures import CLICK_PX

Place = tuple[float, float]
"""(x, y) on the canvas, in device-independent pixels from the top left."""


class Hover:
    """Follows the pointer over the canvas.

    What lies under a pointer that nobody moved changes with the camera, and a hand on the mouse
    trembles: both are no sign that the cell under it is meant.

    Parameters
    ----------
    viewer
        Its callbacks are extended.

    Attributes
    ----------
    moved
        Whether the pointer went as far as no click does, since `rest`.
    """

    def __init__(self, viewer: Any) -> None:
        self.moved = False
        self._place: Place | None = None
        self._rested: Place | None = None
        viewer.mouse_move_callbacks.append(self._note)
        viewer.mouse_wheel_callbacks.append(self._note)
        viewer.mouse_drag_callbacks.append(self._follow)

    def rest(self) -> None:
        """Take the pointer as resting where it is."""
        self.moved = False
        self._rested = self._place

    def _follow(self, viewer: Any, event: Any) -> Iterator[None]:
        """Follow the pointer while a button is held, to its release."""
        self._note(viewer, event)
        yield
        while event.type == "mouse_move":
            self._note(viewer, event)
            yield
        self._note(viewer, event)

    def _note(self, _viewer: Any, event: Any) -> None:
        x, y = event.pos
        self._place = float(x), float(y)
        if self._rested is None:
            self._rested = self._place
        self.moved = self.moved or dist(self._place, self._rested) >= CLICK_PX
