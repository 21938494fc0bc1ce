"""The layer of ignored regions: the brush and the polygon paint on it, the overlay shows it."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels as LabelsLayer
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Patch
from napari_fncells.core.geometry import Box
from napari_fncells.viewer.document_layer import CLEAR, DocumentLayer
from napari_fncells.viewer.palette import IGNORED_COLOUR

NAME = "ignored regions"

# As napari fills a polygon under way; what is painted is clear
_COLOURS = CyclicLabelColormap(colors=["#00000000", f"{IGNORED_COLOUR}00"], name=CLEAR.name)
_OPACITY = 0.4


class IgnoreLayer(DocumentLayer):
    """Labels layer on the ignored regions of a document; see `DocumentLayer`.

    It is clear: regions are hatched by the overlay, whether there is such a layer or not.
    """

    def __init__(self, document: Document, area: Box | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("name", NAME)
        kwargs.setdefault("colormap", _COLOURS)
        kwargs.setdefault("opacity", _OPACITY)
        super().__init__(document, area, **kwargs)

    @property
    def data(self) -> NDArray[Any]:
        """(Y, X) uint8, 1 where ignored. Setting another of the same shape is one edit."""
        shown: NDArray[Any] = LabelsLayer.data.fget(self)
        return shown

    @data.setter
    def data(self, pixels: Any) -> None:
        array = np.asarray(pixels)
        if array is self.data:
            self.refresh()
            return
        if array.shape != self.data.shape:
            raise ValueError(f"the regions have the shape {self.data.shape}, not {array.shape}")
        self.flush_stroke()
        change = changes.set_ignored(self._document, self._area, array != 0)
        if change is not None:
            self._document.commit(change)

    @property
    def _own_pixels(self) -> NDArray[Any]:
        return self._document.ignored

    def _patches_of(self, change: Change) -> tuple[Patch, ...]:
        return change.ignored

    def _change_by(self, box: Box, before: Any, tool: str) -> Change | None:
        return changes.ignore_stroke(self._document, box, before, tool)

    def _painted(self, label: int) -> int:
        """1 for whatever napari's tools want to paint with, 0 to erase."""
        return int(label != 0)

    def data_setitem(self, indices: Any, value: Any, refresh: bool = True) -> None:
        """Set single pixels; see `napari.layers.Labels.data_setitem`."""
        marked = (np.asarray(value) != 0).astype(np.uint8)
        super().data_setitem(indices, marked if marked.ndim else int(marked), refresh)


@IgnoreLayer.bind_key("m", overwrite=True)
def _no_new_label(layer: IgnoreLayer) -> None:
    """Paint again, rather than clear: there is but one kind of region."""
    layer.selected_label = 1
