"""Figures by which outlines are judged: size and shape, edge, light, agreement, place."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.outline.shapes import POINTS, Outlines
from napari_fncells.core.outline.view import SCALE, View, slopes_of

Column = NDArray[np.float32]
Features = dict[str, Column]

USUAL_RADIUS = 14.0
"""Radius of a common cell, in px of the picture; sizes are logarithms against it."""
_REACH = 12
_DEPTHS = np.arange(-_REACH, _REACH + 1, dtype=np.float32)
"""Distances across an outline at which light is read, in px of the picture, + = outside."""
_NEAR = 6.0  # px: an edge farther from the outline belongs to something else
_DIM = np.float32(0.05)


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
    flat = masks.reshape(len(masks), -1)
    table = _shape(outlines) | _light(profile) | edge(profile) | _place(view, outlines)
    table |= _inside(view, outlines, flat) | _agreement(outlines, flat)
    return table | _products(table)


def _shape(outlines: Outlines) -> Features:
    """Size against a common cell, compactness, solidity, elongation."""
    areas, points = np.maximum(outlines.areas, 1), outlines.points
    size = np.log(np.sqrt(areas / np.pi) * SCALE / USUAL_RADIUS)
    compact = np.minimum(4 * np.pi * areas / outlines.perimeters**2, 1)
    hull = np.array([cv2.contourArea(cv2.convexHull(outline)) for outline in points])
    offset = points - points.mean(axis=1, keepdims=True)
    down = outlines.along(offset[..., 0] ** 2)
    right = outlines.along(offset[..., 1] ** 2)
    both = outlines.along(offset[..., 0] * offset[..., 1])
    half, spread = (down + right) / 2, np.sqrt(((down - right) / 2) ** 2 + both**2)
    ratio = np.sqrt(np.maximum(half - spread, 1e-6) / (half + spread + 1e-6))
    log_radii = np.log(np.maximum(np.hypot(offset[..., 0], offset[..., 1]), 0.5))
    middle = outlines.along(log_radii)
    return {
        "lA": size,
        "lA2": size**2,
        "lA3": size**3,
        "comp": compact,
        "comp2": compact**2,
        "sol": areas / np.maximum(hull, 1),
        "el": ratio,
        "el2": ratio**2,
        "lrcen": np.sqrt(outlines.along((log_radii - middle[:, None]) ** 2)),
    }


def _light(profile: Profile) -> Features:
    """Light inside, outside and far from the outlines, and how even it is along them."""
    inner, outer = profile.band(-5, -2), profile.band(2, 5)
    far, deep, rim = profile.band(6, 11), profile.band(-10, -6), profile.band(-1, 1)
    along = profile.outlines.along
    ins, ins_spread = profile.mean_and_spread(inner)
    out, out_spread = profile.mean_and_spread(outer)
    at, at_spread = profile.mean_and_spread(rim)
    lit = np.maximum(ins, _DIM)
    drop = inner - outer
    mean_drop, drop_spread = profile.mean_and_spread(drop)
    weak = np.quantile(drop, 0.2, axis=1)
    level = (at - out) / np.maximum(ins - out, _DIM)
    return {
        "ins": ins,
        "out": out,
        "rim": at,
        "far": along(far),
        "deep": along(deep),
        "inssd": ins_spread / lit,
        "outsd": out_spread,
        "rimsd": at_spread,
        "rimsdrel": at_spread / lit,
        "deepin": along(deep - inner),
        "outin": out / lit,
        "farout": along(far - outer),
        "farpos": along(np.maximum(far - outer, 0)),
        "farin": along(far) / lit,
        "drop": mean_drop,
        "droprel": mean_drop / lit,
        "dropsd": drop_spread / lit,
        "drop20": weak,
        "drop20rel": weak / lit,
        "dropneg": along(np.maximum(-drop, 0)),
        "dropsup": along((drop > 0.15 * lit[:, None]).astype(np.float32)),
        "lev": level,
        "lev2": level**2,
    }


def edge(profile: Profile) -> Features:
    """Steepness at the outlines, and where the steepest edge near them lies."""
    along, light = profile.outlines.along, profile.light
    lit = np.maximum(along(profile.band(-5, -2)), _DIM)
    fall = light[:, :, :-4] - light[:, :, 4:]  # over 4 px, at depths -10..10
    depths = _DEPTHS[2:-2]
    here = fall[:, :, _REACH - 2]
    steepest = fall[:, :, 4:-4].max(axis=2)
    weight = np.maximum(fall, 0) ** 3 * np.exp(-((depths / _NEAR) ** 2))
    place = (weight * depths).sum(axis=2) / np.maximum(weight.sum(axis=2), 1e-9)
    _, spread = profile.mean_and_spread(place)
    steepness = along(here)
    return {
        "edge": steepness,
        "edgerel": steepness / lit,
        "edge20": np.quantile(here, 0.2, axis=1) / lit,
        "edgeq": steepness / np.maximum(along(steepest), 0.02),
        "edgepq": along(here / np.maximum(steepest, _DIM)),
        "off": edge_place(profile),
        "off2": edge_place(profile) ** 2,
        "offsd": spread,
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
    weight = (fall * np.exp(-((depths / _NEAR) ** 2))) ** 3
    total = np.maximum(weight.sum(axis=1), 1e-9)
    return np.asarray((weight * depths).sum(axis=1) / total, dtype=np.float32)


def _place(view: View, outlines: Outlines) -> Features:
    """How the click lies in the outlines, in radii of the outline."""
    click = np.array(view.click, np.float32)
    radius = np.sqrt(np.maximum(outlines.areas, 1) / np.pi) * SCALE
    centre = np.hypot(*(outlines.points.mean(axis=1) - click).T) * SCALE
    rays = outlines.points - click
    reach = np.hypot(rays[..., 0], rays[..., 1])
    nearest = reach.min(axis=1) * SCALE
    logs = np.log(np.maximum(reach, 0.5))
    mean = outlines.along(logs)
    return {
        "dc": centre / radius,
        "dc2": (centre / radius) ** 2,
        "dcpx": centre / 10,
        "dist": nearest / radius,
        "dist2": (nearest / radius) ** 2,
        "distpx": nearest / 10,
        "lrsd": np.sqrt(outlines.along((logs - mean[:, None]) ** 2)),
        "lrmin": logs.min(axis=1) - mean,
    }


def _inside(view: View, outlines: Outlines, flat: NDArray[np.float32]) -> Features:
    """Light within the outlines, and its slopes there against those at the outlines."""
    total = np.maximum(flat.sum(axis=1), 1)
    light = view.light.ravel()
    mean, square = flat @ light / total, flat @ (light * light) / total
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    slope = np.hypot(*slopes_of(view.soft))
    within = flat @ slope.ravel() / total
    at = outlines.along(read(slope, outlines.points))
    return {
        "m1": mean,
        "sd": spread,
        "sdrel": spread / np.maximum(mean, _DIM),
        "gi": within * 10,
        "gratio": np.clip(within / np.maximum(at, 0.005), 0, 3),
    }


def _agreement(outlines: Outlines, flat: NDArray[np.float32]) -> Features:
    """How much each outline is like all others: mean IoU, and mean of its fourth power."""
    total = np.maximum(flat.sum(axis=1), 1)
    shared = flat @ flat.T
    iou = shared / (total[:, None] + total[None] - shared)
    weight = outlines.counts / outlines.counts.sum()
    return {"cons": iou @ weight, "cons2": iou**4 @ weight}


def _products(table: Features) -> Features:
    """Products: what counts for a large outline may not for a small one."""
    size, compact = table["lA"], table["comp"]
    return {
        "drop_lA": table["droprel"] * size,
        "comp_lA": compact * size,
        "edge_lA": table["edgerel"] * size,
        "cons_lA": table["cons"] * size,
        "lev_lA": table["lev"] * size,
        "off_lA": table["off"] * size,
        "edge_comp": table["edgerel"] * compact,
        "drop_comp": table["droprel"] * compact,
        "cons_comp": table["cons"] * compact,
        "cons_edge": table["cons"] * table["edgepq"],
        "insm": table["ins"] - table["m1"],
    }
