"""The overlay: a layer above the mask that tells the state of every cell by colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from psygnal import Signal

from napari_fncells.core.appearance import StateImage
from napari_fncells.core.colouring import Colouring
from napari_fncells.core.difference import Difference
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.provenance import draft_labels
from napari_fncells.core.state_codes import draft_codes
from napari_fncells.viewer.document_layer import CLEAR, PALE, DocumentLayer
from napari_fncells.viewer.layer import MaskLayer
from napari_fncells.viewer.redraw import redraw
from napari_fncells.viewer.state_colours import state_colormap
from napari_fncells.viewer.state_layer import NAME, StateLayer, keep_above, lie_on, put_above

_LIVING = frozenset(state for state in ObjectState if state is not ObjectState.REMOVED)


class Overlay:
    """Shows the states of the cells of one mask layer at a time.

    Parameters
    ----------
    viewer
        Returns the viewer.

    Attributes
    ----------
    changed
        Signal(): what is shown was switched: filled, states, draft or mask.
    followed
        Signal(): an edit was followed while something else than the state is told by colour.
    layer
        The napari layer, once there was a mask.
    """

    changed = Signal()
    followed = Signal()

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._mask: MaskLayer | None = None
        self._document: Document | None = None
        self._image: StateImage | None = None
        self._proposed: Region | None = None
        self._candidates: Mapping[int, Region] = {}
        self._colouring: Colouring | None = None
        self._class_colours: tuple[str, ...] = ()
        self._filled = True
        self._states: frozenset[ObjectState] = _LIVING
        self._hidden = False
        self._comparing = False
        self.layer: StateLayer | None = None

    # -- what is shown ---------------------------------------------------------------------

    @property
    def filled(self) -> bool:
        """Whether cells are filled, or only their outlines drawn."""
        return self._filled

    @property
    def states(self) -> frozenset[ObjectState]:
        """States whose cells are shown."""
        return self._states

    @property
    def comparing(self) -> bool:
        """Whether the draft is shown in place of the mask."""
        return self._comparing

    def toggle_filled(self) -> None:
        """Fill the cells, or draw only their outlines."""
        self.set_filled(not self._filled)

    def set_filled(self, filled: bool) -> None:
        """Fill the cells, or draw only their outlines."""
        self._filled = filled
        self._recolour()

    def set_states(self, states: frozenset[ObjectState]) -> None:
        """Show the cells of these states alone."""
        self._states = states
        self._recolour()

    def select(self, i: int | None) -> None:
        """Highlight the outline of a cell, or of none."""
        if self._image is not None and self.layer is not None:
            self._redraw(self._image.select(i))

    def mark(self, ids: frozenset[int]) -> None:
        """Highlight the outlines of several cells, or of none."""
        if self._image is not None and self.layer is not None:
            self._redraw(self._image.mark(ids))

    def propose(self, region: Region | None) -> None:
        """Highlight the dashed outline of what may be a missed cell, or of nothing."""
        self._proposed = region
        if self._image is not None and self.layer is not None:
            self._redraw(self._image.propose(region))

    def show_candidates(self, regions: Mapping[int, Region]) -> None:
        """Draw the dashed outlines of all that may be missed cells; see `StateImage`."""
        self._candidates = regions
        if self._image is not None and self.layer is not None:
            self._redraw(self._image.show_candidates(regions))

    def colour_by(self, colouring: Colouring | None, colours: tuple[str, ...] = ()) -> None:
        """Tell something else than the state by colour, until another mask is followed.

        Parameters
        ----------
        colouring
            Sorts the cells of the mask that is followed; None for their states.
        colours
            Of its classes.
        """
        if colouring is None and self._colouring is None:
            return
        self._colouring, self._class_colours = colouring, colours
        if self._image is not None and self.layer is not None:
            self._image.colour_by(colouring)
            if not self._comparing:
                self.layer.refresh()
        self._recolour()

    def renew(self, ids: Iterable[int]) -> None:
        """Show cells that are of another class than before."""
        if self._image is not None:
            boxes = self._image.renew(ids)
            if not self._comparing:
                self._redraw(boxes)

    def hide(self) -> None:
        """Hide mask and states until `show`; tools and modes stay as they are."""
        self._hidden = True
        self._apply_opacity()

    def show(self) -> None:
        """Show them again."""
        self._hidden = False
        self._apply_opacity()

    def compare(self) -> str:
        """Show the draft in place of the mask, or the mask again; says which in words."""
        if self._mask is None or self._image is None or self.layer is None:
            return "There is no mask yet."
        if self._comparing:
            self._end_comparing()
            return "The mask as it is now."
        labels = draft_labels(self._mask.document)
        if labels is None:
            return "There is no draft to compare with."
        self._comparing = True
        self.layer.data = draft_codes(labels[self._mask.area.slices])
        self._apply_opacity()
        self.changed.emit()
        return "The draft as it was. T shows the mask again."

    def show_difference(self, found: Difference) -> None:
        """Show how the mask differs from the original, until `compare` or an edit."""
        if self._mask is None or self.layer is None:
            return
        self._comparing = True
        self.layer.data = found.codes[self._mask.area.slices]
        self._apply_opacity()
        self.changed.emit()

    # -- following a mask ------------------------------------------------------------------

    def follow(self, mask: MaskLayer | None) -> None:
        """Show the states of another mask layer, or of none.

        A layer that the user took out of the viewer comes back with another mask.
        """
        if mask is self._mask and (mask is None or mask.document is self._document):
            return
        self._let_go()
        self._mask = mask
        self._document = mask.document if mask is not None else None
        if mask is None:
            self._remove_layer()
            return
        self._build()
        mask.document.committed.connect(self._take_in)
        mask.document.promoted.connect(self._rebuild)
        mask.unpainted.connect(self.follow_paint)
        mask.events.labels_update.connect(self._follow_stroke)
        mask.events.opacity.connect(self._apply_opacity)
        mask.events.visible.connect(self._apply_opacity)
        mask.events.translate.connect(self._rebuild)

    def _let_go(self) -> None:
        mask = self._mask
        if mask is None:
            return
        self._hidden = False
        if self._comparing:
            self._comparing = False
            self.changed.emit()
        if self._document is not None:
            self._document.committed.disconnect(self._take_in)
            self._document.promoted.disconnect(self._rebuild)
        mask.unpainted.disconnect(self.follow_paint)
        for emitter, act in (
            (mask.events.labels_update, self._follow_stroke),
            (mask.events.opacity, self._apply_opacity),
            (mask.events.visible, self._apply_opacity),
            (mask.events.translate, self._rebuild),
        ):
            emitter.disconnect(act)
        self._mask = self._image = self._proposed = self._colouring = None
        self._candidates = {}

    def _build(self) -> None:
        """Work out the states of the mask and put them on the screen."""
        mask = self._mask
        if mask is None:
            return
        former = self._image
        self._image = StateImage(mask.document, mask.area)
        if former is not None:
            self._image.select(former.selected)
            self._image.mark(former.marked)
        if self._colouring is not None:
            self._image.colour_by(self._colouring)
        self._image.propose(self._proposed)
        self._image.show_candidates(self._candidates)
        if self.layer is None or not self._in_viewer():
            self._add_layer()
        else:
            self.layer.data = self._image.codes
            keep_above(self._viewer().layers, self.layer, mask)
        if self.layer is not None:
            lie_on(self.layer, mask)
        self._apply_opacity()

    def _rebuild(self) -> None:
        self._comparing = False
        self._build()

    def _add_layer(self) -> None:
        """Put the layer right above the mask, which stays the active one."""
        if self._image is None or self._mask is None:
            return
        self.layer = StateLayer(
            self._image.codes,
            name=NAME,
            colormap=state_colormap(self._states, self._class_colours, filled=self._filled),
            metadata={"fncells": {}},
        )
        self.layer.editable = False
        put_above(self._viewer().layers, self.layer, self._mask)

    def _remove_layer(self) -> None:
        layer, there = self.layer, self._in_viewer()
        # First, as whoever hears of the removal may have another mask shown
        self.layer = None
        if there:
            self._viewer().layers.remove(layer)

    def _in_viewer(self) -> bool:
        viewer = self._viewer()
        return viewer is not None and self.layer is not None and self.layer in viewer.layers

    # -- how it is drawn -------------------------------------------------------------------

    def _take_in(self, edit: Edit) -> None:
        """Follow an edit."""
        if self._image is None or self.layer is None:
            return
        boxes = self._image.take_in(edit)
        if self._comparing:
            self._end_comparing()
        else:
            self._redraw(boxes)
        if self._colouring is not None:
            self.followed.emit()

    def follow_stroke(self, layer: DocumentLayer, event: Any) -> None:
        """Follow a stroke on the mask or the ignored regions while it is drawn.

        Parameters
        ----------
        layer
            Where it is drawn.
        event
            napari's, of a part of the layer that was drawn anew.
        """
        if layer.document is not self._document or not layer.stroke_open:
            return
        top, left = event.offset
        rows, columns = event.data.shape[:2]
        box = Box(top, left, top + rows, left + columns)
        self.follow_paint(box.shifted(layer.area.top, layer.area.left))

    def _follow_stroke(self, event: Any) -> None:
        if self._mask is not None:
            self.follow_stroke(self._mask, event)

    def follow_paint(self, box: Box) -> None:
        """Follow what was painted, or taken back, in a part of the picture."""
        if self._image is None or self.layer is None:
            return
        changed = self._image.update(box)
        if not self._comparing:
            self._redraw([changed])

    def _redraw(self, boxes: list[Box]) -> None:
        if self.layer is not None and self.layer.visible:
            redraw(self.layer, boxes)

    def _end_comparing(self) -> None:
        if self._comparing and self._image is not None and self.layer is not None:
            self._comparing = False
            self.layer.data = self._image.codes
            self._apply_opacity()
            self.changed.emit()

    def _apply_opacity(self) -> None:
        """Show the states as strongly as the mask; hide both where that is wanted."""
        mask, layer = self._mask, self.layer
        if mask is None or layer is None:
            return
        if layer.visible != (mask.visible and not self._hidden):
            layer.visible = not layer.visible
        if layer.opacity != mask.opacity:
            layer.opacity = mask.opacity
        veil = PALE if self._filled and not (self._hidden or self._comparing) else CLEAR
        if mask.colormap.name in (PALE.name, CLEAR.name) and mask.colormap.name != veil.name:
            mask.colormap = veil

    def _recolour(self) -> None:
        if self.layer is not None:
            self.layer.colormap = state_colormap(
                self._states, self._class_colours, filled=self._filled
            )
        self._apply_opacity()
        self.changed.emit()
