"""Random fields and blurs, the raw material of a simulated picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Points = NDArray[np.float64]

# Above this standard deviation (px) a blur runs on a reduced copy: same look, less time.
_WIDE_BLUR_PX = 8.0


def blur(plane: Plane, sigma_px: float) -> Plane:
    """Return `plane` blurred by a Gaussian.

    Parameters
    ----------
    plane : (Y, X) float32
        Field to blur.
    sigma_px : float
        Standard deviation in px; 0 or less returns a copy.

    Returns
    -------
    (Y, X) float32
        Blurred field; the border is mirrored.
    """
    if sigma_px <= 0:
        return plane.copy()
    if sigma_px > _WIDE_BLUR_PX and min(plane.shape) > 64:
        factor = int(min(sigma_px / 3.0, min(plane.shape) / 16))
        return enlarge(blur(shrink(plane, factor), sigma_px / factor), plane.shape)
    size = 2 * int(3.0 * sigma_px + 0.5) + 1
    out = cv2.GaussianBlur(plane, (size, size), sigma_px, borderType=cv2.BORDER_REFLECT)
    return np.asarray(out, dtype=np.float32)


def shrink(plane: Plane, factor: int) -> Plane:
    """Return `plane` shrunk by an integer factor, by area averages."""
    height, width = plane.shape
    size = (max(width // factor, 1), max(height // factor, 1))
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def enlarge(plane: Plane, shape: tuple[int, ...]) -> Plane:
    """Return `plane` stretched to `shape` (Y, X), bilinearly."""
    size = (shape[1], shape[0])
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def noise_field(rng: np.random.Generator, shape: tuple[int, ...], scale_px: float) -> Plane:
    """Return a smooth Gaussian field of mean 0 and standard deviation about 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : (int, int)
        Rows and columns.
    scale_px : float
        Standard deviation (px) of the kernel that smooths white noise: the size of the grains.

    Returns
    -------
    (Y, X) float32
        The field.
    """
    factor = max(int(scale_px / 1.5), 1)
    sigma = scale_px / factor
    margin = int(3 * sigma) + 1
    small = (shape[0] // factor + 2 * margin + 2, shape[1] // factor + 2 * margin + 2)
    white = rng.standard_normal(small, dtype=np.float32)
    # Smoothing divides the standard deviation of white noise by 2 sqrt(pi) sigma.
    smooth = blur(white, sigma) * np.float32(2.0 * np.sqrt(np.pi) * sigma)
    inner = smooth[margin:-margin, margin:-margin]
    if factor == 1:
        return np.ascontiguousarray(inner[: shape[0], : shape[1]])
    whole = enlarge(inner, (inner.shape[0] * factor, inner.shape[1] * factor))
    return np.ascontiguousarray(whole[: shape[0], : shape[1]])


def smooth_step(plane: Plane, width: float) -> Plane:
    """Return 0 below -width / 2, 1 above width / 2, and a smooth ramp in between."""
    ramp = np.clip(plane / np.float32(width) + np.float32(0.5), 0.0, 1.0)
    return np.asarray(ramp * ramp * (3.0 - 2.0 * ramp), dtype=np.float32)


def deposit(plane: Plane, points: Points, weights: Points) -> None:
    """Add point sources to `plane` in place; those outside are left out.

    Parameters
    ----------
    plane : (Y, X) float32
        Changed in place.
    points : (N, 2) float64
        Rows (y, x) in px.
    weights : (N,) float64
        Light of each point.
    """
    index = np.rint(points).astype(np.int64)
    inside = (
        (index[:, 0] >= 0)
        & (index[:, 0] < plane.shape[0])
        & (index[:, 1] >= 0)
        & (index[:, 1] < plane.shape[1])
    )
    kept = index[inside]
    np.add.at(plane, (kept[:, 0], kept[:, 1]), weights[inside].astype(np.float32))
