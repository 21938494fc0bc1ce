"""Instance labels: (Y, X) unsigned integers, 0 = background, one id per cell."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

Labels = NDArray[np.unsignedinteger]
Slices = tuple[slice, slice]

# Up to this id a table by id beats sorting; beyond it the table would outgrow the picture
_TABLE = 1 << 20


def label(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the 8-connected pieces of a (Y, X) mask from 1, in no promised order; int32."""
    if mask.size == 0:
        return np.zeros(mask.shape, dtype=np.int32)  # on which OpenCV crashes
    _, regions = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    return np.asarray(regions, dtype=np.int32).reshape(mask.shape)


def present(labels: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.int64]:
    """Ids above 0 that occur in an array of any shape, in order; int64."""
    values = labels.view(np.uint8) if labels.dtype == np.bool_ else labels
    if values.size == 0:
        return np.empty(0, dtype=np.int64)
    if int(values.min()) < 0 or int(values.max()) > _TABLE:
        ids = np.unique(values)
        return ids[ids > 0].astype(np.int64)
    flat = values.ravel()
    counts = np.bincount(flat[np.flatnonzero(flat != 0)])
    return np.flatnonzero(counts).astype(np.int64, copy=False)


def dense(
    labels: NDArray[np.integer] | NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Labels with the ids that occur replaced by 1, 2, ... in order.

    Whatever the ids, a table by the new numbers is small.

    Parameters
    ----------
    labels
        (Y, X) instance labels of any integer dtype; values below 0 count as background.

    Returns
    -------
    ids
        (n,) int64: the id that became number k is ``ids[k - 1]``.
    numbers
        (Y, X) int32 in 0..n.
    """
    ids = present(labels)
    values = labels.view(np.uint8) if labels.dtype == np.bool_ else labels
    if ids.size == 0:
        return ids, np.zeros(labels.shape, dtype=np.int32)
    if int(ids[-1]) <= _TABLE and int(values.min()) >= 0:
        table = np.zeros(int(ids[-1]) + 1, dtype=np.int32)
        table[ids] = np.arange(1, ids.size + 1, dtype=np.int32)
        # Cells cover little of a picture: to look at them alone is several times faster
        place = np.flatnonzero(values != 0)
        found = np.zeros(values.shape, dtype=np.int32)
        found.ravel()[place] = table[values.ravel()[place]]
        return ids, found
    numbers = np.searchsorted(ids, values.ravel(), side="left").reshape(values.shape) + 1
    numbers[values <= 0] = 0
    return ids, numbers.astype(np.int32)


def boxes(labels: NDArray[np.integer] | NDArray[np.bool_]) -> dict[int, Slices]:
    """Bounding box of every id that occurs, in order of the ids."""
    ids, numbers = dense(labels)
    found = find_objects(numbers, max_label=ids.size)
    return {int(i): (box[0], box[1]) for i, box in zip(ids, found, strict=True) if box is not None}


def in_reading_order(labels: NDArray[np.integer]) -> Labels:
    """Renumber labels 1..n by their first pixels, row by row, in the smallest type that fits.

    So that the numbers do not depend on how the pieces were found.
    """
    ids, numbers = dense(labels)
    place = np.flatnonzero(numbers != 0)
    of = numbers.ravel()[place]
    first = np.zeros(ids.size + 1, dtype=np.int64)
    first[of[::-1]] = place[::-1]  # of several the last written stays: the first pixel
    rank = np.zeros(ids.size + 1, dtype=unsigned(ids.size))
    rank[1 + np.argsort(first[1:])] = np.arange(1, ids.size + 1)
    ordered: Labels = np.zeros(labels.shape, dtype=unsigned(ids.size))
    ordered.ravel()[place] = rank[of]
    return ordered


def unsigned(count: int) -> np.dtype[np.unsignedinteger]:
    """The smallest of uint16 and uint32 that numbers so many cells."""
    return np.dtype(np.uint16 if count <= np.iinfo(np.uint16).max else np.uint32)


def compact(labels: NDArray[np.integer]) -> Labels:
    """Renumber labels 1..n in order, in the smallest of uint16 and uint32 that fits."""
    ids, numbers = dense(labels)
    return numbers.astype(unsigned(ids.size))
