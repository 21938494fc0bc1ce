"""Instance labels: (Y, X) unsigned integers, 0 = background, one id per cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

Labels = NDArray[np.unsignedinteger]
Slices = tuple[slice, slice]
Value = TypeVar("Value", bound=np.generic)

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


@dataclass(frozen=True)
class CellPixels:
    """The pixels of all cells. They cover little of a picture: to look at them alone is quick.

    Attributes
    ----------
    ids
        (N,) int64, the ids that occur, in order.
    place
        (P,) int64: where in the flattened picture, in order.
    of
        (P,) int64: the cell of each, as an index into `ids`.
    """

    ids: NDArray[np.int64]
    place: NDArray[np.int64]
    of: NDArray[np.int64]

    def picture(self, values: NDArray[Value], shape: tuple[int, ...]) -> NDArray[Value]:
        """(Y, X) array of one value for each cell, 0 for the background."""
        whole = np.zeros(shape, dtype=values.dtype)
        whole.ravel()[self.place] = values[self.of]
        return whole


def cell_pixels(labels: NDArray[np.integer] | NDArray[np.bool_]) -> CellPixels:
    """Find the pixels of all cells of (Y, X) labels; values below 0 count as background."""
    flat = (labels.view(np.uint8) if labels.dtype == np.bool_ else labels).ravel()
    place = np.flatnonzero(flat > 0)
    found = flat[place].astype(np.int64, copy=False)
    if int(found.max(initial=0)) > _TABLE:
        ids, of = np.unique(found, return_inverse=True)
        return CellPixels(ids, place, of.astype(np.int64, copy=False))
    counts = np.bincount(found)
    ids = np.flatnonzero(counts)
    index = np.zeros(counts.size, dtype=np.int64)
    index[ids] = np.arange(ids.size)
    return CellPixels(ids.astype(np.int64, copy=False), place, index[found])


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
    pixels = cell_pixels(labels)
    numbers = np.arange(1, pixels.ids.size + 1, dtype=np.int32)
    return pixels.ids, pixels.picture(numbers, labels.shape)


def boxes(labels: NDArray[np.integer] | NDArray[np.bool_]) -> dict[int, Slices]:
    """Bounding box of every id that occurs, in order of the ids."""
    ids, numbers = dense(labels)
    found = find_objects(numbers, max_label=ids.size)
    return {int(i): (box[0], box[1]) for i, box in zip(ids, found, strict=True) if box is not None}


def compact(labels: NDArray[np.integer]) -> Labels:
    """Renumber labels 1..n in order, in the smallest of uint16 and uint32 that fits."""
    pixels = cell_pixels(labels)
    fits = pixels.ids.size <= np.iinfo(np.uint16).max
    numbers: Labels = np.arange(1, pixels.ids.size + 1, dtype=np.uint16 if fits else np.uint32)
    return pixels.picture(numbers, labels.shape)
