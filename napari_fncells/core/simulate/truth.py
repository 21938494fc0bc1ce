"""The instance truth: which pixels an expert would give to which cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fncells.core.labels import boxes
from napari_fncells.core.simulate.canvas import clip_window
from napari_fncells.core.simulate.fields import Plane
from napari_fncells.core.simulate.params import SimulationParams
from napari_fncells.core.simulate.soma import RenderedSoma

_EIGHT = np.ones((3, 3), bool)
# A cell of which less than this share stays in view behind its neighbours is not marked.
_LEAST_SHARE = 0.35
# A hand does not follow tips thinner than this.
_THINNEST_TIP_PX = 5


def mark_cells(
    params: SimulationParams, drawn: list[RenderedSoma], wobble: Plane
) -> NDArray[np.uint16]:
    """Return the instance labels of the drawn bodies.

    Where bodies overlap, a pixel goes to the one in which it lies deeper.

    Parameters
    ----------
    params : SimulationParams
        Convention of the outline and smallest marked area.
    drawn : list of RenderedSoma
        Bodies, in any order; at most 65,535.
    wobble : (Y, X) float32
        Field of standard deviation 1 that makes the outline unsteady.

    Returns
    -------
    (Y, X) uint16
        Labels 1..n, each one 8-connected component; 0 is ground.
    """
    labels = np.zeros(wobble.shape, np.uint16)
    claim = np.full(wobble.shape, -np.inf, np.float32)
    full_area = np.zeros(len(drawn) + 1, np.int64)
    for number, body in enumerate(drawn, start=1):
        window = clip_window(labels.shape, body.depth.shape, body.top, body.left)
        if window is None:
            continue
        here, there = window
        offset = np.float32(params.outline_offset_px) + params.outline_wobble_px * wobble[here]
        marked = _without_thin_tips(body.depth[there] >= -offset)
        full_area[number] = int(marked.sum())
        own = body.depth[there] / np.float32(max(float(body.depth.max()), 1.0))
        taken = marked & (own > claim[here])
        labels[here][taken] = number
        claim[here][taken] = own[taken]
    return _one_piece_each(labels, full_area, params.smallest_cell_px)


def _without_thin_tips(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the mask opened by a small disc, or unchanged where that leaves nothing."""
    size = (_THINNEST_TIP_PX, _THINNEST_TIP_PX)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, size)
    # Outside the patch counts as inside, so that a cell cut by the picture keeps its cut side.
    opened = cv2.morphologyEx(
        mask.astype(np.uint8), cv2.MORPH_OPEN, disc, borderType=cv2.BORDER_REPLICATE
    )
    kept = opened.astype(bool)
    return kept if kept.any() else mask


def _one_piece_each(
    labels: NDArray[np.uint16], full_area: NDArray[np.int64], smallest_px: int
) -> NDArray[np.uint16]:
    """Return labels 1..n of each cell's largest piece, filled; too small ones are left out."""
    result = np.zeros_like(labels)
    found = 0
    for number, window in boxes(labels).items():
        pieces, count = ndimage.label(labels[window] == number, structure=_EIGHT)
        areas = np.bincount(pieces.ravel(), minlength=count + 1)
        areas[0] = 0
        largest = int(areas.argmax())
        if areas[largest] < max(smallest_px, _LEAST_SHARE * full_area[number]):
            continue
        found += 1
        piece = pieces == largest
        holes = ndimage.binary_fill_holes(piece) & (labels[window] == 0)
        result[window][piece | holes] = found
    return result
