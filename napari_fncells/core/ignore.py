"""Ignored regions: pixels left undecided, and the cells in them, which count for nothing.

A cell is ignored where more than half of its area lies in ignored regions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, cell_pixels
from napari_fncells.core.matching import match_objects, refuse_other_shape
from napari_fncells.core.objects import CellObject

Plane = NDArray[np.uint8]


class IgnoredRegions:
    """The ignored pixels of a picture and the cells they take, kept up to date edit by edit.

    An edit costs by its own boxes, never by the picture.

    Attributes
    ----------
    pixels
        (Y, X) uint8, 1 where a pixel is ignored, else 0.
    area
        Ignored pixels, in px².
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        # Memory of zeros that nobody writes to costs nothing
        self.pixels: Plane = np.zeros(shape, dtype=np.uint8)
        self.area = 0
        self._inside = Counter[int]()  # ignored pixels of each cell
        self._cells: set[int] = set()
        self._touched: set[int] = set()

    @property
    def cells(self) -> Set[int]:
        """Ids of the living cells that are ignored. Not to be changed."""
        return self._cells

    @classmethod
    def of(cls, pixels: Plane, labels: Labels, objects: Mapping[int, CellObject]) -> Self:
        """Regions as they are at some point of the history.

        Parameters
        ----------
        pixels
            (Y, X) uint8, 0 or 1; become their own.
        labels, objects
            The mask at that point.
        """
        regions = cls((labels.shape[0], labels.shape[1]))
        regions.pixels = pixels
        regions.area = int(np.count_nonzero(pixels))
        regions._count(labels[pixels > 0], 1)
        regions.weigh(objects, ())
        return regions

    def follow_cells(self, box: Box, before: Labels, after: Labels) -> None:
        """Take note that labels changed."""
        if not self.area:
            return
        changed = (self.pixels[box.slices] > 0) & (before != after)
        if changed.any():
            self._count(before[changed], -1)
            self._count(after[changed], 1)

    def write(self, box: Box, before: Plane, after: Plane, labels: Labels) -> None:
        """Write ignored pixels; `labels` are those of the whole picture."""
        self.pixels[box.slices] = after
        self.area += int(np.count_nonzero(after)) - int(np.count_nonzero(before))
        under, changed = labels[box.slices], before != after
        self._count(under[changed & (before > 0)], -1)
        self._count(under[changed & (after > 0)], 1)

    def weigh(self, objects: Mapping[int, CellObject], changed: Iterable[int]) -> None:
        """Decide anew which cells are ignored, among those that changed since.

        Parameters
        ----------
        objects
            Every known object by id.
        changed
            Ids of objects that changed.
        """
        if not self._touched and not self._inside and not self._cells:
            return
        for i in self._touched.union(changed):
            cell = objects.get(i)
            if cell is not None and cell.alive and 2 * self._inside[i] > cell.area:
                self._cells.add(i)
            else:
                self._cells.discard(i)
        self._touched.clear()

    def _count(self, labels: Labels, sign: int) -> None:
        ids, numbers = np.unique(labels[labels > 0], return_counts=True)
        for i, number in zip(ids.tolist(), numbers.tolist(), strict=True):
            left = self._inside[i] + sign * number
            if left:
                self._inside[i] = left
            else:
                del self._inside[i]
            self._touched.add(i)


def ignored_ids(labels: NDArray[np.integer], ignored: NDArray[np.bool_]) -> set[int]:
    """Ids of the cells with more than half of their area in ignored regions.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    ignored
        (Y, X) regions.
    """
    cells = cell_pixels(labels)
    inside = np.asarray(ignored).ravel()[cells.place] > 0
    areas = np.bincount(cells.of, minlength=cells.ids.size)
    taken = np.bincount(cells.of[inside], minlength=cells.ids.size)
    return set(cells.ids[2 * taken > areas].tolist())


def counted(
    labels: Labels, cells: Iterable[CellObject], ignored: NDArray[np.bool_] | None
) -> tuple[Labels, NDArray[np.bool_] | None]:
    """Leave ignored cells out of a mask.

    Parameters
    ----------
    labels
        (Y, X) instance labels; not changed.
    cells
        Its living cells; others are passed over.
    ignored
        (Y, X) regions, or None.

    Returns
    -------
    labels
        Without the ignored cells; the same array where there is none.
    ignored
        (Y, X) bool regions without the pixels of the cells that count: those were decided.
        None where there are none.
    """
    if ignored is None or not ignored.any():
        return labels, None
    taken = ignored > 0
    out = [cell for cell in cells if cell.alive and _is_inside(labels, taken, cell)]
    kept = labels.copy() if out else labels
    for cell in out:
        window = kept[cell.box.slices]
        window[window == cell.id] = 0
    undecided = taken & (kept == 0)
    return kept, undecided if undecided.any() else None


def left_out(
    pred: NDArray[np.integer], truth: NDArray[np.integer], ignored: NDArray[np.bool_]
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Leave out of two masks what is not to be compared.

    Ignored cells of either go. Of a predicted and a true cell that are one (IoU above 0.5) the
    true one decides for both, lest a pixel of the outline makes an error of them.

    Parameters
    ----------
    pred, truth
        (Y, X) instance labels of the same shape, 0 = background.
    ignored
        (Y, X) regions.

    Raises
    ------
    UserError
        For masks or regions of different shapes.
    """
    refuse_other_shape(pred, truth)
    refuse_other_shape(ignored, truth)
    of_truth, of_pred = ignored_ids(truth, ignored), ignored_ids(pred, ignored)
    for predicted, true in match_objects(pred, truth, "iou").pairs:
        (of_pred.add if true in of_truth else of_pred.discard)(predicted)
    return _without(pred, of_pred), _without(truth, of_truth)


def _without(labels: NDArray[np.integer], ids: set[int]) -> NDArray[np.integer]:
    return np.where(np.isin(labels, list(ids)), 0, labels) if ids else labels


def _is_inside(labels: Labels, ignored: NDArray[np.bool_], cell: CellObject) -> bool:
    own = labels[cell.box.slices] == cell.id
    return 2 * int(np.count_nonzero(own & ignored[cell.box.slices])) > cell.area
