"""The sweep over a picture part by part, and the map of what was on the screen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image as ImageLayer
from napari.utils.colormaps import Colormap

from napari_fncells.core.coverage import Coverage, sweep
from napari_fncells.core.effort import EffortParams
from napari_fncells.core.geometry import Box
from napari_fncells.core.params.coverage import CoverageParams
from napari_fncells.viewer.pictures import COVERAGE, KEY, Picture

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

NAME = "not looked at yet"
FACTS = "seen"
"""Under this name the coverage is kept with the effort of a visit."""

_LONGEST_S = 1.0
"""More between two looks at the camera is not counted: the window was busy or away."""
_NEAR = 0.25
"""Of a part's shorter side: no farther from its middle is the camera at that part."""
_TOLD = 0.02
"""Share of a picture that may stay unseen without a word."""
_VEIL = Colormap([[0.9, 0.2, 0.5, 0.35], [0, 0, 0, 0]], name="fncells-unseen")


class Sweep:
    """Leads over the current picture, and keeps what of it was seen.

    Parameters
    ----------
    workspace
        Whose current picture is looked at.
    params
        What counts as seen.
    """

    def __init__(self, workspace: Workspace, params: CoverageParams | None = None) -> None:
        self._workspace = workspace
        self.params = params or CoverageParams()
        self._of: Picture | None = None
        self._coverage: Coverage | None = None
        self._at: float | None = None
        self._alive = 0.0
        self._idle = EffortParams().idle
        self._mapped = False
        self._layer: ImageLayer | None = None
        workspace.changed.connect(self._follow)

    @property
    def coverage(self) -> Coverage | None:
        """What of the current picture was seen; None where there is none."""
        return self._coverage

    @property
    def facts(self) -> dict[str, Any]:
        """What is kept with the effort of this visit."""
        return {FACTS: self._coverage.as_mapping()} if self._coverage is not None else {}

    @property
    def mapped(self) -> bool:
        """Whether the parts that were not seen are marked on the picture."""
        return self._mapped

    # -- what one can do -------------------------------------------------------------------

    def step(self, by: int) -> None:
        """Go to the next (+1) or previous (-1) part; forwards those that were seen are passed."""
        self._look()
        coverage = self._coverage
        if coverage is None:
            self._workspace.report("There is no picture to look over.")
            return
        camera = self._workspace.viewer.scene.camera
        camera.zoom = max(camera.zoom, self.params.sweep_zoom / self._scale)
        parts = sweep(coverage.shape, self._view_size(), self.params.overlap)
        at = self._next(parts, by)
        if at is None:
            self._workspace.report("All of the picture was looked at.")
            return
        camera.center = self._world(parts[at])
        self._workspace.report(
            f"Part {at + 1} of {len(parts)}; {coverage.share:.0%} of the picture was looked at."
        )

    def toggle_map(self) -> str:
        """Mark the parts that were not looked at, or no longer; says which in words."""
        self._mapped = not self._mapped
        self._draw()
        if not self._mapped:
            return "The parts not looked at are no longer marked."
        share = self._coverage.share if self._coverage is not None else 0.0
        return f"{share:.0%} of the picture was looked at; the rest is veiled."

    def warning(self) -> str:
        """What is to be said when the picture is called done; empty where all was seen."""
        self._look()
        coverage = self._coverage
        # Nothing noted at all: there is no window whose camera could be followed
        if coverage is None or not coverage.seconds.any() or 1 - coverage.share <= _TOLD:
            return ""
        return (
            f" {1 - coverage.share:.0%} of it was not looked at closely, for "
            f"{self.params.seconds:g} s on the screen: there, Q leads to the rest."
        )

    def watch(self) -> None:
        """Note what is on the screen; to be called several times a second."""
        self._look()
        if self._mapped:
            self._draw()

    def sign_of_life(self) -> None:
        """The pointer or the camera moved: what was on the screen until now counts."""
        self._alive = time.monotonic()

    # -- how it is done --------------------------------------------------------------------

    def _look(self) -> None:
        now = time.monotonic()
        before, self._at = self._at, now
        self._follow()
        coverage, view = self._coverage, self._view()
        if coverage is None or before is None or view is None or now - self._alive > self._idle:
            return
        zoom = self._workspace.viewer.scene.camera.zoom * self._scale
        coverage.note(view, zoom, min(now - before, _LONGEST_S))

    def _follow(self) -> None:
        """Begin with another picture, from what was seen of it at earlier visits."""
        picture = self._workspace.current
        shape = _shape_of(picture)
        if picture is not self._of:
            self._of, self._coverage, self._at = picture, None, None
        elif self._coverage is not None or shape is None:
            return
        if shape is not None and picture is not None:
            self._coverage = Coverage(shape, self.params)
            for visit in picture.keeper.efforts if picture.keeper is not None else ():
                facts = visit.get(FACTS)
                if isinstance(facts, dict):
                    self._coverage.take_in(facts)
        self._draw()

    def _next(self, parts: list[Box], by: int) -> int | None:
        """The part to go to from where the camera is; None where there is none left."""
        coverage, view = self._coverage, self._view()
        if coverage is None or view is None:
            return None
        row, column = view.centre
        distances = [np.hypot(p.centre[0] - row, p.centre[1] - column) for p in parts]
        here = int(np.argmin(distances))
        if distances[here] > _NEAR * min(parts[here].height, parts[here].width):
            here = 0  # not on the way over the picture: from its beginning
        if by < 0:
            return (here - 1) % len(parts)
        order = [(here + k) % len(parts) for k in range(len(parts))]
        return next((at for at in order if not coverage.is_seen(parts[at])), None)

    @property
    def _scale(self) -> float:
        """Size of a pixel of the picture in the world."""
        layer = self._of.image_layer if self._of is not None else None
        return float(layer.scale[-1]) if layer is not None else 1.0

    def _view_size(self) -> tuple[float, float]:
        """Height and width of what is in sight, in px of the picture."""
        viewer = self._workspace.viewer
        height, width = viewer.canvas.size
        pixel = viewer.scene.camera.zoom * self._scale
        return height / pixel, width / pixel

    def _view(self) -> Box | None:
        """Part of the picture in sight."""
        layer = self._of.image_layer if self._of is not None else None
        if layer is None:
            return None
        y, x = self._workspace.viewer.scene.camera.center[-2:]
        row, column = (
            (place - origin) / size + 0.5
            for place, origin, size in zip(
                (y, x), layer.translate[-2:], layer.scale[-2:], strict=True
            )
        )
        height, width = self._view_size()
        top, left = round(row - height / 2), round(column - width / 2)
        return Box(top, left, top + round(height), left + round(width))

    def _world(self, part: Box) -> tuple[float, float]:
        layer: Any = self._of.image_layer if self._of is not None else None
        origin, size = layer.translate[-2:], layer.scale[-2:]
        row, column = part.centre
        return float(origin[0] + row * size[0]), float(origin[1] + column * size[1])

    def _draw(self) -> None:
        """Show the map where it is wanted; a layer that was taken out is switched off by that."""
        layers = self._workspace.viewer.layers
        if self._layer is not None and self._layer not in layers:
            self._layer, self._mapped = None, False
        coverage, picture = self._coverage, self._of
        if not self._mapped or coverage is None or picture is None or picture.image_layer is None:
            if self._layer is not None and self._layer.visible:
                self._layer.visible = False
            return
        seen = coverage.seen.astype(np.uint8)
        if self._layer is None:
            self._layer = self._made(seen)
        elif not np.array_equal(self._layer.data, seen):
            self._layer.data = seen
        tile = self.params.tile
        size = np.asarray(picture.image_layer.scale[-2:], dtype=float)
        place = np.asarray(picture.image_layer.translate[-2:]) + size * (tile - 1) / 2
        for name, value in (("scale", size * tile), ("translate", place), ("visible", True)):
            if not np.array_equal(getattr(self._layer, name), value):
                setattr(self._layer, name, value)

    def _made(self, seen: Any) -> ImageLayer:
        """The layer, above all others; the active one stays active."""
        layers = self._workspace.viewer.layers
        active = layers.selection.active
        layer = ImageLayer(
            seen,
            name=NAME,
            colormap=_VEIL,
            blending="translucent",
            contrast_limits=(0, 1),
            metadata={KEY: {"role": COVERAGE}},
        )
        layers.append(layer)
        if active is not None:
            layers.selection.active = active
        return layer


def _shape_of(picture: Picture | None) -> tuple[int, int] | None:
    """(Y, X) of a picture that is on the screen."""
    if picture is None:
        return None
    if picture.session is not None:
        return picture.session.document.shape
    if picture.image_layer is None:
        return None
    rows, columns = picture.image_layer.data.shape[:2]
    return rows, columns
