"""The slowly varying ground under the cells."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from skimage.restoration import ellipsoid_kernel, rolling_ball

from napari_fncells.core.blur import Plane, at_reduced_scale, gaussian, reduction, sigma_at
from napari_fncells.core.distribution import Readable, step_for
from napari_fncells.core.params import GroundMethod

_SAMPLE = 4_000_000
_RADII: dict[GroundMethod, int] = {"top_hat": 12, "rolling_ball": 5}
"""px; disks and balls are brought down to about this radius: they cost its square."""


def ground(
    plane: Plane, size: float, method: GroundMethod = "gaussian", *, exact: bool = False
) -> Plane:
    """Ground of a (Y, X) plane, in its own grey levels.

    Parameters
    ----------
    plane
        (Y, X) float32.
    size
        In px: sigma of the Gaussian, radius of the ball or the disk.
    method
        'gaussian': the wide Gaussian of the plane with its bright parts clipped. 'rolling_ball':
        what a ball of that radius, rolled under the plane, reaches (Sternberg 1983); one px of
        its height counts as 1/256 of the plane's span, so that 8 and 16 bit are treated alike.
        'top_hat': the opening with a disk, what a white top-hat subtracts.
    exact
        Whether it is done at full scale. Balls and disks far wider than the reduced px cost
        minutes there.
    """
    if method == "gaussian":
        factor = 1 if exact else reduction(plane.shape, size)
        sigma = sigma_at(size, factor)
        return _reduced(plane, factor, lambda small: _clipped_blur(small, sigma))
    # Wider than the picture is no different
    size = min(size, max(plane.shape))
    factor = 1 if exact else disk_reduction(plane.shape, size, method)
    radius = max(round(size / factor), 1)
    if method == "top_hat":
        return _reduced(plane, factor, lambda small: opened(small, radius))
    low, high = float(plane.min()), float(plane.max())
    height = ball_height(size, low, high)
    return _reduced(plane, factor, lambda small: rolled(small, radius, height))


def _reduced(plane: Plane, factor: int, act: Callable[[Plane], Plane]) -> Plane:
    return act(plane) if factor == 1 else at_reduced_scale(plane, factor, act)


def disk_reduction(shape: tuple[int, ...], radius: float, method: GroundMethod) -> int:
    """Factor by which a plane is reduced for a disk or a ball: a power of two."""
    factor = 1
    while radius / factor > _RADII[method] and max(shape) > factor:
        factor *= 2
    return factor


def ball_height(radius: float, low: float, high: float) -> float:
    """Height of a ball in grey levels, in a picture from `low` to `high`."""
    return radius * (high - low) / 256


def _clipped_blur(plane: Plane, sigma: float) -> Plane:
    """Blur, clip what stands above the blur, blur again.

    Bright cells would lift a plain Gaussian and sink their neighbours below it, so values are
    clipped at the blurred level plus the plane's median deviation before the final blur.
    """
    first = gaussian(plane, sigma)
    return gaussian(np.minimum(plane, first + median_deviation(plane, first)), sigma)


def median_deviation(plane: Readable, level: Readable) -> np.float32:
    """Median distance of a (Y, X) plane from a level, by every so many-th pixel."""
    step = step_for(plane.shape, _SAMPLE, 4 if min(plane.shape) > 256 else 1)
    apart = np.asarray(plane[::step, ::step]) - np.asarray(level[::step, ::step])
    return np.float32(np.median(np.abs(apart)))


def opened(plane: Plane, radius: int) -> Plane:
    """Opening with a disk; a border that repeats the edge cuts nothing off there."""
    size = 2 * radius + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = cv2.copyMakeBorder(plane, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    done = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disk)
    inner = done[radius : radius + plane.shape[0], radius : radius + plane.shape[1]]
    return np.ascontiguousarray(inner, dtype=np.float32)


def rolled(plane: Plane, radius: int, height: float) -> Plane:
    """What a ball, as high as told in grey levels, reaches from below."""
    if height <= 0:
        return plane.copy()
    size = 2 * radius + 1
    kernel = ellipsoid_kernel((size, size), 2 * height)
    return np.asarray(rolling_ball(plane, kernel=kernel), dtype=np.float32)
