"""What each pixel counts in training: more in cells, and most between close ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.distance import distance_to_ground
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes
from napari_fncells.core.params.patches import WeightParams

Weights = NDArray[np.float32]


def weight_map(
    labels: Labels, params: WeightParams, ignored: NDArray[np.bool_] | None = None
) -> Weights:
    """Weights of the pixels of a picture in a pixel-wise loss.

    The sum over all cells of exp(-d² / (2 σ²)), d being the distance from the cell, 0 within it,
    at least 1; times the weight of a cell within cells (Morelli et al. 2021, section 'Weight
    maps'). A cell alone has the weight of a cell, the background far off 1; between close cells
    it rises.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    params
        Weight of cells, σ, and the distance from which on a cell adds nothing.
    ignored
        (Y, X) bool: pixels that do not count at all.

    Returns
    -------
    ndarray
        (Y, X) float32.
    """
    near = np.zeros(labels.shape, dtype=np.float32)
    margin = math.floor(params.reach) + 1
    for number, slices in boxes(labels).items():
        window = Box.of(slices).padded(margin).clip(labels.shape).slices
        distance = distance_to_ground(labels[window] != number)
        share = np.exp(np.square(distance) / np.float32(-2 * params.sigma**2))
        near[window] += np.where(distance <= params.reach, share, np.float32(0))
    weights = np.maximum(near, np.float32(1))
    weights[labels > 0] *= np.float32(params.cell_weight)
    if ignored is not None:
        weights[ignored & (labels == 0)] = 0
    return weights
