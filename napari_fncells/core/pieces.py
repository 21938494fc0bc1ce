"""Connected pieces of masks."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import label

Mask = NDArray[np.bool_]

_EIGHT = np.ones((3, 3), dtype=np.uint8)


def largest_piece(mask: Mask) -> Mask:
    """The largest 8-connected piece of a mask, of equal ones the topmost; nothing of nothing."""
    pieces = label(mask)
    sizes = np.bincount(pieces.ravel(), minlength=1)
    sizes[0] = 0
    if sizes.size < 3:
        return mask
    first = pieces[(sizes == sizes.max())[pieces]][0]
    largest: Mask = pieces == first
    return largest


def piece_count(mask: Mask) -> int:
    """Number of 8-connected pieces."""
    return int(label(mask).max(initial=0))


def widened(mask: Mask) -> Mask:
    """The mask with the 8 neighbours of its pixels."""
    return cv2.dilate(mask.astype(np.uint8), _EIGHT).astype(bool)


def touch(first: Mask, second: Mask) -> bool:
    """Whether a pixel of one lies on or beside one of the other."""
    return bool((widened(first) & second).any())


def deepest(mask: Mask) -> tuple[int, int]:
    """(row, column) of the pixel farthest from the rim of a mask that is not empty."""
    depth = cv2.distanceTransform(
        np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row) - 1, int(column) - 1
