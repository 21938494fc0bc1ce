"""The mask layer: a Labels layer that shows a document and turns strokes into its edits.

It shows the document's own array, so nothing is copied. What it needs of napari's private
interface stands in this file alone:

- `_block_history`, `_staged_history`, `_commit_staged_history`, `_reset_history`,
  `_append_to_undo_history`: every finished stroke
  of brush, eraser, fill, polygon and `data_setitem` ends there; it becomes an edit of the
  document instead of an entry in napari's history.
- `_accumulate_updated_slice`, `_partial_labels_refresh`, `_update_thumbnail`: redraw of one
  box. Where they are missing, the whole layer is refreshed.
- `_type_string`: stays 'labels', by which napari finds writers, icons and menus.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.layers.labels._labels_constants import Mode
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels

_TOOLS = {
    Mode.PAINT: "paint",
    Mode.ERASE: "erase",
    Mode.FILL: "fill",
    Mode.POLYGON: "polygon",
}
# Told apart from each other and from yellow, red and green cells, by the colour-blind too
_CLEAR = "#00000000"
_COLOURS = ("#00d5ff", "#ff5ad9", "#4f7bff", "#ff9d5c", "#b18cff", "#7dffd4", "#ffffff")
# Tools with which a new shape is begun: they aim at the cell they begin on
_AIMING = (Mode.PAINT, Mode.POLYGON)


class MaskLayer(LabelsLayer):
    """Labels layer on a document.

    Parameters
    ----------
    document
        Its labels are shown and edited in place.
    **kwargs
        Of `napari.layers.Labels`.
    """

    _block_history: bool

    def __init__(self, document: Document, **kwargs: Any) -> None:
        self._document = document
        kwargs.setdefault("colormap", CyclicLabelColormap(colors=[_CLEAR, *_COLOURS]))
        super().__init__(document.labels, **kwargs)
        self.mouse_drag_callbacks.append(aim_stroke)
        document.committed.connect(self._show_edit)
        document.promoted.connect(self._show_promoted)

    @property
    def document(self) -> Document:
        """The document that is shown."""
        return self._document

    @property
    def _type_string(self) -> str:
        return "labels"

    def undo(self) -> None:
        """Take back the newest edit of the document, whatever tool made it."""
        self.flush_stroke()
        self._document.undo()

    def redo(self) -> None:
        """Do again what was undone last."""
        self.flush_stroke()
        self._document.redo()

    @contextmanager
    def block_history(self) -> Iterator[None]:
        """Group what is painted inside into one edit; a block within a block adds to it.

        Pixels painted before an exception are in the mask, so they are in the edit, too.
        """
        outer = self._block_history
        self._block_history = True
        try:
            yield
        finally:
            self._block_history = outer
            if not outer:
                self._commit_staged_history()

    # napari notes a single dab before it writes it; within a block it is taken in afterwards

    def paint(self, coord: Any, new_label: int, refresh: bool = True) -> None:
        """Paint a dab; see `napari.layers.Labels.paint`."""
        with self.block_history():
            super().paint(coord, self._never_revived(new_label), refresh)

    def fill(self, coord: Any, new_label: int, refresh: bool = True) -> None:
        """Fill a region; see `napari.layers.Labels.fill`."""
        with self.block_history():
            super().fill(coord, self._never_revived(new_label), refresh)

    def paint_polygon(self, points: Any, new_label: int) -> None:
        """Paint a polygon; see `napari.layers.Labels.paint_polygon`."""
        with self.block_history():
            super().paint_polygon(points, self._never_revived(new_label))

    def data_setitem(self, *args: Any, **kwargs: Any) -> None:
        """Set single pixels; see `napari.layers.Labels.data_setitem`."""
        with self.block_history():
            super().data_setitem(*args, **kwargs)

    def select_new_label(self) -> None:
        """Paint with an id that no cell of this picture ever had."""
        self.selected_label = self._document.next_id

    @property
    def data(self) -> NDArray[Any]:
        """(Y, X) labels. Setting other labels of the same shape is one edit of the document."""
        shown: NDArray[Any] = LabelsLayer.data.fget(self)
        return shown

    @data.setter
    def data(self, labels: Any) -> None:
        if labels is self._document.labels:
            LabelsLayer.data.fset(self, labels)
            return
        array = np.asarray(labels)
        if array.dtype.kind not in "biu":
            raise ValueError(f"a mask holds whole numbers, not {array.dtype.name}")
        self.flush_stroke()
        change = changes.replace_labels(self._document, array)
        if change is not None:
            self._document.commit(change)

    def flush_stroke(self) -> None:
        """Take what a stroke has painted so far into the history.

        To be called before anything else is done to the document, else that would be worked
        out from paint the history does not know. The rest of the stroke is an edit of its own.
        """
        self._commit_staged_history()

    def _never_revived(self, label: int) -> int:
        """The label, or a new one in place of that of a cell which is gone.

        napari's 'new' button offers the largest label in the array plus one, which may have
        belonged to a cell removed since.
        """
        document = self._document
        if label == 0 or label >= document.next_id or document.is_alive(label):
            return label
        return document.next_id

    def _reset_history(self, event: Any = None) -> None:
        """Drop what napari holds of the history, but not the paint of an open stroke.

        napari does so when the layer is hidden or locked, 'encircle and fill' under way or not.
        """
        if getattr(self, "_staged_history", None):
            self._commit_staged_history()
        super()._reset_history(event)

    def _append_to_undo_history(self, item: list[Any]) -> None:
        """Turn a finished stroke into an edit of the document."""
        box, before = _before_stroke(item, self._document.labels)
        tool = _TOOLS.get(self._mode, "paint")
        change = changes.stroke(self._document, box, before, tool)
        if change is not None:
            self._document.record(change)
        self.events.paint(value=item)

    def _show_edit(self, edit: Edit) -> None:
        """Redraw the boxes an edit changed."""
        for patch in edit.change.patches:
            self._redraw(patch.box)

    def _redraw(self, box: Box) -> None:
        """Redraw a box alone, where napari lets us; its own undo redraws everything."""
        local = self.data.dtype.itemsize <= 2 and hasattr(self, "_partial_labels_refresh")
        if not local:
            self.refresh()
            return
        self._accumulate_updated_slice(box.slices)
        self._partial_labels_refresh()
        self._update_thumbnail()

    def _show_promoted(self) -> None:
        LabelsLayer.data.fset(self, self._document.labels)


def aim_stroke(layer: MaskLayer, event: Any) -> None:
    """Let a stroke begun on a cell edit that cell, and one begun on ground make a new cell."""
    if layer.mode not in _AIMING or layer.selected_label == 0 or _in_polygon(layer):
        return
    row, column = (round(value) for value in layer.world_to_data(event.position)[-2:])
    cell = layer.document.cell_at(row, column)
    layer.selected_label = cell.id if cell is not None else layer.document.next_id


def _in_polygon(layer: MaskLayer) -> bool:
    """Whether a polygon has been begun: its first corner has aimed already."""
    return layer.mode == Mode.POLYGON and bool(layer._overlays["polygon"].points)


def _before_stroke(item: list[Any], labels: Labels) -> tuple[Box, Labels]:
    """Box of a stroke and the labels in it before, from the atoms of napari's history."""
    boxes = [_atom_box(atom) for atom in item]
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    before = labels[box.slices].copy()
    for atom, part in zip(reversed(item), reversed(boxes), strict=True):
        _take_back(atom, before, box, part)
    return box, before


def _atom_box(atom: Any) -> Box:
    """Where an atom changed pixels: a mask in a slice, or a tuple of index arrays."""
    if hasattr(atom, "slice_key"):
        return Box.of(atom.slice_key)
    rows, columns = atom[0]
    return Box(int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1)


def _take_back(atom: Any, before: Labels, box: Box, part: Box) -> None:
    """Write an atom's old values into `before`, which fills `box`."""
    if not hasattr(atom, "slice_key"):
        (rows, columns), old_values, _ = atom
        before[rows - box.top, columns - box.left] = old_values
        return
    window = before[part.within(box)]
    window[... if atom.mask is None else atom.mask] = atom.old_values


@MaskLayer.bind_key("m", overwrite=True)
def _new_label(layer: MaskLayer) -> None:
    """Set the selected label to an id that was never used in this picture."""
    layer.select_new_label()


@MaskLayer.bind_key("Control-Y", overwrite=True)
def _redo(layer: MaskLayer) -> None:
    """Do again what was undone last."""
    layer.redo()
