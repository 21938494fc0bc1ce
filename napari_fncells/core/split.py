"""Splitting of clumps into cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.morphology import local_maxima, reconstruction
from skimage.segmentation import watershed

from napari_fncells.core.labels import boxes, label
from napari_fncells.core.params import CleanUpParams


def split_necks(labels: NDArray[np.int32], params: CleanUpParams) -> NDArray[np.int32]:
    """Cut clumps where they narrow, by a watershed of the distance to their outline.

    A clump has as many parts as its distance map has peaks that stand `split_depth` px above
    the neck between them. Parts smaller than `min_area` are not cut off.
    """
    mask = (labels > 0).astype(np.uint8)
    if not mask.any():
        return labels
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    result = labels.copy()
    next_id = int(labels.max()) + 1
    for region, box in boxes(labels).items():
        inside = labels[box] == region
        depth = np.where(inside, distance[box], 0).astype(np.float32)
        parts = _parts(depth, inside, params)
        if parts is None:
            continue
        for part in range(2, int(parts.max()) + 1):
            result[box][parts == part] = next_id
            next_id += 1
    return result


def _parts(
    depth: NDArray[np.float32], inside: NDArray[np.bool_], params: CleanUpParams
) -> NDArray[np.int32] | None:
    """Number the parts of one clump from 1, or None where it is one cell."""
    if depth.max() < 2 * params.split_depth:
        return None
    peaks = label(_peaks(depth, params.split_depth) & inside)
    while peaks.max() > 1:
        # 8-connected like the clump, else pieces joined by a corner are not reached
        parts: NDArray[np.int32] = watershed(-depth, peaks, connectivity=2, mask=inside)
        areas = np.bincount(parts.ravel())[1:]
        if areas.min() >= max(params.min_area, 1):
            return parts
        # The smallest part is no cell: give its ground to the neighbours and cut again
        peaks[peaks == int(areas.argmin()) + 1] = 0
        peaks = label(peaks > 0)
    return None


def _peaks(depth: NDArray[np.float32], height: float) -> NDArray[np.bool_]:
    """Tops that stand at least `height` px above the way to any other as high.

    Not `h_maxima`, which takes equal tops apart however shallow the way between them is.
    """
    lowered = reconstruction(depth - np.float32(height), depth)
    return np.asarray(local_maxima(lowered), dtype=bool)
