"""Splitting of clumps into cells."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

from napari_fncells.core.distance import distance_to_ground
from napari_fncells.core.distribution import Readable, extremes, rough_median
from napari_fncells.core.fnc_v1 import split_fnc_v1
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes, label
from napari_fncells.core.params import CleanUpParams

IntLabels = NDArray[np.int32]
Mask = NDArray[np.bool_]

_LEVELS = 64
"""More levels than these take longer to look at than a clump to split."""


def split_clumps(
    pieces: IntLabels, scores: NDArray[np.float32], params: CleanUpParams
) -> IntLabels:
    """Cut clumps into cells.

    Parameters
    ----------
    pieces
        (Y, X) numbers of the pieces of a mask, 4-connected ones for 'fnc_v1', else 8-connected.
    scores
        (Y, X) float32, by which 'intensity' cuts.
    params
        `split` and what belongs to it. Parts smaller than `min_area` are not cut off.

    Returns
    -------
    ndarray
        (Y, X) int32; the pieces themselves where nothing is cut.
    """
    if params.split == "fnc_v1":
        return split_fnc_v1(pieces)
    if params.split == "distance":
        return split_necks(pieces, params)
    if params.split == "intensity":
        return split_dim_lines(pieces, scores, params)
    return pieces


def split_necks(labels: IntLabels, params: CleanUpParams) -> IntLabels:
    """Cut clumps where they narrow, by a watershed of the distance to their outline.

    A clump has as many parts as its distance map has peaks that stand `split_depth` px above
    the neck between them. Parts smaller than `min_area` are not cut off.
    """

    def relief_of(box: tuple[slice, slice], inside: Mask) -> NDArray[np.float32] | None:
        # The nearest ground to a pixel of a clump is no farther than 1 px from its box
        wide = Box.of(box).padded(1).clip(labels.shape)
        distance = distance_to_ground(labels[wide.slices] > 0)
        depth = np.where(inside, distance[Box.of(box).within(wide)], 0).astype(np.float32)
        return None if depth.max() < 2 * params.split_depth else depth

    return _split(labels, relief_of, params.split_depth, params.min_area)


def heights_of(scores: Readable) -> tuple[float, float]:
    """The ground of (Y, X) scores, and the least height above it that counts as one."""
    ground = rough_median(scores)
    return ground, max(extremes(scores)[1] - ground, 1e-12) * 1e-3


def split_dim_lines(
    labels: IntLabels,
    scores: NDArray[np.float32],
    params: CleanUpParams,
    heights: tuple[float, float] | None = None,
) -> IntLabels:
    """Cut clumps along dim lines between bright cores, by a watershed of the score.

    A clump has as many parts as its score has peaks from which any way to another as high
    leads down by `split_contrast` of the height above the ground. `heights` are those of the
    whole picture where labels and scores are a part of it.
    """
    if not labels.any():
        return labels
    ground, least = heights or heights_of(scores)
    # On the logarithm of the height a share of it is a difference
    step = -np.log(max(1 - params.split_contrast, 1e-6))

    def relief_of(box: tuple[slice, slice], inside: Mask) -> NDArray[np.float32]:
        height = np.log(np.maximum(scores[box] - ground, least))
        lowest = float(height[inside].min())
        return np.where(inside, height - lowest + 1e-3, 0).astype(np.float32)

    return _split(labels, relief_of, float(step), params.min_area)


def _split(
    labels: IntLabels,
    relief_of: Callable[[tuple[slice, slice], Mask], NDArray[np.float32] | None],
    height: float,
    min_area: int,
) -> IntLabels:
    """Cut each clump into the basins of its relief; the first part keeps the number."""
    result = labels.copy()
    next_id = int(labels.max()) + 1
    for region, box in boxes(labels).items():
        inside = labels[box] == region
        relief = relief_of(box, inside)
        parts = None if relief is None else _parts(relief, inside, height, min_area)
        if parts is None:
            continue
        for part in range(2, int(parts.max()) + 1):
            result[box][parts == part] = next_id
            next_id += 1
    return result


def _parts(
    relief: NDArray[np.float32], inside: Mask, height: float, min_area: int
) -> IntLabels | None:
    """Number the parts of one clump from 1, or None where it is one cell."""
    if not _may_part(relief, height):
        return None
    peaks = label(_peaks(relief, height) & inside)
    while peaks.max() > 1:
        # 8-connected like the clump, else pieces joined by a corner are not reached
        parts: IntLabels = watershed(-relief, peaks, connectivity=2, mask=inside)
        areas = np.bincount(parts.ravel())[1:]
        if areas.min() >= max(min_area, 1):
            return parts
        # The smallest part is no cell: give its ground to the neighbours and cut again
        peaks[peaks == int(areas.argmin()) + 1] = 0
        peaks = label(peaks > 0)
    return None


def _may_part(relief: NDArray[np.float32], height: float) -> bool:
    """Whether there may be two such peaks; no is certain, and soon found for most cells.

    Of levels less than `height` apart one lies between the way and the lower of two peaks, where
    what is above it falls apart.
    """
    top = float(relief.max())
    step = 0.99 * height
    if top > _LEVELS * step:
        return True
    levels = np.arange(step, top, step)
    return any(
        cv2.connectedComponents((relief >= level).view(np.uint8), connectivity=8)[0] > 2
        for level in levels
    )


def _peaks(relief: NDArray[np.float32], height: float) -> Mask:
    """Tops that stand at least `height` above the way to any other as high.

    Not `h_maxima`, which takes equal tops apart however shallow the way between them is.
    """
    lowered = reconstruction(relief - np.float32(height), relief)
    return np.asarray(local_maxima(lowered), dtype=bool)
