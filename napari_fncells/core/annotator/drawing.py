"""Where a hand clicks, and the strokes it draws, in the pixels of a view."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt, gaussian_filter1d
from scipy.spatial import ConvexHull, QhullError

from napari_fncells.core.geometry import Box
from napari_fncells.core.path import Points, enclosed

Mask = NDArray[np.bool_]

_SMOOTH = 4.0
"""Of the wobble along an outline, in corners: a hand strays slowly."""
_BEYOND = 6.0
"""A cut begins and ends so far outside, in px."""
_ROUND = 4
"""A lasso is drawn so far outside of what it takes, in px."""


def evenly(mask: Mask, area: int, most: float) -> Mask | None:
    """A mask grown or shrunk by the same distance everywhere, until it has an area.

    Parameters
    ----------
    mask
        Not empty.
    area
        In px².
    most
        The distance, in px, that is not to be exceeded; None where it would be.
    """
    away = np.where(mask, 1 - distance_transform_edt(mask), distance_transform_edt(~mask))
    distance = float(np.partition(away, area - 1, axis=None)[area - 1])
    if abs(distance) > most:
        return None
    reached: Mask = away <= distance
    return reached


def outline(mask: Mask, wobble: float, rng: np.random.Generator) -> Points:
    """The outline of a mask as a hand traces it: (n, 2) rows and columns.

    Parameters
    ----------
    mask
        Not empty; its largest part is traced.
    wobble
        SD of how far the hand strays in rows and in columns, in px.
    rng
        Makes it stray.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(found, key=cv2.contourArea)[:, 0, ::-1].astype(np.float64)
    strayed = gaussian_filter1d(
        rng.normal(size=longest.shape), _SMOOTH, axis=0, mode="wrap", truncate=3.0
    )
    # Smoothing noise by a Gaussian of SD s divides its variance by 2 sqrt(pi) s
    path: Points = longest + wobble * np.sqrt(2 * np.sqrt(np.pi) * _SMOOTH) * strayed
    return path


def cut(piece: Mask, one: Mask, rest: Mask) -> Points:
    """A straight stroke across a piece, between the true cells that it merges.

    Parameters
    ----------
    piece
        The piece.
    one, rest
        The true cell to be cut off, and the others in the piece; neither empty.

    Returns
    -------
    ndarray
        (2, 2): the ends, outside the piece. The one of 36 directions through the middle of the
        border between them that tells best the pixels of the one from those of the others.
    """
    nearer_one = distance_transform_edt(~one) <= distance_transform_edt(~rest)
    kernel = np.ones((3, 3), np.uint8)
    mine, other = (piece & nearer_one).astype(np.uint8), piece & ~nearer_one
    border = cv2.dilate(mine, kernel).astype(bool) & other
    rows, columns = np.nonzero(border if border.any() else piece)
    middle = np.array([rows.mean(), columns.mean()])
    places = np.argwhere(piece)
    belongs = np.where(one[piece], 1, 0) - np.where(rest[piece], 1, 0)
    best, chosen = -1.0, np.zeros(2)
    for angle in np.pi * np.arange(36) / 36:
        along = np.array([np.sin(angle), np.cos(angle)])
        side = np.sign((places - middle) @ np.array([-along[1], along[0]]))
        told = abs(float((side * belongs).sum()))
        if told > best:
            best, chosen = told, along
    far = np.hypot(*piece.shape)
    return np.stack([_out(piece, middle, -chosen, far), _out(piece, middle, chosen, far)])


def sides(piece: Mask, path: Points) -> tuple[Mask, Mask]:
    """The two parts of a piece on either side of a straight stroke, (2, 2) ends."""
    rows, columns = np.indices(piece.shape)
    down, right = path[1] - path[0]
    left: Mask = ((rows - path[0][0]) * right - (columns - path[0][1]) * down) > 0
    return piece & left, piece & ~left


def length(path: Points) -> int:
    """Length of a closed path, in px."""
    return round(float(np.hypot(*(path - np.roll(path, 1, axis=0)).T).sum()))


def lasso(wrong: dict[int, Mask], right: Mask, least: int) -> tuple[list[int], Points]:
    """A loop around cells to be removed that takes in none of those to be kept.

    Parameters
    ----------
    wrong
        Masks of the cells to be removed, by id, in one view.
    right
        The cells to be kept.
    least
        Fewer are not worth it.

    Returns
    -------
    ids, path
        The cells in it, none where no loop is worth it, and its corners.
    """
    middles = {i: np.argwhere(mask).mean(axis=0) for i, mask in wrong.items()}
    best: tuple[list[int], Points] = ([], np.empty((0, 2)))
    for begin in sorted(wrong):
        near = sorted(wrong, key=lambda i: (float(np.hypot(*(middles[i] - middles[begin]))), i))
        taken: list[int] = []
        path = best[1]
        for i in near:
            hull = _around(np.logical_or.reduce([wrong[k] for k in (*taken, i)]))
            if hull is None or (right & _inside(hull, right.shape)).any():
                break
            taken, path = [*taken, i], hull
        if len(taken) >= max(least, len(best[0]) + 1):
            best = taken, path
    return best


def _around(mask: Mask) -> Points | None:
    """Corners of the convex hull of a mask, some px wider."""
    wide = cv2.dilate(
        np.pad(mask, _ROUND).astype(np.uint8), np.ones((2 * _ROUND + 1,) * 2, np.uint8)
    )
    places = np.argwhere(wide) - _ROUND
    try:
        return places[ConvexHull(places).vertices].astype(np.float64)
    except QhullError:
        return None


def _inside(path: Points, shape: tuple[int, ...]) -> Mask:
    return enclosed(path, Box(0, 0, shape[0], shape[1]), even_odd=False)


def _out(piece: Mask, start: Points, along: Points, far: float) -> Points:
    """Where a stroke from the middle of a piece is outside of it for good."""
    steps = np.arange(0.0, far, 0.5)
    places = np.rint(start + steps[:, np.newaxis] * along).astype(int)
    inside = ((places >= 0) & (places < piece.shape)).all(axis=1)
    on = np.zeros(steps.size, dtype=bool)
    on[inside] = piece[tuple(places[inside].T)]
    # The first way out: what lies beyond a gap is not to be crossed
    off = np.flatnonzero(~on)
    last = float(steps[off[0]]) if off.size else far
    end: Points = start + (last + _BEYOND) * along
    return end
