"""What the files of a format hold, against the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import cell_pixels
from napari_fncells.core.objects import CellObject
from napari_fncells.io.exporters.base import Comparison, GroundTruth

Rings = Sequence[NDArray[np.float64]]
"""Each (N, 2), points as (x, y) in px from the picture's top left corner."""

IGNORED_LOST = "Ignored regions are background."
_NAMED = 5
# Drawn at once: twice the size of a large picture would not fit into memory
_STRIP_ROWS = 512


def unreadable(truth: GroundTruth, problem: str) -> Comparison:
    """A file that is not there, or is none of its format."""
    return Comparison(
        len(truth.cells), 0, exact=False, lost=tuple(c.id for c in truth.cells), problem=problem
    )


def compare_labels(
    found: NDArray[Any],
    truth: GroundTruth,
    file: str,
    *,
    numbers: Mapping[int, int] | None = None,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare a label image with the truth, pixel by pixel.

    Parameters
    ----------
    found
        What was read of it.
    truth
        The picture.
    file
        Its name, for people.
    numbers
        Number in the file by id; the ids themselves where None.
    notes
        What the format cannot hold of this picture.
    """
    if found.shape != truth.shape or found.dtype.kind != "u":
        return unreadable(truth, f"{file} does not read back as labels of the picture's size.")
    pixels = cell_pixels(truth.labels)
    table = numbers or {}
    expected = np.array([table.get(i, i) for i in pixels.ids.tolist()], dtype=found.dtype)
    wrong = found != pixels.picture(expected, truth.shape)
    there = np.unique(found)
    lost = pixels.ids[~np.isin(expected, there)]
    touched = np.union1d(truth.labels[wrong], _ids_of(found[wrong], expected, pixels.ids))
    changed = np.setdiff1d(touched[touched > 0], lost)
    bad = int(np.count_nonzero(wrong))
    return Comparison(
        len(truth.cells),
        int(np.count_nonzero(there)),
        exact=not bad,
        lost=tuple(lost.tolist()),
        changed=tuple(changed.tolist()),
        renumbered={i: number for i, number in table.items() if i != number},
        notes=notes,
        problem=f"{file} reads back with {bad} pixels that differ." if bad else "",
    )


def compare_outlines(
    rings: Mapping[int, Rings],
    found: int,
    truth: GroundTruth,
    file: str,
    *,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare outlines along the edges of pixels with the truth, drawn.

    Parameters
    ----------
    rings
        Rings of each cell by id, exteriors and holes alike.
    found
        Number of objects in the file.
    truth
        The picture.
    file
        Its name, for people.
    notes
        What the format cannot hold of this picture.
    """
    ious = {
        cell.id: overlap(cell, *drawn(rings[cell.id], truth.shape), truth)
        for cell in truth.cells
        if cell.id in rings
    }
    lost = tuple(cell.id for cell in truth.cells if cell.id not in rings)
    changed = tuple(i for i, iou in ious.items() if iou < 1 or not _along_edges(rings[i]))
    return Comparison(
        len(truth.cells),
        found,
        exact=not (lost or changed or found != len(truth.cells)),
        iou=min(ious.values(), default=None) if truth.cells else None,
        lost=lost,
        changed=changed,
        notes=notes,
        problem=outline_problem(file, lost, changed, found - (len(truth.cells) - len(lost))),
    )


def outline_problem(file: str, lost: tuple[int, ...], changed: tuple[int, ...], extra: int) -> str:
    """What is wrong with the objects in a file, in a sentence; empty where nothing is."""
    if lost:
        return f"{file} lacks cells {named(lost)}."
    if changed:
        return f"{file} draws other pixels for cells {named(changed)}."
    return f"{file} has {extra} objects that are no cells." if extra else ""


def overlap(cell: CellObject, box: Box, mask: NDArray[np.bool_], truth: GroundTruth) -> float:
    """IoU of a cell with pixels that were drawn for it; `mask` fills `box`, see `drawn`."""
    inside = box.clip_to(Box.whole(truth.shape))
    own = truth.labels[inside.slices] == cell.id
    both = int(np.count_nonzero(own & mask[inside.within(box)]))
    return both / (cell.area + int(np.count_nonzero(mask)) - both)


def drawn(rings: Rings, shape: tuple[int, int]) -> tuple[Box, NDArray[np.bool_]]:
    """Draw rings along the edges of pixels, by OpenCV: what lies within an odd number of them.

    At twice the size edges have even numbers and centres odd ones, so that it does not matter
    that OpenCV draws edges, too. The box ends one pixel outside the picture, so that outlines
    that leave it show.
    """
    limit = np.array([shape[1], shape[0]]) + 1
    points = [np.rint(2 * np.clip(ring, -1, limit)).astype(np.int32) for ring in rings]
    if not points:
        return Box(0, 0, 0, 0), np.zeros((0, 0), dtype=bool)
    every = np.concatenate(points)
    low, high = every.min(axis=0) // 2, (every.max(axis=0) + 1) // 2
    box = Box(int(low[1]), int(low[0]), int(high[1]), int(high[0]))
    mask = np.zeros((box.height, box.width), dtype=bool)
    for top in range(0, box.height, _STRIP_ROWS):
        strip = mask[top : top + _STRIP_ROWS]
        canvas = np.zeros((2 * len(strip) + 1, 2 * box.width + 1), dtype=np.uint8)
        cv2.fillPoly(canvas, points, 1, offset=(-2 * box.left, -2 * (box.top + top)))
        strip[:] = canvas[1::2, 1::2]
    return box, mask


def same_region(rings: Rings, region: NDArray[np.bool_]) -> bool:
    """Whether rings draw a (Y, X) region."""
    box, mask = drawn(rings, (region.shape[0], region.shape[1]))
    inside = box.clip(region.shape)
    part = mask[inside.within(box)]
    same = np.array_equal(part, region[inside.slices])
    # Nothing lies outside of what was drawn, and nothing was drawn outside of the picture
    whole = np.count_nonzero(mask) == np.count_nonzero(part) == np.count_nonzero(region)
    return same and whole and _along_edges(rings)


def named(ids: tuple[int, ...]) -> str:
    """Ids for a sentence: the first few."""
    shown = ", ".join(map(str, ids[:_NAMED]))
    return f"{shown} and {len(ids) - _NAMED} more" if len(ids) > _NAMED else shown


def _along_edges(rings: Rings) -> bool:
    """Whether each ring goes along rows and columns, as edges of pixels do."""
    steps = (np.diff(ring, axis=0, append=ring[:1]) for ring in rings)
    return all(bool(((step == 0).any(axis=1)).all()) for step in steps)


def _ids_of(
    found: NDArray[Any], numbers: NDArray[Any], ids: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Ids of the cells that numbers in a file stand for."""
    return ids[np.isin(numbers, found)]
