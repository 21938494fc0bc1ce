"""Scores measured against the level of their own surroundings."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, sqrt

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from napari_fncells.core.blur import Plane, box_mean, wide_gaussian
from napari_fncells.core.params import CutoffParams
from napari_fncells.core.score import ScoreMap, is_flat

_SAMPLE = 400_000
_MEDIAN_SIDE = 31
"""px; windows of a median are brought down to about this side."""
_LEVELS = 255


def relief(score: ScoreMap, params: CutoffParams, *, exact: bool = False) -> ScoreMap:
    """Scores for which the cutoff of a local method is one number, the same everywhere.

    So that moving the cutoff recomputes nothing. A pixel is above the local threshold of

    - local_gaussian, local_mean, local_median: level of the window + c, where the relief,
      score - level, is above c. The Gaussian's sigma is (window - 1) / 6, as scikit-image's.
    - niblack (Niblack 1986): m + k s, where (score - m) / s is above k; m and s are mean and
      SD of the window.
    - sauvola (Sauvola & Pietikäinen 2000): m (1 + k (s / R - 1)), where
      (score - m) / (m (1 - s / R)) is above -k; scores are counted from their lowest, R is half
      of their span.

    Parameters
    ----------
    score
        Of the picture.
    params
        Method and window, in px. A window wider than the picture is as wide as twice the
        picture, which the mirrored picture fills.
    exact
        Whether wide windows are looked at at full scale, too.

    Returns
    -------
    ScoreMap
        The score itself for global methods.
    """
    if not params.local:
        return score
    if is_flat(score.values):
        # What is left of the level is rounding, and would be cut out as cells
        return ScoreMap(np.zeros_like(score.values), f"{score.meaning}, against the surroundings")
    side = min(int(params.window), 2 * min(score.values.shape) - 1) | 1
    values = _RELIEFS[params.method](score.values, side, exact)
    return ScoreMap(values, f"{score.meaning}, against the surroundings")


def robust_spread(values: NDArray[np.float32]) -> float:
    """1.4826 x the median absolute deviation: the SD of the ground, whatever the cells."""
    step = max(1, ceil(sqrt(values.size / _SAMPLE)))
    sample = values[::step, ::step]
    return 1.4826 * float(np.median(np.abs(sample - np.median(sample))))


def _against_gaussian(values: Plane, side: int, exact: bool) -> Plane:
    level = wide_gaussian(values, (side - 1) / 6, exact=exact, border=cv2.BORDER_REFLECT)
    return np.subtract(values, level, out=level)


def _against_mean(values: Plane, side: int, _exact: bool) -> Plane:
    return values - box_mean(values, side)


def _against_median(values: Plane, side: int, exact: bool) -> Plane:
    if exact:
        return values - np.asarray(
            ndimage.median_filter(values, side, mode="reflect"), dtype=np.float32
        )
    return values - _quick_median(values, side)


def _quick_median(values: Plane, side: int) -> Plane:
    """Median of a window, from every so many-th pixel and to 1/255 of the scores' span."""
    step = max(1, side // _MEDIAN_SIDE)
    sample = values[::step, ::step]
    low, high = (float(v) for v in np.percentile(sample, [0, 99.9]))
    if high <= low:
        return np.full_like(values, low)
    share = (sample - np.float32(low)) / np.float32(high - low)
    grey = np.clip(share * _LEVELS + 0.5, 0, _LEVELS).astype(np.uint8)
    reach = side // step // 2
    padded = cv2.copyMakeBorder(grey, reach, reach, reach, reach, cv2.BORDER_REFLECT)
    median = cv2.medianBlur(padded, 2 * reach + 1) if reach else padded
    inner = median[reach : reach + grey.shape[0], reach : reach + grey.shape[1]]
    level = inner.astype(np.float32) * np.float32((high - low) / _LEVELS) + np.float32(low)
    size = values.shape[1], values.shape[0]
    resized = cv2.resize(level, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.float32).reshape(values.shape)


def _niblack(values: Plane, side: int, _exact: bool) -> Plane:
    mean, deviation = _mean_and_sd(values, side)
    return _ratio(values - mean, deviation)


def _sauvola(values: Plane, side: int, _exact: bool) -> Plane:
    low, high = float(values.min()), float(values.max())
    counted = values - np.float32(low)
    mean, deviation = _mean_and_sd(counted, side)
    half = np.float32((high - low) / 2 or 1.0)
    unit: Plane = mean * np.maximum(1 - deviation / half, 0)
    return _ratio(counted - mean, unit)


def _mean_and_sd(values: Plane, side: int) -> tuple[Plane, Plane]:
    # float64, and from the middle: the difference of squares loses half of the digits
    middle = float(values.mean(dtype=np.float64))
    centred = values.astype(np.float64) - middle
    mean = cv2.blur(centred, (side, side), borderType=cv2.BORDER_REFLECT_101)
    square = cv2.blur(centred * centred, (side, side), borderType=cv2.BORDER_REFLECT_101)
    mean, square = mean.reshape(values.shape), square.reshape(values.shape)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0))
    return (mean + middle).astype(np.float32), deviation.astype(np.float32)


def _ratio(above: Plane, unit: Plane) -> Plane:
    """Above / unit; where there is no unit, 0, or as far as it goes on the side of `above`."""
    least = np.float32(1e-6 * max(float(np.abs(above).max(initial=0)), 1e-30))
    ratio: Plane = np.divide(above, np.maximum(unit, least), dtype=np.float32)
    return np.clip(ratio, -1e6, 1e6).astype(np.float32, copy=False)


_RELIEFS: dict[str, Callable[[Plane, int, bool], Plane]] = {
    "local_gaussian": _against_gaussian,
    "local_mean": _against_mean,
    "local_median": _against_median,
    "niblack": _niblack,
    "sauvola": _sauvola,
}
