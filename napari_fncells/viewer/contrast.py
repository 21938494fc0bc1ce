"""Display limits that make a dark fluorescence picture visible at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MAX_SAMPLES = 1_000_000


def contrast_limits(pixels: NDArray[np.generic]) -> tuple[float, float]:
    """Limits from the ground to the brightest 0.1 per cent of a (Y, X) picture."""
    sample = _sample(pixels)
    low, high = (float(v) for v in np.percentile(sample, [1, 99.9]))
    if high <= low:
        low, high = float(sample.min()), float(sample.max())
    return (low, high) if high > low else (low, low + 1)


def brightened(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Copy of a (Y, X, C >= 3) picture for display: its brightest 0.1 per cent become white.

    napari shows colour pictures as they are, without contrast limits, and FNC pictures are
    almost black. One curve for all channels, a square root above the picture's own white
    point, lifts the dim cells and keeps the order of brightness. Nothing but the display may
    use the copy.
    """
    colour = pixels[..., :3]
    white = max(float(np.percentile(_sample(colour).max(axis=-1), 99.9)), 1e-6)
    if colour.dtype in (np.uint8, np.uint16):
        levels = np.arange(2 ** (8 * colour.dtype.itemsize), dtype=np.float32)
        shown: NDArray[np.uint8] = _curve(levels, white)[colour]
        return shown
    return _curve(np.nan_to_num(colour.astype(np.float32)), white)


def _curve(values: NDArray[np.float32], white: float) -> NDArray[np.uint8]:
    scaled = np.sqrt(np.clip(values / white, 0, 1))
    return np.asarray(scaled * 255 + 0.5, dtype=np.uint8)


def _sample(pixels: NDArray[np.generic]) -> NDArray[np.float32]:
    step = max(1, int(np.sqrt(pixels.shape[0] * pixels.shape[1] / _MAX_SAMPLES)))
    sample = pixels[::step, ::step].astype(np.float32)
    return np.where(np.isfinite(sample), sample, np.float32(0))
