"""The way through the cells of a picture, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from napari_fncells.core.document import Document
from napari_fncells.core.objects import CellObject, ObjectState

_OPEN = (ObjectState.DRAFT, ObjectState.UNSURE)


def reading_order(cells: Iterable[CellObject]) -> list[CellObject]:
    """Cells row by row from the top, each row from left to right.

    A row is as high as half of the cells are, and begins at its topmost cell.
    """
    falling = sorted(cells, key=lambda cell: (*cell.box.centre, cell.id))
    if not falling:
        return []
    height = median(cell.box.height for cell in falling)
    ordered: list[CellObject] = []
    row: list[CellObject] = []
    for cell in falling:
        if row and cell.box.centre[0] >= row[0].box.centre[0] + height:
            ordered += _from_left(row)
            row = []
        row.append(cell)
    return ordered + _from_left(row)


def next_to_review(document: Document, current: int | None, by: int) -> CellObject | None:
    """The cell to look at next, or None in an empty picture.

    Those that are still as the draft had them and those marked as unsure are walked over; all
    cells where none of these is left. After the last comes the first. Ignored cells are passed
    over.

    Parameters
    ----------
    document
        Read, not written.
    current
        Id of the cell looked at; the way goes on from its place even if it was removed or
        judged since. None to begin.
    by
        1 for the next, -1 for the one before.
    """
    wanted = {cell.id for cell in document.counted if cell.state in _OPEN}
    wanted = wanted or {cell.id for cell in document.counted}
    if not wanted:
        return None
    # Removed and judged cells hold their places, so that rows do not shift while one walks
    known = dict(document.objects)
    if current is not None and current not in known:
        former = _former(document, current)
        if former is not None:
            known[current] = former
    order = reading_order(known.values())
    at = next((k for k, cell in enumerate(order) if cell.id == current), None)
    if at is None:
        at = -1 if by > 0 else len(order)
    rest = order[at + 1 :] + order[: at + 1] if by > 0 else order[:at][::-1] + order[at:][::-1]
    return next(cell for cell in rest if cell.id in wanted)


def _from_left(row: list[CellObject]) -> list[CellObject]:
    return sorted(row, key=lambda cell: (cell.box.centre[1], cell.box.centre[0], cell.id))


def _former(document: Document, i: int) -> CellObject | None:
    """A cell that is no longer known, as it was last: joined into another, or redrafted."""
    for edit in reversed(document.history):
        for item in edit.change.objects:
            if item.id == i and item.before is not None:
                return item.before
    return None
