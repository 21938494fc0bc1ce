"""The mask layer: the labels of a document, to be painted."""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.layers.labels._labels_constants import Mode
from numpy.typing import NDArray

from napari_fncells.core import changes
from napari_fncells.core.attention.clean import CleanMask
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Patch
from napari_fncells.core.geometry import Box
from napari_fncells.viewer.document_layer import PALE, DocumentLayer

# Tools with which a new shape is begun: they aim at the cell they begin on
_AIMING = (Mode.PAINT, Mode.POLYGON)


class MaskLayer(DocumentLayer):
    """Labels layer on the labels of a document; see `DocumentLayer`."""

    def __init__(self, document: Document, area: Box | None = None, **kwargs: Any) -> None:
        # Ids of cells that are gone, each with the new one the stroke paints in its place
        self._renamed: dict[int, int] = {}
        self._given_out: ref[NDArray[Any]] | None = None
        kwargs.setdefault("colormap", PALE)
        super().__init__(document, area, **kwargs)
        self.mouse_drag_callbacks.append(aim_stroke)

    def select_new_label(self) -> None:
        """Paint with an id that no cell of this picture ever had."""
        self.selected_label = self._document.next_id

    def get_status(self, position: Any = None, **kwargs: Any) -> dict[str, str]:
        """What the status bar says of a place; see `napari.layers.Labels.get_status`."""
        status: dict[str, str] = super().get_status(position, **kwargs)
        if position is None or not kwargs.get("world"):
            return status
        row, column = self.picture_position(position)
        cell = self._document.cell_at(round(row), round(column))
        if cell is not None and cell.note:
            for part in ("coordinates", "value"):
                status[part] = f"{status.get(part, '')}; “{cell.note}”"
        return status

    def as_layer_data_tuple(self) -> Any:
        """What writers are given: without what the attention check has planted."""
        data, meta, kind = super().as_layer_data_tuple()
        if self._document.attended:
            data = CleanMask(self._document).window(self._area)
            self._given_out = ref(data)
        return data, meta, kind

    def gave(self, data: NDArray[Any]) -> bool:
        """Whether pixels are those of this layer, or were given to a writer by it."""
        given = self._given_out() if self._given_out is not None else None
        return data is given or np.shares_memory(self.data, data)

    def _get_state(self) -> dict[str, Any]:
        state = super()._get_state()
        if self._document.attended:
            # A copy would be saved with what is planted in it
            state["data"] = CleanMask(self._document).window(self._area)
        return state

    @property
    def data(self) -> NDArray[Any]:
        """(Y, X) labels. Setting other labels of the same shape is one edit of the document."""
        shown: NDArray[Any] = LabelsLayer.data.fget(self)
        return shown

    @data.setter
    def data(self, labels: Any) -> None:
        array = np.asarray(labels)
        if array.dtype.kind not in "biu":
            raise ValueError(f"a mask holds whole numbers, not {array.dtype.name}")
        if array is self.data and array.dtype == self._document.labels.dtype:
            self.refresh()
            return
        self.flush_stroke()
        change = changes.replace_labels(self._document, self._in_picture(array))
        if change is not None:
            self._document.commit(change)

    @property
    def _own_pixels(self) -> NDArray[Any]:
        return self._document.labels

    def _patches_of(self, change: Change) -> tuple[Patch, ...]:
        return change.patches

    def _change_by(self, box: Box, before: Any, tool: str) -> Change | None:
        return changes.stroke(self._document, box, before, tool)

    def _painted(self, label: int) -> int:
        """The label, or a new one in place of that of a cell which is gone.

        napari's 'new' button offers the largest label in the array plus one, which may have
        belonged to a cell removed since.
        """
        document = self._document
        if label == 0 or label >= document.next_id or document.is_alive(label):
            return label
        # A stroke makes one cell, however often its parts are taken into the history
        return self._renamed.setdefault(label, document.next_id)

    def _stroke_begins(self) -> None:
        super()._stroke_begins()
        self._renamed.clear()

    def _in_picture(self, part: NDArray[Any]) -> NDArray[Any]:
        """Labels of the whole picture with the part that is shown replaced."""
        if part.shape != self.data.shape or self._area == Box.whole(self._document.shape):
            return part
        dtype = np.promote_types(part.dtype, self._document.labels.dtype)
        whole = self._document.labels.astype(dtype)
        whole[self._area.slices] = part
        return whole

    def _show_promoted(self) -> None:
        LabelsLayer.data.fset(self, self._shown())


def aim_stroke(layer: MaskLayer, event: Any) -> None:
    """Let a stroke begun on a cell edit that cell, and one begun on ground make a new cell."""
    if layer.mode not in _AIMING or layer.selected_label == 0 or _in_polygon(layer):
        return
    row, column = (round(value) for value in layer.picture_position(event.position))
    cell = layer.document.cell_at(row, column)
    layer.selected_label = cell.id if cell is not None else layer.document.next_id


def _in_polygon(layer: MaskLayer) -> bool:
    """Whether a polygon has been begun: its first corner has aimed already."""
    return layer.mode == Mode.POLYGON and bool(layer._overlays["polygon"].points)


@MaskLayer.bind_key("m", overwrite=True)
def _new_label(layer: MaskLayer) -> None:
    """Set the selected label to an id that was never used in this picture."""
    layer.select_new_label()
