"""Instance labels: (Y, X) unsigned integers, 0 = background, one id per cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

Labels = NDArray[np.unsignedinteger]
Slices = tuple[slice, slice]


def label(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the 8-connected pieces of a (Y, X) mask from 1, in reading order; int32."""
    _, regions = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    return np.asarray(regions, dtype=np.int32).reshape(mask.shape)


def boxes(labels: NDArray[np.integer]) -> dict[int, Slices]:
    """Bounding box of every id that occurs, in order of the ids."""
    found = find_objects(labels.astype(np.int32, copy=False))
    return {index: (box[0], box[1]) for index, box in enumerate(found, start=1) if box is not None}


def compact(labels: NDArray[np.integer]) -> Labels:
    """Renumber labels 1..n in order, in the smallest of uint16 and uint32 that fits."""
    present = np.flatnonzero(np.bincount(labels.ravel(), minlength=1))
    present = present[present > 0]
    dtype = np.uint16 if present.size <= np.iinfo(np.uint16).max else np.uint32
    table = np.zeros(int(labels.max(initial=0)) + 1, dtype=dtype)
    table[present] = np.arange(1, present.size + 1, dtype=dtype)
    renumbered: Labels = table[labels]
    return renumbered
