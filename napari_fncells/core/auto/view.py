"""How the automatic draft looks at a picture: at a scale at which cells are of one size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.scale import reduced, typical_diameter
from napari_fncells.core.blur import Plane, gaussian
from napari_fncells.core.geometry import Box
from napari_fncells.core.ground import ground
from napari_fncells.core.score import background_statistics, is_flat

WORK_DIAMETER = 18.0
"""px; a picture is reduced until its typical cell is no wider than about this."""
_WORTHWHILE = 1.2
_SMOOTHING = 0.07
_GROUND = 3.0
_NEAR = 0.4
_WIDE = 0.25
"""Sigmas in typical diameters: of the blur, of the ground, of what the relief is measured
against, of what shows detail."""
_AROUND = 3.0
"""Side of the window that is a piece's neighbourhood, in typical diameters."""
_LEAST_NOISE = 2e-4
"""Of the span of a picture; noise that is lost where values are whole numbers."""
_BRIGHT = 99.8
_BRIGHT_NOISES = 3.0
_LEAST_SIDE = 8
_SIDE = 0.5


@dataclass(frozen=True)
class View:
    """A picture as the automatic draft sees it.

    Planes are (y, x) float32; light is in shares of the picture's span.

    Attributes
    ----------
    box
        Part of the picture that is looked at: all but an empty margin.
    factor
        Pixels of the picture to one of the planes, along a side.
    diameter
        Of the typical cell, in px of the picture.
    ground, noise
        Median of the ground, and the SD of what lies around it.
    height
        Smoothed light above the ground.
    soft
        Square root of the height, less what it is around: peaks that flow into each other at
        any height stand apart in it.
    slope
        Size of the gradient of the height, per px.
    grain
        Size of what the smoothing took away.
    detail
        Height less the same blurred over a quarter of a diameter.
    around
        Mean height in the neighbourhood.
    bright
        Height of the bright parts of the picture.
    """

    box: Box
    factor: float
    diameter: float
    ground: float
    noise: float
    height: Plane
    soft: Plane
    slope: Plane
    grain: Plane
    detail: Plane
    around: Plane
    bright: float

    @property
    def unit(self) -> float:
        """The typical diameter in px of the planes."""
        return self.diameter / self.factor


def view_of(plane: Plane) -> View | None:
    """Look at a picture; None where there is nothing to be seen.

    Parameters
    ----------
    plane
        (Y, X) float32 intensities.
    """
    box = _content(plane)
    inner = plane[box.slices]
    if min(inner.shape) < _LEAST_SIDE or is_flat(inner):
        return None
    # The same to the last bit for pictures that differ by a factor, such as 8 and 16 bit
    inner = (inner - inner.min()) / np.ptp(inner)
    diameter = typical_diameter(inner)
    factor = diameter / WORK_DIAMETER
    # A little smaller is no faster, and blurs
    factor = factor if factor > _WORTHWHILE else 1.0
    small, unit = reduced(inner, factor), diameter / factor
    if min(small.shape) < _LEAST_SIDE:
        return None
    under = ground(small, _GROUND * unit)
    height = gaussian(small, max(_SMOOTHING * unit, 0.5)) - under
    noise = background_statistics(height)[1]
    noise = max(noise, _LEAST_NOISE * float(np.ptp(height)))
    if noise <= 0:
        return None
    lit = np.maximum(height, 0)
    root = np.sqrt(lit + np.float32(noise))
    side = 2 * int(_AROUND * unit / 2) + 1
    return View(
        box=box,
        factor=factor,
        diameter=diameter,
        ground=float(np.median(under)),
        noise=noise,
        height=height,
        soft=root - gaussian(root, _NEAR * unit),
        slope=_slope(height),
        grain=np.abs(small - under - height),
        detail=height - gaussian(height, _WIDE * unit),
        around=np.asarray(cv2.blur(lit, (side, side)), dtype=np.float32),
        bright=max(float(np.percentile(height, _BRIGHT)), _BRIGHT_NOISES * noise),
    )


def _content(plane: Plane) -> Box:
    """The picture without the margin of one value around it; all of it where there is none.

    A margin ends where a side of a picture begins, most of whose pixels are of other values:
    dark ground around a few cells is none.
    """
    differs: NDArray[np.bool_] = plane != plane[0, 0]
    whole, inner = Box.whole(plane.shape), Box.around(differs)
    if inner is None:
        return whole
    part = differs[inner.slices]
    sides = part[0], part[:, 0], part[-1], part[:, -1]
    is_side = [float(side.mean()) > _SIDE for side in sides]
    return Box(*(a if found else b for a, b, found in zip(inner, whole, is_side, strict=True)))


def _slope(height: Plane) -> Plane:
    right = cv2.Scharr(height, cv2.CV_32F, 1, 0, scale=1 / 32)
    down = cv2.Scharr(height, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.asarray(cv2.magnitude(right, down), dtype=np.float32)
