"""The mouse and the keys of a viewer, moved without a window.

Events go to the viewer's own callbacks, as those of the canvas do: what they mean is decided by
the same code as for a real hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
    mouse_wheel_callbacks,
)

from napari_fncells.core.geometry import Box
from napari_fncells.core.path import Points
from napari_fncells.viewer import commands
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.workspace import Workspace

_LEFT = 1

Keys = tuple[str, ...]
"""Names of modifier keys held: Shift, Control."""


@dataclass
class _Event:
    """What napari hands to mouse callbacks, as far as ours read it."""

    type: str
    pos: tuple[float, float]
    position: tuple[float, float]
    modifiers: Keys
    button: int = _LEFT
    delta: tuple[float, float] = (0.0, 0.0)
    is_dragging: bool = True
    handled: bool = False

    @property
    def __wrapped__(self) -> _Event:
        """The event itself; napari puts later ones in place of the first of a drag."""
        return self

    @__wrapped__.setter
    def __wrapped__(self, event: _Event) -> None:
        self.__dict__.update(vars(event))


class Pointer:
    """A hand on mouse and keyboard.

    Parameters
    ----------
    workspace
        Whose viewer it works on.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        workspace.viewer.mouse_over_canvas = True

    @property
    def view(self) -> Box:
        """The part of the picture on the screen."""
        mask, viewer = self._mask, self._workspace.viewer
        row, column = mask.picture_position(viewer.scene.camera.center[-2:])
        height, width = (side / self.zoom for side in viewer.canvas.size)
        top, left = round(row + 0.5 - height / 2), round(column + 0.5 - width / 2)
        box = Box(top, left, top + round(height), left + round(width))
        return box.clip(mask.document.shape)

    @property
    def zoom(self) -> float:
        """Pixels of the screen per pixel of the picture."""
        return float(self._workspace.viewer.scene.camera.zoom) * float(self._mask.scale[-1])

    def press(self, name: str) -> None:
        """Press the key of a command."""
        commands.run(commands.command(name), self._workspace)

    def click(self, row: float, column: float, *held: str) -> None:
        """Click at a place of the picture."""
        event = self._event("mouse_press", (row, column), held)
        self._send(mouse_press_callbacks, event)
        self._send(mouse_release_callbacks, self._event("mouse_release", (row, column), held))

    def drag(self, path: Points, *held: str) -> None:
        """Drag along a path, (n, 2) rows and columns of the picture."""
        first, *others = [(float(row), float(column)) for row, column in path]
        self._send(mouse_press_callbacks, self._event("mouse_press", first, held))
        for place in others:
            self._send(mouse_move_callbacks, self._event("mouse_move", place, held))
        end = others[-1] if others else first
        self._send(mouse_release_callbacks, self._event("mouse_release", end, held))

    def hover(self, row: float, column: float) -> None:
        """Move the mouse to a place of the picture, no button held."""
        event = self._event("mouse_move", (row, column), ())
        event.is_dragging = False
        self._send(mouse_move_callbacks, event)

    def wheel(self, notches: int) -> None:
        """Turn the wheel with Shift held, where the pointer is."""
        mask, viewer = self._mask, self._workspace.viewer
        place = mask.picture_position(viewer.cursor.position[-2:])
        event = self._event("mouse_wheel", place, ("Shift",))
        event.delta = (0.0, float(notches))
        self._send(mouse_wheel_callbacks, event)

    def look_at(self, row: float, column: float) -> None:
        """Drag the picture until a place is in the middle of the screen."""
        self._workspace.viewer.scene.camera.center = self._mask.world_position(row, column)

    @property
    def _mask(self) -> MaskLayer:
        self._workspace.require_session()
        mask = self._workspace.mask_layer
        assert mask is not None, "a session that was begun has its mask layer"
        return mask

    def _event(self, kind: str, place: tuple[float, float], held: Keys) -> _Event:
        viewer = self._workspace.viewer
        world = self._mask.world_position(*place)
        zoom = float(viewer.scene.camera.zoom)
        middle, size = viewer.scene.camera.center[-2:], viewer.canvas.size
        y, x = (
            (point - centre) * zoom + side / 2
            for point, centre, side in zip(world, middle, size, strict=True)
        )
        viewer.cursor.position = world
        return _Event(kind, (float(x), float(y)), world, held)

    def _send(self, callbacks: Any, event: _Event) -> None:
        callbacks(self._workspace.viewer, event)
