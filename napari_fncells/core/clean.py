"""Clean-up of a thresholded mask: holes, thin processes, small pieces."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.params import CleanUpParams


def clean_mask(mask: NDArray[np.bool_], params: CleanUpParams) -> NDArray[np.bool_]:
    """Fill small holes, cut thin processes, drop small pieces of a (Y, X) mask."""
    cleaned = fill_holes(mask, params.hole_area)
    if params.opening:
        size = 2 * params.opening + 1
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        # A border that repeats the edge keeps cells cut by the picture's side whole
        padded = np.pad(cleaned.astype(np.uint8), params.opening, mode="edge")
        opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disk)
        inner = slice(params.opening, -params.opening)
        cleaned = opened[inner, inner].astype(bool)
    return drop_small(cleaned, params.min_area)


def fill_holes(mask: NDArray[np.bool_], max_area: int) -> NDArray[np.bool_]:
    """Fill holes of less than `max_area` px²; ground open to the border is no hole."""
    if max_area == 0 or not mask.any():
        return mask
    # 4-connected ground, the complement of 8-connected cells
    _, regions, stats, _ = cv2.connectedComponentsWithStats(
        (~mask).astype(np.uint8), connectivity=4
    )
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    height, width = mask.shape
    inside = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    hole = inside & (stats[:, cv2.CC_STAT_AREA] < max_area)
    hole[0] = False
    filled: NDArray[np.bool_] = mask | hole[regions]
    return filled


def drop_small(mask: NDArray[np.bool_], min_area: int) -> NDArray[np.bool_]:
    """Drop 8-connected pieces of less than `min_area` px²."""
    if min_area <= 1:
        return mask
    _, regions, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] >= min_area
    keep[0] = False
    kept: NDArray[np.bool_] = keep[regions]
    return kept
