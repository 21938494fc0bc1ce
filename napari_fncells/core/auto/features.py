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
)
"""All without units. Logarithms: area (of typical diameters squared), elongation (ratio of the
axes), fill (area over that of the ellipse of equal moments; below 0 for branched or bent pieces),
roundness (4 pi A / P²), core (area of the largest disk inside over the piece's), peak, contrast
(mean above the ring; both in noises), brightness (peak over the picture's), grain (what
smoothing took, over the peak). thickness: radius of the largest disk inside, in diameters. Over
the peak: rim (light on the outline), evenness (SD of the light), ring (light just outside),
crowd (light around), fine (light above the nearest surroundings), mean, step (gradient on the
outline, times diameter). rim_spread: variation of that gradient. border, cut: shares of the
outline at the picture's side and at another share of the same piece. relief: 1 for a piece of
the relief."""
_RING = 1 / 6
"""Width of the ring in typical diameters."""
_BOX = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class _Pieces:
    """The pieces of a rung, as a plane and one by one."""

    rung: Rung
    numbers: NDArray[np.uint16] | NDArray[np.float32]

    @cached_property
    def area(self) -> Column:
        return np.bincount(self.rung.of, minlength=self.rung.count).astype(np.float64)

    def mean(self, values: NDArray[np.floating] | NDArray[np.integer]) -> Column:
        """Mean over each piece, of one value a pixel or of a plane."""
        if values.ndim == 2:
            values = values.ravel()[self.rung.place]
        total = np.bincount(self.rung.of, weights=values, minlength=self.rung.count)
        mean: Column = total / self.area
        return mean

    def highest(self, values: NDArray[np.float32]) -> Column:
        """Largest value in each piece, of one value a pixel."""
        found = np.full(self.rung.count, -np.inf, dtype=np.float32)
        np.maximum.at(found, self.rung.of, values)
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
        rung = pieces.rung
        # 0 where a pixel adjoins the ground or the picture's side
        low = cv2.erode(
            pieces.numbers, _BOX, borderType=cv2.BORDER_CONSTANT, borderValue=0
        ).ravel()[rung.place]
        rim = low == 0
        cut = np.zeros(rung.of.size, dtype=bool)
        if rung.cut:
            high = cv2.dilate(pieces.numbers, _BOX).ravel()[rung.place]
            raised = pieces.numbers + (pieces.numbers == 0) * pieces.numbers.dtype.type(
                rung.count + 1
            )
            low = cv2.erode(raised, _BOX).ravel()[rung.place]
            cut = (high != rung.of + 1) | (low != rung.of + 1)
            rim |= cut
        length = np.bincount(rung.of[rim], minlength=rung.count).astype(np.float64)
        return cls(rung.place[rim], rung.of[rim], cut[rim], np.maximum(length, 1))

    def mean(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> Column:
        """Mean along each outline of one value a pixel."""
        weights = values.astype(np.float64)
        total = np.bincount(self.of, weights=weights, minlength=self.length.size)
        mean: Column = total / self.length
        return mean


def measure(view: View, rung: Rung) -> NDArray[np.float64]:
    """Measure every piece of a rung; (count, len(NAMES))."""
    pieces = _Pieces(rung, rung.numbers())
    rim = _Rim.around(pieces)
    table = _shape(view, pieces, rim) | _light(view, pieces, rim)
    table["cut"] = rim.mean(rim.cut)
    table["relief"] = np.full(rung.count, float(rung.relief))
    return np.stack([table[name] for name in NAMES], axis=1)


def _shape(view: View, pieces: _Pieces, rim: _Rim) -> dict[str, Column]:
    of = pieces.rung.of
    height, width = view.height.shape
    rows, columns = np.divmod(pieces.rung.place, width)
    down, right = rows - pieces.mean(rows)[of], columns - pieces.mean(columns)[of]
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
    seen = view.height.ravel()[pieces.rung.place]
    light = seen.astype(np.float64)
    mean = pieces.mean(light)
    spread = np.sqrt(np.maximum(pieces.mean(light * light) - mean**2, 0))
    peak = np.maximum(pieces.highest(seen), view.noise / 2)
    slope = view.slope.ravel()[rim.place].astype(np.float64)
    steep = rim.mean(slope)
    uneven = np.sqrt(np.maximum(rim.mean(slope * slope) - steep**2, 0))
    at_rim = rim.mean(view.height.ravel()[rim.place])
    ring = _ring(view, pieces)
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
    }


def _ring(view: View, pieces: _Pieces) -> Column:
    """Mean light just outside each piece, other pieces left out."""
    reach = max(round(_RING * view.unit), 1)
    wide = np.asarray(cv2.dilate(pieces.numbers, disk(reach + 0.5)))
    place = np.flatnonzero(wide != pieces.numbers)
    # Where pieces are near each other the larger number covers pixels of the smaller
    place = place[pieces.numbers.ravel()[place] == 0]
    of = wide.ravel()[place].astype(np.int64) - 1
    count = pieces.rung.count
    total = np.bincount(of, weights=view.height.ravel()[place], minlength=count)
    found: Column = total / np.maximum(np.bincount(of, minlength=count), 1)
    return found
