"""Scores measured against the level of their own surroundings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2

import cv2
import numpy as np
from scipy import ndimage

from napari_fncells.core.blur import Plane, box_mean, enlarged, wide_gaussian
from napari_fncells.core.distribution import Readable, extremes, moments, step_for
from napari_fncells.core.params import CutoffParams
from napari_fncells.core.score import ScoreMap, is_flat

_SAMPLE = 400_000
_MEDIAN_SIDE = 31
"""px; windows of a median are brought down to about this side."""
_LEVELS = 255
_EXACT_BITS = 52


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
    meaning = against_surroundings(score.meaning)
    if is_flat(score.values):
        # What is left of the level is rounding, and would be cut out as cells
        return ScoreMap(np.zeros_like(score.values), meaning)
    values = score.values
    side = window_side(values.shape, params)
    found = RELIEFS[params.method](values, side, frame_of(values, params), exact)
    return ScoreMap(found, meaning)


def against_surroundings(meaning: str) -> str:
    """What a relief is, in words, of scores with a meaning."""
    return f"{meaning}, against the surroundings"


def window_side(shape: tuple[int, ...], params: CutoffParams) -> int:
    """Odd side in px of the window of a local method, in a picture of this shape."""
    return min(int(params.window), 2 * min(shape) - 1) | 1


@dataclass(frozen=True)
class Frame:
    """What the relief of a place takes from the picture's scores as a whole.

    Attributes
    ----------
    low, high
        The lowest and the highest score.
    bright
        Their 99.9th percentile, by a sample.
    mean
        Of all.
    """

    low: float
    high: float
    bright: float
    mean: float


def frame_of(values: Readable, params: CutoffParams) -> Frame:
    """Figures of (Y, X) scores that the relief of a local method needs; 0 where it needs none."""
    if params.method in ("local_gaussian", "local_mean"):
        return Frame(0.0, 0.0, 0.0, 0.0)
    low, high = extremes(values)
    if params.method == "local_median":
        step = step_for(values.shape, _SAMPLE)
        bright = float(np.percentile(np.asarray(values[::step, ::step]), 99.9))
        return Frame(low, high, bright, 0.0)
    return Frame(low, high, 0.0, moments(values)[0])


def robust_spread(values: Readable) -> float:
    """1.4826 x the median absolute deviation: the SD of the ground, whatever the cells."""
    step = step_for(values.shape, _SAMPLE)
    sample = np.asarray(values[::step, ::step])
    return 1.4826 * float(np.median(np.abs(sample - np.median(sample))))


def median_step(side: int) -> int:
    """Every so many-th pixel both ways enters the median of a window: a power of two."""
    return 1 << max((side // _MEDIAN_SIDE).bit_length() - 1, 0)


def _against_gaussian(values: Plane, side: int, _frame: Frame, exact: bool) -> Plane:
    level = wide_gaussian(values, window_sigma(side), exact=exact, border=cv2.BORDER_REFLECT)
    return np.subtract(values, level, out=level)


def window_sigma(side: int) -> float:
    """Sigma of the Gaussian for a window, as scikit-image's."""
    return (side - 1) / 6


def _against_mean(values: Plane, side: int, _frame: Frame, _exact: bool) -> Plane:
    return values - box_mean(values, side)


def _against_median(values: Plane, side: int, frame: Frame, exact: bool) -> Plane:
    if exact:
        return values - np.asarray(
            ndimage.median_filter(values, side, mode="reflect"), dtype=np.float32
        )
    return values - _quick_median(values, side, frame)


def _quick_median(values: Plane, side: int, frame: Frame) -> Plane:
    """Median of a window, from every so many-th pixel and to 1/255 of the scores' span."""
    low, high = frame.low, frame.bright
    if high <= low:
        return np.full_like(values, low)
    step = median_step(side)
    # One pixel of each block, near its centre
    rows, columns = (
        np.minimum(np.arange(step // 2, n + step // 2, step), n - 1) for n in values.shape
    )
    share = (values[np.ix_(rows, columns)] - np.float32(low)) / np.float32(high - low)
    grey = np.clip(share * _LEVELS + 0.5, 0, _LEVELS).astype(np.uint8)
    reach = side // step // 2
    padded = cv2.copyMakeBorder(grey, reach, reach, reach, reach, cv2.BORDER_REFLECT)
    median = cv2.medianBlur(padded, 2 * reach + 1) if reach else padded
    inner = median[reach : reach + grey.shape[0], reach : reach + grey.shape[1]]
    level = inner.astype(np.float32) * np.float32((high - low) / _LEVELS) + np.float32(low)
    return enlarged(level, step)[: values.shape[0], : values.shape[1]]


def _niblack(values: Plane, side: int, frame: Frame, _exact: bool) -> Plane:
    mean, deviation = _mean_and_sd(values, side, frame)
    return _ratio(values - mean, deviation, frame)


def _sauvola(values: Plane, side: int, frame: Frame, _exact: bool) -> Plane:
    low = np.float32(frame.low)
    mean, deviation = _mean_and_sd(values, side, frame)
    half = np.float32((frame.high - frame.low) / 2 or 1.0)
    unit: Plane = (mean - low) * np.maximum(1 - deviation / half, 0)
    return _ratio(values - mean, unit, frame)


def _mean_and_sd(values: Plane, side: int, frame: Frame) -> tuple[Plane, Plane]:
    """Mean and SD in a window, from whole numbers whose sums are exact, wherever they begin."""
    span = 2.0 ** np.ceil(np.log2(max(frame.high - frame.low, 1e-30)))
    steps = 2.0 ** (_EXACT_BITS - ceil(2 * log2(side)))
    # From the middle: the difference of squares loses half of the digits
    centred = (values.astype(np.float64) - frame.mean) / span
    found = [
        cv2.blur(np.rint(v * steps), (side, side), borderType=cv2.BORDER_REFLECT_101)
        for v in (centred, centred * centred)
    ]
    mean, square = (v.reshape(values.shape) / steps for v in found)
    deviation = np.sqrt(np.maximum(square - mean * mean, 0)) * span
    return (mean * span + frame.mean).astype(np.float32), deviation.astype(np.float32)


def _ratio(above: Plane, unit: Plane, frame: Frame) -> Plane:
    """Above / unit; where there is no unit, 0, or as far as it goes on the side of `above`."""
    least = np.float32(1e-6 * max(frame.high - frame.low, 1e-30))
    ratio: Plane = np.divide(above, np.maximum(unit, least), dtype=np.float32)
    return np.clip(ratio, -1e6, 1e6).astype(np.float32, copy=False)


RELIEFS: dict[str, Callable[[Plane, int, Frame, bool], Plane]] = {
    "local_gaussian": _against_gaussian,
    "local_mean": _against_mean,
    "local_median": _against_median,
    "niblack": _niblack,
    "sauvola": _sauvola,
}
"""By method: relief of the scores in a part of the picture, in a window of an odd side, with the
figures of the whole, at full scale or not."""
