"""A cell put back to what its draft had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Edit, EditKind, ObjectChange
from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.pieces import Mask
from napari_fncells.core.pixels import change_pixels, state_by_hand, with_objects, with_state
from napari_fncells.core.provenance import drafted_as, pixels_of


def revert_cell(document: Document, cell: CellObject) -> Change | None:
    """Put a cell, living or removed, back to what its draft had, as an untouched draft cell.

    Where other cells have taken its ground since, it is clipped. Cells that were joined into
    it come back as they were before, where their ground is free. None where it is as its draft
    had it already.

    The details of the change tell whether it is `clipped` and which cells `returned`.

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
    whole = _place(after[box.within(area)], mask, cell.id)
    details: dict[str, Any] = {"clipped": not whole}
    if not (after == cell.id).any():
        raise UserError(f"Other cells lie where the draft had cell {cell.id}.")
    states = {cell.id: (ObjectState.DRAFT, cell.origin)}
    for former, footprint in joined:
        whole = _place(after[former.box.within(area)], footprint, former.id)
        state = former.state if whole else state_by_hand(former.origin)
        states[former.id] = state, former.origin
    details["returned"] = [i for i in states if i != cell.id and (after == i).any()]
    change = change_pixels(
        document,
        area,
        after,
        EditKind.REVERT,
        summary=f"revert cell {cell.id}",
        details=details,
    )
    change = _with_notes(with_state(change, states), {c.id: c.note for c, _ in joined})
    drafted = cell.state is ObjectState.DRAFT
    if all(item.id != cell.id for item in change.objects) and not drafted:
        # Its pixels stay: only the judgement goes, or cells joined into it come back beside it
        untouched = ObjectChange(cell, replace(cell, state=ObjectState.DRAFT))
        change = replace(change, objects=(*change.objects, untouched))
    return None if change.empty else change


def _with_notes(change: Change, notes: Mapping[int, str]) -> Change:
    """Return the change with the notes that cells had before they were joined."""
    return with_objects(
        change,
        {
            item.id: replace(item.after, note=notes[item.id])
            for item in change.objects
            if item.after is not None and item.id in notes
        },
    )


def _place(window: Labels, mask: Mask, i: int) -> bool:
    """Write a cell where there is free ground; tell whether all of it was free."""
    free = mask & (window == 0)
    window[free] = i
    return bool(np.array_equal(free, mask))


def _joined_into(document: Document, cell: CellObject) -> Iterator[tuple[CellObject, Mask]]:
    """Cells joined into another since it was last as its draft had it, the newest first."""
    for edit in document.newest_in_force:
        if _begins(edit, cell):
            return
        kind, first = edit.change.kind, edit.change.details.get("first")
        if kind not in (EditKind.JOIN, EditKind.REDRAW) or first != cell.id:
            continue
        for item in edit.change.objects:
            if item.after is None and item.before is not None:
                former = item.before
                if former.id not in document.objects:
                    yield former, pixels_of(edit, former.id, former.box, after=False)


def _begins(edit: Edit, cell: CellObject) -> bool:
    """Whether an edit made a cell what its draft had."""
    if edit.change.kind not in (EditKind.DRAFT, EditKind.PLANT, EditKind.REVERT):
        return False
    return any(
        item.id == cell.id and item.after is not None and item.after.state is ObjectState.DRAFT
        for item in edit.change.objects
    )


def _no_draft(cell: CellObject) -> str:
    if cell.origin in (Origin.DRAFT, Origin.PLANT):
        return f"Cell {cell.id} was cut off another one: it has no draft of its own."
    return f"Cell {cell.id} was added by hand: it has no draft."
