"""One-step repairs of what the check finds; ground of other cells always stays theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from napari_fncells.core.changes import remove_cells
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.geometry import Box, grouped
from napari_fncells.core.judge import judge
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.pixels import change_pixels, state_by_hand, with_state, writable
from napari_fncells.core.quality.cells import own_picture
from napari_fncells.core.quality.finding import Finding, Kind, Repair
from napari_fncells.core.quality.pieces import (
    Side,
    cut_lines,
    edge_of,
    holes_of,
    pieces_by_size,
    threads_of,
)
from napari_fncells.core.quality.shift import moved

_SUMMARIES = {
    Repair.FILL: "fill the holes of {}",
    Repair.DROP: "drop the pieces beside {}",
    Repair.SEPARATE: "separate the pieces of {}",
    Repair.EXTEND: "extend {} to the border",
    Repair.TRIM: "cut the threads off {}",
}


def repair(
    document: Document,
    findings: Iterable[Finding],
    how: Repair,
    params: QualityParams | None = None,
) -> Change | None:
    """Mend findings of one document in one step; None where there is nothing to mend any more.

    Parameters
    ----------
    document
        Read, not written.
    findings
        Those that cannot be mended this way, and of cells that are gone, are left out.
    how
        In which way.
    params
        The limits by which they were found.
    """
    wanted = [finding for finding in findings if how in finding.repairs]
    if how is Repair.SHIFT:
        return _shift(document, wanted[0].move) if wanted else None
    ids = sorted({i for finding in wanted for i in finding.cells if document.is_alive(i)})
    cells = [document.objects[i] for i in ids]
    if how is Repair.REMOVE:
        return remove_cells(document, cells)
    if how is Repair.ACCEPT:
        return judge(document, cells, ObjectState.ACCEPTED)
    crumbs_only = how is Repair.DROP and all(f.kind is Kind.CRUMBS for f in wanted)
    work = _Work(document, params or QualityParams(), crumbs_only)
    return work.change(cells, how)


@dataclass
class _Work:
    """Repair of cells, group by group where they lie together.

    Attributes
    ----------
    document, params
        As `repair` has them.
    crumbs_only
        Whether larger pieces stay.
    made
        State and origin of each new cell.
    """

    document: Document
    params: QualityParams
    crumbs_only: bool
    made: dict[int, tuple[ObjectState, Origin]] = field(default_factory=dict)

    def change(self, cells: list[CellObject], how: Repair) -> Change | None:
        """The repair of all of them."""
        mend = _MENDERS[how]
        by_id = {cell.id: cell for cell in cells}
        reach = {cell.id: self._reach(cell, how) for cell in cells}
        parts = [
            self._part(box, [by_id[i] for i in sorted(ids)], mend) for box, ids in grouped(reach)
        ]
        objects = [item for part in parts for item in part.objects]
        if not objects:
            return None
        known = [item.id for item in objects if item.id in by_id]
        name = f"cell {known[0]}" if len(known) == 1 else f"{len(known)} cells"
        change = Change(
            EditKind.REPAIR,
            tuple(patch for part in parts for patch in part.patches),
            tuple(sorted(objects, key=lambda item: item.id)),
            _SUMMARIES[how].format(name),
            {"repair": how.value, "cells": sorted(known)},
        )
        return with_state(change, self.made)

    def _reach(self, cell: CellObject, how: Repair) -> Box:
        """Pixels that may change, with the cell's own."""
        if how is not Repair.EXTEND:
            return cell.box
        return cell.box.padded(self.params.strip).clip(self.document.shape)

    def _part(self, box: Box, cells: list[CellObject], mend: Mender) -> Change:
        most = sum(cell.area // (self.params.crumb_area + 1) for cell in cells)
        window = writable(self.document, box, len(self.made) + most)
        for cell in cells:
            mend(self, window, box, cell)
        return change_pixels(self.document, box, window, EditKind.REPAIR, summary="")

    def fill(self, window: Labels, box: Box, cell: CellObject) -> None:
        """Fill the background that a cell encloses."""
        mine = window[cell.box.within(box)]
        mine[holes_of(mine, cell.id)] = cell.id

    def drop(self, window: Labels, box: Box, cell: CellObject) -> None:
        """Leave the largest piece of a cell, or all but its crumbs."""
        mine = window[cell.box.within(box)]
        numbers, areas = pieces_by_size(mine == cell.id)
        gone = np.append(0, areas) <= self.params.crumb_area
        if not self.crumbs_only:
            gone[:] = True
        gone[:2] = False
        mine[gone[numbers]] = 0

    def separate(self, window: Labels, box: Box, cell: CellObject) -> None:
        """Make each piece but the largest a cell of its own; crumbs stay where they are."""
        mine = window[cell.box.within(box)]
        numbers, areas = pieces_by_size(mine == cell.id)
        for number in range(2, areas.size + 1):
            if areas[number - 1] > self.params.crumb_area:
                mine[numbers == number] = self._new_cell(cell)

    def extend(self, window: Labels, box: Box, cell: CellObject) -> None:
        """Carry the outermost line of a cell on to the picture's border."""
        corner = np.array([[box.top], [box.left]])
        grown = cell.box
        cut = cut_lines(self.document.labels, cell.id, cell.box, self.params.strip)
        for side, width, _ in list(cut):
            # Of the cell as it is by now: of two sides, the second fills the corner
            own = window[grown.within(box)] == cell.id
            line = edge_of(own, side) + np.array([[grown.top], [grown.left]]) - corner
            for _ in range(width):
                line = line + np.array(side)[:, None]
                line = line[:, window[line[0], line[1]] == 0]
                window[line[0], line[1]] = cell.id
            grown = _reaching(grown, side, width)

    def trim(self, window: Labels, box: Box, cell: CellObject) -> None:
        """Cut off parts one pixel wide; what they held together becomes cells."""
        mine = window[cell.box.within(box)]
        mask = mine == cell.id
        picture = own_picture(cell.box, self.document.shape)
        rest = mask & ~threads_of(mask, self.params.thread, picture)
        _, before = pieces_by_size(mask)
        numbers, areas = pieces_by_size(rest)
        if before.size != 1:
            # Its pieces are another matter: none is to be made a cell here
            mine[mask & ~rest] = 0
            return
        mine[mask & (numbers != 1)] = 0
        for number in range(2, areas.size + 1):
            if areas[number - 1] > self.params.crumb_area:
                mine[numbers == number] = self._new_cell(cell)

    def _new_cell(self, of: CellObject) -> int:
        """Id of a new cell that was part of another."""
        i = self.document.next_id + len(self.made)
        self.made[i] = state_by_hand(of.origin), of.origin
        return i


Mender = Callable[[_Work, Labels, Box, CellObject], None]

_MENDERS: dict[Repair, Mender] = {
    Repair.FILL: _Work.fill,
    Repair.DROP: _Work.drop,
    Repair.SEPARATE: _Work.separate,
    Repair.EXTEND: _Work.extend,
    Repair.TRIM: _Work.trim,
}


def _reaching(box: Box, side: Side, width: int) -> Box:
    """A box made so much wider on one side."""
    top, left, bottom, right = box
    return Box(
        top - width * (side[0] < 0),
        left - width * (side[1] < 0),
        bottom + width * (side[0] > 0),
        right + width * (side[1] > 0),
    )


def _shift(document: Document, move: tuple[int, int]) -> Change | None:
    """Move the whole mask, every cell with its id."""
    whole = Box.whole(document.shape)
    after = moved(document.labels, move)
    change = change_pixels(
        document,
        whole,
        after,
        EditKind.REPAIR,
        summary="shift the mask back",
        details={"repair": Repair.SHIFT.value, "move": list(move)},
    )
    return None if change.empty else change
