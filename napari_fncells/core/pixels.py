"""What a change of pixels means for the cells: who gains, who loses, what becomes of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, patches_between
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes, dense, present
from napari_fncells.core.objects import CellObject, Footprint, ObjectState, Origin

# Above this many objects one pass over the box beats one comparison per object
_MANY = 16


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


def writable(document: Document, box: Box, new_ids: int = 0) -> Labels:
    """Copy of the labels in a box, of a dtype that holds that many ids more."""
    highest = np.min_scalar_type(document.next_id + new_ids)
    return document.labels[box.slices].astype(np.promote_types(document.labels.dtype, highest))


def with_objects(change: Change, after: Mapping[int, CellObject | None]) -> Change:
    """Return the change with another outcome for some of its objects; None forgets one."""
    objects = tuple(
        ObjectChange(item.before, after[item.id]) if item.id in after else item
        for item in change.objects
    )
    return replace(change, objects=objects)


def with_state(change: Change, states: Mapping[int, tuple[ObjectState, Origin]]) -> Change:
    """Return the change with other states and origins for those of its cells that live."""
    return with_objects(
        change,
        {
            item.id: replace(item.after, state=states[item.id][0], origin=states[item.id][1])
            for item in change.objects
            if item.id in states and item.after is not None and item.after.alive
        },
    )


def state_by_hand(origin: Origin) -> ObjectState:
    """State of a cell whose pixels the expert has just changed."""
    proposed = origin in (Origin.DRAFT, Origin.PLANT)
    return ObjectState.EDITED if proposed else ObjectState.ADDED


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
        state = ObjectState.DRAFT if drafted else state_by_hand(origin)
        place = box.shifted(area.top, area.left)
        return CellObject(i, state, origin, place, pixels, note=known.note if known else "")
    if drafted or known is None:
        return None
    lost = was[known.box.within(area)] == i
    footprint = Footprint.of(known.box, lost)
    return CellObject(i, ObjectState.REMOVED, origin, known.box, 0, footprint, known.note)
