"""What is measured of the pieces of a rung: size, shape, light, the step at the outline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.ladder import Rung, disk
from napari_fncells.core.auto.view import View

Column = NDArray[np.float64]

NAMES = (
    "area",
    "elongation",
    "fill",
    "roundness",
    "thickness",
    "core",
    "rim",
    "peak",
    "brightness",
    "step",
    "rim_spread",
    "evenness",
    "ring",
    "border",
    "contrast",
    "grain",
    "crowd",
    "fine",
    "mean",
    "cut",
    "relief",
    "rim_height",
    "share",
)
"""All without units. Logarithms: area (of typical diameters squared), elongation (ratio of the
axes), fill (area over that of the ellipse of equal moments; below 0 for branched or bent pieces),
roundness (4 pi A / P²), core (area of the largest disk inside over the piece's), peak, contrast
(mean above the ring) and rim_height (in noises), brightness (peak over the picture's), grain (what
smoothing took, over the peak), share (decimal, of the picture's pixels that are brighter than the
rim). thickness: radius of the largest disk inside, in diameters. Over the peak: rim (light on the
outline), evenness (SD of the light), ring (light just outside), crowd (light around), fine (light
above the nearest surroundings), mean, step (gradient on the outline, times diameter).
rim_spread: variation of that gradient. border, cut: shares of the outline at the picture's side and
at another share of the same piece. relief: 1 for a piece of the relief."""

_RING = 1 / 6
"""Width of the ring in typical diameters."""
_BOX = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class _Pieces:
    """Pixels of a rung's pieces: flat indices, and the piece of each, from 0."""

    rung: Rung
    place: NDArray[np.int64]
    of: NDArray[np.int32]

    @classmethod
    def of_rung(cls, rung: Rung) -> _Pieces:
        flat = rung.regions.ravel()
        place = np.flatnonzero(flat)
        return cls(rung, place, flat[place] - 1)

    @cached_property
    def area(self) -> Column:
        return np.bincount(self.of, minlength=self.rung.count).astype(np.float64)

    def mean(self, values: NDArray[np.floating] | NDArray[np.integer]) -> Column:
        """Mean over each piece, of one value a pixel or of a plane."""
        if values.ndim == 2:
            values = values.ravel()[self.place]
        return np.bincount(self.of, weights=values, minlength=self.rung.count) / self.area

    def highest(self, plane: NDArray[np.float32]) -> Column:
        """Largest value of a plane in each piece."""
        found = np.full(self.rung.count, -np.inf, dtype=np.float32)
        np.maximum.at(found, self.of, plane.ravel()[self.place])
        return found.astype(np.float64)


@dataclass(frozen=True)
class _Rim:
    """Pixels on the outlines: flat indices, the piece of each, whether another share adjoins."""

    place: NDArray[np.int64]
    of: NDArray[np.int32]
    cut: NDArray[np.bool_]
    length: Column

    @classmethod
    def around(cls, pieces: _Pieces) -> _Rim:
        regions, of, place = pieces.rung.regions, pieces.of, pieces.place
        mask = (regions > 0).view(np.uint8)
        inner = cv2.erode(mask, _BOX, borderType=cv2.BORDER_CONSTANT, borderValue=0)
        rim = np.asarray(inner).ravel()[place] == 0
        cut = np.zeros(of.size, dtype=bool)
        if pieces.rung.cut:
            numbers = regions.astype(np.float32)
            high = np.asarray(cv2.dilate(numbers, _BOX)).ravel()[place]
            numbers[regions == 0] = np.inf
            low = np.asarray(cv2.erode(numbers, _BOX)).ravel()[place]
            cut = (high != of + 1) | (low != of + 1)
            rim |= cut
        length = np.bincount(of[rim], minlength=pieces.rung.count).astype(np.float64)
        return cls(place[rim], of[rim], cut[rim], np.maximum(length, 1))

    def mean(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> Column:
        """Mean along each outline of one value a pixel."""
        weights = values.astype(np.float64)
        return np.bincount(self.of, weights=weights, minlength=self.length.size) / self.length


def measure(view: View, rung: Rung) -> NDArray[np.float64]:
    """Measure every piece of a rung; (count, len(NAMES))."""
    pieces = _Pieces.of_rung(rung)
    rim = _Rim.around(pieces)
    table = _shape(view, pieces, rim) | _light(view, pieces, rim)
    table["cut"] = rim.mean(rim.cut)
    table["relief"] = np.full(rung.count, float(rung.relief))
    return np.stack([table[name] for name in NAMES], axis=1)


def _shape(view: View, pieces: _Pieces, rim: _Rim) -> dict[str, Column]:
    height, width = view.height.shape
    rows, columns = np.divmod(pieces.place, width)
    down, right = rows - pieces.mean(rows)[pieces.of], columns - pieces.mean(columns)[pieces.of]
    # A pixel is a square, not a point
    yy, xx = pieces.mean(down * down) + 1 / 12, pieces.mean(right * right) + 1 / 12
    xy = pieces.mean(down * right)
    root = np.sqrt((yy - xx) ** 2 / 4 + xy**2)
    major, minor = (yy + xx) / 2 + root, np.maximum((yy + xx) / 2 - root, 1 / 12)
    radius = pieces.highest(pieces.rung.depth)
    area = pieces.area
    row, column = np.divmod(rim.place, width)
    border = (row == 0) | (column == 0) | (row == height - 1) | (column == width - 1)
    return {
        "area": np.log(area / view.unit**2),
        "elongation": np.log(major / minor) / 2,
        "fill": np.log(area / (4 * np.pi * np.sqrt(major * minor))),
        "roundness": np.log(4 * np.pi * area / rim.length**2),
        "thickness": radius / view.unit,
        "core": np.log(np.pi * radius**2 / area),
        "border": rim.mean(border),
    }


def _light(view: View, pieces: _Pieces, rim: _Rim) -> dict[str, Column]:
    light = view.height.ravel()[pieces.place].astype(np.float64)
    mean = pieces.mean(light)
    spread = np.sqrt(np.maximum(pieces.mean(light * light) - mean**2, 0))
    peak = np.maximum(pieces.highest(view.height), view.noise / 2)
    slope = view.slope.ravel()[rim.place].astype(np.float64)
    steep = rim.mean(slope)
    uneven = np.sqrt(np.maximum(rim.mean(slope * slope) - steep**2, 0))
    at_rim = rim.mean(view.height.ravel()[rim.place])
    ring = _ring(view, pieces.rung)
    brighter = 1 - np.searchsorted(view.sorted_heights, at_rim) / view.sorted_heights.size
    return {
        "rim": at_rim / peak,
        "peak": np.log(peak / view.noise),
        "brightness": np.log(peak / view.bright),
        "step": steep * view.unit / peak,
        "rim_spread": uneven / np.maximum(steep, 1e-6 * peak),
        "evenness": spread / peak,
        "ring": ring / peak,
        "contrast": np.log(np.maximum(mean - ring, view.noise / 10) / view.noise),
        "grain": np.log(pieces.mean(view.grain) / peak + 0.01),
        "crowd": pieces.mean(view.around) / peak,
        "fine": pieces.mean(view.fine) / peak,
        "mean": mean / peak,
        "rim_height": np.log(np.maximum(at_rim, view.noise / 2) / view.noise),
        "share": np.log10(brighter + 1e-4),
    }


def _ring(view: View, rung: Rung) -> Column:
    """Mean light just outside each piece, other pieces left out."""
    reach = max(round(_RING * view.unit), 1)
    wide = cv2.dilate(rung.regions.astype(np.float32), disk(reach + 0.5))
    of = np.asarray(wide).ravel().astype(np.int32) - 1
    place = np.flatnonzero((of >= 0) & (rung.regions.ravel() == 0))
    of = of[place]
    total = np.bincount(of, weights=view.height.ravel()[place], minlength=rung.count)
    found: Column = total / np.maximum(np.bincount(of, minlength=rung.count), 1)
    return found
