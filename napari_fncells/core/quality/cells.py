"""What is wrong with single cells of a mask."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.core.params.quality import QualityParams
from napari_fncells.core.pieces import Mask
from napari_fncells.core.quality.finding import Finding, Kind
from napari_fncells.core.quality.pieces import (
    Side,
    cut_lines,
    holes_of,
    is_simple,
    pieces_by_size,
    threads_of,
)
from napari_fncells.core.quality.sizes import SizeLimits

_SIDE_NAMES: dict[Side, str] = {
    (-1, 0): "upper", (1, 0): "lower", (0, -1): "left", (0, 1): "right",
}  # fmt: skip


def check_cell(labels: Labels, cell: CellObject, params: QualityParams) -> tuple[Finding, ...]:
    """What is wrong with a living cell, its size aside.

    Looks at the cell's box alone.

    Parameters
    ----------
    labels
        (Y, X) instance labels.
    cell
        One of them.
    params
        What to look for.
    """
    window = labels[cell.box.slices]
    mask: Mask = window == cell.id
    found: list[Finding] = []
    if not is_simple(mask):
        found += _pieces(cell, mask, params)
        found += _holes(cell, mask, window, params)
    found += _threads(cell, mask, labels.shape, params)
    found += _strips(cell, mask, labels, params)
    if cell.state is ObjectState.UNSURE:
        words = f"Cell {cell.id} is marked as unsure."
        found.append(_finding(Kind.UNSURE, cell, mask, words))
    return tuple(found)


def size_table(cells: Iterable[CellObject]) -> NDArray[np.int64]:
    """(N, 6) id, box and area of cells: what their sizes are judged by, kept small."""
    rows = [(cell.id, *cell.box, cell.area) for cell in cells]
    return np.array(rows, dtype=np.int64).reshape(-1, 6)


def check_sizes(table: NDArray[np.int64], limits: SizeLimits) -> Iterator[Finding]:
    """Cells that are too small or too large.

    Parameters
    ----------
    table
        As `size_table` makes it.
    limits
        Between which a cell is all right.
    """
    usual = (
        "" if limits.median is None else f"; half of the cells have more than {limits.median:,.0f}"
    )
    odd = (table[:, 5] < limits.low) | (table[:, 5] > limits.high)
    for i, *corners, area in table[odd].tolist():
        kind = Kind.SMALL if area < limits.low else Kind.LARGE
        words = f"Cell {i} has {area:,} px²{usual}."
        yield Finding(kind, words, (i,), Box(*corners), f"{','.join(map(str, corners))}:{area}")


def _pieces(cell: CellObject, mask: Mask, params: QualityParams) -> Iterator[Finding]:
    numbers, areas = pieces_by_size(mask)
    if areas.size < 2:
        return
    rest = areas[1:]
    crumbs = rest[rest <= params.crumb_area]
    large = rest[rest > params.crumb_area]
    if large.size:
        share = large.sum() / areas.sum()
        words = (
            f"Cell {cell.id} is in {1 + large.size} pieces: {100 * share:.0f} % of it lies apart "
            "from the largest."
        )
        yield _finding(Kind.FRAGMENTS, cell, mask, words)
    if crumbs.size:
        many = f"{crumbs.size} crumbs" if crumbs.size > 1 else "a crumb"
        words = f"Cell {cell.id} has {many} of {int(crumbs.sum())} px² beside it."
        where = (numbers > 1) & (np.append(0, areas) <= params.crumb_area)[numbers]
        yield _finding(Kind.CRUMBS, cell, mask, words, where)


def _holes(
    cell: CellObject, mask: Mask, window: Labels, params: QualityParams
) -> Iterator[Finding]:
    if not params.hole_area:
        return
    holes = holes_of(window, cell.id)
    _, areas = pieces_by_size(holes)
    if not areas.size or int(areas[0]) < params.hole_area:
        return
    many = f"{areas.size} holes" if areas.size > 1 else "a hole"
    words = f"Cell {cell.id} has {many} of {int(areas.sum()):,} px²."
    yield _finding(Kind.HOLES, cell, mask, words, holes)


def _threads(
    cell: CellObject, mask: Mask, shape: tuple[int, ...], params: QualityParams
) -> Iterator[Finding]:
    # What small cells are too thin for says nothing of a slip
    if not params.thread or cell.area <= params.crumb_area:
        return
    threads = threads_of(mask, params.thread, own_picture(cell.box, shape))
    if not threads.any() or threads.sum() * 2 > cell.area:
        return
    _, areas = pieces_by_size(mask & ~threads)
    parts = int((areas > params.crumb_area).sum())
    if parts > 1:
        words = f"Cell {cell.id} holds together by a bridge one pixel wide."
    else:
        words = f"Cell {cell.id} has a spur one pixel wide, {int(threads.sum())} px long."
    yield _finding(Kind.THREADS, cell, mask, words, threads)


def _strips(
    cell: CellObject, mask: Mask, labels: Labels, params: QualityParams
) -> Iterator[Finding]:
    # The edges of a few pixels are straight wherever they end
    if cell.area <= params.crumb_area:
        return
    cut = list(cut_lines(labels, cell.id, cell.box, params.strip))
    if not cut:
        return
    names = " and ".join(_SIDE_NAMES[side] for side, _, _ in cut)
    width = max(width for _, width, _ in cut)
    words = f"Cell {cell.id} is cut off {width} px before the {names} border of the picture."
    yield _finding(Kind.STRIP, cell, mask, words)


def own_picture(box: Box, shape: tuple[int, ...]) -> Box:
    """The picture in rows and columns of a box in it."""
    return Box.whole(shape).shifted(-box.top, -box.left)


def _finding(
    kind: Kind, cell: CellObject, mask: Mask, words: str, where: Mask | None = None
) -> Finding:
    """A finding; `where`: the pixels it is about, those of the cell where omitted."""
    part = Box.around(where) if where is not None else None
    box = cell.box if part is None else part.shifted(cell.box.top, cell.box.left)
    return Finding(kind, words, (cell.id,), box, print_of(cell.box, mask))


def print_of(box: Box, mask: Mask) -> str:
    """Print of a cell: of its place and its pixels, whatever its id."""
    digest = hashlib.sha256(repr(tuple(box)).encode())
    digest.update(np.packbits(mask).tobytes())
    return digest.hexdigest()[:16]
