"""Whether the numbers of a mask file are a binary mask or instance labels."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage as ndi

_EIGHT_CONNECTED = np.ones((3, 3), bool)
# A mask with grey rims: its top value is full scale and fills a quarter or more of its cells,
# and nearly all other pixels above 0 lie at most this far from a pixel of the top value.
_FULL_SCALES = {"uint8": 255, "uint16": 65535}
_TOP_SHARE = 0.25
_RIM_REACH_PX = 6
_RIM_SHARE = 0.9


class MaskKind(StrEnum):
    """What the numbers of a mask file mean."""

    BINARY = "binary"
    LABELS = "labels"


def mask_kind(values: npt.NDArray[Any]) -> MaskKind:
    """Decide whether numbers are a binary mask or instance labels.

    Binary are: at most one value besides 0; or a full-scale top value (255 in 8 bit, 65535 in
    16 bit) that makes up at least a quarter of the pixels above 0, while at least nine in ten
    of the others lie within 6 px of it: the grey rims of a mask that was drawn or scaled
    smoothly. Anything else is labels.

    Parameters
    ----------
    values
        (Y, X) integers.
    """
    found = np.unique(values)
    if found[found != 0].size <= 1:
        return MaskKind.BINARY
    top = _FULL_SCALES.get(values.dtype.name)
    at_top = values == found[-1]
    if found[-1] != top or at_top.sum() < _TOP_SHARE * np.count_nonzero(values):
        return MaskKind.LABELS
    others = (values > 0) & ~at_top
    reach = np.ones((2 * _RIM_REACH_PX + 1,) * 2, np.uint8)
    near = cv2.dilate(at_top.astype(np.uint8), reach) > 0
    rims = np.count_nonzero(others & near) >= _RIM_SHARE * np.count_nonzero(others)
    return MaskKind.BINARY if rims else MaskKind.LABELS


def label_parts(
    mask: npt.NDArray[np.bool_],
) -> tuple[npt.NDArray[np.unsignedinteger[Any]], int]:
    """Number the 8-connected parts of a mask from 1.

    Parameters
    ----------
    mask
        (Y, X) bool.

    Returns
    -------
    ndarray
        (Y, X) uint16, or uint32 above 65,535 parts.
    int
        The number of parts.
    """
    labels = np.zeros(mask.shape, np.int32)
    count = int(ndi.label(mask, structure=_EIGHT_CONNECTED, output=labels))
    return smallest_dtype(labels), count


def smallest_dtype(labels: npt.NDArray[Any]) -> npt.NDArray[np.unsignedinteger[Any]]:
    """Give labels as uint16, or as uint32 where they do not fit.

    Parameters
    ----------
    labels
        (Y, X) whole numbers from 0 to 2**32 - 1.
    """
    fits = int(labels.max(initial=0)) <= np.iinfo(np.uint16).max
    return labels.astype(np.uint16 if fits else np.uint32, copy=False)


def looks_like_picture(numbers: npt.NDArray[Any]) -> bool:
    """Tell noise from areas: most pixels of a cell have a neighbour of the same number.

    Parameters
    ----------
    numbers
        (Y, X) integers.
    """
    left, right = numbers[:, :-1], numbers[:, 1:]
    inside = (left > 0) & (right > 0)
    return bool(np.count_nonzero(inside & (left == right)) < 0.5 * np.count_nonzero(inside))
