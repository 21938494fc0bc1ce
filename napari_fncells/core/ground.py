"""The slowly varying ground under the cells."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from skimage.restoration import ellipsoid_kernel, rolling_ball

from napari_fncells.core.blur import Plane, at_reduced_scale, gaussian, reduction, sigma_at
from napari_fncells.core.params import GroundMethod

_RADII: dict[GroundMethod, int] = {"top_hat": 12, "rolling_ball": 6}
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
        factor = 1 if exact else reduction(plane, size)
        sigma = size if factor == 1 else sigma_at(size, factor)
        return _reduced(plane, factor, lambda small: _clipped_blur(small, sigma))
    # Wider than the picture is no different
    size = min(size, max(plane.shape))
    factor = 1 if exact else _factor(plane, size, _RADII[method])
    radius = max(round(size / factor), 1)
    if method == "top_hat":
        return _reduced(plane, factor, lambda small: _opened(small, radius))
    low, high = float(plane.min()), float(plane.max())
    return _reduced(plane, factor, lambda small: _rolled(small, radius, size * (high - low) / 256))


def _reduced(plane: Plane, factor: int, act: Callable[[Plane], Plane]) -> Plane:
    return act(plane) if factor == 1 else at_reduced_scale(plane, factor, act)


def _factor(plane: Plane, radius: float, most: int) -> int:
    factor = 1
    while radius / factor > most and max(plane.shape) > factor:
        factor *= 2
    return factor


def _clipped_blur(plane: Plane, sigma: float) -> Plane:
    """Blur, clip what stands above the blur, blur again.

    Bright cells would lift a plain Gaussian and sink their neighbours below it, so values are
    clipped at the blurred level plus the plane's median deviation before the final blur.
    """
    first = gaussian(plane, sigma)
    step = 4 if min(plane.shape) > 256 else 1
    spread = np.float32(np.median(np.abs(plane[::step, ::step] - first[::step, ::step])))
    return gaussian(np.minimum(plane, first + spread), sigma)


def _opened(plane: Plane, radius: int) -> Plane:
    """Opening with a disk; a border that repeats the edge cuts nothing off there."""
    size = 2 * radius + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = cv2.copyMakeBorder(plane, radius, radius, radius, radius, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, disk)
    inner = opened[radius : radius + plane.shape[0], radius : radius + plane.shape[1]]
    return np.ascontiguousarray(inner, dtype=np.float32)


def _rolled(plane: Plane, radius: int, height: float) -> Plane:
    """What a ball, as high as told in grey levels, reaches from below."""
    if height <= 0:
        return plane.copy()
    size = 2 * radius + 1
    kernel = ellipsoid_kernel((size, size), 2 * height)
    return np.asarray(rolling_ball(plane, kernel=kernel), dtype=np.float32)
