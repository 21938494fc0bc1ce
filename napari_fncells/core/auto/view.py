"""How the automatic draft looks at a picture: at a scale at which cells are of one size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from napari_fncells.core.auto.scale import reduced, typical_diameter
from napari_fncells.core.blur import Plane, gaussian
from napari_fncells.core.ground import ground
from napari_fncells.core.score import background_statistics, is_flat

WORK_DIAMETER = 18.0
"""px; a picture is reduced until its typical cell is no wider than this."""

_SMOOTHING = 0.07
_GROUND = 3.0
_RELIEF = 0.4
_FINE = 0.25
"""Sigmas in diameters of the typical cell."""
_AROUND = 1.5
"""Half the side of the square taken as the surroundings, in diameters."""
_BRIGHT = 99.8
_LEAST_NOISE = 2e-4
"""Of the picture's span; noise that smoothing hides from pictures of whole numbers."""
_SMALLEST = 8
"""px a side; a smaller picture holds no cell."""


@dataclass(frozen=True)
class View:
    """A picture as the automatic draft sees it; light is in spans of the picture, 0..1.

    Attributes
    ----------
    shape
        (Y, X) of the picture.
    raw, height
        (y, x) float32 at the working scale, above the ground; `height` is smoothed.
    factor
        Pixels of the picture to one of the working scale, along a side.
    diameter
        Of the typical cell, in px of the picture.
    noise
        SD of the ground.
    low, span
        Grey level of the picture's darkest pixel, and from there to the brightest.
    level
        Median grey level of the picture.
    """

    shape: tuple[int, int]
    raw: Plane
    height: Plane
    factor: float
    diameter: float
    noise: float
    low: float
    span: float
    level: float

    @property
    def unit(self) -> float:
        """The typical diameter in px of the working scale."""
        return self.diameter / self.factor

    @cached_property
    def bright(self) -> float:
        """Height of the brightest parts."""
        return max(float(np.percentile(self.height, _BRIGHT)), 3 * self.noise)

    @cached_property
    def relief(self) -> Plane:
        """How the light stands out from what is just around it, in roots, as noise is even.

        Cells that touch are apart here, and a dim one beside a bright one still shows.
        """
        root = np.sqrt(np.maximum(self.height, 0) + np.float32(self.noise))
        return root - gaussian(root, _RELIEF * self.unit)

    @cached_property
    def slope(self) -> Plane:
        """Size of the gradient of the height, per px."""
        across = cv2.Scharr(self.height, cv2.CV_32F, 1, 0, scale=1 / 32)
        down = cv2.Scharr(self.height, cv2.CV_32F, 0, 1, scale=1 / 32)
        return np.asarray(cv2.magnitude(across, down), dtype=np.float32)

    @cached_property
    def grain(self) -> Plane:
        """What smoothing took away."""
        return np.abs(self.raw - self.height)

    @cached_property
    def fine(self) -> Plane:
        """What is brighter than its nearest surroundings."""
        return self.height - gaussian(self.height, _FINE * self.unit)

    @cached_property
    def around(self) -> Plane:
        """Mean light of the surroundings."""
        side = 2 * int(_AROUND * self.unit) + 1
        mean = cv2.blur(np.maximum(self.height, 0), (side, side))
        return np.asarray(mean, dtype=np.float32)

    @cached_property
    def sorted_heights(self) -> Plane:
        """Every ninth height, in order."""
        return np.sort(self.height[::3, ::3].ravel())


def view_of(plane: Plane) -> View | None:
    """Look at a picture; None where there is nothing to be seen.

    Light is brought to 0..1 first, by one exact division, so that copies of a picture in other
    units come to the same draft.

    Parameters
    ----------
    plane
        (Y, X) float32 intensities.
    """
    if min(plane.shape) < _SMALLEST or is_flat(plane):
        return None
    low, high = plane.min(), plane.max()
    span = high - low
    # Single hot pixels would stand high above all cells
    light = cv2.medianBlur((plane - low) / span, 3)
    diameter = typical_diameter(light)
    factor = max(diameter / WORK_DIAMETER, 1.0)
    unit = diameter / factor
    small = reduced(light, factor)
    below = ground(small, _GROUND * unit)
    height = gaussian(small, max(_SMOOTHING * unit, 0.5)) - below
    _, noise = background_statistics(height)
    return View(
        shape=(plane.shape[0], plane.shape[1]),
        raw=small - below,
        height=height,
        factor=factor,
        diameter=diameter,
        noise=max(noise, _LEAST_NOISE),
        low=float(low),
        span=float(span),
        level=float(np.median(plane[::4, ::4])),
    )
