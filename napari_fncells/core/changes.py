"""The tools of correction, as proposals: each function returns a `Change` or None.

None means that there is nothing to do. Nothing here writes; `Document.commit` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, patches_between
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.labels import Labels, boxes, dense, present
from napari_fncells.core.objects import CellObject, Footprint, ObjectState, Origin

# Above this many objects one pass over the box beats one comparison per object
_MANY = 16


def remove_cell(document: Document, cell: CellObject) -> Change:
    """Remove a living cell; its place is remembered."""
    after = document.labels[cell.box.slices].copy()
    after[after == cell.id] = 0
    return change_pixels(
        document, cell.box, after, EditKind.REMOVE, summary=f"remove cell {cell.id}"
    )


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
                return item.before.state if item.before.touched else ObjectState.ACCEPTED
    return _state_after(cell.origin, drafted=False)


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
    return None if change.empty else change


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
    return None if change.empty else change


def change_pixels(
    document: Document,
    box: Box,
    after: Labels,
    kind: EditKind,
    *,
    summary: str,
    details: Mapping[str, Any] | None = None,
    before: Labels | None = None,
    drafted: bool = False,
) -> Change:
    """Work out the change of pixels and objects that putting `after` into `box` makes.

    Cells that gain or lose pixels count as edited, those that lose all become tombstones, ids
    not known before become added cells; with `drafted`, they become draft cells, and draft
    cells that lose all their pixels are forgotten.

    Parameters
    ----------
    document
        Read, not written.
    box, after
        Where, and the (box.height, box.width) labels to be there.
    kind, summary, details
        See `Change`.
    before
        Labels in the box before, where a brush has already overwritten them.
    drafted
        Whether a program, not the expert, makes the change.
    """
    old = document.labels[box.slices] if before is None else before
    old = old.astype(after.dtype, copy=False)
    patches = patches_between(box, old, after)
    if not patches:
        return Change(kind, (), (), summary, dict(details or {}))
    different = old != after
    ids = {int(i) for part in (old, after) for i in present(part[different])}
    area, was, now = _surroundings(document, ids, box, old, after)
    extents = _extents(now, ids)
    changes = [
        ObjectChange(
            document.objects.get(i),
            _object_after(document.objects.get(i), i, area, was, extents.get(i), drafted=drafted),
        )
        for i in sorted(ids)
    ]
    return Change(kind, patches, tuple(changes), summary, dict(details or {}))


def _surroundings(
    document: Document, ids: Iterable[int], box: Box, old: Labels, after: Labels
) -> tuple[Box, Labels, Labels]:
    """Labels before and after in a box large enough to hold the affected cells whole."""
    area = box
    for i in ids:
        known = document.objects.get(i)
        if known is not None and known.alive:
            area = area.union(known.box)
    if area == box:
        return area, old, after
    around = document.labels[area.slices].astype(after.dtype, copy=True)
    was, now = around, around.copy()
    was[box.within(area)] = old
    now[box.within(area)] = after
    return area, was, now


def _extents(labels: Labels, ids: set[int]) -> dict[int, tuple[Box, int]]:
    """Tight box and area of each of the ids that occur."""
    found: dict[int, tuple[Box, int]] = {}
    if len(ids) > _MANY:
        known, numbers = dense(labels)
        areas = np.bincount(numbers.ravel(), minlength=known.size + 1)
        for number, slices in boxes(numbers).items():
            i = int(known[number - 1])
            if i in ids:
                found[i] = Box.of(slices), int(areas[number])
        return found
    for i in ids:
        mask = labels == i
        box = Box.around(mask)
        if box is not None:
            found[i] = (box, int(np.count_nonzero(mask[box.slices])))
    return found


def _object_after(
    known: CellObject | None,
    i: int,
    area: Box,
    was: Labels,
    extent: tuple[Box, int] | None,
    *,
    drafted: bool,
) -> CellObject | None:
    """What becomes of one object."""
    origin = known.origin if known else (Origin.DRAFT if drafted else Origin.HAND)
    if extent is not None:
        box, pixels = extent
        state = _state_after(origin, drafted=drafted)
        return CellObject(i, state, origin, box.shifted(area.top, area.left), pixels)
    if drafted or known is None:
        return None
    lost = was[known.box.within(area)] == i
    footprint = Footprint.of(known.box, lost)
    return CellObject(i, ObjectState.REMOVED, origin, known.box, 0, footprint)


def _state_after(origin: Origin, *, drafted: bool) -> ObjectState:
    """State of a cell whose pixels have just changed."""
    if drafted:
        return ObjectState.DRAFT
    return ObjectState.ADDED if origin is Origin.HAND else ObjectState.EDITED
