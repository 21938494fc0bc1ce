"""Ignoring regions: napari's brush, eraser, fill and polygon on a layer of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.viewer.ignore_layer import IgnoreLayer
from napari_fncells.viewer.layer import MaskLayer

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

_BRUSH = 40  # px on the picture, at first: regions are larger than cells


class Ignoring:
    """The tool that paints ignored regions, on the current picture.

    One layer serves all pictures. It is made when the tool is first taken, as regions are shown
    without it.

    Parameters
    ----------
    workspace
        Whose current picture is painted on.

    Attributes
    ----------
    changed
        Signal(): the tool may have been taken or put away.
    layer
        The napari layer, once the tool was taken.
    """

    changed = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._mask: MaskLayer | None = None
        self.layer: IgnoreLayer | None = None
        workspace.viewer.layers.selection.events.active.connect(self._on_active)

    @property
    def active(self) -> bool:
        """Whether the tool is in hand."""
        layers = self._workspace.viewer.layers
        return self.layer is not None and layers.selection.active is self.layer

    def toggle(self) -> str:
        """Take the tool, or put it away; says which in words.

        Raises
        ------
        UserError
            Where there is no picture, or its mask is only to be read.
        """
        if self.active:
            self.end()
            return "Back to the mask."
        workspace = self._workspace
        session = workspace.require_session()
        if session.document.read_only:
            raise UserError(session.document.read_only)
        workspace.settle()
        layer = self._layer_in_viewer()
        workspace.viewer.layers.selection.active = layer
        layer.mode = "paint"
        layer.selected_label = 1
        return (
            "Paint over what is not to count (3: polygon, E: eraser, [ and ]: size). "
            "Esc when done."
        )

    def end(self) -> None:
        """Put the tool away: moving the picture, with the mask active, is what is left."""
        if self.layer is None or not self.active:
            return
        self.flush()
        self.layer.mode = "pan_zoom"
        if self._mask is not None:
            self._workspace.viewer.layers.selection.active = self._mask

    def flush(self) -> None:
        """Take the paint of a stroke under way into the history."""
        if self.layer is not None and self.layer.stroke_open:
            self.layer.flush_stroke()

    def follow(self, mask: MaskLayer | None) -> None:
        """Paint on the picture of another mask layer, or on none."""
        if mask is not self._mask:
            if self._mask is not None:
                self._mask.events.translate.disconnect(self._follow_area)
            if mask is not None:
                mask.events.translate.connect(self._follow_area)
            self._mask = mask
        if self.layer is None:
            return
        if mask is None:
            # Not shown any more, and not to be painted on
            self.layer.flush_stroke()
            self.layer.mode = "pan_zoom"
            self.layer.visible = False
            return
        if mask.document is not self.layer.document:
            self.layer.show_document(mask.document, mask.area, self._picture_layer)
        if not self.layer.visible:
            self.layer.visible = True

    @property
    def _picture_layer(self) -> Any:
        current = self._workspace.current
        return current.image_layer if current is not None else None

    def _follow_area(self) -> None:
        if self.layer is not None and self._mask is not None:
            self.layer.move_area(self._mask.area)

    def _layer_in_viewer(self) -> IgnoreLayer:
        """The layer, right beneath the mask; made where there is none."""
        layers, mask = self._workspace.viewer.layers, self._mask
        if mask is None:
            raise UserError("The mask is not shown.", "Draft it again, or choose the picture.")
        if not mask.visible:
            raise UserError("The mask is hidden.", "Show it to ignore a region.")
        if self.layer is None or self.layer not in layers:
            self.layer = self._make(mask)
            layers.insert(layers.index(mask), self.layer)
            layers.events.removed.connect(self._on_removed)
        elif layers.index(self.layer) != layers.index(mask) - 1:
            layers.move(layers.index(self.layer), layers.index(mask))
        self.layer.visible = True
        return self.layer

    def _make(self, mask: MaskLayer) -> IgnoreLayer:
        placed = {}
        picture = self._picture_layer
        if picture is not None:
            placed = {"scale": picture.scale[-2:], "translate": picture.translate[-2:]}
        layer = IgnoreLayer(
            mask.document, mask.area, metadata={"fncells": {"role": "ignored"}}, **placed
        )
        layer.brush_size = _BRUSH
        layer.help = "Paint over what is not to count; E erases, 3 draws a polygon"
        layer.escaped.connect(self._workspace.neutral)
        layer.refused.connect(self._workspace.report)
        layer.unpainted.connect(self._show_unpainted)
        layer.events.labels_update.connect(self._show_stroke)
        return layer

    def _on_active(self) -> None:
        self.changed.emit()

    def _show_stroke(self, event: Any) -> None:
        if self.layer is not None:
            self._workspace.overlay.follow_stroke(self.layer, event)

    def _show_unpainted(self, box: Box) -> None:
        self._workspace.overlay.follow_paint(box)

    def _on_removed(self, event: Any) -> None:
        """Make another one when it is wanted again, where the user took it out of the list."""
        if self.layer is not None and event.value is self.layer:
            self.layer.flush_stroke()
            self._workspace.viewer.layers.events.removed.disconnect(self._on_removed)
            self.layer = None
