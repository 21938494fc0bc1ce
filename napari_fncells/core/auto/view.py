"""How the automatic draft looks at a picture: at a scale at which cells are of one size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_fncells.core.blur import Plane, gaussian
from napari_fncells.core.ground import ground
from napari_fncells.core.score import background_statistics, is_flat

WORK_DIAMETER = 18.0
"""px; a picture is reduced until its typical cell is no wider than about this."""
SMOOTHING = 0.07
GROUND = 3.0
"""Sigmas of smoothing and of the ground, in diameters of the typical cell."""

_SIGMAS = np.geomspace(2.0, 28.0, 13)
_RATIO = 1.6
_BRIGHTEST = 99.9
"""Per cent; where the strongest answers of a picture begin: those of its cells."""
_LEAST_NOISE = 0.05
"""Grey levels; noise that smoothing hides from pictures of whole numbers."""


@dataclass(frozen=True)
class View:
    """A picture as the automatic draft sees it.

    Attributes
    ----------
    height
        (Y, X) float32: smoothed, above the ground, in grey levels.
    small
        (y, x) float32: the same at the working scale.
    factor
        Pixels of the picture to one of the working scale, along a side.
    diameter
        Of the typical cell, in px of the picture.
    noise
        SD of the ground in grey levels, at the working scale.
    level
        Median grey level of the ground.
    """

    height: Plane
    small: Plane
    factor: float
    diameter: float
    noise: float
    level: float

    @property
    def unit(self) -> float:
        """The typical diameter in px of the working scale."""
        return self.diameter / self.factor


def view_of(plane: Plane, step: float) -> View | None:
    """Look at a picture; None where there is nothing to be seen.

    Parameters
    ----------
    plane
        (Y, X) float32 intensities.
    step
        Smallest difference between two pixels, 0 for continuous values.
    """
    if is_flat(plane) or min(plane.shape) < 8:
        return None
    diameter = typical_diameter(plane)
    smooth = gaussian(plane, max(SMOOTHING * diameter, 0.5))
    height = smooth - ground(plane, GROUND * diameter)
    factor = max(diameter / WORK_DIAMETER, 1.0)
    small = _reduced(height, factor)
    _, noise = background_statistics(small)
    noise = max(noise, _LEAST_NOISE * step)
    if noise <= 0:
        return None
    level = float(np.median(plane[::4, ::4]))
    return View(height, small, factor, diameter, noise, level)


def typical_diameter(plane: Plane) -> float:
    """Diameter, in px, at which the brightest spots of a picture answer most.

    The answer is the difference of two Gaussians, normalised by scale (Lindeberg 1998), of the
    square root of the intensity, in which the noise of light is even (Anscombe 1948). A disk
    answers most where sigma is its diameter / (2 sqrt 2).
    """
    low, high = (float(v) for v in np.percentile(plane[::2, ::2], [0.1, 99.9]))
    light = np.sqrt(np.clip(plane - low, 0, None) / max(high - low, 1e-12)).astype(np.float32)
    answers = [_strongest(light, float(sigma)) for sigma in _SIGMAS]
    best = int(np.argmax(answers))
    return float(_SIGMAS[best] * np.sqrt(8))


def _strongest(light: Plane, sigma: float) -> float:
    factor = 1
    while sigma / factor > 4 and min(light.shape) > 16 * factor:
        factor *= 2
    small = _reduced(light, factor)
    difference = gaussian(small, sigma / factor) - gaussian(small, _RATIO * sigma / factor)
    return float(np.percentile(difference, _BRIGHTEST))


def _reduced(plane: Plane, factor: float) -> Plane:
    if factor == 1:
        return plane
    size = max(round(plane.shape[1] / factor), 1), max(round(plane.shape[0] / factor), 1)
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), dtype=np.float32)
