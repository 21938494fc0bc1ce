"""The post-processing of the FNC v1 authors, by their figures.

Clissa 2022; evaluation code of robomorelli/cell_counting_yellow: holes under 600 px² are
filled, pieces under 200 px² dropped, all 4-connected; peaks of the distance map, widened by a
maximum filter of 30 px, in a footprint of 40 x 40 px are the markers, those under 25 px² dropped;
a compact watershed draws a line between the cells.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from napari_fncells.core.distance import distance_to_ground
from napari_fncells.core.labels import boxes, cell_pixels, label

_WIDENED = 30
_FOOTPRINT = 40
REACH = _WIDENED + _FOOTPRINT
"""px; no farther away does the distance map count for a peak."""
LEAST_MARKER = 25
"""px²."""


def split_fnc_v1(pieces: NDArray[np.int32]) -> NDArray[np.int32]:
    """Number the cells of a cleaned mask as FNC v1 does; pixels of the lines between are 0.

    Parameters
    ----------
    pieces
        (Y, X) numbers of the 4-connected pieces; holes are filled and small pieces dropped
        already.

    Returns
    -------
    ndarray
        (Y, X) int32. A piece in which no marker lies is lost, as it was there.
    """
    mask = pieces > 0
    if not mask.any():
        return pieces
    distance = distance_to_ground(mask)
    widened = widen(distance)
    markers = _without_small(peaks(widened, float(widened.min())))
    return parts(pieces, distance, markers)


def widen(distance: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distance map, each pixel the highest of a square around it."""
    return _maximum(distance, _WIDENED)


def peaks(widened: NDArray[np.float32], lowest: float) -> NDArray[np.bool_]:
    """Plateaus of a widened distance map: (Y, X) bool. `lowest` is its lowest value."""
    found: NDArray[np.bool_] = (widened == _maximum(widened, _FOOTPRINT)) & (widened > lowest)
    return found


def parts(
    pieces: NDArray[np.int32], distance: NDArray[np.float32], markers: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Basins of the markers, by their numbers, with a line between them: (Y, X) int32.

    Nothing flows from one 4-connected piece into another, so each is flooded by itself.
    """
    found = np.zeros(pieces.shape, dtype=np.int32)
    for piece, box in boxes(pieces).items():
        inside = pieces[box] == piece
        inner = np.where(inside, markers[box], 0)
        if inner.any():
            found[box] += watershed(
                -distance[box], inner, mask=inside, compactness=1, watershed_line=True
            )
    return found


def _maximum(plane: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Maximum in a square; of even sides the anchor is SciPy's."""
    square = np.ones((side, side), np.uint8)
    anchor = (side // 2, side // 2)
    return np.asarray(cv2.dilate(plane, square, anchor=anchor, borderType=cv2.BORDER_REFLECT))


def _without_small(peaks: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Number the 4-connected plateaus, those too small left out."""
    plateaus = label(peaks, connectivity=4)
    pixels = cell_pixels(plateaus)
    small = np.bincount(pixels.of, minlength=pixels.ids.size) < LEAST_MARKER
    return pixels.picture(np.where(small, 0, pixels.ids).astype(np.int32), peaks.shape)
