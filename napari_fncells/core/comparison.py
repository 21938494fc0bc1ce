"""A mask beside another of the same picture: which cells both have, kept up to date by edits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.ignore import ignored_ids
from napari_fncells.core.labels import Labels, boxes, present
from napari_fncells.core.matching import IOU_THRESHOLD, match_objects, refuse_other_shape
from napari_fncells.core.objects import CellObject


@dataclass(frozen=True)
class Agreement:
    """Counts of a comparison.

    Attributes
    ----------
    tp, fp, fn
        Cells that both masks have, that only the document has, and that only the other has.
    """

    tp: int
    fp: int
    fn: int

    @property
    def f1(self) -> float | None:
        """F1 score in 0..1; None where neither mask has a cell."""
        total = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / total if total else None

    def __str__(self) -> str:
        f1 = "–" if self.f1 is None else f"{self.f1:.2f}"
        return f"TP {self.tp:,}, FP {self.fp:,}, FN {self.fn:,}, F1 {f1}"


class Comparison:
    """Cells of a document matched with those of another mask, by an IoU above 0.5.

    Above one half no cell can have two partners, so that an edit concerns the cells it changes
    and their partners alone. What lies in ignored regions counts for neither, as in
    `core.ignore.left_out`: of two that are matched, the other mask's decides.

    Parameters
    ----------
    document
        Read, never written.
    other
        (Y, X) instance labels, 0 = background.

    Raises
    ------
    UserError
        For labels of another shape.
    """

    def __init__(self, document: Document, other: Labels) -> None:
        refuse_other_shape(document.labels, other)
        self._document = document
        self.other = other
        self._boxes = {i: Box.of(place) for i, place in boxes(other).items()}
        ids, areas = np.unique(other[other > 0], return_counts=True)
        self._areas = dict(zip(ids.tolist(), areas.tolist(), strict=True))
        self._partner = dict(match_objects(document.labels, other, "iou").pairs)
        self._matched = {true: own for own, true in self._partner.items()}
        self._ignored = self._ignored_of_other()
        self._missing = BoxIndex()
        for i, box in self._boxes.items():
            if self._is_missing(i):
                self._missing.put(i, box)

    @property
    def agreement(self) -> Agreement:
        """The counts as they are now."""
        tp = sum(true not in self._ignored for true in self._matched)
        own = {cell.id for cell in self._document.cells} - self._partner.keys()
        return Agreement(tp, len(own - self._document.ignored_cells), len(self._missing))

    def is_matched(self, i: int) -> bool:
        """Whether the other mask has a cell of the document, too."""
        return i in self._partner

    def missing(self, window: Box) -> list[tuple[Box, NDArray[np.bool_]]]:
        """Box and pixels of the other mask's cells near a window that the document lacks."""
        found = []
        for i in self._missing.meeting(window):
            box = self._boxes[i]
            found.append((box, self.other[box.slices] == i))
        return found

    def take_in(self, edit: Edit) -> list[Box]:
        """Follow an edit; returns the boxes of cells of the other mask that concerns."""
        touched: set[int] = set()
        for item in edit.change.objects:
            former = self._partner.pop(item.id, None)
            if former is not None:
                del self._matched[former]
                touched.add(former)
        for item in edit.change.objects:
            cell = self._document.objects.get(item.id)
            true = self._find(cell) if cell is not None and cell.alive else None
            if true is not None and cell is not None:
                self._partner[cell.id], self._matched[true] = true, cell.id
                touched.add(true)
        if edit.change.ignored:
            ignored = self._ignored_of_other()
            touched |= ignored ^ self._ignored
            self._ignored = ignored
        return list(self._noted(touched))

    def _noted(self, touched: Iterable[int]) -> Iterable[Box]:
        for i in touched:
            if self._is_missing(i):
                self._missing.put(i, self._boxes[i])
            else:
                self._missing.drop(i)
            yield self._boxes[i]

    def _is_missing(self, i: int) -> bool:
        return i not in self._matched and i not in self._ignored

    def _find(self, cell: CellObject) -> int | None:
        """The cell of the other mask that is this one."""
        under = self.other[cell.box.slices]
        own = self._document.labels[cell.box.slices] == cell.id
        for true in present(under[own]).tolist():
            both = int(np.count_nonzero(under[own] == true))
            if both > IOU_THRESHOLD * (cell.area + self._areas[true] - both):
                return int(true)
        return None

    def _ignored_of_other(self) -> set[int]:
        if not self._document.ignored_area:
            return set()
        return ignored_ids(self.other, self._document.ignored > 0)
