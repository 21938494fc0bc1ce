"""What the cells already confirmed in a picture tell of the outlines drawn there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.outline.features import USUAL_RADIUS, Features, features
from napari_fncells.core.outline.region import Region
from napari_fncells.core.outline.shapes import Outlines, outline_of
from napari_fncells.core.outline.view import SCALE, View, view_around

_MARGIN = 24
_LARGEST_REACH = 160
_DIM = 1e-3
# A difference of more than this says no more than that the outline is of another kind
_RANGES = {
    "size": 1.0,
    "offset": 3.0,
    "level": 0.5,
    "compactness": 0.3,
    "inner": 1.0,
    "outer": 1.0,
}
_TRUSTED = 3


@dataclass(frozen=True)
class OutlineSample:
    """What one confirmed cell teaches.

    Attributes
    ----------
    area
        In px².
    offset
        How far its outline lies outside (+) or inside (-) the steepest edge near it, in px.
    level
        Light at the outline between that outside (0) and that inside (1).
    compactness
        4 pi area / perimeter², at most 1.
    inner, outer
        Logarithms of the light inside and outside, as square roots of the score above the
        darkest ground: only their differences from other cells matter.
    """

    area: float
    offset: float
    level: float
    compactness: float
    inner: float
    outer: float

    @property
    def size(self) -> float:
        """Logarithm of the radius of a disk of this area, against a common cell's."""
        return float(np.log(np.sqrt(self.area / np.pi) / USUAL_RADIUS))


@dataclass(frozen=True)
class OutlinePrior:
    """How outlines are drawn in a picture, by one annotator.

    Attributes
    ----------
    count
        Number of cells it was learned from.
    size, offset, level, compactness, inner, outer
        Means of the samples' figures; `offset` in px, + = outside the steepest edge.
    """

    count: int
    size: float
    offset: float
    level: float
    compactness: float
    inner: float
    outer: float

    @classmethod
    def of(cls, samples: Iterable[OutlineSample]) -> Self:
        """Average over samples; without any, a prior of count 0 that has no effect."""
        known = list(samples)
        if not known:
            return cls(0, *(0.0 for _ in _RANGES))
        means = [float(np.mean([getattr(one, name) for one in known])) for name in _RANGES]
        return cls(len(known), *means)

    @property
    def trust(self) -> float:
        """How much it counts: 1 for three cells, less for fewer, at most 4/3."""
        return self.count / (self.count + 1) * (_TRUSTED + 1) / _TRUSTED

    def misfit(self, table: Features, height: float) -> Features:
        """How much outlines differ from it.

        Parameters
        ----------
        table
            Their figures.
        height
            `View.height` of the view they lie in.

        Returns
        -------
        dict
            Maps 'size', 'offset', ... to (n,) float32: square of the difference, levelling off
            at `_RANGES`².
        """
        own = _comparable(table, height)
        found = {}
        for name, span in _RANGES.items():
            square = (own[name] - np.float32(getattr(self, name))) ** 2 / np.float32(span**2)
            found[name] = np.asarray(self.trust * square / (1 + square), dtype=np.float32)
        return found


def sample_of(values: NDArray[np.float32], region: Region) -> OutlineSample | None:
    """Measure a cell; None where it is too small or too large, or the light is all alike.

    Parameters
    ----------
    values
        (Y, X) float32 scores.
    region
        Its pixels.
    """
    box = region.box
    reach = max(box.height, box.width) // 2 + _MARGIN
    if reach > _LARGEST_REACH:
        return None
    point = (box.top + box.bottom) // 2, (box.left + box.right) // 2
    view = view_around(values, np.zeros(values.shape, np.uint8), point, reach)
    points = outline_of(_in_view(region, view))
    if points is None or not np.ptp(view.light) > 0:
        return None
    outlines = Outlines(points[None], np.ones(1, np.float32))
    table = features(view, outlines, outlines.masks(view.size))
    own = {name: float(value[0]) for name, value in _comparable(table, view.height).items()}
    area = float(np.count_nonzero(region.mask))
    return OutlineSample(area, *(own[name] for name in _RANGES if name != "size"))


def _comparable(table: Features, height: float) -> Features:
    """The figures that are compared between cells, by the names of a sample's attributes."""
    return {
        "size": table["size"],
        "offset": -table["edge_place"],
        "level": table["level"],
        "compactness": table["compactness"],
        "inner": np.log(np.maximum(table["inside"] * height, _DIM * height)),
        "outer": np.log(np.maximum(table["outside"] * height, 20 * _DIM * height)),
    }


def _in_view(region: Region, view: View) -> NDArray[np.bool_]:
    """A region's pixels at the scale of a view."""
    whole = np.zeros((view.size * SCALE, view.size * SCALE), np.float32)
    whole[region.box.within(view.box)] = region.mask
    small = whole.reshape(view.size, SCALE, view.size, SCALE).mean(axis=(1, 3))
    return np.asarray(small > 0.5)
