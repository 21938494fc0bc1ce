"""Score maps: one float32 per pixel, higher = more cell-like, and the cutoff that goes with it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.intensity import intensity
from napari_fncells.core.params import CutoffParams, ScoreParams

# Above this sigma the ground is blurred at a quarter of the scale: it holds no finer detail
_COARSE_SIGMA = 16.0
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


def score_map(image: NDArray[np.generic], params: ScoreParams | None = None) -> ScoreMap:
    """Smoothed intensity of a picture, measured against its ground.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.
    params
        Intensity, smoothing and ground; the defaults of `ScoreParams` where omitted.

    Returns
    -------
    ScoreMap
        In grey levels of the picture.

    Raises
    ------
    ParameterError
        For an array that is no picture; see `intensity`.
    """
    params = params or ScoreParams()
    plane = intensity(image, params.channel)
    values = gaussian(plane, params.smoothing)
    step = 0.0 if image.dtype.kind == "f" else 1.0
    if params.background == 0:
        return ScoreMap(values, "smoothed grey level", step)
    above = values - ground(plane, params.background)
    above[np.abs(above) <= ROUNDING * np.abs(values)] = 0.0
    return ScoreMap(above, "grey levels above the ground", step)


def gaussian(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Gaussian blur of a (Y, X) float32 plane; sigma in px, 0 returns a copy.

    Kernel width (4 sigma each way) and border (nearest) are scikit-image's, with the same
    result to float32 rounding, several times faster.
    """
    if sigma == 0:
        return plane.copy()
    width = 2 * int(4 * sigma + 0.5) + 1
    blurred = cv2.GaussianBlur(plane, (width, width), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, dtype=np.float32).reshape(plane.shape)


def ground(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Slowly varying ground of a (Y, X) plane: its wide Gaussian, cells clipped away.

    Bright cells would lift a plain Gaussian and sink their neighbours below it, so values are
    clipped at the blurred level plus the plane's median deviation before the final blur.
    """
    height, width = plane.shape
    if sigma < _COARSE_SIGMA or min(height, width) < 8:
        return _clipped_blur(plane, sigma)
    small_size = (max(1, width // 4), max(1, height // 4))
    small = cv2.resize(plane, small_size, interpolation=cv2.INTER_AREA)
    coarse = _clipped_blur(small.astype(np.float32, copy=False), sigma / 4)
    resized = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.float32)


def _clipped_blur(plane: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur, clip what stands above the blur, blur again."""
    first = gaussian(plane, sigma)
    spread = np.float32(np.median(np.abs(plane[::4, ::4] - first[::4, ::4])))
    return gaussian(np.minimum(plane, first + spread), sigma)


def cutoff_of(values: NDArray[np.float32], params: CutoffParams) -> float:
    """Cutoff that a picture's own scores ask for.

    Parameters
    ----------
    values
        (Y, X) float32 scores.
    params
        Method and amount; see `CutoffParams`.

    Returns
    -------
    float
        A pixel belongs to a cell where its score is greater than this. Where the picture is
        flat, the highest score: no pixel does.
    """
    if is_flat(values):
        return float(values.max())
    if params.method == "percentile":
        return float(np.percentile(values, params.amount))
    if params.method == "mean_sd":
        return float(values.mean(dtype=np.float64) + params.amount * values.std(dtype=np.float64))
    mean, deviation = background_statistics(values)
    return mean + params.amount * deviation


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
