"""Objects that were drawn from the outlines in a file, against the cells of a picture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.io.exporters.agreement import named
from napari_fncells.io.exporters.base import Comparison, GroundTruth


class Drawn(NamedTuple):
    """An object as a file has it.

    Attributes
    ----------
    number
        Its id in the file.
    box, mask
        Where in the picture, and (box.height, box.width) bool.
    """

    number: int
    box: Box
    mask: NDArray[np.bool_]


class _Pair(NamedTuple):
    iou: float
    cell: int
    place: int


def compare_objects(
    truth: GroundTruth, objects: Iterable[Drawn], file: str, notes: tuple[str, ...] = ()
) -> Comparison:
    """Pair objects with cells, the most alike first, and compare pixel by pixel.

    Parameters
    ----------
    truth
        The picture.
    objects
        What the file holds of it.
    file
        Its name, for people.
    notes
        What the format cannot hold of this picture.

    Returns
    -------
    Comparison
        Exact where each object has just the pixels of its cell and there is one for each.
    """
    drawn = list(objects)
    pairs = _paired(truth, drawn)
    best = {pair.cell: pair for pair in pairs}
    lost = tuple(cell.id for cell in truth.cells if cell.id not in best)
    changed = tuple(sorted(i for i, pair in best.items() if pair.iou < 1))
    exact = not lost and not changed and len(drawn) == len(truth.cells)
    numbers = {pair.cell: drawn[pair.place].number for pair in pairs}
    return Comparison(
        len(truth.cells),
        len(drawn),
        exact=exact,
        iou=min((pair.iou for pair in pairs), default=0.0) if truth.cells else None,
        lost=lost,
        changed=changed,
        renumbered={i: number for i, number in sorted(numbers.items()) if i != number},
        notes=notes,
        problem="" if exact else _problem(file, len(drawn), len(truth.cells), lost, changed),
    )


def _paired(truth: GroundTruth, drawn: list[Drawn]) -> list[_Pair]:
    area = {cell.id: cell.area for cell in truth.cells}
    candidates = []
    for place, (_, box, mask) in enumerate(drawn):
        size = int(np.count_nonzero(mask))
        ids, common = np.unique(truth.labels[box.slices][mask], return_counts=True)
        for i, shared in zip(ids.tolist(), common.tolist(), strict=True):
            if i in area:
                candidates.append(_Pair(shared / (area[i] + size - shared), i, place))
    candidates.sort(key=lambda pair: (-pair.iou, pair.cell, pair.place))
    cells: set[int] = set()
    places: set[int] = set()
    pairs = []
    for pair in candidates:
        if pair.cell not in cells and pair.place not in places:
            cells.add(pair.cell)
            places.add(pair.place)
            pairs.append(pair)
    return pairs


def _problem(
    file: str, found: int, cells: int, lost: tuple[int, ...], changed: tuple[int, ...]
) -> str:
    told = []
    if lost:
        told.append(f"without the cells {named(lost)}")
    if changed:
        told.append(f"with other pixels for the cells {named(changed)}")
    if found > cells:
        told.append(f"with {found} objects for {cells} cells")
    return f"{file} reads back {' and '.join(told)}."
