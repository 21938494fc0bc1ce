"""Paths that a pointer draws over the picture: (n, 2) rows and columns, pixel centres whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.pieces import Mask

Points = NDArray[np.float64]
Pixels = NDArray[np.int64]

STEP = 0.5
"""Distance of samples along a path, in px."""


def as_points(path: ArrayLike | Sequence[Sequence[float]]) -> Points:
    """Return a path as a (n, 2) float64 array.

    Raises
    ------
    ValueError
        For anything that is no list of finite pairs.
    """
    points = np.asarray(path, dtype=np.float64)
    if points.size == 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"a path is (n, 2) finite rows and columns, not {points.shape}")
    return points


def sampled(path: Points, step: float = STEP) -> Points:
    """Points along a path at most `step` px apart, its corners' ends included."""
    if path.shape[0] == 0:
        return path
    lengths = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    places = np.linspace(0, along[-1], int(np.ceil(along[-1] / step)) + 1)
    # A point that is repeated adds no length; interpolation wants places that grow
    new = np.concatenate([[True], lengths > 0])
    return np.stack([np.interp(places, along[new], path[new, axis]) for axis in (0, 1)], axis=1)


def pixels_along(path: Points) -> Pixels:
    """Pixels under a path, each sharing a side with the next: nothing slips through."""
    pixels = np.round(sampled(path, STEP / 2)).astype(np.int64)
    moved = (np.diff(pixels, axis=0, prepend=-1) != 0).any(axis=1)
    moved[:1] = True
    pixels = pixels[moved]
    diagonal = (np.diff(pixels, axis=0) != 0).all(axis=1)
    at = np.flatnonzero(diagonal)
    corners = np.stack([pixels[at + 1, 0], pixels[at, 1]], axis=1)
    return np.insert(pixels, at + 1, corners, axis=0)


def drawn(pixels: Pixels, box: Box) -> Mask:
    """Mask of a box with those of the pixels that lie in it."""
    mask = np.zeros((box.height, box.width), dtype=bool)
    rows, columns = pixels[:, 0] - box.top, pixels[:, 1] - box.left
    inside = (rows >= 0) & (rows < box.height) & (columns >= 0) & (columns < box.width)
    mask[rows[inside], columns[inside]] = True
    return mask


def box_of(path: Points) -> Box:
    """Smallest box that holds the pixels on and inside a path; not empty for any point."""
    top, left = np.floor(path.min(axis=0)).astype(int)
    bottom, right = np.ceil(path.max(axis=0)).astype(int) + 1
    return Box(int(top), int(left), int(bottom), int(right))


def enclosed(outline: Points, box: Box, *, even_odd: bool) -> Mask:
    """Pixels of a box whose centres lie inside a closed outline.

    Parameters
    ----------
    outline
        (n, 2) corners; the last is linked to the first.
    box
        Where to look.
    even_odd
        Whether ground that a self-crossing outline goes round twice lies outside, as in a
        figure of eight's overlap; else it lies inside.

    Returns
    -------
    ndarray
        (box.height, box.width) bool.
    """
    start = outline - (box.top, box.left)
    end = np.roll(start, -1, axis=0)
    first = np.ceil(np.minimum(start[:, 0], end[:, 0])).clip(0, box.height).astype(np.int64)
    last = np.ceil(np.maximum(start[:, 0], end[:, 0])).clip(0, box.height).astype(np.int64)
    counts = last - first
    edge = np.repeat(np.arange(counts.size), counts)
    row = np.arange(edge.size) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    rise = (end - start)[edge]
    column = start[edge, 1] + (row - start[edge, 0]) / rise[:, 0] * rise[:, 1]
    # Where each edge is passed, coming from the left, the number of turns changes by one
    turns = np.zeros((box.height, box.width + 1), dtype=np.int16)
    passed = np.ceil(column).clip(0, box.width).astype(np.int64)
    np.add.at(turns, (row, passed), np.sign(rise[:, 0]).astype(np.int16))
    turns = turns[:, :-1]
    np.cumsum(turns, axis=1, dtype=np.int16, out=turns)
    inside: Mask = (turns & 1).astype(bool) if even_odd else turns != 0
    return inside
