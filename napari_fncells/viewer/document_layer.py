"""A labels layer that shows a plane of a document and turns strokes into the document's edits.

It shows the document's own array, or a part of it where the picture is larger than a texture
may be, so nothing is copied. What it needs of napari's private interface stands here, in
`redraw.py` and in `strokes.py`:

- `_block_history`, `_staged_history`, `_commit_staged_history`, `_reset_history`,
  `_abort_stroke`, `_append_to_undo_history`: every finished stroke of brush, eraser, fill,
  polygon and `data_setitem` ends there; it becomes an edit of the document instead of an entry
  in napari's history.
- `_partial_labels_refresh`: draws a part of the labels; see `redraw.would_write_contours`.
- `_type_string`: stays 'labels', by which napari finds writers, icons and menus; `_get_state`:
  what a copy of the layer is made from.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.layers.labels._labels_constants import Mode
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray
from psygnal import Signal

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Edit, Patch
from napari_fncells.core.geometry import Box
from napari_fncells.viewer.redraw import redraw, would_write_contours
from napari_fncells.viewer.strokes import before_stroke

CHECKPOINT_S = 0.15
"""A stroke under way is taken into the history at least this often, to be saved."""

# What is known of a pixel is told by the overlay above: at most a pale veil for all cells
PALE = CyclicLabelColormap(colors=["#00000000", "#ffffff30"], name="pale")
CLEAR = CyclicLabelColormap(colors=["#00000000", "#ffffff00"], name="clear")

_TOOLS = {
    Mode.PAINT: "paint",
    Mode.ERASE: "erase",
    Mode.FILL: "fill",
    Mode.POLYGON: "polygon",
}


class DocumentLayer(LabelsLayer):
    """Labels layer on a plane of a document: its labels, or its ignored regions.

    Subclasses say which by `_own_pixels`, `_patches_of` and `_change_by`.

    Parameters
    ----------
    document
        Its plane is shown and edited in place.
    area
        Part of the picture that is shown and can be edited; all of it where omitted.
    **kwargs
        Of `napari.layers.Labels`; scale and translate are those of the whole picture.

    Attributes
    ----------
    escaped
        Signal(): Esc was pressed with nothing of napari's tools to be dropped.
    refused
        Signal(str): why nothing was changed, where the document is only to be read.
    unpainted
        Signal(Box): in this part of the picture paint was taken back before it was an edit.
    """

    escaped = Signal()
    refused = Signal(str)
    unpainted = Signal(Box)

    _block_history: bool

    def __init__(self, document: Document, area: Box | None = None, **kwargs: Any) -> None:
        self._document = document
        self._area = area or Box.whole(document.shape)
        # Sequence of the edit that holds the stroke so far, while one is under way
        self._part: int | None = None
        self._part_time = 0.0
        kwargs["scale"] = scale = np.asarray(kwargs.get("scale", (1.0, 1.0)), dtype=float)
        self._origin = np.asarray(kwargs.get("translate", (0.0, 0.0)), dtype=float)
        kwargs["translate"] = self._origin + scale * self._area[:2]
        super().__init__(self._shown(), **kwargs)
        document.committed.connect(self._show_edit)
        document.promoted.connect(self._show_promoted)

    # -- what a subclass says --------------------------------------------------------------

    @property
    def _own_pixels(self) -> NDArray[Any]:
        """The document's own (Y, X) array."""
        raise NotImplementedError

    def _patches_of(self, change: Change) -> tuple[Patch, ...]:
        """Patches of a change that are of this plane."""
        raise NotImplementedError

    def _change_by(self, box: Box, before: Any, tool: str) -> Change | None:
        """The change that a stroke has made within a box of the picture."""
        raise NotImplementedError

    def _painted(self, label: int) -> int:
        """What is painted where a tool wants to paint a label."""
        return label

    # -- where things are ------------------------------------------------------------------

    @property
    def document(self) -> Document:
        """The document that is shown."""
        return self._document

    @property
    def area(self) -> Box:
        """Part of the picture that is shown."""
        return self._area

    @property
    def _type_string(self) -> str:
        return "labels"

    def _get_state(self) -> dict[str, Any]:
        """What a copy is made from: on its own, without states above it, it needs colours."""
        state: dict[str, Any] = super()._get_state()
        if self.colormap.name in (PALE.name, CLEAR.name):
            state.pop("colormap", None)
        return state

    def picture_position(self, position: Any) -> tuple[float, float]:
        """(row, column) in the picture of a point in the world."""
        row, column = self.world_to_data(position)[-2:]
        return float(row) + self._area.top, float(column) + self._area.left

    def world_position(self, row: float, column: float) -> tuple[float, float]:
        """Point in the world of a (row, column) in the picture."""
        y, x = self.data_to_world((row - self._area.top, column - self._area.left))[-2:]
        return float(y), float(x)

    def move_area(self, area: Box) -> None:
        """Show another part of the picture."""
        if area == self._area:
            return
        self.flush_stroke()
        self._area = area
        LabelsLayer.data.fset(self, self._shown())
        self.translate = self._origin + np.asarray(self.scale[-2:]) * area[:2]

    def show_document(self, document: Document, area: Box, like: Any = None) -> None:
        """Show the plane of another picture: making a layer anew costs far more.

        Parameters
        ----------
        document
            The picture's.
        area
            Part of the picture that is shown.
        like
            Layer of the picture, on which this one lies; as before where None.
        """
        self.flush_stroke()
        self._document.committed.disconnect(self._show_edit)
        self._document.promoted.disconnect(self._show_promoted)
        self._document, self._area = document, area
        self._stroke_begins()
        if like is not None:
            self._origin = np.asarray(like.translate[-2:], dtype=float)
            self._lie(np.asarray(like.scale[-2:], dtype=float))
        LabelsLayer.data.fset(self, self._shown())
        document.committed.connect(self._show_edit)
        document.promoted.connect(self._show_promoted)
        self.mode = "pan_zoom"
        self.selected_label = 1
        self.editable = not document.read_only

    # -- history ---------------------------------------------------------------------------

    def undo(self) -> None:
        """Take back the newest edit of the document, whatever tool made it."""
        if self._may_change():
            self.flush_stroke()
            self._document.undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        if self._may_change():
            self.flush_stroke()
            self._document.redo()

    @contextmanager
    def block_history(self) -> Iterator[None]:
        """Group what is painted inside into one edit; a block within a block adds to it.

        Pixels painted before an exception are in the plane, so they are in the edit, too.
        """
        outer = self._block_history
        self._block_history = True
        if not outer:
            self._stroke_begins()
        try:
            yield
        finally:
            self._block_history = outer
            if not outer:
                self._commit_staged_history()

    def flush_stroke(self) -> None:
        """Take what a stroke has painted so far into the history.

        To be called before anything else is done to the document, else that would be worked
        out from paint the history does not know. The rest of the stroke is an edit of its own,
        undone with it where nothing else came between.
        """
        self._commit_staged_history()

    @property
    def stroke_open(self) -> bool:
        """Whether there is paint that the history does not know yet."""
        return bool(self._staged_history)

    # napari notes a single dab before it writes it; within a block it is taken in afterwards

    def paint(self, coord: Any, new_label: int, refresh: bool = True) -> None:
        """Paint a dab; see `napari.layers.Labels.paint`."""
        if self._may_change():
            with self.block_history():
                super().paint(coord, self._painted(new_label), refresh)
            if self._block_history and time.monotonic() - self._part_time > CHECKPOINT_S:
                self.flush_stroke()

    def fill(self, coord: Any, new_label: int, refresh: bool = True) -> None:
        """Fill a region; see `napari.layers.Labels.fill`."""
        if self._may_change():
            with self.block_history():
                super().fill(coord, self._painted(new_label), refresh)

    def paint_polygon(self, points: Any, new_label: int) -> None:
        """Paint a polygon; see `napari.layers.Labels.paint_polygon`."""
        if self._may_change():
            with self.block_history():
                super().paint_polygon(points, self._painted(new_label))

    def data_setitem(self, *args: Any, **kwargs: Any) -> None:
        """Set single pixels; see `napari.layers.Labels.data_setitem`."""
        if self._may_change():
            with self.block_history():
                super().data_setitem(*args, **kwargs)

    # -- how it is done --------------------------------------------------------------------

    def _lie(self, scale: NDArray[np.floating]) -> None:
        """Lie on the picture; napari draws anew at each setting, of the same, too."""
        layer: Any = self
        place = self._origin + scale * self._area[:2]
        if not np.array_equal(layer.scale, scale):
            layer.scale = scale
        if not np.array_equal(layer.translate, place):
            layer.translate = place

    def _may_change(self) -> bool:
        """Whether the document may be changed; says why, where it may not."""
        if self._document.read_only:
            self.refused.emit(self._document.read_only)
        return not self._document.read_only

    def _shown(self) -> NDArray[Any]:
        """The part of the document's own array that is shown."""
        whole = self._own_pixels
        return whole if self._area == Box.whole(whole.shape) else whole[self._area.slices]

    def _reset_history(self, event: Any = None) -> None:
        """Drop what napari holds of the history, but not the paint of an open stroke.

        napari does so when the layer is hidden or locked, 'encircle and fill' under way or not.
        """
        if getattr(self, "_staged_history", None):
            self._commit_staged_history()
        super()._reset_history(event)

    def _partial_labels_refresh(self) -> None:
        """Draw what a tool of napari's has changed, and never into the labels."""
        if would_write_contours(self):
            self._updated_slice = None
            self.refresh()
            return
        super()._partial_labels_refresh()

    def _stroke_begins(self) -> None:
        self._part, self._part_time = None, time.monotonic()

    def _begin_stroke(self) -> None:
        self._stroke_begins()
        super()._begin_stroke()

    def _abort_stroke(self) -> None:
        """Take a stroke back that is given up, those parts of it included that were saved."""
        begun = self._part is not None and self._part == self._document.edit_count
        if begun:
            self.flush_stroke()
        item = self._staged_history
        super()._abort_stroke()
        if item:
            box, _ = before_stroke(item, self.data)
            self.unpainted.emit(box.shifted(self._area.top, self._area.left))
        if begun:
            self._document.undo()

    def _append_to_undo_history(self, item: list[Any]) -> None:
        """Turn a stroke, or a part of one, into an edit of the document."""
        box, before = before_stroke(item, self.data)
        box = box.shifted(self._area.top, self._area.left)
        change = self._change_by(box, before, _TOOLS.get(self._mode, "paint"))
        if change is not None:
            begun = self._part is not None and self._part == self._document.edit_count
            edit = self._document.record(replace(change, continues=begun))
            self._part = edit.sequence if self._block_history else None
        self._part_time = time.monotonic()
        self.events.paint(value=item)

    def _show_edit(self, edit: Edit) -> None:
        """Redraw the boxes an edit changed."""
        patches = self._patches_of(edit.change)
        boxes = (p.box.shifted(-self._area.top, -self._area.left) for p in patches)
        redraw(self, [box.clip(self.data.shape) for box in boxes])

    def _show_promoted(self) -> None:
        """Show the document's new array, where it is another."""


def _released() -> None:
    """Do nothing when a key is released.

    napari keeps what it was to do at the release of a tool's key, and does it at every later
    release of that letter: Ctrl+Z would bring back the brush that Z had put away.
    """


@DocumentLayer.bind_key("Control-Z", overwrite=True)
def _undo(layer: DocumentLayer) -> Callable[[], None]:
    """Take back the newest edit."""
    layer.undo()
    return _released


@DocumentLayer.bind_key("Control-Shift-Z", overwrite=True)
@DocumentLayer.bind_key("Control-Y", overwrite=True)
def _redo(layer: DocumentLayer) -> Callable[[], None]:
    """Do again what was undone last."""
    layer.redo()
    return _released


@DocumentLayer.bind_key("Escape", overwrite=True)
def _escape(layer: DocumentLayer) -> None:
    """Drop the polygon or stroke under way; else go back to moving the picture."""
    if layer.mode == Mode.POLYGON and layer._overlays["polygon"].points:
        layer._overlays["polygon"].points = []
    elif layer._overlays["brush_stroke"].active:
        layer._overlays["brush_stroke"].abort(layer)
    else:
        layer.mode = "pan_zoom"
        layer.escaped.emit()
