"""Gaussian and box filters of float32 planes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import sqrt

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

Plane = NDArray[np.float32]

_STRIP = 2_000_000
"""px; of strips that are blurred side by side."""
_COARSE_SIGMA = 16.0
"""px; from here on a blur may be done at a reduced scale: it holds no finer detail."""
_LEAST_SIGMA = 4.0
"""px; that is left of it at the reduced scale."""
_TWO_PASSES_FROM = 24
"""px; from this reach of the kernel on, rows and columns are blurred one after the other."""
TRANSFORM_FROM = 64
"""px; where the kernel reaches farther, a cosine transform of the whole plane is faster: at full
scale only where a wide blur is to be exact."""
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
    reach = gaussian_reach(sigma)
    around = _around(plane.shape, reach, border)
    worth = plane.size * _MOST_AROUND >= (plane.shape[0] + sum(around[:2])) * (
        plane.shape[1] + sum(around[2:])
    )
    if reach > TRANSFORM_FROM and worth:
        return _by_transform(plane, sigma, reach, border, around)
    if reach < _TWO_PASSES_FROM:
        return _in_strips(plane, sigma, reach, border)
    # The same sums; in one call, OpenCV blurs rows again for each strip of the picture
    line = cv2.getGaussianKernel(2 * reach + 1, sigma, cv2.CV_32F)
    point = np.ones(1, np.float32)
    rows = cv2.sepFilter2D(plane, cv2.CV_32F, line, point, borderType=border)
    blurred = cv2.sepFilter2D(rows, cv2.CV_32F, point, line, borderType=border)
    return np.asarray(blurred, dtype=np.float32).reshape(plane.shape)


def _in_strips(plane: Plane, sigma: float, reach: int, border: int) -> Plane:
    """OpenCV's blur; of large planes strip by strip, as it uses one core for narrow kernels."""
    size = 2 * reach + 1, 2 * reach + 1
    if plane.size <= _STRIP:
        blurred = cv2.GaussianBlur(plane, size, sigma, borderType=border)
        return np.asarray(blurred, dtype=np.float32).reshape(plane.shape)
    whole = np.empty_like(plane)
    rows = max(_STRIP // plane.shape[1], 2 * reach)

    def blur(top: int) -> None:
        above, bottom = min(reach, top), min(top + rows, plane.shape[0])
        part = plane[top - above : bottom + reach]
        done = cv2.GaussianBlur(part, size, sigma, borderType=border).reshape(part.shape)
        whole[top:bottom] = done[above : above + bottom - top]

    with ThreadPoolExecutor(cv2.getNumThreads()) as pool:
        list(pool.map(blur, range(0, plane.shape[0], rows)))
    return whole


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


def gaussian_reach(sigma: float) -> int:
    """How far away in px a Gaussian blur looks."""
    return int(4 * sigma + 0.5)


def wide_gaussian(
    plane: Plane, sigma: float, *, exact: bool = False, border: int = cv2.BORDER_REPLICATE
) -> Plane:
    """Gaussian blur that is done at a reduced scale where sigma is wide.

    With `exact` it is that of `gaussian`; else it differs by a thousandth of the plane's span, for
    a tenth of the time.
    """
    factor = 1 if exact else reduction(plane.shape, sigma)
    if factor == 1:
        return gaussian(plane, sigma, border=border)
    return at_reduced_scale(
        plane, factor, lambda small: gaussian(small, sigma_at(sigma, factor), border=border)
    )


def sigma_at(sigma: float, factor: int) -> float:
    """Sigma, in px of a reduced scale, that blurs by `sigma` px on the whole.

    Means of blocks blur by themselves, and so does the linear way back: by variances of
    (factor² − 1) / 12 and factor² / 6 px².
    """
    if factor == 1:
        return sigma
    return sqrt(sigma**2 - (factor**2 - 1) / 12 - factor**2 / 6) / factor


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
