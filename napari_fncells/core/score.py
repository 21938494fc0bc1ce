"""Score maps: one float32 per pixel, higher = more cell-like."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blobs import blob_response
from napari_fncells.core.blur import Plane, wide_gaussian
from napari_fncells.core.ground import ground
from napari_fncells.core.intensity import intensity
from napari_fncells.core.params import ScoreParams

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
    """

    values: NDArray[np.float32]
    meaning: str
    step: float = 0.0


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
    meaning = "smoothed grey level"
    if params.background:
        values = _above(values, ground(plane, params.background, params.ground, exact=exact))
        meaning = "grey levels above the ground"
    if params.blobs != "none":
        values = blob_response(values, params.blob_min, params.blob_max, params.blobs)
        meaning = "answer to round spots, in grey levels"
        values[values <= ROUNDING * np.abs(plane).max(initial=0)] = 0.0
    if params.contrast:
        values = local_contrast(values, params.contrast, exact=exact)
        return ScoreMap(values, "spreads of the surroundings above the ground")
    return ScoreMap(values, meaning, step)


def local_contrast(values: Plane, sigma: float, *, exact: bool = False) -> Plane:
    """Divide scores, measured from their median, by their spread around.

    The spread is the standard deviation in a Gaussian window, and never less than the noise of
    the ground of the whole picture, so that even ground is not blown up.
    """
    height = values - np.float32(np.median(values[::4, ::4]))
    if is_flat(values):
        return np.zeros_like(values)
    mean = wide_gaussian(height, sigma, exact=exact)
    square = wide_gaussian(height * height, sigma, exact=exact)
    _, noise = background_statistics(height)
    variance = np.maximum(square - mean * mean, 0) + np.float32(max(noise, 1e-12) ** 2)
    return np.asarray(height / cv2.sqrt(variance).reshape(values.shape), dtype=np.float32)


def _above(values: Plane, level: Plane) -> Plane:
    """Scores above a level; what is rounding alone is 0."""
    above = values - level
    above[np.abs(above) <= ROUNDING * np.abs(values)] = 0.0
    return above


def is_flat(values: NDArray[np.float32]) -> bool:
    """Whether scores differ by no more than filters of float32 leave of a constant picture."""
    low, high = float(values.min()), float(values.max())
    return high - low <= ROUNDING * max(abs(low), abs(high))


def background_statistics(values: NDArray[np.float32]) -> tuple[float, float]:
    """Mean and standard deviation of the ground: pixels within 3 SD, found by clipping.

    Bright cells would otherwise raise the deviation of a crowded picture and hide its dim
    cells. A constant picture has deviation 0.
    """
    sample = values[::2, ::2].ravel() if values.size > 250_000 else values.ravel()
    sample = sample.astype(np.float64)
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
