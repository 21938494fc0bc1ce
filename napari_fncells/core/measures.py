"""Place, shape and intensities of cells, kept up to date edit by edit."""

from __future__ import annotations

import math
from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels

RING_PX = 5
"""How far the ring of a cell reaches from it."""
AT_ONCE = 200
"""Cells that are measured without a job of their own: in some 20 ms."""

Value = int | float
Planes = Sequence[NDArray[Any]]
"""Channels of a picture, each (Y, X)."""

_CHUNK = 200
_ROUND = (np.hypot(*np.mgrid[-RING_PX : RING_PX + 1, -RING_PX : RING_PX + 1]) <= RING_PX).astype(
    np.uint8
)
_SIDES = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)], np.int32)


@dataclass(frozen=True)
class ChannelMeasures:
    """Intensities of a cell in one channel; None for the ring where nothing is free around it."""

    mean: float
    min: Value
    max: Value
    ring: float | None
    contrast: float | None
    """Mean less ring."""

    @classmethod
    def of(cls, inside: NDArray[Any], around: NDArray[Any]) -> Self:
        """Measure the pixels of a cell and those of its ring."""
        mean = _mean(inside)
        ring = _mean(around) if around.size else None
        return cls(
            mean,
            np.minimum.reduce(inside).item(),
            np.maximum.reduce(inside).item(),
            ring,
            None if ring is None else mean - ring,
        )


@dataclass(frozen=True)
class CellMeasures:
    """Place, shape and intensities of a cell, in px."""

    area: int
    x: float
    y: float
    box: Box
    diameter: float
    """Of a circle of the same area."""
    eccentricity: float
    """Of the ellipse with the same second moments; 0 is a circle, 1 a line."""
    solidity: float
    """Area over that of the convex hull."""
    channels: tuple[ChannelMeasures, ...]


Measured = dict[int, tuple[int, CellMeasures]]
"""Measures by id, each with the moment from which on the cell was to be measured."""


