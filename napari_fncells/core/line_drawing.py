"""Lines that show where cells and regions end: outlines, dashed ones, hatching."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels

_DASH = 6  # px
_HATCH_EVERY, _HATCH_WIDE = 12, 2  # px
_KERNEL = np.ones((5, 5), np.uint8)


def outline_of(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Pixels of cells within 2 px of another cell or of the ground."""
    if labels.size == 0:
        return np.zeros(labels.shape, bool)
    # OpenCV knows no integers of 32 bits here; float64 holds every one exactly
    plane = labels if labels.dtype.itemsize <= 2 else labels.astype(np.float64)
    different = cv2.erode(plane, _KERNEL) != cv2.dilate(plane, _KERNEL)
    return np.asarray(different.reshape(labels.shape) & (labels > 0), dtype=bool)


def rim_of(plane: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Pixels within 2 px of what is 0, that included."""
    eroded = cv2.erode(plane, _KERNEL).reshape(plane.shape)
    return np.asarray(eroded == 0, dtype=bool)


def dashes_in(window: Box) -> NDArray[np.bool_]:
    """Gaps of dashed outlines: bands across the picture, the same whatever the window."""
    # Row and column count only by their sum: one line of the pattern serves every row
    line = np.arange(window.top + window.left, window.bottom + window.right - 1)
    return sliding_window_view((line // _DASH) % 2 == 1, window.width)


def hatching_in(window: Box) -> NDArray[np.bool_]:
    """Lines across the picture, the other way than the dashes lie; the same for any window."""
    line = np.arange(window.left - window.bottom + 1, window.right - window.top)
    bands = sliding_window_view(line % _HATCH_EVERY < _HATCH_WIDE, window.width)
    return bands[::-1]


def dashed_outline(
    box: Box,
    mask: NDArray[np.bool_],
    window: Box,
    labels: Labels,
    dashes: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Dashed outline of a mask that fills `box`, in a window; nothing where cells are."""
    padded = np.pad(mask.astype(np.uint8), 2)
    ring = (padded > 0) & (cv2.erode(padded, _KERNEL) == 0)
    wide = box.padded(2)
    part = wide.clip_to(window)
    here = part.within(window)
    drawn = np.zeros(labels.shape, bool)
    drawn[here] = ring[part.within(wide)] & (labels[here] == 0) & ~dashes[here]
    return drawn
