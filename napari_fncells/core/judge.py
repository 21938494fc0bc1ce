"""The expert's word on cells as they are: accepted, unsure, done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Literal

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange
from napari_fncells.core.objects import CellObject, ObjectState, Origin

_WORDS = {
    ObjectState.ACCEPTED: "accept",
    ObjectState.UNSURE: "mark {} as unsure",
    ObjectState.DRAFT: "take back the judgement of",
}


def judge(document: Document, cells: Iterable[CellObject], state: ObjectState) -> Change | None:
    """Judge living cells without changing a pixel; None where all have that judgement.

    Accepting a cell that the expert added or edited leaves it as it is: having made it is the
    stronger word. Accepting one marked as unsure takes the doubt away, so that an edited cell
    is an edited one again.

    Parameters
    ----------
    document
        Read, not written.
    cells
        Removed ones are left out.
    state
        ACCEPTED or UNSURE; DRAFT takes back either.

    Raises
    ------
    ValueError
        For another state.
    """
    if state not in _WORDS:
        raise ValueError(f"a cell cannot be judged as {state}")
    changes = []
    for cell in cells:
        after = _judged(document, cell, state)
        if cell.alive and after is not cell.state:
            changes.append(ObjectChange(cell, replace(cell, state=after)))
    if not changes:
        return None
    named = f"cell {changes[0].id}" if len(changes) == 1 else f"{len(changes)} cells"
    words = _WORDS[state]
    summary = words.format(named) if "{}" in words else f"{words} {named}"
    return Change(EditKind.JUDGE, (), tuple(changes), summary, {"state": state.value})


def finish(document: Document) -> Change | None:
    """Accept the cells that are still as the draft had them, and mark the picture as done.

    An empty picture can be done, too. Cells marked as unsure stay so, and ignored cells stay as
    they are. None where it is done.
    """
    if document.done:
        return None
    rest = [cell for cell in document.counted if cell.state is ObjectState.DRAFT]
    return Change(
        EditKind.DONE,
        (),
        tuple(ObjectChange(c, replace(c, state=ObjectState.ACCEPTED)) for c in rest),
        "mark as done",
    )


def mark_picture(document: Document, mark: Literal["unsure", "open"]) -> Change | None:
    """Say of the whole picture that one is not sure of it, or that it is open again.

    None where that is said already.
    """
    said = document.mark
    if mark == said or (mark == "open" and said == ""):
        return None
    summary = "mark the picture as unsure" if mark == "unsure" else "re-open the picture"
    return Change(EditKind.MARK, (), (), summary, {"mark": mark})


def _judged(document: Document, cell: CellObject, state: ObjectState) -> ObjectState:
    """State of a cell after the judgement."""
    if state is ObjectState.UNSURE:
        return state
    own = cell.state
    if own is ObjectState.UNSURE:
        own = _state_without_doubt(document, cell)
    if own in (ObjectState.ADDED, ObjectState.EDITED):
        return own
    return state


def _state_without_doubt(document: Document, cell: CellObject) -> ObjectState:
    """State that a cell had before it was marked as unsure."""
    doubtful = (ObjectState.UNSURE, ObjectState.REMOVED)
    for edit in document.newest_in_force:
        for item in edit.change.objects:
            if item.id == cell.id and item.before and item.before.state not in doubtful:
                return item.before.state
    return ObjectState.ADDED if cell.origin is Origin.HAND else ObjectState.DRAFT
