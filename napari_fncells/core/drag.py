"""What a stroke with Ctrl means: a cut through one cell, or a join of two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import Params
from napari_fncells.core.path import STEP, Points, as_points, sampled
from napari_fncells.core.ray import heading, ids_under, reach_within


class DragParams(Params):
    """How exact a hand must be."""

    reach: Annotated[
        int,
        Field(
            ge=0,
            description="An end that misses a cell by no more than this is meant for it.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 5
    rim: Annotated[
        float,
        Field(
            ge=0,
            description="A cut may begin or end this far inside the cell's rim.",
            json_schema_extra={"unit": "px"},
        ),
    ] = 4.0
    rim_share: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="The same as a share of the stroke's length in the cell; the larger of "
            "the two holds.",
        ),
    ] = 0.25
    graze: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="A cell crossed for less than this share of the longest crossing is "
            "only grazed.",
        ),
    ] = 0.2


@dataclass(frozen=True)
class Cut:
    """The stroke cuts a cell."""

    cell: CellObject


@dataclass(frozen=True)
class Join:
    """The stroke joins two cells; the first is the one it begins in."""

    first: CellObject
    second: CellObject


def meaning_of(document: Document, path: Points, params: DragParams | None = None) -> Cut | Join:
    """Tell what a stroke is to do.

    Ends in two different cells join them; a stroke that crosses one cell, from outside to
    outside or nearly so, cuts it. A cell that lies between two that the stroke only just
    reaches is cut: in a clump there is no ground to begin on.

    Raises
    ------
    UserError
        For anything else, saying why.
    """
    params = params or DragParams()
    points = sampled(as_points(path))
    if points.shape[0] < 2:
        raise UserError("The stroke is too short.")
    ids = ids_under(document.labels, points)
    start, end = int(ids[0]), int(ids[-1])
    crossed = _crossed(document, points, ids, params)
    if start and end and start != end:
        between = {i: length for i, length in crossed.items() if i not in (start, end)}
        return _between(document, ids, start, end, between)
    if len(crossed) == 1:
        return Cut(document.objects[next(iter(crossed))])
    if crossed:
        raise UserError(f"The stroke crosses {_named(crossed)}.", "Cut one cell at a time.")
    start = start or _near(document, points[0], params.reach)
    end = end or _near(document, points[-1], params.reach)
    if start and end and start != end:
        return Join(document.objects[start], document.objects[end])
    raise _neither(ids, start, end)


def _between(
    document: Document, ids: NDArray[np.int64], start: int, end: int, crossed: Mapping[int, float]
) -> Cut | Join:
    """Meaning of a stroke with its ends in two cells."""
    if not crossed:
        return Join(document.objects[start], document.objects[end])
    middle, length = max(crossed.items(), key=lambda item: item[1])
    deepest = STEP * max(np.count_nonzero(ids == i) for i in (start, end))
    if len(crossed) == 1 and deepest <= length / 2:
        return Cut(document.objects[middle])
    raise UserError(
        f"The stroke from cell {start} to cell {end} runs over {_named(crossed)}.",
        "Join cells that lie side by side.",
    )


def _neither(ids: NDArray[np.int64], start: int, end: int) -> UserError:
    """Say why a stroke neither cuts nor joins."""
    if start and start == end:
        return UserError(
            f"The stroke begins and ends in cell {start}.",
            "Draw across a cell to cut it, from one cell to another to join them.",
        )
    if start or end or ids.any():
        return UserError(
            "The stroke neither crosses a cell nor leads from one to another.",
            "Draw across a cell to cut it, from one cell to another to join them.",
        )
    return UserError("There is no cell under the stroke.")


def _crossed(
    document: Document, points: Points, ids: NDArray[np.int64], params: DragParams
) -> dict[int, float]:
    """Cells that the stroke crosses from rim to rim, with its length in each, in px."""
    found: dict[int, float] = {}
    for i in np.unique(ids[ids > 0]).tolist():
        length = STEP * int(np.count_nonzero(ids == i))
        allowed = max(params.rim, params.rim_share * length)
        runs = (points[::-1], points)
        if all(_gap(document, i, run, allowed) <= allowed for run in runs):
            found[i] = length
    longest = max(found.values(), default=0.0)
    return {i: length for i, length in found.items() if length >= params.graze * longest}


def _gap(document: Document, i: int, run: Points, allowed: float) -> float:
    """What is missing from a stroke's last point to the rim of a cell; 0 if it lies outside."""
    return reach_within(document.labels, i, run[-1], heading(run), allowed + 1)


def _near(document: Document, point: Points, reach: int) -> int:
    """Id of the cell nearest to a point, or 0 where none is within reach."""
    row, column = np.round(point).astype(int)
    box = Box.square(int(row), int(column), reach).clip(document.shape)
    labels = document.labels[box.slices]
    pixels = np.argwhere(labels > 0)
    if pixels.size == 0:
        return 0
    away = np.hypot(*(pixels + np.array([box.top, box.left]) - point).T)
    nearest = int(away.argmin())
    return int(labels[tuple(pixels[nearest])]) if away[nearest] <= reach else 0


def _named(ids: Mapping[int, float]) -> str:
    """Cells in words."""
    names = [str(i) for i in sorted(ids)]
    if len(names) == 1:
        return f"cell {names[0]}"
    return f"cells {', '.join(names[:-1])} and {names[-1]}"
