"""From pieces at the working scale to smooth cells at the scale of the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import boxes

_SOFT = 0.8
"""Sigma, in px of the working scale, by which outlines are rounded."""
_MARGIN = 3


def enlarged(regions: NDArray[np.int32], shape: tuple[int, int]) -> NDArray[np.int32]:
    """Bring regions to the size of the picture, with smooth outlines, one piece each.

    Parameters
    ----------
    regions
        (y, x) int32, 0 = none.
    shape
        (Y, X) of the picture.

    Returns
    -------
    ndarray
        (Y, X) int32 with the same numbers.
    """
    scale = np.array(shape) / np.array(regions.shape)
    found = np.zeros(shape, dtype=np.int32)
    for number, (rows, columns) in boxes(regions).items():
        top, left = max(rows.start - _MARGIN, 0), max(columns.start - _MARGIN, 0)
        window = regions[top : rows.stop + _MARGIN, left : columns.stop + _MARGIN]
        mask = _largest((window == number).view(np.uint8))
        soft = cv2.GaussianBlur(
            mask.astype(np.float32), (0, 0), _SOFT, borderType=cv2.BORDER_REPLICATE
        )
        first = np.round(np.array([top, left]) * scale).astype(int)
        last = np.round(np.array([top, left] + np.array(window.shape)) * scale).astype(int)
        large = _drawn(soft, scale, (top, left), first, last)
        inside = _largest((large > np.float32(0.5)).view(np.uint8)) > 0
        part = found[first[0] : last[0], first[1] : last[1]]
        part[inside & (part == 0)] = number
    return found


def _drawn(
    soft: NDArray[np.float32],
    scale: NDArray[np.float64],
    corner: tuple[int, int],
    first: NDArray[np.int_],
    last: NDArray[np.int_],
) -> NDArray[np.float32]:
    """Values of a window at the middles of the picture's pixels first..last."""
    rows = (np.arange(first[0], last[0]) + 0.5) / scale[0] - 0.5 - corner[0]
    columns = (np.arange(first[1], last[1]) + 0.5) / scale[1] - 0.5 - corner[1]
    at = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
    drawn = cv2.remap(soft, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(drawn, dtype=np.float32)


def _largest(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The largest piece of a mask."""
    count, regions, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    if count <= 2:
        return mask
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return (regions == largest).view(np.uint8)
