"""Connected pieces of a mask that is read tile by tile, joined across the seams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_fncells.core.geometry import Box
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.fields import Field
from napari_fncells.core.tiling.passes import block_side, tiles_of
from napari_fncells.core.tiling.work import Steps, each

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Pieces:
    """All pieces of a mask, numbered from 1 by their first pixels, row by row.

    Attributes
    ----------
    mask
        The mask.
    tiles
        What it is read in.
    connectivity
        4 or 8.
    tables
        For each tile: the number of each piece that OpenCV finds in it; 0 is no piece.
    area
        (n + 1,) int64, px².
    box
        (n + 1, 4) int64: top, left, bottom, right.
    first
        (n + 1,) int64: the first pixel, counted row by row through the picture.
    """

    mask: Field
    tiles: list[Box]
    connectivity: int
    tables: list[Ids]
    area: Ids
    box: Ids
    first: Ids

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.mask.shape

    @property
    def count(self) -> int:
        """Number of pieces."""
        return self.area.size - 1

    def numbers(self, at: int) -> NDArray[np.int64]:
        """The number of the piece at each pixel of a tile, by the tile's place in `tiles`."""
        _, regions = cv2.connectedComponents(
            np.ascontiguousarray(self.mask.read(self.tiles[at])).view(np.uint8),
            connectivity=self.connectivity,
        )
        found: NDArray[np.int64] = self.tables[at][np.asarray(regions)]
        return found

    def only(self, kept: NDArray[np.bool_]) -> Pieces:
        """Those pieces for which an (n + 1,) array says so, numbered anew."""
        kept = kept.copy()
        kept[0] = False
        anew = np.where(kept, np.cumsum(kept), 0)
        rows = np.concatenate([[0], np.flatnonzero(kept)])
        return Pieces(
            self.mask,
            self.tiles,
            self.connectivity,
            [anew[table] for table in self.tables],
            self.area[rows],
            self.box[rows],
            self.first[rows],
        )

    def at_border(self) -> NDArray[np.bool_]:
        """(n + 1,): whether a piece touches the border of the picture."""
        rows, columns = self.shape
        top, left, bottom, right = self.box.T
        touching: NDArray[np.bool_] = (
            (top == 0) | (left == 0) | (bottom == rows) | (right == columns)
        )
        return touching

    def packed(self, side: int, words: str, dtype: type[np.generic] = np.bool_) -> Steps[Blocks]:
        """The mask of the pieces, or their numbers, packed."""
        blocks = Blocks(self.shape, dtype, block_side(side))

        def keep(at: int) -> None:
            numbers = self.numbers(at)
            blocks.write(self.tiles[at], numbers > 0 if blocks.dtype == np.bool_ else numbers)

        yield from each(range(len(self.tiles)), keep, words)
        return blocks


@dataclass(frozen=True)
class _Found:
    """Pieces of one tile, by OpenCV's numbers without the ground."""

    area: Ids
    box: Ids
    first: Ids
    edges: tuple[Ids, ...]
    """Numbers along the top, the bottom, the left and the right."""


def find_pieces(mask: Field, side: int, connectivity: int, words: str) -> Steps[Pieces]:
    """Find the pieces of a mask."""
    tiles = tiles_of(mask.shape, side)
    found = yield from each(tiles, lambda tile: _in_tile(mask, tile, connectivity), words)
    before = np.cumsum([0] + [part.area.size for part in found])
    total = int(before[-1])
    lines = [tuple(_shifted(e, n) for e in f.edges) for f, n in zip(found, before, strict=False)]
    pairs = np.concatenate([np.empty((0, 2), np.int64), *_seams(lines, tiles, connectivity)])
    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), (total + 1,) * 2)
    _, of = connected_components(links, directed=False)
    first = _merged(np.minimum, of, [f.first for f in found], np.iinfo(np.int64).max)
    # The group of the ground, which has no first pixel, becomes 0
    first[of[0]] = -1
    order = np.argsort(first)
    rank = np.empty(order.size, np.int64)
    rank[order] = np.arange(order.size)
    numbers = rank[of]
    area = np.zeros(order.size, np.int64)
    np.add.at(area, numbers[1:], np.concatenate([np.empty(0, np.int64), *(f.area for f in found)]))
    box = np.empty((order.size, 4), np.int64)
    for column, join in enumerate((np.minimum, np.minimum, np.maximum, np.maximum)):
        start = np.iinfo(np.int64).max if join is np.minimum else 0
        box[:, column] = _merged(join, numbers, [f.box[:, column] for f in found], start)
    tables = [
        np.concatenate([[0], numbers[1 + start : 1 + start + part.area.size]])
        for start, part in zip(before.tolist(), found, strict=False)
    ]
    return Pieces(mask, tiles, connectivity, tables, area, box, first[order])


