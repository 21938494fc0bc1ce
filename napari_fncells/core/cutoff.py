"""The cutoff that goes with a score map: from its own distribution, or for each place."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from skimage import filters

from napari_fncells.core.distribution import Readable, extremes, moments, percentile, step_for
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.labels import label
from napari_fncells.core.params import CutoffParams
from napari_fncells.core.relief import robust_spread
from napari_fncells.core.score import ScoreMap, background_statistics, is_flat

Mask = NDArray[np.bool_]
Scores = NDArray[np.float32]

_SAMPLE = 400_000
"""Scores that the rules by the histogram look at: no more are needed for 256 bins."""
_DIGITS = 3


def cutoff_of(values: Readable, params: CutoffParams) -> float:
    """Cutoff that a picture's own scores ask for.

    Parameters
    ----------
    values
        (Y, X) float32 scores, in memory or not; of a relief, for local methods.
    params
        Method and amount. mean_sd: mean + amount x SD of all scores; background_sd: the same
        of the ground alone, found by clipping bright pixels; median_mad: median + amount x
        1.4826 x median absolute deviation; percentile and value: the amount itself. otsu (1979),
        triangle (Zack 1977), li (1998), yen (1995), isodata (Ridler & Calvard 1978) and minimum
        (Prewitt & Mendelsohn 1966) are scikit-image's, on a sample of the scores. local_*: amount
        x the robust spread of the relief; niblack: the amount; sauvola: minus the amount.

    Returns
    -------
    float
        A pixel belongs to a cell where its score is greater than this. Where the picture is
        flat, the highest score: no pixel does.

    Raises
    ------
    ParameterError
        Where the rule finds no cutoff: 'minimum' needs a valley between two peaks.
    """
    if params.method in ("value", "likeness"):
        return params.amount
    if is_flat(values):
        return extremes(values)[1]
    if params.method == "percentile":
        return percentile(values, params.amount)
    if params.method in _RULES:
        return _by_rule(values, params.method)
    level, spread = _level_and_spread(values, params.method)
    return level + params.amount * spread


def threshold(relief: ScoreMap, cutoff: float, params: CutoffParams) -> Mask:
    """Pixels that belong to a cell.

    Parameters
    ----------
    relief
        Scores that the cutoff is one number for; see `relief.relief`.
    cutoff
        A pixel belongs to a cell where its score is greater.
    params
        `hysteresis`: pieces above a lower cutoff, that share of the way down to the median,
        stay whole where they reach above the cutoff. `half_maximum`: of each piece those
        pixels stay that are higher than that share of its own peak above the median.

    Returns
    -------
    ndarray
        (Y, X) bool.
    """
    values = relief.values
    mask: Mask = values > np.float32(cutoff)
    if not (params.hysteresis or params.half_maximum) or not mask.any():
        return mask
    ground = ground_level(values)
    if params.hysteresis:
        lower = lower_cutoff(cutoff, ground, params.hysteresis)
        mask = _reaching(values > np.float32(lower), mask)
    if params.half_maximum:
        mask = _drawn_in(values, mask, ground, params.half_maximum)
    return mask


def amount_for(cutoff: float, values: Scores, params: CutoffParams) -> CutoffParams:
    """Parameters whose cutoff, on these scores, is a given one.

    The method stays, so that the cutoff carries over to other pictures, each by its own
    distribution. Methods in which no amount counts become 'background_sd'.

    Parameters
    ----------
    cutoff
        The score wanted.
    values
        (Y, X) float32 scores; of a relief, for local methods.
    params
        Of the method.
    """
    method = params.method
    if method not in ("value", "likeness") and is_flat(values):
        method = "value"
    if method in _RULES:
        method = "background_sd"
    if method in ("value", "likeness"):
        amount = cutoff
    elif method == "percentile":
        amount = 100.0 * float(np.count_nonzero(values <= cutoff)) / values.size
    else:
        level, spread = _level_and_spread(values, method)
        amount = (cutoff - level) / spread
    amount = min(max(round(amount, _DIGITS + (method == "percentile")), -1e6), 1e6)
    return params.model_copy(update={"method": method, "amount": amount})


def _level_and_spread(values: Readable, method: str) -> tuple[float, float]:
    """What an amount is counted from, and in."""
    if method == "mean_sd":
        return moments(values)
    if method == "background_sd":
        mean, deviation = background_statistics(values)
        return mean, deviation or moments(values)[1]
    if method == "median_mad":
        return ground_level(values), robust_spread(values) or moments(values)[1]
    if method in ("niblack", "sauvola"):
        return 0.0, 1.0 if method == "niblack" else -1.0
    return 0.0, robust_spread(values) or moments(values)[1]


def _by_rule(values: Readable, method: str) -> float:
    step = step_for(values.shape, _SAMPLE)
    sample = np.ascontiguousarray(values[::step, ::step])
    while step > 1 and is_flat(sample):
        step //= 2
        sample = np.ascontiguousarray(values[::step, ::step])
    try:
        return float(_RULES[method](sample))
    except RuntimeError as error:
        raise ParameterError(
            "The scores have no valley between two peaks, so this rule finds no cutoff.",
            "Choose another cutoff method, for example 'ground + SD'.",
        ) from error


def ground_level(values: Readable) -> float:
    """Median of (Y, X) scores, by a sample."""
    step = step_for(values.shape, _SAMPLE)
    return float(np.median(np.asarray(values[::step, ::step])))


def lower_cutoff(cutoff: float, ground: float, share: float) -> float:
    """Score that lies a share of the cutoff's height above the ground below it."""
    return cutoff - share * max(cutoff - ground, 0.0)


def peak_levels(peaks: Scores, ground: float, share: float) -> Scores:
    """Scores at a share of the height of peaks above the ground."""
    levels: Scores = np.float32(ground) + np.float32(share) * (peaks - np.float32(ground))
    return levels


def _reaching(wide: Mask, core: Mask) -> Mask:
    """Those 8-connected pieces of a mask that hold a pixel of another."""
    regions = label(wide)
    reaching = np.zeros(int(regions.max()) + 1, dtype=bool)
    reaching[regions[core]] = True
    reaching[0] = False
    kept: Mask = reaching[regions]
    return kept


def _drawn_in(values: Scores, mask: Mask, ground: float, share: float) -> Mask:
    """Of each 8-connected piece the pixels above a share of its own peak over the ground."""
    regions = label(mask)
    inside = regions[mask]
    peaks = np.full(int(inside.max()) + 1, -np.inf, dtype=np.float32)
    np.maximum.at(peaks, inside, values[mask])
    levels = peak_levels(peaks, ground, share)
    drawn = mask.copy()
    drawn[mask] = values[mask] > levels[inside]
    return drawn


_RULES: dict[str, Callable[[Scores], float]] = {
    "otsu": filters.threshold_otsu,
    "triangle": filters.threshold_triangle,
    "li": filters.threshold_li,
    "yen": filters.threshold_yen,
    "isodata": filters.threshold_isodata,
    "minimum": filters.threshold_minimum,
}
