"""Where the pointer is: whether a hand has moved it, and what is under it."""

from __future__ import annotations

from collections.abc import Iterator
from math import dist
from typing import TYPE_CHECKING, Any

from napari_fncells.viewer.gestures import CLICK_PX

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

Place = tuple[float, float]
"""Of two axes, either (x, y) on the canvas in px or (y, x) in the world."""


class Hover:
    """Follows the pointer over the canvas.

    The camera moves under a pointer that nobody touches, and a hand on the mouse trembles: both
    are no sign that the cell that comes to lie there is meant. napari tells where in the world
    the pointer is at mouse events only, and so the wrong place once the camera has moved.

    Parameters
    ----------
    workspace
        Whose viewer it is; its callbacks are extended.

    Attributes
    ----------
    moved
        Whether the pointer went as far as no click does, since `rest`.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.moved = False
        self._workspace = workspace
        self._place: Place | None = None
        self._rested: Place | None = None
        self._seen_from: tuple[Place, float] | None = None
        viewer = workspace.viewer
        viewer.mouse_move_callbacks.append(self._note)
        viewer.mouse_wheel_callbacks.append(self._note)
        viewer.mouse_drag_callbacks.append(self._follow)

    def rest(self) -> None:
        """Take the pointer as resting where it is."""
        self.moved = False
        self._rested = self._place

    @property
    def position(self) -> Place:
        """What is under the pointer in the world: (y, x)."""
        y, x = self._workspace.viewer.cursor.position[-2:]
        if self._seen_from is None:
            return y, x
        (centre_y, centre_x), zoom = self._seen_from
        (now_y, now_x), now = self._camera()
        return now_y + (y - centre_y) * zoom / now, now_x + (x - centre_x) * zoom / now

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
        self._seen_from = self._camera()
        if self._rested is None:
            self._rested = self._place
        self.moved = self.moved or dist(self._place, self._rested) >= CLICK_PX

    def _camera(self) -> tuple[Place, float]:
        camera = self._workspace.viewer.scene.camera
        y, x = camera.center[-2:]
        return (float(y), float(x)), float(camera.zoom)
