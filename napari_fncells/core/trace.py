"""An outline drawn by hand: a new cell, or another outline for the cell it is drawn over."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from napari_fncells.core.clean import fill_holes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.groups import linked_pairs
from napari_fncells.core.join import as_one
from napari_fncells.core.labels import present
from napari_fncells.core.matching import overlaps
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import Params
from napari_fncells.core.path import Points, as_points, box_of, enclosed
from napari_fncells.core.pieces import Mask, largest_piece
from napari_fncells.core.pixels import change_pixels, writable


class TraceParams(Params):
    """Limits of an outline drawn by hand."""

    min_area: Annotated[
        int,
        Field(
            ge=1,
            description="A smaller outline is a slip of the hand.",
            json_schema_extra={"unit": "px²"},
        ),
    ] = 5


def trace_cell(
    document: Document, path: Points, params: TraceParams | None = None
) -> Change | None:
    """Make what is inside an outline drawn by hand one cell.

    The outline is closed by itself; where it crosses itself, all that it goes round counts.
    Drawn over a cell (they share more than half of the smaller of the two), it becomes the
    outline of that cell; of several such cells, of the one with the largest part inside, and the
    others, which lie inside by more than half, become part of it. Drawn over none, it makes a
    new cell. All other cells keep their ground; of what they leave in pieces, the largest
    becomes the cell.

    None where the cell has just that outline. The details of a new outline tell the `first` cell,
    which has it, as those of a join do.

    Raises
    ------
    UserError
        Where too little ground is left.
    """
    params = params or TraceParams()
    corners = as_points(path)
    if corners.shape[0] < 3:
        raise UserError("The outline is too short.", "Draw around the whole cell.")
    box = box_of(corners).clip(document.shape)
    inside = enclosed(corners, box, even_odd=False)
    inside = fill_holes(inside, inside.size)
    under = _cells_under(document, box, inside)
    after = writable(document, box)
    mine = np.isin(after, [cell.id for cell in under])
    kept = largest_piece(inside & ((after == 0) | mine))
    area = int(np.count_nonzero(kept))
    if area < params.min_area:
        if np.count_nonzero(inside) >= params.min_area:
            raise UserError("The ground inside the outline belongs to other cells.")
        raise UserError(f"The outline holds only {area} px²: too small for a cell.")
    if under:
        return _redrawn(document, box, kept, under)
    after[kept] = document.next_id
    return change_pixels(
        document,
        box,
        after,
        EditKind.ADD,
        summary=f"trace cell {document.next_id}",
        details={"tool": "trace"},
    )


def _cells_under(document: Document, box: Box, inside: Mask) -> list[CellObject]:
    """Cells that an outline is drawn over, the one with the largest part inside first."""
    near = [document.objects[i] for i in present(document.labels[box.slices][inside]).tolist()]
    if not near:
        return []
    area = _around(box, near)
    outlined = np.zeros((area.height, area.width), np.uint8)
    outlined[box.within(area)] = inside
    found = overlaps(document.labels[area.slices], outlined)
    linked = linked_pairs(found)
    order = np.argsort(-found.pixels[linked], kind="stable")
    return [document.objects[i] for i in found.pred_ids[found.rows[linked][order]].tolist()]


def _redrawn(document: Document, box: Box, kept: Mask, under: list[CellObject]) -> Change | None:
    """Give the first of some cells an outline, and make the others part of it."""
    first, *others = under
    area = _around(box, under)
    after = document.labels[area.slices].copy()
    after[np.isin(after, [cell.id for cell in under])] = 0
    after[box.within(area)][kept] = first.id
    change = change_pixels(
        document,
        area,
        after,
        EditKind.REDRAW,
        summary=f"redraw cell {first.id}",
        details={"tool": "trace", "first": first.id},
    )
    return None if change.empty else as_one(change, first, others)


def _around(box: Box, cells: list[CellObject]) -> Box:
    """A box, widened to hold cells whole."""
    for cell in cells:
        box = box.union(cell.box)
    return box
