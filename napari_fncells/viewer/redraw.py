"""Redrawing one box of a labels layer, where napari's own refresh redraws everything.

Of napari's private interface it needs `_accumulate_updated_slice`, `_partial_labels_refresh`
and `_update_thumbnail`; where they are missing, the whole layer is refreshed.
"""

from __future__ import annotations

from typing import Any

from napari_fncells.core.geometry import Box


def redraw(layer: Any, box: Box) -> None:
    """Show what was written into a box of a layer's array.

    Parameters
    ----------
    layer
        A `napari.layers.Labels`.
    box
        In pixels of the layer's own array; may be empty.
    """
    if box.height <= 0 or box.width <= 0:
        return
    # Larger integers are shown by a copy of their colours, made at a refresh
    local = layer.data.dtype.itemsize <= 2 and hasattr(layer, "_partial_labels_refresh")
    if not local:
        layer.refresh()
        return
    layer._accumulate_updated_slice(box.slices)
    layer._partial_labels_refresh()
    layer._update_thumbnail()
