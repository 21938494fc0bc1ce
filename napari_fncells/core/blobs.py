"""Round spots of a size: multi-scale differences and Laplacians of Gaussians."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from napari_fncells.core.blur import Plane, at_reduced_scale, gaussian, reduction
from napari_fncells.core.distribution import rough_median
from napari_fncells.core.params import BlobMethod

_RATIO = 1.6
"""Between the two Gaussians of a difference, the nearest to a Laplacian (Marr & Hildreth 1980)."""
_STEP = 1.4
"""Between one size that is looked for and the next."""


def blob_response(plane: Plane, smallest: float, largest: float, method: BlobMethod) -> Plane:
    """The strongest answer of all sizes at each pixel, in grey levels; below 0 it is 0.

    Answers are normalised by scale (Lindeberg 1998): a bright disk answers most where sigma is
    its diameter / (2 sqrt 2), alike for every diameter.

    Parameters
    ----------
    plane
        (Y, X) float32.
    smallest, largest
        Diameters in px.
    method
        'dog' or 'log'.
    """
    best = np.zeros(plane.shape, np.float32)
    # From the middle, so that rounding is not blown up with the square of sigma
    plane = plane - np.float32(rough_median(plane))
    for sigma in sigmas(smallest, largest):
        factor = reduction(plane.shape, 2 * sigma)
        answer = answer_of(method, sigma / factor)
        found = answer(plane) if factor == 1 else at_reduced_scale(plane, factor, answer)
        np.maximum(best, found, out=best)
    return best


def sigmas(smallest: float, largest: float) -> list[float]:
    """Sigmas in px for spots of these diameters, from the smallest to the largest."""
    low, high = smallest / np.sqrt(8), largest / np.sqrt(8)
    count = 1 + int(np.ceil(np.log(high / low) / np.log(_STEP) - 1e-9))
    return [float(s) for s in np.geomspace(low, high, count)]


def _difference(plane: Plane, sigma: float) -> Plane:
    narrow, wide = gaussian(plane, sigma), gaussian(plane, sigma * _RATIO)
    return (narrow - wide) * np.float32(1 / (_RATIO - 1))


def _laplacian(plane: Plane, sigma: float) -> Plane:
    smooth = gaussian(plane, sigma)
    answer = cv2.Laplacian(smooth, cv2.CV_32F, ksize=1, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(answer, np.float32).reshape(plane.shape) * np.float32(-(sigma**2))


_ANSWERS = {"dog": _difference, "log": _laplacian}


def answer_of(method: BlobMethod, sigma: float) -> Callable[[Plane], Plane]:
    """What answers, in a plane, to spots of one sigma, normalised by scale."""
    return partial(_ANSWERS[method], sigma=sigma)


def answer_reach(sigma: float) -> int:
    """How far away in px an answer to spots of a sigma looks."""
    return int(4 * _RATIO * sigma + 0.5) + 1
