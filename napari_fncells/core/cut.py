"""A cell cut in two or more by a stroke across it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.ndimage import distance_transform_edt
from skimage.segmentation import watershed

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import label
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import Params
from napari_fncells.core.path import Points, as_points, drawn, pixels_along
from napari_fncells.core.pieces import Mask, widened
from napari_fncells.core.pixels import change_pixels, state_by_hand, with_state, writable
from napari_fncells.core.ray import heading, reach_within

Pieces = NDArray[np.int32]


class CutParams(Params):
    """Limits of a cut."""

    min_area: Annotated[
        int,
        Field(
            ge=1,
            description="A smaller piece is not cut off.",
            json_schema_extra={"unit": "px²"},
        ),
    ] = 20


def cut_cell(
    document: Document, cell: CellObject, path: Points, params: CutParams | None = None
) -> Change:
    """Cut a living cell along a stroke; the pieces meet on the stroke.

    Ends of the stroke that lie in the cell are lengthened to its rim. The largest piece keeps
    the id. See `split_change` for the states.

    Raises
    ------
    UserError
        Where the stroke cuts nothing off, or only a piece that is too small.
    """
    params = params or CutParams()
    box = cell.box.padded(1).clip(document.shape)
    inside = document.labels[box.slices] == cell.id
    stroke = drawn(pixels_along(lengthened(document, cell, as_points(path))), box) & inside
    if not stroke.any():
        raise UserError(f"The stroke does not touch cell {cell.id}.")
    pieces = _sides(inside, stroke)
    number = int(pieces.max())
    if number < 2:
        raise UserError(
            f"The stroke cuts nothing off cell {cell.id}.",
            "Draw it across the cell, from outside to outside.",
        )
    pieces, smallest = without_crumbs(pieces, inside, params.min_area)
    if int(pieces.max()) < 2:
        raise UserError(
            f"The stroke cuts only {smallest} px² off cell {cell.id}: too small for a cell."
        )
    change = split_change(document, cell, box, pieces)
    return replace(change, summary=f"cut cell {cell.id}")


def lengthened(document: Document, cell: CellObject, path: Points) -> Points:
    """The path with ends that lie in a cell moved on, as they head, to where the cell ends."""
    limit = float(cell.box.height + cell.box.width)
    ends = []
    for run in (path[::-1], path):
        direction = heading(run)
        gap = reach_within(document.labels, cell.id, run[-1], direction, limit)
        ends.append(run[-1] + gap * direction)
    return np.concatenate([ends[:1], path, ends[1:]])


def split_change(document: Document, cell: CellObject, box: Box, pieces: Pieces) -> Change:
    """Make cells of the pieces of a cell.

    The largest keeps the id; the others get new ones, by size. All come from where the cell
    came from: pieces of a drafted cell count as edited, those of one made by hand as added.
    Of drafted cells there are therefore more than before; the history tells of the split.

    Parameters
    ----------
    document
        Read, not written.
    cell
        Living.
    box
        Holds the cell.
    pieces
        (box.height, box.width), 0 outside of the cell, 1..n inside: every number occurs.
    """
    sizes = np.bincount(pieces.ravel())[1:]
    order = np.argsort(-sizes, kind="stable") + 1
    ids = [cell.id, *range(document.next_id, document.next_id + sizes.size - 1)]
    after = writable(document, box, sizes.size)
    for number, i in zip(order.tolist(), ids, strict=True):
        after[pieces == number] = i
    change = change_pixels(
        document,
        box,
        after,
        EditKind.SPLIT,
        summary=f"split cell {cell.id}",
        details={"cell": cell.id, "pieces": ids},
    )
    state = state_by_hand(cell.origin)
    return with_state(change, dict.fromkeys(ids, (state, cell.origin)))


def _sides(inside: Mask, stroke: Mask) -> Pieces:
    """The parts of a cell on the sides of a stroke, numbered; the stroke shared among them."""
    sides = label(inside & ~stroke)
    beside = np.unique(sides[widened(stroke)])
    markers = np.where(np.isin(sides, beside), sides, 0)
    return flooded(markers, inside)


def flooded(markers: Pieces, inside: Mask) -> Pieces:
    """Markers grown, all at one pace, over the cell, and renumbered from 1 by first pixel."""
    if not markers.any():
        return inside.astype(np.int32)
    flat = np.zeros(inside.shape, dtype=np.uint8)
    pieces: Pieces = watershed(flat, markers, connectivity=2, mask=inside)
    lost = inside & (pieces == 0)
    if lost.any():
        # Parts of the cell that hang together with no side go with the nearest
        rows, columns = distance_transform_edt(
            pieces == 0, return_distances=False, return_indices=True
        )
        pieces = np.where(lost, pieces[rows, columns], pieces)
    numbers, first, inverse = np.unique(pieces, return_index=True, return_inverse=True)
    first[numbers == 0] = -1
    rank = np.argsort(np.argsort(first)) + int(numbers[0] != 0)
    renumbered: Pieces = rank[inverse].reshape(pieces.shape).astype(np.int32)
    return renumbered


def without_crumbs(pieces: Pieces, inside: Mask, min_area: int) -> tuple[Pieces, int]:
    """Give the ground of pieces that are too small to the others, the smallest first.

    Parameters
    ----------
    pieces
        Numbered from 1; every pixel inside belongs to one.
    inside
        The cell.
    min_area
        What is large enough, in px².

    Returns
    -------
    pieces
        Numbered from 1.
    largest
        Area of the largest piece given away.
    """
    largest = 0
    while (number := int(pieces.max())) > 1:
        sizes = np.bincount(pieces.ravel(), minlength=number + 1)[1:]
        smallest = int(sizes.argmin())
        if sizes[smallest] >= min_area:
            break
        largest = max(largest, int(sizes[smallest]))
        pieces = flooded(np.where(pieces == smallest + 1, 0, pieces), inside)
    return pieces, largest
