"""Gaussian and box filters of float32 planes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_COARSE_SIGMA = 16.0
"""px; from here on a blur may be done at a reduced scale: it holds no finer detail."""
_LEAST_SIGMA = 4.0
"""px; that is left of it at the reduced scale."""
_MOST = 8
"""Largest factor of reduction."""


def gaussian(plane: Plane, sigma: float, *, border: int = cv2.BORDER_REPLICATE) -> Plane:
    """Gaussian blur of a (Y, X) float32 plane; sigma in px, 0 returns a copy.

    Kernel width (4 sigma each way) and border are scikit-image's, with the same result to
    float32 rounding, several times faster.

    Parameters
    ----------
    plane
        (Y, X) float32.
    sigma
        In px.
    border
        OpenCV's name of how the plane goes on: BORDER_REPLICATE is scikit-image's 'nearest',
        BORDER_REFLECT its 'reflect'.
    """
    if sigma == 0:
        return plane.copy()
    width = 2 * gaussian_reach(sigma) + 1
    blurred = cv2.GaussianBlur(plane, (width, width), sigma, borderType=border)
    return np.asarray(blurred, dtype=np.float32).reshape(plane.shape)


def gaussian_reach(sigma: float) -> int:
    """How far away in px a Gaussian blur looks."""
    return int(4 * sigma + 0.5)


def wide_gaussian(
    plane: Plane, sigma: float, *, exact: bool = False, border: int = cv2.BORDER_REPLICATE
) -> Plane:
    """Gaussian blur that is done at a reduced scale where sigma is wide.

    With `exact` it is that of `gaussian`; else it differs by some thousandths of the plane's
    span, for a tenth of the time.
    """
    factor = 1 if exact else reduction(plane.shape, sigma)
    if factor == 1:
        return gaussian(plane, sigma, border=border)
    return at_reduced_scale(
        plane, factor, lambda small: gaussian(small, sigma / factor, border=border)
    )


def reduction(shape: tuple[int, ...], size: float) -> int:
    """Factor by which a plane may be reduced for a filter of some px: a power of two."""
    factor = 1
    while (
        size >= _COARSE_SIGMA
        and size / (2 * factor) >= _LEAST_SIGMA
        and factor < _MOST
        and min(shape) >= 4 * factor
    ):
        factor *= 2
    return factor


def at_reduced_scale(plane: Plane, factor: int, act: Callable[[Plane], Plane]) -> Plane:
    """Filter a plane at a reduced scale and bring the result back to its size.

    The plane is first made a whole number of blocks large, so that blocks and their blurred
    values lie where they should.
    """
    height, width = plane.shape
    return np.ascontiguousarray(enlarged(act(reduced(plane, factor)), factor)[:height, :width])


def reduced(plane: Plane, factor: int) -> Plane:
    """Means of blocks of factor x factor px; blocks cut by the border are filled by its edge."""
    down, right = -plane.shape[0] % factor, -plane.shape[1] % factor
    if down or right:
        plane = np.pad(plane, ((0, down), (0, right)), mode="edge")
    size = plane.shape[1] // factor, plane.shape[0] // factor
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32).reshape(size[::-1])


def enlarged(plane: Plane, factor: int) -> Plane:
    """The plane at a scale larger by a whole factor, linear between the blocks' centres."""
    whole = plane.shape[1] * factor, plane.shape[0] * factor
    large = cv2.resize(plane, whole, interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, dtype=np.float32).reshape(whole[::-1])


def box_mean(plane: Plane, side: int) -> Plane:
    """Mean in a square window of an odd side, in px; the plane is mirrored at its border."""
    mean = cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT)
    return np.asarray(mean, dtype=np.float32).reshape(plane.shape)
