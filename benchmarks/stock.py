"""The same jobs by napari's own means, in the same window."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Image, Labels

from benchmarks import scenes
from benchmarks.desk import Desk, Times


def measure_stock(desk: Desk, repeats: int) -> dict[str, Times]:
    """Removing, adding and undoing in a plain Labels layer; replaces what the window shows."""
    labels = desk.document.labels.copy()
    pixels = desk.pixels
    desk.times = {}
    desk.viewer.layers.clear()
    desk.viewer.add_layer(Image(pixels, rgb=pixels.ndim == 3, name="picture"))
    layer = Labels(labels, name="mask")
    desk.viewer.add_layer(layer)
    desk.look()
    base = scenes.tile()
    few = max(repeats // 3, 5)
    for at in range(few):
        cell = scenes.moved([base.cells[at % len(base.cells)]], desk.corner)[0]
        trace = np.array(scenes.moved(base.traces[at % len(base.traces)], desk.corner))
        for name, act in (
            ("napari: remove by fill", lambda c=cell: layer.fill(c, 0)),
            ("napari: remove by np.nonzero", lambda c=cell: _naive_remove(layer, c)),
            ("napari: add by paint_polygon", lambda t=trace: layer.paint_polygon(t, 60000)),
        ):
            desk.timed(name, act)
            desk.timed("napari: Ctrl+Z", layer.undo)
    return desk.times


def _naive_remove(layer: Any, point: scenes.Point) -> None:
    value = layer.data[round(point[0]), round(point[1])]
    layer.data_setitem(np.nonzero(layer.data == value), 0)