def _in_tile(mask: Field, tile: Box, connectivity: int) -> _Found:
    inside = np.ascontiguousarray(mask.read(tile))
    _, regions, stats, _ = cv2.connectedComponentsWithStats(
        inside.view(np.uint8), connectivity=connectivity, ltype=cv2.CV_32S
    )
    left, top, width, height, area = stats[1:].T.astype(np.int64)
    box = np.stack([top, left, top + height, left + width], axis=1)
    box += [tile.top, tile.left, tile.top, tile.left]
    place = np.flatnonzero(inside)
    first = np.zeros(len(stats), np.int64)
    first[regions.ravel()[place][::-1]] = place[::-1]
    rows, columns = np.divmod(first[1:], tile.width)
    first = (rows + tile.top) * mask.shape[1] + columns + tile.left
    sides = regions[0], regions[-1], regions[:, 0], regions[:, -1]
    return _Found(area, box, first, tuple(side.astype(np.int64) for side in sides))


def _shifted(numbers: Ids, by: int) -> Ids:
    shifted: Ids = np.where(numbers > 0, numbers + by, 0)
    return shifted


def _merged(join: np.ufunc, of: NDArray[np.integer], parts: list[Ids], start: int) -> Ids:
    """One value for each group of pieces out of those of its members."""
    found = np.full(int(of.max()) + 1, start, np.int64)
    join.at(found, of[1:], np.concatenate([np.empty(0, np.int64), *parts]))
    return found


def _seams(lines: list[tuple[Ids, ...]], tiles: list[Box], connectivity: int) -> Iterator[Ids]:
    """Pairs of numbers that lie side by side across the seams between tiles."""
    across = sum(tile.top == 0 for tile in tiles)
    rows = [lines[start : start + across] for start in range(0, len(tiles), across)]
    for upper, lower in pairwise(rows):
        above = np.concatenate([part[1] for part in upper])
        yield from _side_by_side(above, np.concatenate([part[0] for part in lower]), connectivity)
    for column in range(across - 1):
        before = np.concatenate([row[column][3] for row in rows])
        behind = np.concatenate([row[column + 1][2] for row in rows])
        yield from _side_by_side(before, behind, connectivity)


def _side_by_side(one: Ids, other: Ids, connectivity: int) -> Iterator[Ids]:
    """Distinct pairs of numbers along two lines of pixels that lie side by side."""
    shifts: list[tuple[slice, slice]] = [(slice(None), slice(None))]
    if connectivity == 8:
        shifts += [(slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))]
    for here, there in shifts:
        both = np.stack([one[here], other[there]], axis=1)
        yield np.unique(both[(both > 0).all(axis=1)], axis=0)


def tile_of(first: Ids, tiles: list[Box], shape: tuple[int, int]) -> Ids:
    """Places, in a list of tiles, of those that hold pixels counted row by row."""
    rows, columns = np.divmod(first, shape[1])
    side = max(tiles[0].height, tiles[0].width)
    place: Ids = rows // side * -(-shape[1] // side) + columns // side
    return place


def windows(
    owner: Ids, box: Ids, tiles: list[Box], shape: tuple[int, int]
) -> Iterator[tuple[Box, Ids]]:
    """Boxes to read in which whole things lie, and which: each thing in one of them.

    Things little larger than a tile are read with the others of their tile; larger ones alone.
    None touches the border of its window but at that of the picture.

    Parameters
    ----------
    owner
        (n,): the place in `tiles` of the tile that holds a thing's first pixel.
    box
        (n, 4): top, left, bottom, right.
    tiles, shape
        Of the picture.

    Yields
    ------
    Box, ndarray
        And the rows of `owner` and `box`.
    """
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(tiles) + 1))
    for at, tile in enumerate(tiles):
        numbers = order[starts[at] : starts[at + 1]]
        wide = tile.padded(max(tile.height, tile.width) // 2)
        near = (box[numbers, 1] >= wide.left) & (box[numbers, 3] <= wide.right)
        near &= box[numbers, 2] <= wide.bottom
        if near.any():
            together = box[numbers[near]]
            corners = *together[:, :2].min(axis=0), *together[:, 2:].max(axis=0)
            yield _around(corners, shape), numbers[near]
        for number in numbers[~near]:
            yield _around(box[number], shape), np.array([number])


def _around(corners: Any, shape: tuple[int, int]) -> Box:
    return Box(*(int(side) for side in corners)).padded(1).clip(shape)


def whole(pieces: Pieces, box: Box, numbers: Ids) -> NDArray[np.int32]:
    """Whole pieces in a box that holds them, others left out: (y, x) int32 from 1 in order."""
    mask = np.ascontiguousarray(pieces.mask.read(box))
    _, regions = cv2.connectedComponents(mask.view(np.uint8), connectivity=pieces.connectivity)
    rows, columns = np.divmod(pieces.first[numbers], pieces.shape[1])
    table = np.zeros(int(regions.max()) + 1, np.int32)
    table[regions[rows - box.top, columns - box.left]] = np.arange(1, numbers.size + 1)
    found: NDArray[np.int32] = table[regions]
    return found
