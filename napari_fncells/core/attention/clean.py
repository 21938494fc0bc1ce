"""The mask as it goes into files: without what was planted, with what was hidden."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellCounts, CellObject, Footprint, ObjectState, Origin

FOUND_IOU = 0.3
"""A hidden cell counts as found where a cell of the expert overlaps it by more than this."""


@dataclass(frozen=True)
class Attention:
    """How many of the planted errors were found.

    Attributes
    ----------
    found, missed
        Those decided so far; what is still open counts as neither.
    open
        Those the expert has not come upon.
    """

    found: int = 0
    missed: int = 0
    open: int = 0


NOTHING_PLANTED = Attention()


class CleanMask:
    """A document's mask as if nothing had been planted.

    Costs nothing where nothing is planted, else as much as the planted and hidden cells' boxes.

    Parameters
    ----------
    document
        Read, never written; to be asked before its next edit.

    Attributes
    ----------
    objects
        Every known object, removed ones included.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        self._planted: list[CellObject] = []
        self._restored: list[tuple[CellObject, NDArray[np.bool_]]] = []
        self.objects: tuple[CellObject, ...] = tuple(document.objects.values())
        if not document.attended:
            return
        self._planted = [item for item in self.objects if item.origin is Origin.PLANT]
        for hidden in document.hidden.values():
            self._restore(hidden)
        shown = [item for item in self.objects if item.origin is not Origin.PLANT]
        shown += [cell for cell, _ in self._restored]
        self.objects = tuple(sorted(shown, key=lambda item: item.id))

    @property
    def cells(self) -> tuple[CellObject, ...]:
        """Objects that are in the mask."""
        return tuple(item for item in self.objects if item.alive)

    def labels(self) -> Labels:
        """(Y, X) labels, a copy."""
        labels = self._document.labels.copy()
        for cell in self._planted:
            if cell.alive:
                window = labels[cell.box.slices]
                window[window == cell.id] = 0
        for cell, mask in self._restored:
            labels[cell.box.slices][mask] = cell.id
        return labels

    def window(self, box: Box) -> Labels:
        """(box.height, box.width) labels of a box, a copy."""
        labels = self._document.labels[box.slices].copy()
        planted = [c.id for c in self._planted if c.alive and c.box.overlaps(box)]
        labels[np.isin(labels, planted)] = 0
        for cell, mask in self._restored:
            if cell.box.overlaps(box):
                common = cell.box.clip_to(box)
                labels[common.within(box)][mask[common.within(cell.box)]] = cell.id
        return labels

    @property
    def counts(self) -> CellCounts:
        """Cells by what became of them."""
        document = self._document
        if not document.attended:
            return document.counts
        tally = Counter((item.state, item.origin) for item in self.objects)
        planted = {cell.id for cell in self._planted}
        ignored = len(document.ignored_cells - planted)
        for cell, mask in self._restored:
            inside = mask & (document.ignored[cell.box.slices] > 0)
            ignored += 2 * int(np.count_nonzero(inside)) > cell.area
        return CellCounts.from_tally(tally, ignored)

    @property
    def noted(self) -> int:
        """How many objects have a note."""
        return self._document.noted - sum(bool(cell.note) for cell in self._planted)

    def _restore(self, hidden: CellObject) -> None:
        """Take a hidden cell for one of the mask, where the expert has not put it there."""
        if hidden.footprint is None or is_found(self._document, hidden):
            return
        whole = hidden.footprint.mask
        box = hidden.footprint.box
        free = whole & ~self._taken(box)
        # What is left of one on whose ground another cell was made is no cell
        tight = Box.around(free)
        if tight is None or 2 * int(np.count_nonzero(free)) <= int(np.count_nonzero(whole)):
            return
        place = tight.shifted(box.top, box.left)
        mask = free[tight.slices]
        state, area = ObjectState.DRAFT, int(np.count_nonzero(mask))
        cell = CellObject(hidden.id, state, Origin.DRAFT, place, area, note=hidden.note)
        self._restored.append((cell, mask))

    def _taken(self, box: Box) -> NDArray[np.bool_]:
        """Pixels of a box that belong to cells which are not planted."""
        labels = self._document.labels[box.slices]
        planted = [cell.id for cell in self._planted if cell.alive and cell.box.overlaps(box)]
        taken = (labels > 0) & ~np.isin(labels, planted)
        for cell, mask in self._restored:
            if cell.box.overlaps(box):
                common = cell.box.clip_to(box)
                taken[common.within(box)] |= mask[common.within(cell.box)]
        return taken


def is_noticed(planted: CellObject) -> bool:
    """Whether the expert has come upon a false cell: removed it, or marked it as unsure."""
    return not planted.alive or planted.state is ObjectState.UNSURE


def is_found(document: Document, hidden: CellObject) -> bool:
    """Whether the expert has made, or kept, a cell where one is hidden."""
    if hidden.footprint is None:
        return False
    mask, box = hidden.footprint.mask, hidden.footprint.box
    own = int(np.count_nonzero(mask))
    ids, shared = np.unique(document.labels[box.slices][mask], return_counts=True)
    for i, both in zip(ids.tolist(), shared.tolist(), strict=True):
        cell = document.objects.get(i)
        if cell is None or not cell.touched or cell.origin is Origin.PLANT:
            continue
        if both > FOUND_IOU * (cell.area + own - both):
            return True
    return False


def attention_of(document: Document) -> Attention:
    """What became of all that was planted in a picture, as far as it is there.

    What another draft, or its undo, has taken out counts for nothing.
    """
    plants = document.plants
    found, missed, still = len(plants.found), len(plants.missed), 0
    for i in plants.planted - plants.found - plants.missed:
        cell = document.objects.get(i)
        if cell is not None:
            noticed = is_noticed(cell)
            found, still = found + noticed, still + (not noticed)
    for i in plants.hidden - plants.found - plants.missed:
        hidden = document.hidden.get(i)
        if hidden is not None:
            is_it = is_found(document, hidden)
            found, still = found + is_it, still + (not is_it)
    return Attention(found, missed, still)


def planted_among(document: Document, ids: Iterable[int]) -> list[CellObject]:
    """Those of some cells that are planted, living ones alone."""
    known = (document.objects.get(i) for i in ids)
    return [c for c in known if c is not None and c.alive and c.origin is Origin.PLANT]


def as_hidden(cell: CellObject, mask: NDArray[np.bool_]) -> CellObject:
    """A drafted cell as it is kept while it is hidden; `mask` fills its box."""
    footprint = Footprint.of(cell.box, mask)
    return replace(
        cell, state=ObjectState.REMOVED, origin=Origin.HIDDEN, area=0, footprint=footprint
    )
