"""The tools of correction, as proposals: each function returns a `Change` or None.

None means that there is nothing to do. Nothing here writes; `Document.commit` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core import notes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, Patch, patches_between
from napari_fncells.core.geometry import Box, grouped
from napari_fncells.core.grow import Region
from napari_fncells.core.labels import Labels, present
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.pixels import change_pixels, state_by_hand


def remove_cell(document: Document, cell: CellObject) -> Change:
    """Remove a living cell; its place is remembered."""
    after = document.labels[cell.box.slices].copy()
    after[after == cell.id] = 0
    return change_pixels(
        document, cell.box, after, EditKind.REMOVE, summary=f"remove cell {cell.id}"
    )


def remove_cells(document: Document, cells: Iterable[CellObject]) -> Change | None:
    """Remove any number of living cells in one step; None for none.

    Cells far from one another cost no more than each by itself.
    """
    parts = [
        _removal(document, box, ids)
        for box, ids in grouped({cell.id: cell.box for cell in cells if cell.alive})
    ]
    objects = [item for part in parts for item in part.objects]
    if not objects:
        return None
    count = len(objects)
    return Change(
        EditKind.REMOVE,
        tuple(patch for part in parts for patch in part.patches),
        tuple(sorted(objects, key=lambda item: item.id)),
        f"remove cell {objects[0].id}" if count == 1 else f"remove {count} cells",
    )


def _removal(document: Document, box: Box, ids: list[int]) -> Change:
    """Removal of the cells of one box."""
    after = document.labels[box.slices].copy()
    after[np.isin(after, ids)] = 0
    return change_pixels(document, box, after, EditKind.REMOVE, summary="")


def restore_cell(document: Document, cell: CellObject) -> Change | None:
    """Bring a removed cell back where its ground is free; None where all of it is taken.

    A draft cell that comes back whole has its outline unchanged: it counts as accepted, unless
    it was edited or unsure before.
    """
    if cell.footprint is None:
        return None
    box = cell.footprint.box
    after = document.labels[box.slices].copy()
    free = cell.footprint.mask & (after == 0)
    if not free.any():
        return None
    after[free] = cell.id
    change = change_pixels(
        document, box, after, EditKind.RESTORE, summary=f"restore cell {cell.id}"
    )
    if np.count_nonzero(free) < np.count_nonzero(cell.footprint.mask):
        return change
    state = _state_before_removal(document, cell)
    objects = tuple(
        ObjectChange(item.before, item.after and replace(item.after, state=state))
        for item in change.objects
    )
    return replace(change, objects=objects)


def _state_before_removal(document: Document, cell: CellObject) -> ObjectState:
    """State of a removed cell when it was last alive; accepted for an untouched one."""
    for edit in document.newest_in_force:
        for item in edit.change.objects:
            if item.id == cell.id and item.before is not None and item.before.alive:
                state = item.before.state
                return ObjectState.ACCEPTED if state is ObjectState.DRAFT else state
    return state_by_hand(cell.origin)


def add_cell(document: Document, region: Region) -> Change | None:
    """Add a cell by its region; ground that other cells hold stays theirs."""
    after = document.labels[region.box.slices].copy()
    free = region.mask & (after == 0)
    if not free.any():
        return None
    after[free] = document.next_id
    return change_pixels(
        document,
        region.box,
        after,
        EditKind.ADD,
        summary=f"add cell {document.next_id}",
        details={"level": region.level},
    )


def replace_labels(document: Document, labels: NDArray[np.integer]) -> Change | None:
    """Set the whole mask from outside, as one change; ids are kept as given.

    Raises
    ------
    ValueError
        For labels of another shape or with negative values.
    """
    if labels.shape != document.shape:
        raise ValueError(f"the mask has the shape {document.shape}, not {labels.shape}")
    if labels.size and int(labels.min()) < 0:
        raise ValueError("labels cannot be negative")
    highest = np.min_scalar_type(int(labels.max(initial=0)))
    after = labels.astype(np.promote_types(document.labels.dtype, highest))
    whole = Box.whole(document.shape)
    change = change_pixels(document, whole, after, EditKind.REPLACE, summary="replace the mask")
    # What is planted stays what it is; what was hidden is not part of the new mask
    gone = tuple(ObjectChange(cell, None) for cell in document.hidden.values())
    return None if change.empty else replace(change, objects=(*change.objects, *gone))


def stroke(document: Document, box: Box, before: Labels, tool: str) -> Change | None:
    """Describe what a brush has just painted into the labels within `box`.

    Parameters
    ----------
    document
        Its labels already hold the paint.
    box
        Holds every painted pixel.
    before
        (box.height, box.width) labels before the stroke.
    tool
        Name of the tool, for the history: 'paint', 'erase', 'fill', 'polygon'.
    """
    after = document.labels[box.slices].copy()
    ids = present(after[before != after]).tolist()
    target = f"cell {ids[0]}" if len(ids) == 1 else "cells"
    change = change_pixels(
        document,
        box,
        after,
        EditKind.STROKE,
        summary=f"{tool} {target}" if ids else tool,
        details={"tool": tool},
        before=before,
    )
    if document.attended:
        change = _planted_still(document, change, before, after)
    return None if change.empty else change


def _planted_still(document: Document, change: Change, before: Labels, after: Labels) -> Change:
    """New cells of which more than half was planted, filled anew, are planted, too."""
    planted = [c.id for c in document.objects.values() if c.alive and c.origin is Origin.PLANT]
    from_planted = np.isin(before, planted)
    objects = []
    for item in change.objects:
        new = item.after
        if item.before is None and new is not None and new.alive:
            taken = np.count_nonzero(from_planted & (after == item.id))
            new = replace(new, origin=Origin.PLANT) if 2 * taken > new.area else new
        objects.append(ObjectChange(item.before, new))
    return replace(change, objects=tuple(objects))


def ignore_stroke(
    document: Document, box: Box, before: NDArray[np.uint8], tool: str
) -> Change | None:
    """Describe what a brush has just painted into the ignored regions within `box`.

    Parameters
    ----------
    document
        Its `ignored` already holds the paint.
    box
        Holds every painted pixel.
    before
        (box.height, box.width) pixels before the stroke.
    tool
        Name of the tool, for the history: 'paint', 'erase', 'fill', 'polygon'.
    """
    patches = patches_between(box, before, document.ignored[box.slices])
    return _ignoring(patches, {"tool": tool})


def ignore_region(
    document: Document, box: Box, mask: NDArray[np.bool_], *, ignored: bool = True
) -> Change | None:
    """Ignore a region, or take it back; None where that changes no pixel.

    Parameters
    ----------
    document
        Read, not written.
    box, mask
        Where, and the (box.height, box.width) pixels of the region.
    ignored
        False to have the region decided again.
    """
    before = document.ignored[box.slices]
    return set_ignored(document, box, np.where(mask, ignored, before > 0))


def set_ignored(document: Document, box: Box, mask: NDArray[np.bool_]) -> Change | None:
    """Make the ignored pixels of a box those of a (box.height, box.width) mask."""
    after = np.asarray(mask, bool).astype(np.uint8)
    return _ignoring(patches_between(box, document.ignored[box.slices], after), {})


def _ignoring(patches: tuple[Patch, ...], details: dict[str, str]) -> Change | None:
    if not patches:
        return None
    grown = any((patch.after > patch.before).any() for patch in patches)
    summary = "ignore a region" if grown else "clear an ignored region"
    return Change(EditKind.IGNORE, (), (), summary, details, ignored=patches)


def note(document: Document, text: str, cell: CellObject | None = None) -> Change | None:
    """Write a note on a cell, living or removed, or on the picture; None where it says so already.

    Parameters
    ----------
    document
        Read, not written.
    text
        Empty to take the note away. Control characters are dropped, and what goes beyond
        `notes.MOST` characters.
    cell
        None for the picture.
    """
    text = notes.tidy(text)
    place = f"cell {cell.id}" if cell is not None else "the picture"
    summary = f"note on {place}" if text else f"delete the note on {place}"
    if text == (cell.note if cell is not None else document.note):
        return None
    if cell is None:
        details = {"note": text, "former": document.note}
        return Change(EditKind.NOTE, (), (), summary, details)
    return Change(EditKind.NOTE, (), (ObjectChange(cell, replace(cell, note=text)),), summary)
