"""Candidate outlines as cheapest closed paths around a centre, in polar coordinates."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.outline.shapes import POINTS, Outlines, rounded
from napari_fncells.core.outline.view import SCALE, Slopes, View, blurred, slopes_of

_ANGLES = np.arange(POINTS) * (2 * np.pi / POINTS)
_DIRECTIONS = np.stack([np.sin(_ANGLES), np.cos(_ANGLES)], axis=1).astype(np.float32)
_RADII = (np.geomspace(2.5, 90, 40) / SCALE).astype(np.float32)
_SIZES = np.array([6.0, 9.0, 13.0, 18.0, 25.0, 36.0]) / SCALE
"""Radii that a path is drawn towards, in pixels of a view."""
_PULL = 0.6
_RISES = (0.5, 3.0)
"""What a rise of the light on the way out costs: little lets a path go around a dark nucleus,
much keeps it off the far side of a neighbour."""
_JUMPS = ((-1, 0.06), (1, 0.06), (-2, 0.25), (2, 0.25))
"""Steps of the radius from one angle to the next, and their cost."""
_SHARP = 0.7
_SHIFT = 2.0 / SCALE
_MIDDLES = (0.25, 0.6)

Centre = tuple[float, float]


def path_outlines(view: View) -> NDArray[np.float32]:
    """Cheapest closed paths around the click and around the middles of what was found first.

    A path runs where the light falls steepest outwards, near a wanted size (dynamic programming:
    Amini et al. 1990; for whole cells: Baggett et al. 2005). Each comes also 2 px farther out and
    farther in: where experts draw, against the steepest edge, differs.

    Returns
    -------
    ndarray
        (n, POINTS, 2) float32, in pixels of the view, those within it.
    """
    first = _paths(view, [view.click])
    by_area = first[np.argsort(Outlines(first, np.ones(len(first), np.float32)).areas)]
    middles = [by_area[int(share * (len(by_area) - 1))].mean(axis=0) for share in _MIDDLES]
    centres: list[Centre] = [(float(row), float(column)) for row, column in middles]
    paths = np.concatenate([first, _paths(view, [*centres, view.brightest(view.soft)])])
    out = np.float32(_SHIFT) * Outlines(paths, np.ones(len(paths), np.float32)).normals
    every = np.concatenate([paths, paths + out, paths - out])
    return every[((every > 0.5) & (every < view.size - 1.5)).all(axis=(1, 2))]


def _paths(view: View, centres: list[Centre]) -> NDArray[np.float32]:
    """Paths around each centre: for two blurs, two costs of a rise and all sizes."""
    costs, origins = [], []
    for plane in (blurred(view.light, _SHARP), view.soft):
        slopes = slopes_of(plane)
        for centre in centres:
            costs.append(_costs(plane, slopes, centre))
            origins += [centre] * costs[-1].shape[-1]
    radii = rounded(_RADII[_cheapest(np.concatenate(costs, axis=-1))], axis=0)
    start = np.array(origins, np.float32)[:, None, :]
    return np.asarray(start + radii.T[:, :, None] * _DIRECTIONS[None], dtype=np.float32)


def _costs(
    plane: NDArray[np.float32],
    slopes: Slopes,
    centre: Centre,
) -> NDArray[np.float32]:
    """(POINTS, radii, variants) cost of a path's passing at an angle and a radius."""
    rows = np.float32(centre[0]) + np.outer(_DIRECTIONS[:, 0], _RADII)
    columns = np.float32(centre[1]) + np.outer(_DIRECTIONS[:, 1], _RADII)

    def at(values: NDArray[np.float32]) -> NDArray[np.float32]:
        sampled = cv2.remap(
            values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(sampled, dtype=np.float32)

    fall = -(at(slopes[0]) * _DIRECTIONS[:, :1] + at(slopes[1]) * _DIRECTIONS[:, 1:])
    usual = float(np.quantile(np.maximum(fall, 0).max(axis=1), 0.7))
    fall = np.clip(fall / max(usual, 1e-6), -1, 1.2)
    ray = at(plane)
    rise = np.cumsum(np.maximum(np.diff(ray, axis=1, prepend=ray[:, :1]), 0), axis=1)
    pull = _PULL * np.log(_RADII[:, None] / _SIZES[None]) ** 2
    bases = np.stack([weight * rise - fall for weight in _RISES], axis=-1)
    every = bases[:, :, :, None] + pull[None, :, None, :]
    return every.reshape(POINTS, len(_RADII), -1).astype(np.float32)


def _cheapest(costs: NDArray[np.float32]) -> NDArray[np.intp]:
    """Index of the radius at each angle, (POINTS, n), of the cheapest path through each plane.

    The path goes round twice; the middle of its two rounds is closed but for chance.
    """
    angles, radii, planes = costs.shape
    total = costs[0].copy()
    steps = np.zeros((2 * angles, radii, planes), np.int8)
    padded = np.full((radii + 4, planes), np.inf, np.float32)
    for number in range(1, 2 * angles):
        padded[2:-2] = total
        best = total.copy()
        for jump, price in _JUMPS:
            other = padded[2 + jump : 2 + jump + radii] + np.float32(price)
            better = other < best
            np.copyto(best, other, where=better)
            steps[number][better] = jump
        total = best + costs[number % angles]
    path = np.zeros((2 * angles, planes), np.intp)
    path[-1] = total.argmin(axis=0)
    plane = np.arange(planes)
    for number in range(2 * angles - 1, 0, -1):
        path[number - 1] = path[number] + steps[number, path[number], plane]
    half = angles // 2
    return np.roll(path[half : half + angles], half, axis=0)
