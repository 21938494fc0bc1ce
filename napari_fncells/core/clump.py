"""A clump split by its own shape into as many cells as it shows."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

from napari_fncells.core.binary import neighbours
from napari_fncells.core.clean import fill_holes
from napari_fncells.core.cut import Pieces, flooded, split_change, without_crumbs
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change
from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import label, present
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import Params
from napari_fncells.core.pieces import Mask, largest_piece

Depth = NDArray[np.float32]
Heights = dict[tuple[int, int], float]

_SMOOTHING = 1.0
"""Sigma, in px, by which the steps of the pixel grid are smoothed out of the depth."""
_RIPPLE = 0.3
"""Rises of the depth smaller than this, in px, are no part to begin with."""


class ClumpParams(Params):
    """What of a shape counts as a cell of its own.

    The neck was chosen on clumps of touching cells of simulated pictures: see
    tools/evaluate_split.py.
    """

    neck: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Two parts are two cells where the neck between them is narrower than "
            "this share of the narrower part.",
        ),
    ] = 0.9
    min_area: Annotated[
        int,
        Field(
            ge=1,
            description="A smaller part is no cell.",
            json_schema_extra={"unit": "px²"},
        ),
    ] = 20


def split_by_shape(
    document: Document, cell: CellObject, params: ClumpParams | None = None
) -> Change:
    """Split a living cell into the number of cells that its shape shows.

    Pieces that lie apart become cells of their own. See `split_change` for ids and states.

    Raises
    ------
    UserError
        Where the shape shows one cell only.
    """
    mask = document.labels[cell.box.slices] == cell.id
    pieces = parts_by_shape(mask, params)
    if int(pieces.max()) < 2:
        raise UserError(f"Cell {cell.id} looks like one cell.", "Ctrl+drag across it to cut it.")
    return split_change(document, cell, cell.box, pieces)


def parts_by_shape(mask: Mask, params: ClumpParams | None = None) -> Pieces:
    """Number the parts of a shape that are divided by necks.

    The depth of a pixel is its distance to the outline. The shape is first cut at each saddle
    of the depth, then parts are put together again, beginning with the shallowest neck, until
    every neck left is narrow against the narrower of its two parts.

    Parameters
    ----------
    mask
        (Y, X) bool; holes in it do not count.
    params
        Limits.

    Returns
    -------
    ndarray
        (Y, X) int32: 0 outside, 1..n inside.
    """
    params = params or ClumpParams()
    depth = _depth(fill_holes(mask, mask.size))
    basins = _basins(depth)
    groups = _joined(_peaks(basins, depth), _necks(basins, depth), params.neck)
    pieces = _whole(np.where(mask, groups[basins], 0))
    return without_crumbs(flooded(pieces, mask), mask, params.min_area)[0]


def _whole(pieces: Pieces) -> Pieces:
    """The largest piece of each part: a hole may have cut what was one where it was filled."""
    kept = np.zeros_like(pieces)
    for number in present(pieces).tolist():
        kept[largest_piece(pieces == number)] = number
    return kept


def _depth(mask: Mask) -> Depth:
    """Distance to the outline, slightly smoothed; the picture's sides are outline, too."""
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    depth = cv2.GaussianBlur(depth, (0, 0), _SMOOTHING)
    depth[padded == 0] = 0
    return depth[1:-1, 1:-1].astype(np.float32)


def _basins(depth: Depth) -> Pieces:
    """The ground around each peak of the depth, numbered from 1."""
    inside = depth > 0
    lowered = reconstruction(np.maximum(depth - np.float32(_RIPPLE), 0), depth)
    peaks = label(np.asarray(local_maxima(lowered), dtype=bool) & inside)
    basins: Pieces = watershed(-depth, peaks, connectivity=2, mask=inside)
    return basins


def _peaks(basins: Pieces, depth: Depth) -> list[float]:
    """Depth of each basin; 0 for what is outside."""
    peaks = np.zeros(int(basins.max()) + 1)
    np.maximum.at(peaks, basins.ravel(), depth.ravel())
    return peaks.tolist()


def _necks(basins: Pieces, depth: Depth) -> Heights:
    """Greatest depth on the border of each pair of basins that touch."""
    necks: Heights = {}
    for here, there in neighbours(basins.shape):
        first, second = basins[here], basins[there]
        border = (first != second) & (first > 0) & (second > 0)
        heights = np.maximum(depth[here], depth[there])[border].tolist()
        for a, b, height in zip(
            first[border].tolist(), second[border].tolist(), heights, strict=True
        ):
            pair = min(a, b), max(a, b)
            necks[pair] = max(necks.get(pair, 0.0), height)
    return necks


def _joined(peaks: list[float], necks: Heights, narrow: float) -> NDArray[np.int32]:
    """Number of the group that each basin ends up in, by basin."""
    groups = np.arange(len(peaks), dtype=np.int32)
    while necks:
        pair = max(necks, key=lambda two: necks[two] / min(peaks[two[0]], peaks[two[1]]))
        kept, gone = pair
        if necks[pair] / min(peaks[kept], peaks[gone]) <= narrow:
            break
        groups[groups == gone] = kept
        peaks[kept] = max(peaks[kept], peaks[gone])
        del necks[pair]
        for two in [two for two in necks if gone in two]:
            other = two[0] + two[1] - gone
            moved = min(kept, other), max(kept, other)
            necks[moved] = max(necks.get(moved, 0.0), necks.pop(two))
    return groups
