"""Where the pointer is: whether it has moved, and what is under it."""

from __future__ import annotations

from math import dist
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

STILL_PX = 3.0
"""A pointer that moves less on the canvas is taken to stay: a hand at the wheel is not still."""

Place = tuple[float, float]


class Whereabouts:
    """Follows the pointer over the canvas of a viewer.

    napari tells where in the world it is at mouse events only, so that it says the wrong place
    once the camera has moved under it.

    Parameters
    ----------
    workspace
        Whose viewer it is.

    Attributes
    ----------
    at
        Place on the canvas, in px.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.at: Place = (0.0, 0.0)
        self._seen_from: tuple[Place, float] | None = None

    def be_at(self, x: float, y: float) -> None:
        """Take note of a mouse event at a place of the canvas."""
        self.at = x, y
        self._seen_from = self._camera()

    def is_still(self, since: Place | None) -> bool:
        """Whether it is where it was then; false for None."""
        return since is not None and dist(since, self.at) < STILL_PX

    @property
    def position(self) -> Place:
        """What is under it in the world: (y, x)."""
        y, x = self._workspace.viewer.cursor.position[-2:]
        if self._seen_from is None:
            return y, x
        (centre_y, centre_x), zoom = self._seen_from
        (now_y, now_x), now = self._camera()
        return now_y + (y - centre_y) * zoom / now, now_x + (x - centre_x) * zoom / now

    def _camera(self) -> tuple[Place, float]:
        camera = self._workspace.viewer.scene.camera
        y, x = camera.center[-2:]
        return (float(y), float(x)), float(camera.zoom)
