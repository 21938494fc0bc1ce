"""Pieces, holes, threads and cut edges of one cell, from its own pixels."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, at_border, label
from napari_fncells.core.pieces import Mask

Side = tuple[int, int]
"""Direction to a side of the picture: rows, columns."""

SIDES: tuple[Side, ...] = ((-1, 0), (1, 0), (0, -1), (0, 1))

_FLAT = 0.75  # length of the outermost line of a cell against the third; of a disk, under a half
_LEAST_CUT = 4  # px; a shorter outermost line tells nothing


def pieces_by_size(mask: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the 8-connected pieces of a cell from 1, the largest first.

    Of equal ones, the topmost.

    Returns
    -------
    numbers
        (Y, X) int32.
    areas
        (n,) int64 of piece 1, 2, ...
    """
    found = label(mask)
    areas = np.bincount(found.ravel())[1:]
    if areas.size < 2:
        return found, areas
    _, first = np.unique(found[mask], return_index=True)
    order = np.lexsort((first, -areas))
    rank = np.zeros(areas.size + 1, dtype=np.int32)
    rank[order + 1] = np.arange(1, areas.size + 1)
    return rank[found], areas[order]


def is_simple(mask: Mask) -> bool:
    """Whether a cell is one piece without holes: quickly told, and true of nearly all."""
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    return len(contours) == 1


def holes_of(window: NDArray[np.integer], i: int) -> Mask:
    """Background enclosed by a cell, in a window of the labels that holds the cell.

    What a cell encloses together with another one in it is no hole.
    """
    regions = label(np.pad(window != i, 1, constant_values=True), connectivity=4)
    kept = np.ones(int(regions.max(initial=0)) + 1, dtype=bool)
    kept[0] = False  # the cell itself
    kept[at_border(regions)] = False
    inner = regions[1:-1, 1:-1]
    kept[inner[(window != 0) & (window != i)]] = False
    return kept[inner]


def threads_of(mask: Mask, shortest: int, picture: Box | None = None) -> Mask:
    """Parts of a cell one pixel wide and at least so long.

    Parameters
    ----------
    mask
        (Y, X) pixels of the cell.
    shortest
        Length from which on it is a thread, in px.
    picture
        The whole picture in the mask's own rows and columns; beyond its sides the cell goes on.
    """
    thin = _thin_parts(mask, picture)
    if np.count_nonzero(thin) < shortest:
        return np.zeros_like(mask)
    found = label(thin)
    long = np.bincount(found.ravel()) >= shortest
    long[0] = False
    return long[found]


def _thin_parts(mask: Mask, picture: Box | None) -> Mask:
    """Pixels that no square of two by two pixels of the cell covers."""
    wide = np.pad(mask, 1)
    if picture is not None:
        _go_on(wide, mask, picture)
    square = wide[:-1, :-1] & wide[1:, :-1] & wide[:-1, 1:] & wide[1:, 1:]
    covered = square[:-1, :-1] | square[1:, :-1] | square[:-1, 1:] | square[1:, 1:]
    return mask & ~covered


def _go_on(wide: Mask, mask: Mask, picture: Box) -> None:
    """Repeat the outermost pixels of a padded mask where the picture ends there."""
    if picture.top == 0:
        wide[0, 1:-1] = mask[0]
    if picture.bottom == mask.shape[0]:
        wide[-1, 1:-1] = mask[-1]
    if picture.left == 0:
        wide[1:-1, 0] = mask[:, 0]
    if picture.right == mask.shape[1]:
        wide[1:-1, -1] = mask[:, -1]


def cut_lines(
    labels: Labels, i: int, box: Box, widest: int
) -> Iterator[tuple[Side, int, NDArray[np.int64]]]:
    """Lines of a cell's pixels that are cut off just before the picture's border.

    A cell that ends by itself becomes narrow; one that was cut has a straight edge.

    Parameters
    ----------
    labels
        (Y, X) instance labels.
    i, box
        The cell, and its tight box.
    widest
        Width of the strip of background up to which it counts, in px.

    Yields
    ------
    side, width
        Direction to the side of the picture, and width of the strip.
    line
        (2, n) rows and columns of the cell's outermost pixels with nothing but background
        between them and the border.
    """
    rows, columns = labels.shape
    widths = (box.top, rows - box.bottom, box.left, columns - box.right)
    if not any(0 < width <= widest for width in widths):
        return
    mask = labels[box.slices] == i
    for side, width in zip(SIDES, widths, strict=True):
        if not (0 < width <= widest and _is_cut(_from(mask, side))):
            continue
        line = edge_of(mask, side) + np.array([[box.top], [box.left]])
        free = np.ones(line.shape[1], dtype=bool)
        for step in range(1, width + 1):
            free &= labels[line[0] + side[0] * step, line[1] + side[1] * step] == 0
        if free.any():
            yield side, width, line[:, free]


def edge_of(mask: Mask, side: Side) -> NDArray[np.int64]:
    """(2, n) rows and columns of the outermost pixels of a tight mask on one side."""
    down, right = side
    if down:
        row = 0 if down < 0 else mask.shape[0] - 1
        along = np.flatnonzero(mask[row])
        return np.stack([np.full_like(along, row), along])
    column = 0 if right < 0 else mask.shape[1] - 1
    along = np.flatnonzero(mask[:, column])
    return np.stack([along, np.full_like(along, column)])


def _from(mask: Mask, side: Side) -> Mask:
    """A cell turned so that a side is on top."""
    turned = mask if side[0] else mask.T
    return turned if side[0] < 0 or side[1] < 0 else turned[::-1]


def _is_cut(mask: Mask) -> bool:
    if mask.shape[0] < 3:
        return False
    first, third = (int(np.count_nonzero(mask[row])) for row in (0, 2))
    return first >= max(_LEAST_CUT, _FLAT * third)
