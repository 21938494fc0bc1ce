"""Figures by which outlines are judged: size and shape, edge, light, agreement, place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.outline.shapes import POINTS, Outlines
from napari_fncells.core.outline.view import SCALE, View

Column = NDArray[np.float32]
Features = dict[str, Column]

USUAL_RADIUS = 14.0
"""Radius of a common cell, in px of the picture; sizes are logarithms against it."""
_REACH = 12
_DEPTHS = np.arange(-_REACH, _REACH + 1, dtype=np.float32)
"""Distances across an outline at which light is read, in px of the picture, + = outside."""
_NEAR = 6.0  # px: an edge farther from the outline belongs to something else
_ROUNDS = 5
_DIM = np.float32(0.05)
"""Least light that another is divided by."""


@dataclass(frozen=True)
class Profile:
    """Light across outlines.

    Attributes
    ----------
    light
        (n, POINTS, depths) float32.
    """

    outlines: Outlines
    light: NDArray[np.float32]

    def band(self, inner: int, outer: int) -> NDArray[np.float32]:
        """(n, POINTS) mean light between two distances, both included, + = outside."""
        part = self.light[:, :, inner + _REACH : outer + _REACH + 1]
        mean: NDArray[np.float32] = part.mean(axis=2)
        return mean

    def mean_and_spread(self, values: NDArray[np.float32]) -> tuple[Column, Column]:
        """Mean and standard deviation along each outline, (n,) each."""
        mean = self.outlines.along(values)
        return mean, np.sqrt(self.outlines.along((values - mean[:, None]) ** 2))

    @classmethod
    def of(cls, view: View, outlines: Outlines) -> Profile:
        """Read the light across outlines, along their normals."""
        across = outlines.normals[:, :, None, :] * (_DEPTHS / SCALE)[None, None, :, None]
        at = (outlines.points[:, :, None, :] + across).reshape(-1, len(_DEPTHS), 2)
        light = read(view.light, at.astype(np.float32))
        return cls(outlines, light.reshape(len(outlines), POINTS, len(_DEPTHS)))


def read(plane: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Values of a plane at (..., ..., 2) points, interpolated."""
    rows, columns = np.ascontiguousarray(at[..., 0]), np.ascontiguousarray(at[..., 1])
    values = cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, dtype=np.float32).reshape(at.shape[:2])


def features(view: View, outlines: Outlines, masks: NDArray[np.float32]) -> Features:
    """All figures of outlines.

    Parameters
    ----------
    view, outlines
        What is seen, and the outlines to judge.
    masks
        (n, size, size) float32: `outlines.masks`.

    Returns
    -------
    dict
        Maps a name to (n,) float32. What a name means is told where it is made.
    """
    profile = Profile.of(view, outlines)
    table = _shape(outlines) | _light(profile) | _edge(profile) | _place(view, outlines)
    table |= _agreement(outlines, masks.reshape(len(masks), -1))
    size, compactness, agreement = table["size"], table["compactness"], table["agreement"]
    return table | {
        "edge_place x size": table["edge_place"] * size,
        "agreement x compactness": agreement * compactness,
        "agreement x steepness": agreement * table["steepness"],
    }


def _shape(outlines: Outlines) -> Features:
    """Size, compactness (4 pi area / perimeter²), solidity, short against long axis."""
    areas, points = np.maximum(outlines.areas, 1), outlines.points
    hull = np.array([cv2.contourArea(cv2.convexHull(outline)) for outline in points])
    offset = points - points.mean(axis=1, keepdims=True)
    down = outlines.along(offset[..., 0] ** 2)
    right = outlines.along(offset[..., 1] ** 2)
    both = outlines.along(offset[..., 0] * offset[..., 1])
    half, spread = (down + right) / 2, np.sqrt(((down - right) / 2) ** 2 + both**2)
    roundness = np.sqrt(np.maximum(half - spread, 1e-6) / (half + spread + 1e-6))
    return {
        "size": np.log(np.sqrt(areas / np.pi) * SCALE / USUAL_RADIUS),
        "compactness": np.minimum(4 * np.pi * areas / outlines.perimeters**2, 1),
        "solidity": areas / np.maximum(hull, 1),
        "roundness": roundness,
        "roundness²": roundness**2,
    }


