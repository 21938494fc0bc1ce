"""Moving the camera to a cell."""

from __future__ import annotations

from typing import Any

from napari_fncells.core.geometry import Box
from napari_fncells.viewer.layer import MaskLayer

# Share of the canvas's shorter side that a cell takes up: nearer or farther only beyond these
_SMALLEST, _USEFUL, _LARGEST = 0.04, 0.1, 0.5
_LEAST_SIDE = 20  # px: a speck is shown with what is around it


def look_at(viewer: Any, mask: MaskLayer, box: Box) -> None:
    """Move the camera to a box of the picture, and so near that it can be judged.

    The zoom stays where the cell is seen well already: a jump of scale costs orientation.
    """
    camera = viewer.scene.camera
    camera.center = mask.world_position(*box.centre)
    side = max(box.height, box.width, _LEAST_SIDE) * float(mask.scale[-1])
    room = min(viewer.canvas.size)
    if not _SMALLEST * room <= side * camera.zoom <= _LARGEST * room:
        camera.zoom = _USEFUL * room / side
