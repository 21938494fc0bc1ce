"""How good outlines are, and what they agree on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.outline.features import Features, features
from napari_fncells.core.outline.prior import OutlinePrior
from napari_fncells.core.outline.shapes import Outlines
from napari_fncells.core.outline.view import View
from napari_fncells.core.outline.weights import PRIOR_WEIGHTS, WEIGHTS

_TEMPERATURE = 0.05
_VOTERS = 60


def shared_inside(
    view: View, outlines: Outlines, prior: OutlinePrior | None
) -> NDArray[np.float32]:
    """Share of a vote, for each pixel of a view, that says it lies inside the cell.

    Each outline votes with the softmax of its merit, so that those nearly as good as the best
    smooth out its chance errors.

    Returns
    -------
    ndarray
        (size, size) float32 in 0..1.
    """
    masks = outlines.masks(view.size)
    table = features(view, outlines, masks)
    merit = merits(table, view.height, prior)
    power = np.exp((merit - merit.max()) / _TEMPERATURE) * outlines.counts
    best = np.argsort(-power)[:_VOTERS]
    weights = (power[best] / power[best].sum()).astype(np.float32)
    # Not a matrix product: its threads would cost more than they save
    return np.asarray(np.einsum("n,nij->ij", weights, masks[best]), dtype=np.float32)


def merits(table: Features, height: float, prior: OutlinePrior | None) -> NDArray[np.float64]:
    """(n,) merits of outlines: predicted IoU with the expert's, up to a constant per click."""
    total = _weighted(table, WEIGHTS)
    if prior is not None and prior.count:
        total += _weighted(prior.misfit(table, height), PRIOR_WEIGHTS)
    return total


def _weighted(table: Features, weights: dict[str, float]) -> NDArray[np.float64]:
    parts = [table[name].astype(np.float64) * weight for name, weight in weights.items()]
    total: NDArray[np.float64] = np.sum(parts, axis=0)
    return total
