"""The scene being built: light planes of growing blur, and what must not be taken for a cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from napari_fncells.core.simulate.fields import Plane, Points, blur, deposit, enlarge, shrink

DistractorKind = Literal["out_of_focus", "neurite", "filament", "debris", "macaroni", "stripe"]

# Focus classes of point and line sources: name → standard deviation of the blur (px).
SPLAT_BLUR_PX = {"sharp": 0.9, "near": 1.8, "far": 4.5}
# How scattered light spreads: standard deviation (px) and part. Fitted to the fall of light
# outside the outlines of real cells.
_GLOW = ((4.5, 0.6), (12.0, 0.27), (45.0, 0.13))


class Distractor(NamedTuple):
    """Something bright that is no cell: its kind, its centre (px) and its half size (px)."""

    kind: DistractorKind
    y: float
    x: float
    radius_px: float


@dataclass
class Canvas:
    """Light collected so far, in grey levels above the ground.

    Attributes
    ----------
    light : (Y, X) float32
        Extended objects, already blurred.
    splats : dict of (Y, X) float32
        Point and line sources by focus class; blurred once, at the end.
    distractors : list of Distractor
        What lies in the picture without being a cell.
    """

    light: Plane
    splats: dict[str, Plane]
    distractors: list[Distractor] = field(default_factory=list)

    @classmethod
    def blank(cls, shape: tuple[int, int]) -> Canvas:
        """Return a dark canvas of `shape` (Y, X)."""
        planes = {name: np.zeros(shape, np.float32) for name in SPLAT_BLUR_PX}
        return cls(np.zeros(shape, np.float32), planes)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.light.shape[0], self.light.shape[1]

    def add_patch(self, patch: Plane, top: int, left: int) -> None:
        """Add an extended object whose upper left corner lies at (top, left)."""
        window = clip_window(self.shape, patch.shape, top, left)
        if window is None:
            return
        here, there = window
        self.light[here] += patch[there]

    def add_points(self, focus: str, points: Points, peaks: Points) -> None:
        """Add points (N, 2; y, x) that reach `peaks` (N,; grey levels) once blurred."""
        sigma = SPLAT_BLUR_PX[focus]
        deposit(self.splats[focus], points, peaks * (2.0 * np.pi * sigma**2))

    def add_line(
        self, focus: str, points: Points, peaks: Points, widths: Points, jitter: Points
    ) -> None:
        """Add a dense path as a line of light.

        Parameters
        ----------
        focus : str
            Focus class.
        points : (N, 2) float64
            Path (y, x), one point per `1 / N` of its length, spaced less than a px apart.
        peaks, widths, jitter : (N,) float64
            Light on the axis (grey levels), full width (px), and where across the width each
            point lands (-0.5 to 0.5).
        """
        step = np.gradient(points, axis=0)
        spacing = np.hypot(step[:, 0], step[:, 1]) + 1e-9
        normal = np.stack([-step[:, 1], step[:, 0]], axis=1) / spacing[:, None]
        spread = np.hypot(SPLAT_BLUR_PX[focus], widths / np.sqrt(12.0))
        weights = peaks * spacing * np.sqrt(2.0 * np.pi) * spread
        deposit(self.splats[focus], points + normal * (jitter * widths)[:, None], weights)

    def collect(self) -> Plane:
        """Return all light (Y, X) float32, without the glow."""
        total = self.light.copy()
        for name, plane in self.splats.items():
            total += blur(plane, SPLAT_BLUR_PX[name])
        return total


def glow(light: Plane, share: float) -> Plane:
    """Return the light that tissue and optics scatter around bright objects.

    Parameters
    ----------
    light : (Y, X) float32
        Direct light.
    share : float
        Scattered light per direct light.

    Returns
    -------
    (Y, X) float32
        Scattered light: a skirt of a few px, a glow and a wide haze.
    """
    total = np.zeros_like(light)
    for sigma, part in _GLOW:
        factor = max(min(int(sigma / 2.0), min(light.shape) // 48), 1)
        scattered = blur(shrink(light, factor), sigma / factor)
        total += np.float32(share * part) * enlarge(scattered, light.shape)
    return total


def clip_window(
    shape: tuple[int, ...], patch_shape: tuple[int, ...], top: int, left: int
) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
    """Return matching slices of picture and patch, or None where they do not meet."""
    y0, x0 = max(top, 0), max(left, 0)
    y1 = min(top + patch_shape[0], shape[0])
    x1 = min(left + patch_shape[1], shape[1])
    if y0 >= y1 or x0 >= x1:
        return None
    here = (slice(y0, y1), slice(x0, x1))
    there = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    return here, there
