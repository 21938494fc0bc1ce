"""A cell put back to what its draft had."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Edit, EditKind, ObjectChange
from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.pieces import Mask
from napari_fncells.core.pixels import change_pixels, with_objects
from napari_fncells.core.provenance import drafted_as, pixels_of


def revert_cell(document: Document, cell: CellObject) -> Change | None:
    """Put a cell, living or removed, back to what its draft had, as an untouched draft cell.

    Where other cells have taken its ground since, it is clipped. Cells that were joined into
    it come back as they were before, where their ground is free. None where it is as its draft
    had it already.

    Raises
    ------
    UserError
        For a cell that no draft made, or whose ground belongs to other cells altogether.
    """
    draft = drafted_as(document, cell.id)
    if draft is None:
        raise UserError(_no_draft(cell))
    box, mask = draft
    joined = list(_joined_into(document, cell))
    area = box.union(cell.box) if cell.alive else box
    for former, _ in joined:
        area = area.union(former.box)
    after = document.labels[area.slices].copy()
    after[after == cell.id] = 0
    whole = {cell.id: _place(after[box.within(area)], mask, cell.id)}
    if not (after == cell.id).any():
        raise UserError(f"Other cells lie where the draft had cell {cell.id}.")
    for former, footprint in joined:
        window = after[former.box.within(area)]
        whole[former.id] = _place(window, footprint, former.id)
    change = change_pixels(
        document, area, after, EditKind.REVERT, summary=f"revert cell {cell.id}"
    )
    return _as_before(change, cell, [former for former, _ in joined if whole[former.id]])


def _place(window: Labels, mask: Mask, i: int) -> bool:
    """Write a cell where there is free ground; tell whether all of it was free."""
    free = mask & (window == 0)
    window[free] = i
    return bool(np.array_equal(free, mask))


def _as_before(change: Change, cell: CellObject, joined: list[CellObject]) -> Change | None:
    """The change with the states that the cells had: draft, and those before the joins."""
    if not change.patches:
        if cell.state is ObjectState.DRAFT:
            return None
        untouched = replace(cell, state=ObjectState.DRAFT)
        return replace(change, objects=(ObjectChange(cell, untouched),))
    states: dict[int, CellObject | None] = {former.id: former for former in joined}
    for item in change.objects:
        if item.id == cell.id and item.after is not None:
            states[cell.id] = replace(item.after, state=ObjectState.DRAFT)
    if cell.id not in states:
        # Only cells joined into it come back, beside it
        untouched = replace(cell, state=ObjectState.DRAFT)
        change = replace(change, objects=(*change.objects, ObjectChange(cell, untouched)))
    return with_objects(change, states)


def _joined_into(document: Document, cell: CellObject) -> Iterator[tuple[CellObject, Mask]]:
    """Cells joined into another since it was last as its draft had it, the newest first."""
    for edit in document.newest_in_force:
        if _begins(edit, cell):
            return
        if edit.change.kind is not EditKind.JOIN or edit.change.details.get("first") != cell.id:
            continue
        for item in edit.change.objects:
            if item.after is None and item.before is not None:
                former = item.before
                if former.id not in document.objects:
                    yield former, pixels_of(edit, former.id, former.box, after=False)


def _begins(edit: Edit, cell: CellObject) -> bool:
    """Whether an edit made a cell what its draft had."""
    if edit.change.kind not in (EditKind.DRAFT, EditKind.REVERT):
        return False
    return any(
        item.id == cell.id and item.after is not None and item.after.state is ObjectState.DRAFT
        for item in edit.change.objects
    )


def _no_draft(cell: CellObject) -> str:
    if cell.origin is Origin.DRAFT:
        return f"Cell {cell.id} was cut off another one: it has no draft of its own."
    return f"Cell {cell.id} was added by hand: it has no draft."
