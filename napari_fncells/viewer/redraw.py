"""Redrawing boxes of a labels layer, where napari's own refresh redraws everything.

Of napari's private interface it needs `_accumulate_updated_slice`, `_partial_labels_refresh`
and `_update_thumbnail`; where they are missing, the whole layer is refreshed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from napari_fncells.core.geometry import Box


def redraw(layer: Any, boxes: Iterable[Box]) -> None:
    """Show what was written into boxes of a layer's array.

    Parameters
    ----------
    layer
        A `napari.layers.Labels`.
    boxes
        In pixels of the layer's own array; those that are empty are left out.
    """
    drawn = [box for box in boxes if box.height > 0 and box.width > 0]
    # A hidden layer is drawn anew when it is shown
    if not drawn or not layer.visible:
        return
    # Larger integers are shown by a copy of their colours, made at a refresh
    local = layer.data.dtype.itemsize <= 2 and hasattr(layer, "_partial_labels_refresh")
    if not local or would_write_contours(layer):
        layer.refresh()
        return
    for box in drawn:
        layer._accumulate_updated_slice(box.slices)
        layer._partial_labels_refresh()
    # It costs the same whatever was drawn: once for all
    layer._update_thumbnail()


def would_write_contours(layer: Any) -> bool:
    """Whether drawing a part of a layer would write its contours into its data.

    What napari draws *is* the data where there are no contours, and stays it when contours are
    chosen while the layer is hidden, until all of it is drawn anew.
    """
    return layer.contour > 0 and np.shares_memory(layer._slice.image.view, layer.data)
