"""What each gesture proposes to do to a mask, and the sentence that tells of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from numpy.typing import ArrayLike

from napari_fncells.core import changes
from napari_fncells.core.clump import split_by_shape
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.drag import Cut, meaning_of
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.grow import Region
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import finish, judge, mark_picture
from napari_fncells.core.lasso import cells_inside
from napari_fncells.core.notes import tidy
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.path import as_points
from napari_fncells.core.reshape import resize_cell, smooth_cell
from napari_fncells.core.revert import revert_cell
from napari_fncells.core.trace import trace_cell
from napari_fncells.session.outlines import Outlines, way
from napari_fncells.session.words import (
    cells_in_words,
    done_in_words,
    judged_already,
    parts_in_words,
    redrawn_in_words,
    removed_in_words,
    reverted_in_words,
)

Proposal = tuple[Change | None, str]
"""A change, and what to say of it; why there is none, where there is none."""

_TAKEN = "The ground there belongs to other cells."


def known_cell(document: Document, cell_id: int | None) -> CellObject:
    """A cell by its id, removed ones included.

    Raises
    ------
    UserError
        Where there is none.
    """
    cell = document.objects.get(cell_id or 0)
    if cell is None:
        raise UserError(f"There is no cell {cell_id}." if cell_id else "There is no cell here.")
    return cell


def living_cell(document: Document, cell_id: int | None) -> CellObject:
    """A cell of the mask by its id.

    Raises
    ------
    UserError
        Where there is none, or it is removed.
    """
    cell = known_cell(document, cell_id)
    if not cell.alive:
        raise UserError(f"Cell {cell.id} is removed.", "Shift+click on its place restores it.")
    return cell


def tombstone_at(document: Document, row: int, column: int) -> CellObject | None:
    """The cell removed last among those that covered a pixel, or None.

    A candidate that was dismissed never was a cell, and its outline is none that was drawn.
    """
    here = {
        c.id: c
        for c in document.objects.values()
        if c.origin is not Origin.CANDIDATE and _covered(c, row, column)
    }
    if len(here) <= 1:
        return next(iter(here.values()), None)
    edits = document.newest_in_force
    newest = (here[item.id] for e in edits for item in e.change.objects if item.id in here)
    return next(newest, None)


def fix(document: Document, outlines: Outlines, row: int, column: int) -> Proposal:
    """Remove the cell at a pixel, restore the one that was there, or add the one to be seen."""
    if not (0 <= row < document.shape[0] and 0 <= column < document.shape[1]):
        return None, "Outside the picture."
    cell = document.cell_at(row, column)
    if cell is not None:
        return changes.remove_cell(document, cell), removed_in_words([cell])
    tombstone = tombstone_at(document, row, column)
    if tombstone is not None:
        change = changes.restore_cell(document, tombstone)
        return change, f"Restored cell {tombstone.id}." if change else _TAKEN
    growth = outlines.growth_at(row, column)
    added = changes.add_cell(document, growth.region)
    if added is None:
        return None, _TAKEN
    outlines.remember(document.next_id, growth)
    return added, _added(added)


def adopt(document: Document, outlines: Outlines, candidate: Region) -> Proposal:
    """Add the cell at a missed-cell candidate, with the outline found in the picture."""
    growth = outlines.around(candidate)
    added = changes.add_cell(document, growth.region) if growth is not None else None
    if added is not None and growth is not None:
        outlines.remember(document.next_id, growth)
        return added, _added(added)
    # Nothing stands out there: as the candidate has it
    added = changes.add_cell(document, candidate)
    return (None, _TAKEN) if added is None else (added, _added(added))


def lasso(document: Document, polygon: ArrayLike) -> Proposal:
    """Remove what is inside."""
    cells = cells_inside(document, as_points(polygon))
    if not cells:
        return None, "There is no cell inside the lasso."
    return changes.remove_cells(document, cells), removed_in_words(cells)


def drag(document: Document, path: ArrayLike) -> Proposal:
    """Cut or join."""
    points = as_points(path)
    meaning = meaning_of(document, points)
    if isinstance(meaning, Cut):
        change = cut_cell(document, meaning.cell, points)
        return change, parts_in_words("Cut", meaning.cell.id, change.details["pieces"])
    first, second = meaning.first, meaning.second
    change = join_cells(document, first, second, points)
    return change, f"Joined cells {first.id} and {second.id}: both are cell {first.id}."


def trace(document: Document, path: ArrayLike) -> Proposal:
    """Add the cell inside an outline, or give the outline to the cell it is drawn over."""
    change = trace_cell(document, as_points(path))
    if change is None:
        return None, "The cell has that outline already."
    if change.kind is EditKind.ADD:
        return change, _added(change)
    first = change.details["first"]
    absorbed = [item.id for item in change.objects if item.after is None]
    return change, redrawn_in_words(first, absorbed)


def resize(
    document: Document, outlines: Outlines, cell_id: int | None, notches: int, *, continues: bool
) -> Proposal:
    """Move an outline out or in."""
    cell = living_cell(document, cell_id)
    region, last = outlines.resized(cell, notches)
    change = resize_cell(document, cell, region)
    words = f"Cell {cell.id}: {_area_after(change, cell):,} px²."
    if change is None or last:
        words += f" It cannot {way(notches)} any further."
    if change is None:
        return None, words
    carries_on = continues and _resized_last(document, cell)
    return replace(change, continues=carries_on), words


def split(document: Document, cell_id: int | None) -> Proposal:
    """Split a cell by its shape."""
    cell = living_cell(document, cell_id)
    change = split_by_shape(document, cell)
    return change, parts_in_words("Split", cell.id, change.details["pieces"])


def remove(document: Document, cell_id: int | None) -> Proposal:
    """Remove a cell."""
    cell = living_cell(document, cell_id)
    return changes.remove_cell(document, cell), removed_in_words([cell])


def accept(document: Document, cell_id: int | None) -> Proposal:
    """Accept a cell as it is."""
    cell = living_cell(document, cell_id)
    change = judge(document, [cell], ObjectState.ACCEPTED)
    return change, f"Accepted cell {cell.id}." if change else judged_already(cell)


def unsure(document: Document, cell_id: int | None) -> Proposal:
    """Mark a cell as unsure."""
    cell = living_cell(document, cell_id)
    change = judge(document, [cell], ObjectState.UNSURE)
    return change, f"Marked cell {cell.id} as unsure." if change else judged_already(cell)


def remove_cells(document: Document, ids: Iterable[int]) -> Proposal:
    """Remove several cells in one step."""
    cells = _living(document, ids)
    return changes.remove_cells(document, cells), removed_in_words(cells)


def judge_cells(document: Document, ids: Iterable[int], state: ObjectState) -> Proposal:
    """Accept several cells as they are, or mark them as unsure, in one step."""
    cells = _living(document, ids)
    change = judge(document, cells, state)
    if change is None:
        return None, judged_already(cells[0]) if len(cells) == 1 else "They are so already."
    words = cells_in_words(len(change.objects))
    accepted = state is ObjectState.ACCEPTED
    return change, f"Accepted {words}." if accepted else f"Marked {words} as unsure."


def smooth(document: Document, cell_id: int | None) -> Proposal:
    """Smooth an outline."""
    cell = living_cell(document, cell_id)
    change = smooth_cell(document, cell)
    return change, f"Smoothed cell {cell.id}." if change else f"Cell {cell.id} is smooth."


def revert(document: Document, cell_id: int | None) -> Proposal:
    """Put a cell back to its draft."""
    cell = known_cell(document, cell_id)
    change = revert_cell(document, cell)
    if change is None:
        return None, f"Cell {cell.id} is as its draft had it already."
    details = change.details
    return change, reverted_in_words(cell, details["returned"], clipped=details["clipped"])


def done(document: Document) -> Proposal:
    """Accept the rest."""
    change = finish(document)
    if change is None:
        return None, "The picture is done already."
    return change, done_in_words(len(change.objects), document.cells)


def note(document: Document, text: str, cell_id: int | None) -> Proposal:
    """Write a note on a cell, or, for None, on the picture."""
    cell = None if cell_id is None else known_cell(document, cell_id)
    change = changes.note(document, text, cell)
    place = "the picture" if cell is None else f"cell {cell.id}"
    if change is None:
        return None, f"The note on {place} is that already."
    words = "Noted on" if tidy(text) else "No note any more on"
    return change, f"{words} {place}."


def mark(document: Document, said: Literal["unsure", "open"]) -> Proposal:
    """Say something of the picture as a whole."""
    change = mark_picture(document, said)
    words = "marked as unsure" if said == "unsure" else "open"
    if change is None:
        return None, f"The picture is {words} already."
    return change, f"The picture is {words}{' again' if said == 'open' else ''}."


def _living(document: Document, ids: Iterable[int]) -> list[CellObject]:
    """The cells of these ids that are in the mask.

    Raises
    ------
    UserError
        Where none is.
    """
    cells = [document.objects[i] for i in ids if document.is_alive(i)]
    if not cells:
        raise UserError("No cell is selected.")
    return cells


def _resized_last(document: Document, cell: CellObject) -> bool:
    """Whether the newest edit in force is a resize of a cell."""
    newest = next(document.newest_in_force, None)
    if newest is None or newest.change.kind is not EditKind.RESIZE:
        return False
    return any(item.id == cell.id for item in newest.change.objects)


def _added(change: Change) -> str:
    """Say what a change that adds one cell added."""
    cell = change.objects[0].after
    return "" if cell is None else f"Added cell {cell.id}, {cell.area} px²."


def _area_after(change: Change | None, cell: CellObject) -> int:
    """Area of a cell after a change."""
    for item in change.objects if change is not None else ():
        if item.id == cell.id and item.after is not None:
            return item.after.area
    return cell.area


def _covered(cell: CellObject, row: int, column: int) -> bool:
    """Whether a removed cell covered a pixel."""
    box = cell.box
    if cell.footprint is None or not (
        box.top <= row < box.bottom and box.left <= column < box.right
    ):
        return False
    return bool(cell.footprint.mask[row - box.top, column - box.left])
