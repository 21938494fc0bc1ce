"""The napari layer of the states of cells, and where it lies among the others."""

from __future__ import annotations

from typing import Any

import numpy as np
from napari.layers import Labels as LabelsLayer

from napari_fncells.viewer.layer import MaskLayer

NAME = "cell states"


class StateLayer(LabelsLayer):
    """Labels layer of the codes of states; shown, not edited.

    napari makes a layer editable again whenever its data are set, so its tools are told no here.
    """

    @property
    def _type_string(self) -> str:
        return "labels"

    def _reset_editable(self) -> None:
        self.editable = False

    def data_setitem(self, *args: Any, **kwargs: Any) -> None:
        """Change nothing."""

    def paint(self, *args: Any, **kwargs: Any) -> None:
        """Change nothing."""

    def fill(self, *args: Any, **kwargs: Any) -> None:
        """Change nothing."""

    def paint_polygon(self, *args: Any, **kwargs: Any) -> None:
        """Change nothing."""


def put_above(layers: Any, layer: StateLayer, mask: MaskLayer) -> None:
    """Put the layer into a viewer's list right above the mask; the active one stays active."""
    active = layers.selection.active
    layers.append(layer)
    if mask in layers:
        layers.move(layers.index(layer), layers.index(mask) + 1)
    if active is not None:
        layers.selection.active = active


def keep_above(layers: Any, layer: StateLayer, mask: MaskLayer) -> None:
    """Be above a mask that came into the viewer later than the states."""
    if mask in layers and layers.index(layer) < layers.index(mask):
        layers.move(layers.index(layer), layers.index(mask) + 1)


def lie_on(layer: Any, mask: MaskLayer) -> None:
    """Lie where the mask does; napari draws anew at each setting, of the same, too."""
    for name in ("scale", "translate"):
        if not np.array_equal(getattr(layer, name), getattr(mask, name)):
            setattr(layer, name, getattr(mask, name))
