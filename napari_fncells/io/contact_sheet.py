"""Small pictures with the outlines of their cells, side by side in one PNG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import find_boundaries

from napari_fncells.core.contrast import brightened, contrast_limits, white_point
from napari_fncells.core.labels import Labels

_OUTLINE = (60, 220, 255)
_GAP = 6
_GROUND = 30


def contact_sheet(
    pictures: Sequence[tuple[NDArray[Any], Labels]], side: int = 256, columns: int | None = None
) -> bytes:
    """PNG of pictures with outlines, all brightened as the first one needs it.

    Parameters
    ----------
    pictures
        At least one; (Y, X) or (Y, X, C) pixels with (Y, X) labels, all of one shape.
    side
        Longer side of each, in px.
    columns
        How many in a row; nearly as many as there are rows where None.
    """
    first = _in_colours(pictures[0][0])
    limits = contrast_limits(first) if first.ndim == 2 else (0.0, white_point(first))
    tiles = [_tile(pixels, labels, limits, side) for pixels, labels in pictures]
    height, width = tiles[0].shape[:2]
    across = columns or math.ceil(math.sqrt(len(tiles)))
    down = math.ceil(len(tiles) / across)
    sheet = np.full(
        (down * (height + _GAP) + _GAP, across * (width + _GAP) + _GAP, 3), _GROUND, np.uint8
    )
    for number, tile in enumerate(tiles):
        top = _GAP + number // across * (height + _GAP)
        left = _GAP + number % across * (width + _GAP)
        sheet[top : top + height, left : left + width] = tile
    return bytes(imagecodecs.png_encode(sheet, level=6))


def _tile(
    pixels: NDArray[Any], labels: Labels, limits: tuple[float, float], side: int
) -> NDArray[np.uint8]:
    shown = brightened(_in_colours(pixels), limits)
    if shown.ndim == 2:
        shown = np.repeat(shown[..., np.newaxis], 3, axis=2)
    scale = side / max(labels.shape)
    size = max(1, round(labels.shape[1] * scale)), max(1, round(labels.shape[0] * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    tile = np.ascontiguousarray(cv2.resize(shown, size, interpolation=how), dtype=np.uint8)
    rows = np.arange(size[1]) * labels.shape[0] // size[1]
    places = np.arange(size[0]) * labels.shape[1] // size[0]
    tile[find_boundaries(labels[rows[:, None], places], mode="inner")] = _OUTLINE
    return tile


def _in_colours(pixels: NDArray[Any]) -> NDArray[Any]:
    """Grey or at least three channels."""
    return pixels.max(axis=2) if pixels.ndim == 3 and pixels.shape[2] < 3 else pixels
