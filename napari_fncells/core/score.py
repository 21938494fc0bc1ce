"""Score maps: one float32 per pixel, higher = more cell-like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blobs import blob_response
from napari_fncells.core.blur import Plane, wide_gaussian
from napari_fncells.core.distribution import Readable, extremes, rough_median, step_for
from napari_fncells.core.ground import ground
from napari_fncells.core.intensity import intensity
from napari_fncells.core.params import ScoreParams

_SAMPLE = 5_000_000
"""Scores that are looked at where not all are needed."""
PROBABILITY = "probability"
"""Meaning of a score map that a model or another program made."""

ROUNDING = 5e-6
"""What filters of float32 add to a constant picture, relative to its value."""


@dataclass(frozen=True)
class ScoreMap:
    """A score per pixel, with its meaning.

    Attributes
    ----------
    values
        (Y, X) float32, higher = more cell-like.
    meaning
        What a value is, in words, e.g. 'grey levels above the ground'.
    step
        Smallest difference between two pixels of the picture: 1 grey level where it holds
        whole numbers, 0 where values are continuous.
    source
        What made it, for the record; empty for the filters of this package.
    notices
        What did not go as usual, in sentences for the user.
    """

    values: NDArray[np.float32]
    meaning: str
    step: float = 0.0
    source: Mapping[str, str] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def score_map(
    image: NDArray[np.generic], params: ScoreParams | None = None, *, exact: bool = False
) -> ScoreMap:
    """Smoothed intensity of a picture, measured against its ground.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.
    params
        Intensity, smoothing and ground; the defaults of `ScoreParams` where omitted.
    exact
        Whether wide filters are done at full scale, too; they differ by some thousandths of
        the picture's span.

    Returns
    -------
    ScoreMap
        In grey levels of the picture, or in spreads with `params.contrast`.

    Raises
    ------
    ParameterError
        For an array that is no picture; see `intensity`.
    """
    params = params or ScoreParams()
    plane = intensity(image, params.channel)
    return plane_score(plane, params, 0.0 if image.dtype.kind == "f" else 1.0, exact=exact)


def plane_score(
    plane: Plane,
    params: ScoreParams,
    step: float = 0.0,
    *,
    exact: bool = False,
    smooth: Plane | None = None,
) -> ScoreMap:
    """Score map of a (Y, X) float32 plane of intensities; see `score_map`.

    `smooth` is the plane smoothed already, where it is known; it is not written to.
    """
    values = wide_gaussian(plane, params.smoothing, exact=exact) if smooth is None else smooth
    if params.background:
        values = above(values, ground(plane, params.background, params.ground, exact=exact))
    if params.blobs != "none":
        values = blob_response(values, params.blob_min, params.blob_max, params.blobs)
        values = above_rounding(values, float(np.abs(plane).max(initial=0)))
    if params.contrast:
        values = local_contrast(values, params.contrast, exact=exact)
        step = 0.0
    return ScoreMap(values, meaning_of(params), step)


def meaning_of(params: ScoreParams) -> str:
    """What a score is, in words."""
    if params.contrast:
        return "spreads of the surroundings above the ground"
    if params.blobs != "none":
        return "answer to round spots, in grey levels"
    return "grey levels above the ground" if params.background else "smoothed grey level"


def local_contrast(values: Plane, sigma: float, *, exact: bool = False) -> Plane:
    """Divide scores, measured from their median, by their spread around.

    The spread is the standard deviation in a Gaussian window, and never less than the noise of
    the ground of the whole picture, so that even ground is not blown up.
    """
    if is_flat(values):
        return np.zeros_like(values)
    height = values - np.float32(rough_median(values))
    mean = wide_gaussian(height, sigma, exact=exact)
    square = wide_gaussian(height * height, sigma, exact=exact)
    _, noise = background_statistics(height)
    return in_spreads(height, mean, square, noise)


def in_spreads(height: Plane, mean: Plane, square: Plane, noise: float) -> Plane:
    """Heights divided by their spread around.

    Parameters
    ----------
    height
        (Y, X) scores, measured from their median.
    mean, square
        (Y, X): means, in the window around, of the heights and of their squares.
    noise
        Standard deviation of the ground.
    """
    variance = np.maximum(square - mean * mean, 0) + np.float32(max(noise, 1e-12) ** 2)
    return np.asarray(height / cv2.sqrt(variance).reshape(height.shape), dtype=np.float32)


def above(values: Plane, level: Plane) -> Plane:
    """Scores above a level; what is rounding alone is 0."""
    difference = values - level
    difference[np.abs(difference) <= ROUNDING * np.abs(values)] = 0.0
    return difference


def above_rounding(answers: Plane, highest: float) -> Plane:
    """Answers of a filter to a plane, those that its rounding alone may give set to 0."""
    return np.where(answers <= ROUNDING * highest, np.float32(0), answers)


def is_flat(values: Readable) -> bool:
    """Whether scores differ by no more than filters of float32 leave of a constant picture."""
    # Most pictures are seen not to be flat by a few pixels
    few = np.asarray(values[::16, ::16])
    low, high = float(few.min()), float(few.max())
    if high - low > 2 * ROUNDING * max(abs(low), abs(high)):
        return False
    low, high = extremes(values)
    return high - low <= ROUNDING * max(abs(low), abs(high))


def background_statistics(values: Readable) -> tuple[float, float]:
    """Mean and standard deviation of the ground: pixels within 3 SD, found by clipping.

    Bright cells would otherwise raise the deviation of a crowded picture and hide its dim
    cells. A constant picture has deviation 0.
    """
    small = values.shape[0] * values.shape[1] <= 250_000
    step = 1 if small else step_for(values.shape, _SAMPLE, 2)
    sample = np.asarray(values[::step, ::step]).ravel().astype(np.float64)
    mean, deviation = float(np.median(sample)), float(sample.std())
    for _ in range(10):
        inside = sample[np.abs(sample - mean) <= 3 * deviation]
        if inside.size == 0:
            break
        previous = deviation
        mean, deviation = float(inside.mean()), float(inside.std())
        if previous - deviation <= 1e-3 * previous:
            break
    return mean, deviation