def planes_of(pixels: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Channels of (Y, X) or (Y, X, C) pixels, as views."""
    if pixels.ndim == 2:
        return (pixels,)
    return tuple(pixels[..., k] for k in range(pixels.shape[2]))


def measure_cell(
    labels: Labels,
    cell: int,
    box: Box,
    planes: Planes,
    ignored: NDArray[Any] | None = None,
    left_out: Collection[int] = (),
) -> CellMeasures:
    """Measure one cell.

    Parameters
    ----------
    labels
        (Y, X) instance labels.
    cell, box
        Its id and the tight box of its pixels.
    planes
        Channels of the picture.
    ignored
        (Y, X) regions, above 0 where they are, that are no ground; None for nowhere.
    left_out
        Ids of cells that count as ground: those in ignored regions.
    """
    wide = box.padded(RING_PX).clip(labels.shape)
    part = labels[wide.slices]
    mine = part == cell
    inside = mine[box.within(wide)]
    rows, columns = np.nonzero(inside)
    free = part == 0
    if left_out:
        free |= np.isin(part, list(left_out))
    if ignored is not None:
        free &= ignored[wide.slices] == 0
    ring = (cv2.dilate(mine.view(np.uint8), _ROUND) > 0) & free
    area = int(rows.size)
    return CellMeasures(
        area=area,
        x=float((np.add.reduce(columns) + area * box.left) / area),
        y=float((np.add.reduce(rows) + area * box.top) / area),
        box=box,
        diameter=2 * math.sqrt(area / math.pi),
        eccentricity=_eccentricity(rows, columns),
        solidity=area / _hull_area(inside),
        channels=tuple(
            ChannelMeasures.of(plane[wide.slices][mine], plane[wide.slices][ring])
            for plane in planes
        ),
    )


class Measures:
    """Measures of the living cells of a document.

    Every cell is measured once, and again only where an edit reaches it or its ring. Whoever
    makes this hands the document's edits on, see `take_in`.

    Parameters
    ----------
    document
        Read, never written.
    planes
        Channels of its picture.

    Attributes
    ----------
    left_out
        Ids of the cells in ignored regions, by the edits taken in so far.
    """

    def __init__(self, document: Document, planes: Planes) -> None:
        self._document = document
        self._planes = tuple(planes)
        self._known: dict[int, CellMeasures] = {}
        self._near = BoxIndex()
        # By id: from which moment on a cell is to be measured
        self._stale: dict[int, int] = {}
        self._moment = 0
        self.left_out = frozenset(document.ignored_cells)
        for cell in document.cells:
            self._near.put(cell.id, cell.box)
            self._stale[cell.id] = 0

    @property
    def stale(self) -> int:
        """How many cells are to be measured."""
        return len(self._stale)

    def of(self, cell: int) -> CellMeasures | None:
        """Measures of a cell, the last ones where it is to be measured again; None for none."""
        return self._known.get(cell)

    def take_in(self, edit: Edit) -> None:
        """Follow an edit: cells that it reaches are to be measured again."""
        self._moment += 1
        change = edit.change
        for item in change.objects:
            if item.after is None or not item.after.alive:
                self._near.drop(item.id)
                self._known.pop(item.id, None)
                self._stale.pop(item.id, None)
            elif item.before is None or item.before.box != item.after.box or not item.before.alive:
                self._near.put(item.id, item.after.box)
                self._stale[item.id] = self._moment
        boxes = [patch.box for patch in (*change.patches, *change.ignored)]
        left_out = frozenset(self._document.ignored_cells)
        cells = (self._document.objects.get(i) for i in left_out ^ self.left_out)
        self.left_out = left_out
        self._mark([*boxes, *(cell.box for cell in cells if cell is not None)])

    def touch(self, box: Box) -> None:
        """Measure again what lies where pixels changed without an edit: a stroke given up."""
        self._moment += 1
        self._mark([box])

    def steps(self) -> Generator[str, None, Measured]:
        """Measure what is to be measured, in steps; any thread may do it, see `put`."""
        labels, ignored = self._document.labels, self._ignored
        left_out, planes = self.left_out, self._planes
        objects = self._document.objects
        wanted = [(i, at, objects[i].box) for i, at in sorted(self._stale.items())]

        def steps() -> Generator[str, None, Measured]:
            found: Measured = {}
            for n, (i, at, box) in enumerate(wanted):
                if n % _CHUNK == 0:
                    yield f"Measuring cells: {n:,} of {len(wanted):,}"
                # Pixels may change meanwhile; what is measured then is not taken in
                if (labels[box.slices] == i).any():
                    found[i] = at, measure_cell(labels, i, box, planes, ignored, left_out)
            return found

        return steps()

    def put(self, found: Measured) -> list[int]:
        """Take in what was measured; what an edit has reached meanwhile stays to be measured.

        Returns
        -------
        list of int
            Ids of the cells whose measures are other ones now.
        """
        fresh = [i for i, (at, _) in found.items() if self._stale.get(i) == at]
        for i in fresh:
            del self._stale[i]
            self._known[i] = found[i][1]
        return fresh

    def update(self) -> list[int]:
        """Measure at once what is to be measured; returns the ids."""
        for i in self._stale:
            box = self._document.objects[i].box
            self._known[i] = measure_cell(
                self._document.labels, i, box, self._planes, self._ignored, self.left_out
            )
        ids = list(self._stale)
        self._stale.clear()
        return ids

    @property
    def _ignored(self) -> NDArray[Any] | None:
        return self._document.ignored if self._document.ignored_area else None

    def _mark(self, boxes: Iterable[Box]) -> None:
        for box in boxes:
            for i in self._near.meeting(box.padded(RING_PX)):
                self._stale[i] = self._moment


# Thousands of cells are measured in a second: the plain reductions of numpy take half the time
# of its methods


def _mean(values: NDArray[Any]) -> float:
    return float(np.add.reduce(values, dtype=np.float64)) / values.size


def _eccentricity(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> float:
    # Whole numbers as long as they go: no digit is lost to great differences
    count, y, x = rows.size, int(np.add.reduce(rows)), int(np.add.reduce(columns))
    yy = count * int(rows @ rows) - y * y
    xx = count * int(columns @ columns) - x * x
    xy = count * int(rows @ columns) - x * y
    apart = math.hypot(yy - xx, 2 * xy)
    # 1 - shorter² / longer² of the ellipse
    return math.sqrt(2 * apart / (yy + xx + apart)) if yy + xx else 0.0


def _hull_area(mask: NDArray[np.bool_]) -> int:
    """Pixels of a tight mask whose middles lie in the convex hull of all pixels' sides' middles.

    Counted in halves of a pixel, row by row between the edges to the left and to the right: of
    whole numbers, so exact.
    """
    height, width = mask.shape
    ys = np.flatnonzero(np.logical_or.reduce(mask, axis=1))
    part = mask[ys]
    first, last = part.argmax(axis=1), width - 1 - part[:, ::-1].argmax(axis=1)
    points = np.empty((2, ys.size, 2), np.int32)
    points[..., 0], points[0, :, 1], points[1, :, 1] = 2 * ys, 2 * first, 2 * last
    sides = (points.reshape(-1, 1, 2) + _SIDES).reshape(-1, 2)
    hull = cv2.convexHull(sides, clockwise=True)[:, 0].astype(np.int64)
    corners = np.concatenate([hull, hull[:1]])
    y0, x0 = hull[:, :1], hull[:, 1:]
    dy, dx = (corners[1:] - hull).T[..., np.newaxis]
    across = dx * (np.arange(0, 2 * height, 2) - y0)
    right, left = dy[:, 0] > 0, dy[:, 0] < 0
    most = np.minimum.reduce(x0[right] + across[right] // dy[right])
    least = np.maximum.reduce(x0[left] - (-across[left]) // dy[left])
    return int(np.add.reduce(np.maximum(most // 2 + (-least) // 2 + 1, 0)))
