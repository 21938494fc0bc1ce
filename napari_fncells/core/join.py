"""Two cells made one, a gap between them bridged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

import cv2
import numpy as np
from pydantic import Field

from napari_fncells.core import notes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, label, present
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import Params
from napari_fncells.core.path import Points, as_points, box_of, drawn, pixels_along, sampled
from napari_fncells.core.pieces import Mask, touch
from napari_fncells.core.pixels import change_pixels, with_objects
from napari_fncells.core.ray import ids_under, reach_within

_DEPTH = 3.0
"""How far from its rim, in px, a cell's width at the bridge is measured."""


class JoinParams(Params):
    """Limits of a join."""

    max_gap: Annotated[
        float,
        Field(
            ge=0,
            description="Cells farther apart are not joined.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 100.0
    min_width: Annotated[
        int,
        Field(
            ge=1,
            description="A bridge is at least this wide.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 3


def join_cells(
    document: Document,
    first: CellObject,
    second: CellObject,
    path: Points,
    params: JoinParams | None = None,
) -> Change:
    """Make two living cells one, with the id of the first.

    Where they do not touch, the gap is bridged along the stroke, about as wide as the narrower
    of the two is there, on free ground only. The second cell is forgotten, not removed: its
    ground belongs to the joined cell, which a later draft cannot change. A tombstone would go
    on to forbid a cell there after the joined one gave the ground up.

    Raises
    ------
    UserError
        Where the cells are too far apart, or no bridge can be led past other cells.
    """
    params = params or JoinParams()
    box = first.box.union(second.box)
    labels = document.labels[box.slices]
    if touch(labels == first.id, labels == second.id):
        after = labels.copy()
    else:
        line = _line_between(document, first, second, as_points(path))
        box, after = _bridged(document, first, second, line, params)
    after[after == second.id] = first.id
    change = change_pixels(
        document,
        box,
        after,
        EditKind.JOIN,
        summary=f"join cells {first.id} and {second.id}",
        details={"first": first.id, "second": second.id},
    )
    return as_one(change, first, [second])


def as_one(change: Change, first: CellObject, others: Iterable[CellObject]) -> Change:
    """Return a change that took all pixels of some cells as one that made them part of the first.

    They are forgotten, not removed; their notes go to the first.
    """
    after: dict[int, CellObject | None] = {}
    note = first.note
    for cell in others:
        after[cell.id] = None
        note = notes.joined(note, cell.note)
    joined = next((item.after for item in change.objects if item.id == first.id), None)
    if joined is not None:
        after[first.id] = replace(joined, note=note)
    return with_objects(change, after)


def _line_between(
    document: Document, first: CellObject, second: CellObject, path: Points
) -> Points:
    """Part of the stroke from its last point in the first cell to the one it meets in the second.

    Ends that miss their cell are led on to its nearest pixel.
    """
    points = sampled(path)
    ids = ids_under(document.labels, points)
    arrived = np.flatnonzero(ids == second.id)
    last = int(arrived[0]) + 1 if arrived.size else points.shape[0]
    left = np.flatnonzero(ids[:last] == first.id)
    line = points[int(left[-1]) if left.size else 0 : last]
    if not left.size:
        line = np.concatenate([_nearest(document, first, line[0]), line])
    if not arrived.size:
        line = np.concatenate([line, _nearest(document, second, line[-1])])
    return line


def _nearest(document: Document, cell: CellObject, point: Points) -> Points:
    """(1, 2) pixel of a cell nearest to a point."""
    pixels = np.argwhere(document.labels[cell.box.slices] == cell.id)
    pixels += np.array([cell.box.top, cell.box.left])
    away = ((pixels - point) ** 2).sum(axis=1)
    return pixels[int(away.argmin()), None].astype(np.float64)


def _bridged(
    document: Document, first: CellObject, second: CellObject, line: Points, params: JoinParams
) -> tuple[Box, Labels]:
    """Labels in a box with a bridge of the first cell's id along a line."""
    gap = float(np.hypot(*np.diff(line, axis=0).T).sum())
    if gap > params.max_gap:
        raise UserError(f"Cells {first.id} and {second.id} are {gap:.0f} px apart: too far.")
    width = max(_width(document, first, second, line), params.min_width)
    box = first.box.union(second.box).union(box_of(line).padded(round(width)))
    box = box.clip(document.shape)
    after = document.labels[box.slices].copy()
    pixels = drawn(pixels_along(line), box)
    crossed = [i for i in present(after[pixels]).tolist() if i not in (first.id, second.id)]
    distance = cv2.distanceTransform(
        (~pixels).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    band = (distance <= (width - 1) / 2) & (after == 0)
    parts = _linking(after == first.id, after == second.id, band)
    if parts is None:
        others = f"Cell {crossed[0]} lies" if crossed else "Other cells lie"
        raise UserError(f"{others} between cells {first.id} and {second.id}.")
    after[parts] = first.id
    return box, after


def _linking(first: Mask, second: Mask, band: Mask) -> Mask | None:
    """The parts of a band that link two cells, or None where none does."""
    pieces = label(first | second | band)
    linked = np.intersect1d(pieces[first], pieces[second])
    if linked.size == 0:
        return None
    parts: Mask = band & np.isin(pieces, linked)
    return parts


def _width(document: Document, first: CellObject, second: CellObject, line: Points) -> float:
    """Width of the narrower of two cells where a line between them leaves them."""
    way = line[-1] - line[0]
    length = float(np.hypot(way[0], way[1]))
    if length == 0:
        return 0.0
    way = way / length
    widths = []
    for cell, rim, inwards in ((first, line[0], -way), (second, line[-1], way)):
        limit = float(cell.box.height + cell.box.width)
        depth = min(_DEPTH, reach_within(document.labels, cell.id, rim, inwards, _DEPTH))
        at = rim + max(depth - 1, 0) * inwards
        across = np.array([-way[1], way[0]])
        widths.append(
            sum(
                reach_within(document.labels, cell.id, at, side, limit)
                for side in (across, -across)
            )
        )
    return min(widths)
