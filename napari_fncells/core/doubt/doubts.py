"""The doubts of a document's cells, kept up to date by its edits."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.likeness import likeness
from napari_fncells.core.box_index import BoxIndex
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.beside import beside
from napari_fncells.core.doubt.features import NAMES, Column, Features, measure
from napari_fncells.core.doubt.reasons import reasons
from napari_fncells.core.doubt.sight import Sight
from napari_fncells.core.doubt.verdicts import NO, OPEN, YES, learned
from napari_fncells.core.doubt.weights import CELL_WEIGHTS
from napari_fncells.core.doubt.windows import REACH, Shape
from napari_fncells.core.edits import Edit
from napari_fncells.core.objects import CellObject, ObjectState, Origin

AT_ONCE = 60
"""Cells that are measured without a job of their own: in less than some 20 ms."""
_CHUNK = 200

Row = NDArray[np.float64]
Measured = dict[int, tuple[int, Row]]
"""Rows by id, each with the number of the edit that it was measured after."""

_VERDICTS = {
    ObjectState.ACCEPTED: NO,
    ObjectState.EDITED: NO,
    ObjectState.REMOVED: YES,
}
"""Whether cells of a draft that came to be so were wrong."""


@dataclass(frozen=True)
class Doubt:
    """How doubtful a cell is.

    Attributes
    ----------
    value
        Chance that it is wrong, in 0..1, as far as it can be told.
    reasons
        In words, the strongest first.
    """

    value: float
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.reasons)


@dataclass(frozen=True, eq=False)
class Ranking:
    """The doubts of all living cells at one moment.

    Attributes
    ----------
    ids
        (n,) int64, in order.
    values, before
        (n,) doubts in 0..1, and what they were without the verdicts given in this picture.
    """

    ids: NDArray[np.int64]
    values: Column
    before: Column
    table: Features
    """What was measured; rows as in `ids`, more of them behind."""

    @property
    def by_doubt(self) -> list[int]:
        """Ids, the most doubtful first; of equal ones the smaller id."""
        return [int(i) for i in self.ids[np.argsort(-self.values, kind="stable")]]

    def doubt_of(self, i: int) -> Doubt | None:
        """Doubt of a cell; None for one that is not known."""
        row = int(np.searchsorted(self.ids, i))
        if row >= self.ids.size or self.ids[row] != i:
            return None
        value = float(self.values[row])
        return Doubt(value, reasons(self.table, row, value, float(self.before[row])))


class Doubts:
    """Measures the cells of a document once, and again only where edits reach.

    Parameters
    ----------
    document
        Read, never written; whoever makes this hands its edits on, see `take_in`.
    sight
        The picture, with the scores of the draft in force.
    """

    def __init__(self, document: Document, sight: Sight) -> None:
        self._document = document
        self._sight = sight
        self._rows: dict[int, Row] = {}
        self._near = BoxIndex()
        # By id: after which edit a cell was not yet measured again
        self._stale: dict[int, int] = {}
        self._ranking: tuple[bool, Ranking] | None = None
        for cell in document.objects.values():
            self._note(cell, 0)

    @property
    def stale(self) -> int:
        """How many cells are to be measured."""
        return len(self._stale)

    def take_in(self, edit: Edit) -> None:
        """Follow an edit: what lies where it changed anything is to be measured again."""
        self._ranking = None
        boxes = [patch.box for patch in edit.change.patches]
        for item in edit.change.objects:
            if item.after is None:
                self._forget(item.id)
            elif item.before is None or _shape_of(item.before) != _shape_of(item.after):
                self._note(item.after, edit.sequence)
        for box in boxes:
            for i in self._near.meeting(box.padded(REACH)):
                self._stale[i] = edit.sequence

    def see(self, sight: Sight) -> None:
        """Look at the picture as it is known by now, before anything was measured."""
        self._sight = sight

    def measure_steps(self) -> Generator[str, None, Measured]:
        """Measure what is to be measured, in steps; any thread may do it, see `put`."""
        wanted = [(i, self._stale[i], self._document.objects[i]) for i in sorted(self._stale)]

        def steps() -> Generator[str, None, Measured]:
            found: Measured = {}
            for begin in range(0, len(wanted), _CHUNK):
                yield "Looking at what is doubtful"
                part = wanted[begin : begin + _CHUNK]
                shapes = [_shape(cell) for _, _, cell in part]
                rows = measure(self._sight, self._document.labels, shapes)
                found |= {i: (at, row) for (i, at, _), row in zip(part, rows, strict=True)}
            return found

        return steps()

    def put(self, found: Measured) -> None:
        """Take in what was measured; what an edit has reached meanwhile stays to be measured."""
        for i, (at, row) in found.items():
            if self._stale.get(i) == at:
                del self._stale[i]
                self._rows[i] = row
                self._ranking = None

    def update(self) -> None:
        """Measure at once what is to be measured."""
        if self._stale:
            ids = sorted(self._stale)
            shapes = [_shape(self._document.objects[i]) for i in ids]
            rows = measure(self._sight, self._document.labels, shapes)
            self._rows.update(zip(ids, rows, strict=True))
            self._stale.clear()
            self._ranking = None

    @property
    def rows(self) -> NDArray[np.float64]:
        """(n, len(NAMES)) what was measured of the living cells, in the order of their ids."""
        self.update()
        objects = self._document.objects
        ids = sorted(i for i in self._rows if objects[i].alive)
        return np.array([self._rows[i] for i in ids]).reshape(-1, len(NAMES))

    def ranking(self, *, adapted: bool = True) -> Ranking:
        """Doubts of all living cells.

        Parameters
        ----------
        adapted
            Whether the verdicts given in this picture so far count.
        """
        self.update()
        if self._ranking is None or self._ranking[0] is not adapted:
            self._ranking = adapted, self._ranked(adapted=adapted)
        return self._ranking[1]

    def _ranked(self, *, adapted: bool) -> Ranking:
        objects = self._document.objects
        ids = sorted(i for i in self._rows if objects[i].alive)
        gone = sorted(i for i in self._rows if not objects[i].alive)
        every = [*ids, *gone]
        rows = np.array([self._rows[i] for i in every]).reshape(-1, len(NAMES))
        usual = np.arange(len(every)) < len(ids)
        table = beside(rows, self._sight.kinds, usual)
        before = likeness(table, CELL_WEIGHTS)
        after = before
        if adapted:
            verdicts = np.array([_verdict(objects[i]) for i in every], dtype=np.int8)
            after = learned(table, before, verdicts)
        count = len(ids)
        return Ranking(np.array(ids, dtype=np.int64), after[:count], before[:count], table)

    def _note(self, cell: CellObject, sequence: int) -> None:
        if not (cell.alive or _verdict(cell) != OPEN):
            self._forget(cell.id)
            return
        self._near.put(cell.id, cell.box)
        self._stale[cell.id] = sequence

    def _forget(self, i: int) -> None:
        self._near.drop(i)
        self._stale.pop(i, None)
        self._rows.pop(i, None)


def _verdict(cell: CellObject) -> int:
    """Whether a cell was wrong; only those of drafts tell."""
    return _VERDICTS.get(cell.state, OPEN) if cell.origin is Origin.DRAFT else OPEN


def _shape_of(cell: CellObject) -> tuple[object, ...]:
    """What of a cell changes its pixels, or whether it counts."""
    return cell.box, cell.area, cell.alive


def _shape(cell: CellObject) -> Shape:
    if cell.footprint is None:
        return Shape(cell.box, cell.id)
    return Shape(cell.footprint.box, 0, cell.footprint.mask)
