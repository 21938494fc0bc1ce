"""Gaussian and box filters of float32 planes."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

Plane = NDArray[np.float32]

_COARSE_SIGMA = 16.0
"""px; from here on a blur may be done at a reduced scale: it holds no finer detail."""
_LEAST_SIGMA = 4.0
"""px; that is left of it at the reduced scale."""
_TWO_PASSES_FROM = 24
"""px; from this reach of the kernel on, rows and columns are blurred one after the other."""
_TRANSFORM_FROM = 60
"""px; where the kernel reaches farther, a cosine transform is faster."""
_MOST_AROUND = 4
"""Times its size that a plane may grow to for the transform, by what is laid around it."""
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
    plane = np.asarray(plane, dtype=np.float32)
    reach = int(4 * sigma + 0.5)
    around = _around(plane.shape, reach, border)
    worth = plane.size * _MOST_AROUND >= (plane.shape[0] + sum(around[:2])) * (
        plane.shape[1] + sum(around[2:])
    )
    if reach > _TRANSFORM_FROM and worth:
        return _by_transform(plane, sigma, reach, border, around)
    width = 2 * reach + 1
    if reach < _TWO_PASSES_FROM:
        blurred = cv2.GaussianBlur(plane, (width, width), sigma, borderType=border)
    else:
        # The same sums; in one call, OpenCV blurs rows again for each strip of the picture
        line, point = cv2.getGaussianKernel(width, sigma, cv2.CV_32F), np.ones(1, np.float32)
        blurred = cv2.sepFilter2D(plane, cv2.CV_32F, line, point, borderType=border)
        blurred = cv2.sepFilter2D(blurred, cv2.CV_32F, point, line, borderType=border)
    return np.asarray(blurred, dtype=np.float32).reshape(plane.shape)


def _around(shape: tuple[int, ...], reach: int, border: int) -> tuple[int, int, int, int]:
    """Px to lay around a plane for the transform: above, below, left, right.

    Mirroring is the transform's own border. It is slow where a side has large prime factors.
    """
    if border == cv2.BORDER_REFLECT and all(_fast(side) == side for side in shape):
        return 0, 0, 0, 0
    rows, columns = (_fast(side + 2 * reach) - side - reach for side in shape)
    return reach, rows, reach, columns


def _fast(side: int) -> int:
    return int(fft.next_fast_len(side, real=True))


def _by_transform(
    plane: Plane, sigma: float, reach: int, border: int, around: tuple[int, int, int, int]
) -> Plane:
    """The same blur as a product of cosine transforms, whose cost does not grow with sigma."""
    padded = np.asarray(cv2.copyMakeBorder(plane, *around, border))
    mean = padded.mean(dtype=np.float64).astype(np.float32)
    spectrum = fft.dctn(padded - mean, overwrite_x=True, workers=-1)
    spectrum *= _response(padded.shape[0], sigma, reach)[:, None]
    spectrum *= _response(padded.shape[1], sigma, reach)
    blurred = fft.idctn(spectrum, overwrite_x=True, workers=-1)
    blurred += mean
    top, left = around[0], around[2]
    inner = blurred[top : top + plane.shape[0], left : left + plane.shape[1]]
    return np.ascontiguousarray(inner, dtype=np.float32)


def _response(side: int, sigma: float, reach: int) -> Plane:
    """What the sampled Gaussian makes of each cosine of a line of that many px."""
    away = np.arange(1, reach + 1)
    weights = np.exp(-0.5 * (away / sigma) ** 2)
    whole = 1 + 2 * weights.sum()
    cosines = np.cos(np.pi / side * np.outer(np.arange(side), away))
    response: NDArray[np.float64] = (1 + 2 * cosines @ weights) / whole
    return response.astype(np.float32)


def wide_gaussian(
    plane: Plane, sigma: float, *, exact: bool = False, border: int = cv2.BORDER_REPLICATE
) -> Plane:
    """Gaussian blur that is done at a reduced scale where sigma is wide.

    With `exact` it is that of `gaussian`; else it differs by some thousandths of the plane's
    span, for a tenth of the time.
    """
    factor = 1 if exact else reduction(plane, sigma)
    if factor == 1:
        return gaussian(plane, sigma, border=border)
    return at_reduced_scale(
        plane, factor, lambda small: gaussian(small, sigma / factor, border=border)
    )


def reduction(plane: Plane, size: float) -> int:
    """Factor by which a plane may be reduced for a filter of some px: a power of two."""
    factor = 1
    while (
        size >= _COARSE_SIGMA
        and size / (2 * factor) >= _LEAST_SIGMA
        and factor < _MOST
        and min(plane.shape) >= 4 * factor
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
