"""Outlines of cells for YOLO: one polygon a line.

Points are the middles of the cell's border pixels, because ultralytics draws polygons with
`cv2.fillPoly`, which includes the border: so it draws the very pixels of the cell. Parts and
holes are joined by seams between their nearest points, as ultralytics' own converter does; where
a seam crosses background, a line one pixel wide is drawn there, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import label
from napari_fncells.core.objects import CellObject
from napari_fncells.io.exporters.agreement import outline_problem, overlap
from napari_fncells.io.exporters.base import Comparison, GroundTruth
from napari_fncells.io.exporters.yolo import Points, YoloSet

# Lines of fewer numbers are boxes
_FEWEST_POINTS = 3
_MIDDLE = 0.5
# Above what nine decimals leave of a pixel
_TOLERANCE_PX = 1e-3
_SEAM_NOTE = "Lines one pixel wide join the parts of cells in several: {} pixels more in all."

Contour = NDArray[np.int64]


def joined_contours(mask: NDArray[np.bool_]) -> Contour:
    """One contour around all parts of a mask, through the middles of its border pixels.

    Parameters
    ----------
    mask
        (Y, X) bool, not empty.

    Returns
    -------
    ndarray
        (N, 2) int64 (x, y), three points at least. Drawn by `cv2.fillPoly` it is the mask, and
        the seams between parts.
    """
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    # Seams may begin anywhere on a border, not only at its corners
    rings = [_every_pixel(ring[:, 0].astype(np.int64)) for ring in found]
    whole = _without_straights(_joined(rings))
    missing = max(_FEWEST_POINTS - len(whole), 0)
    return (
        np.concatenate([whole, np.repeat(whole[-1:], missing, axis=0)]) if missing > 0 else whole
    )


def _joined(rings: list[Contour]) -> Contour:
    """Join rings by their nearest points, the nearest rings first."""
    whole, left = rings[0], rings[1:]
    while left:
        tree = cKDTree(whole)
        nearest = [np.stack(tree.query(ring)) for ring in left]
        which = int(np.argmin([distance.min() for distance, _ in nearest]))
        distance, index = nearest[which]
        ring = left.pop(which)
        at = int(np.argmin(distance))
        here = int(index[at])
        around = np.concatenate([np.roll(ring, -at, axis=0), ring[at : at + 1]])
        whole = np.concatenate([whole[: here + 1], around, whole[here:]])
    return whole


def _every_pixel(ring: Contour) -> Contour:
    """Points between those of a ring, whose steps go straight or at 45°."""
    steps = np.roll(ring, -1, axis=0) - ring
    lengths = np.maximum(np.abs(steps).max(axis=1), 1)
    start = np.repeat(np.arange(len(ring)), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    points: Contour = ring[start] + np.sign(steps)[start] * within[:, np.newaxis]
    return points


def _without_straights(ring: Contour) -> Contour:
    """A ring without points in the middle of straight lines."""
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    kept = (before != after).any(axis=1)
    found: Contour = ring[kept] if kept.any() else ring[:1]
    return found


def _lines(truth: GroundTruth) -> Iterator[Points]:
    size = np.array([truth.shape[1], truth.shape[0]])
    for cell in truth.cells:
        contour = joined_contours(truth.labels[cell.box.slices] == cell.id)
        yield (contour + np.array([cell.box.left, cell.box.top]) + _MIDDLE) / size


def _compare(
    lines: Sequence[Points], truth: GroundTruth, file: str, notes: tuple[str, ...], /
) -> Comparison:
    ids = [cell.id for cell in truth.cells]
    ious: dict[int, float] = {}
    wrong: list[int] = []
    extra = 0
    for cell, line in zip(truth.cells, lines, strict=False):
        box, mask = drawn_by_ultralytics(line)
        ious[cell.id] = overlap(cell, box, mask, truth)
        size = int(np.count_nonzero(mask))
        # Their union is what was drawn, where all of the cell is in it
        covered = abs(ious[cell.id] * size - cell.area) < 0.5
        if not covered or size - cell.area > _room(cell, truth) or not _in_middles(line):
            wrong.append(cell.id)
        else:
            extra += size - cell.area
    lost = tuple(ids[len(lines) :])
    changed = tuple(i for i, iou in ious.items() if iou < 1)
    problem = outline_problem(file, lost, tuple(wrong), len(lines) - len(ids))
    return Comparison(
        len(ids),
        len(lines),
        exact=not (problem or changed),
        iou=min(ious.values(), default=None),
        lost=lost,
        changed=changed,
        notes=(*notes, _SEAM_NOTE.format(extra)) if extra else notes,
        problem=problem,
    )


def _room(cell: CellObject, truth: GroundTruth) -> int:
    """The most pixels of seams: from part to part, none longer than the cell's box."""
    parts = int(label(truth.labels[cell.box.slices] == cell.id).max())
    return (parts - 1) * max(cell.box.height, cell.box.width)


def _in_middles(line: Points) -> bool:
    """Whether points lie in the middles of pixels."""
    return bool((np.abs(line - np.floor(line) - _MIDDLE) <= _TOLERANCE_PX).all())


def drawn_by_ultralytics(line: Points) -> tuple[Box, NDArray[np.bool_]]:
    """Draw a polygon in px as ultralytics' `polygon2mask` does: cut to whole numbers and filled.

    Returns
    -------
    box, mask
        Where in the picture, and (box.height, box.width) bool.
    """
    if not len(line):
        return Box(0, 0, 0, 0), np.zeros((0, 0), dtype=bool)
    points = line.astype(np.int32)
    low, high = points.min(axis=0), points.max(axis=0)
    box = Box(int(low[1]), int(low[0]), int(high[1]) + 1, int(high[0]) + 1)
    canvas = np.zeros((box.height, box.width), dtype=np.uint8)
    cv2.fillPoly(canvas, [points], 1, offset=(-box.left, -box.top))
    return box, canvas > 0


YOLO_SEGMENTS = YoloSet(
    "yolo-segments",
    "YOLO segments",
    "Trained on by ultralytics' segmenters; cells in several parts are joined by lines, no ids.",
    _lines,
    _compare,
)
