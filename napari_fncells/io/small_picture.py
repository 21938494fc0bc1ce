"""Small pictures with outlines, as JPEG, for pages that people read."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.contrast import brightened, contrast_limits
from napari_fncells.core.labels import Labels

_OUTLINE = (60, 220, 255)
_IGNORED = (255, 120, 220)


def small_jpeg(
    pixels: NDArray[np.generic],
    labels: Labels,
    ignored: NDArray[np.bool_] | None = None,
    side: int = 200,
) -> bytes:
    """JPEG of a picture, brightened, with the outlines of its cells.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C) of any real dtype.
    labels
        (Y, X) instance labels; 0 = background.
    ignored
        (Y, X) regions left undecided, outlined in another colour.
    side
        Longer side, in px.

    Returns
    -------
    bytes
        Empty where the picture cannot be made that small.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    resized = cv2.resize(_shown(pixels, side), size, interpolation=cv2.INTER_AREA)
    small = np.ascontiguousarray(resized, dtype=np.uint8)
    _draw(small, _numbers(labels, size), _OUTLINE)
    if ignored is not None:
        _draw(small, _numbers(ignored.view(np.uint8), size), _IGNORED)
    done, data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 72])
    return data.tobytes() if done else b""


def _shown(pixels: NDArray[np.generic], side: int) -> NDArray[np.uint8]:
    """(y, x, 3) uint8, thinned out first as far as nobody sees."""
    step = max(1, max(pixels.shape[:2]) // (3 * side))
    part = np.ascontiguousarray(pixels[::step, ::step])
    if part.ndim == 3 and part.shape[2] < 3:
        part = part.max(axis=2)
    shown = brightened(part) if part.ndim == 3 else brightened(part, contrast_limits(part))
    return np.repeat(shown[..., None], 3, axis=2) if shown.ndim == 2 else shown


def _numbers(labels: NDArray[np.unsignedinteger], size: tuple[int, int]) -> NDArray[np.float32]:
    # Nearest pixels by hand: OpenCV does not resize every integer dtype
    rows = np.arange(size[1]) * labels.shape[0] // size[1]
    columns = np.arange(size[0]) * labels.shape[1] // size[0]
    return np.asarray(labels[rows[:, None], columns], dtype=np.float32)


def _draw(small: NDArray[np.uint8], numbers: NDArray[np.float32], colour: tuple[int, ...]) -> None:
    """Colour the pixels of cells that have another number beside them."""
    padded = np.pad(numbers, 1)
    inside = padded[1:-1, 1:-1]
    beside = (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])
    edge = (inside > 0) & np.logical_or.reduce([inside != other for other in beside])
    small[edge] = colour
