"""Cells of large pictures: clumps cut, outlines moved, filtered, numbered in reading order.

See `segment.cells_in`. What is done to a piece or a cell is done in a window that holds it whole,
however large it is, by the very function that does it in the whole picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.clean import drop_cells
from napari_fncells.core.distance import distance_to_ground
from napari_fncells.core.fnc_v1 import parts
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes, cell_pixels, dense, present
from napari_fncells.core.offset import move_outlines
from napari_fncells.core.params import CleanUpParams
from napari_fncells.core.split import heights_of, split_dim_lines, split_necks
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.fields import Held, Local
from napari_fncells.core.tiling.halo import outline_halo
from napari_fncells.core.tiling.markers import find_markers
from napari_fncells.core.tiling.passes import block_side, pack, tiles_of
from napari_fncells.core.tiling.pieces import Ids, Pieces, tile_of, whole, windows
from napari_fncells.core.tiling.work import Steps, each

IntLabels = NDArray[np.int32]
_WORDS = "Separating cells"


@dataclass(frozen=True)
class CellTable:
    """Where each cell is.

    Attributes
    ----------
    ids
        (n,) int64, in order of the first pixels.
    box
        (n, 4) int64: top, left, bottom, right.
    first
        (n,) int64: the first pixel, counted row by row through the picture.
    """

    ids: Ids
    box: Ids
    first: Ids

    def without(self, gone: Ids) -> CellTable:
        """The table without some cells."""
        kept = ~np.isin(self.ids, gone)
        return CellTable(self.ids[kept], self.box[kept], self.first[kept])


def find_cells(pieces: Pieces, scores: Held, params: CleanUpParams, side: int) -> Steps[Blocks]:
    """Cells of the pieces of a mask, their outlines moved; any numbers, uint32."""
    cells = yield from _cut(pieces, scores, params, side)
    if not params.outline_offset:
        return cells
    act = partial(_moved, offset=params.outline_offset)
    moved = Local((cells,), act, outline_halo(params.outline_offset))
    return (yield from pack(moved, np.uint32, side, "Moving outlines"))


def table_of(cells: Blocks, side: int) -> Steps[CellTable]:
    """Where each cell is."""
    tiles = tiles_of(cells.shape, side)
    found = yield from each(tiles, lambda tile: _in_tile(cells, tile), "Measuring cells")
    ids = np.concatenate([part.ids for part in found])
    known, of = np.unique(ids, return_inverse=True)
    first = np.full(known.size, np.iinfo(np.int64).max)
    np.minimum.at(first, of, np.concatenate([part.first for part in found]))
    every = np.concatenate([part.box for part in found])
    box = np.empty((known.size, 4), np.int64)
    box[:, :2], box[:, 2:] = np.iinfo(np.int64).max, 0
    np.minimum.at(box[:, :2], of, every[:, :2])
    np.maximum.at(box[:, 2:], of, every[:, 2:])
    order = np.argsort(first)
    return CellTable(known[order], box[order], first[order])


def filtered(
    cells: Blocks, table: CellTable, params: CleanUpParams, side: int
) -> Steps[CellTable]:
    """Those cells that are neither too small, too large, not round enough nor at the border."""
    if not (params.min_area > 1 or params.max_area or params.roundness or params.border):
        return table
    tiles = tiles_of(cells.shape, side)
    owners = tile_of(table.first, tiles, cells.shape)

    def gone_in(place: tuple[Box, Ids]) -> Ids:
        box, rows = place
        ids, numbers = dense(cells.read(box))
        own = np.isin(ids, table.ids[rows])
        labels = np.concatenate([[0], np.where(own, 1 + np.arange(ids.size), 0)])[numbers]
        left = present(drop_cells(labels.astype(np.int32), params))
        own[left - 1] = False
        return ids[own]

    places = list(windows(owners, table.box, tiles, cells.shape))
    gone = yield from each(places, gone_in, "Choosing cells")
    return table.without(np.concatenate([np.empty(0, np.int64), *gone]))


def _cut(pieces: Pieces, scores: Held, params: CleanUpParams, side: int) -> Steps[Blocks]:
    cells = Blocks(pieces.shape, np.uint32, block_side(side))
    if params.split == "none":

        def keep(at: int) -> None:
            cells.write(pieces.tiles[at], pieces.numbers(at))

        yield from each(range(len(pieces.tiles)), keep, _WORDS)
        return cells
    split = yield from _split_by(pieces, scores, params, side)
    owners = tile_of(pieces.first, pieces.tiles, pieces.shape)
    places = list(windows(owners[1:], pieces.box[1:], pieces.tiles, pieces.shape))

    def act(place: tuple[Box, Ids]) -> None:
        box, rows = place
        cells.add(box, split(box, whole(pieces, box, rows + 1)))

    yield from each(places, act, _WORDS)
    return cells


def _split_by(
    pieces: Pieces, scores: Held, params: CleanUpParams, side: int
) -> Steps[Callable[[Box, IntLabels], NDArray[Any]]]:
    """What cuts the whole pieces in a box into cells with numbers of their own."""
    if params.split == "fnc_v1":
        markers = yield from find_markers(pieces, side)

        def by_markers(box: Box, labels: IntLabels) -> NDArray[Any]:
            numbers = markers.read(box).astype(np.int32)
            return parts(labels, distance_to_ground(labels > 0), numbers)

        return by_markers
    heights = heights_of(scores.array)
    fresh = _Fresh()

    def by_relief(box: Box, labels: IntLabels) -> NDArray[Any]:
        if params.split == "distance":
            return fresh(split_necks(labels, params))
        return fresh(split_dim_lines(labels, scores.read(box), params, heights))

    return by_relief


class _Fresh:
    """Gives numbers that no other window has given; any thread may ask."""

    def __init__(self) -> None:
        self._used = 0
        self._lock = Lock()

    def __call__(self, labels: IntLabels) -> NDArray[np.int64]:
        with self._lock:
            start = self._used
            self._used += int(labels.max(initial=0))
        found: NDArray[np.int64] = np.where(labels > 0, labels.astype(np.int64) + start, 0)
        return found


def _moved(labels: NDArray[np.uint32], offset: float) -> NDArray[np.uint32]:
    """Labels with their outlines moved, whatever their numbers."""
    ids, numbers = dense(labels)
    moved = move_outlines(numbers, offset)
    return np.concatenate([np.zeros(1, np.int64), ids])[moved].astype(np.uint32)


def _in_tile(cells: Blocks, tile: Box) -> CellTable:
    """The part of the table that a tile tells."""
    labels = cells.read(tile)
    pixels = cell_pixels(labels)
    first = np.zeros(pixels.ids.size, np.int64)
    first[pixels.of[::-1]] = pixels.place[::-1]
    rows, columns = np.divmod(first, tile.width)
    first = (rows + tile.top) * cells.shape[1] + columns + tile.left
    box = np.array(
        [[y.start, x.start, y.stop, x.stop] for y, x in boxes(labels).values()], np.int64
    ).reshape(-1, 4)
    box += np.array([tile.top, tile.left, tile.top, tile.left])
    return CellTable(pixels.ids, box, first)