def _light(profile: Profile) -> Features:
    """Light near, within and beyond the outlines, and how even it is along them.

    'level' is the light at the outline between that outside (0) and that inside (1);
    'core_rise' what the core is brighter than the rest, 'brighter_beyond' what lies farther out
    and is brighter than just outside: a neighbour, or the rest of the cell.
    """
    inner, outer = profile.band(-5, -2), profile.band(2, 5)
    core, rim = profile.band(-10, -6), profile.band(-1, 1)
    along = profile.outlines.along
    inside, outside = along(inner), along(outer)
    at, at_spread = profile.mean_and_spread(rim)
    level = (at - outside) / np.maximum(inside - outside, _DIM)
    return {
        "inside": inside,
        "outside": outside,
        "core": along(core),
        "core_rise": along(core - inner),
        "brighter_beyond": along(np.maximum(profile.band(6, 11) - outer, 0)),
        "rim_spread": at_spread,
        "rim_unevenness": at_spread / np.maximum(inside, _DIM),
        "level": level,
        "level²": level**2,
    }


def _edge(profile: Profile) -> Features:
    """Where the steepest edge near the outlines lies, how that varies, how near it they are.

    'steepness' is the fall of the light at the outline against the steepest fall near it.
    """
    along, light = profile.outlines.along, profile.light
    fall = light[:, :, :-4] - light[:, :, 4:]  # over 4 px, at depths -10..10
    depths = _DEPTHS[2:-2]
    here, steepest = fall[:, :, _REACH - 2], fall[:, :, 4:-4].max(axis=2)
    weight = np.maximum(fall, 0) ** 3 * np.exp(-((depths / _NEAR) ** 2))
    place = (weight * depths).sum(axis=2) / np.maximum(weight.sum(axis=2), 1e-9)
    _, spread = profile.mean_and_spread(place)
    return {
        "steepness": along(here / np.maximum(steepest, _DIM)),
        "edge_place": edge_place(profile),
        "edge_spread": spread,
    }


def edge_place(profile: Profile) -> Column:
    """(n,) distance from the outlines out to the steepest edge near them, in px.

    Found on the light averaged along each outline, so that grain does not matter.
    """
    mean = np.einsum("npd,np->nd", profile.light, profile.outlines.shares)
    kernel = np.ones(5, np.float32) / 5
    smooth = np.stack([np.convolve(row, kernel, "valid") for row in mean])
    fall = np.maximum(smooth[:, :-2] - smooth[:, 2:], 0)
    depths = _DEPTHS[3:-3]
    place = np.zeros(len(fall), np.float32)
    # The window follows what it finds: one that stayed would pull the place back to the outline
    for _ in range(_ROUNDS):
        window = np.exp(-(((depths[None] - place[:, None]) / _NEAR) ** 2))
        weight = (fall * window) ** 3
        total = np.maximum(weight.sum(axis=1), 1e-12)
        place = np.asarray((weight * depths).sum(axis=1) / total, dtype=np.float32)
    return place


def _place(view: View, outlines: Outlines) -> Features:
    """How far the click lies from the middle and from the outlines, in radii of the outline."""
    click = np.array(view.click, np.float32)
    radius = np.sqrt(np.maximum(outlines.areas, 1) / np.pi)
    centre = np.hypot(*(outlines.points.mean(axis=1) - click).T) / radius
    rays = outlines.points - click
    nearest = np.hypot(rays[..., 0], rays[..., 1]).min(axis=1) / radius
    return {"off_centre": centre, "off_centre²": centre**2, "click_depth²": nearest**2}


def _agreement(outlines: Outlines, flat: NDArray[np.float32]) -> Features:
    """How much each outline is like all others: mean IoU, and mean of its fourth power."""
    inside = flat >= np.float32(0.5)
    total = np.maximum(np.count_nonzero(inside, axis=1), 1)
    shared = _shared(inside)
    iou = shared / (total[:, None] + total[None] - shared)
    weight = outlines.counts / outlines.counts.sum()
    return {
        "agreement": (iou * weight).sum(axis=1),
        "close_agreement": (iou**4 * weight).sum(axis=1),
    }


def _shared(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Pixels that each two of n masks have in common: (n, pixels) to (n, n).

    Counted in words of 64 pixels: a product of matrices takes ten times as long.
    """
    padded = np.pad(masks, ((0, 0), (0, -masks.shape[1] % 64)))
    words = np.packbits(padded, axis=1).view(np.uint64)
    return np.stack([np.bitwise_count(words & row).sum(axis=1, dtype=np.int64) for row in words])
