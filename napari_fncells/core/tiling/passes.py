"""Passes over all tiles of a field: to copy it, to hold it, to pack it."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from napari_fncells.core.distribution import Readable
from napari_fncells.core.geometry import Box
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.fields import Field, Held
from napari_fncells.core.tiling.work import Steps, each


class Writable(Readable, Protocol):
    """What is read and written by slices: a NumPy array, a memory map, a zarr store."""

    def __setitem__(self, key: Any, value: Any, /) -> None:
        """Set a part of it, by a tuple of slices."""
        ...


def tiles_of(shape: tuple[int, int], side: int) -> list[Box]:
    """Tiles of a plane, row by row."""
    return list(Box.whole(shape).tiles(side))


def copy(field: Field, target: Writable, side: int, words: str) -> Steps[None]:
    """Write a field into an array, tile by tile."""

    def act(tile: Box) -> None:
        target[tile.slices] = field.read(tile)

    yield from each(tiles_of(field.shape, side), act, words)


def hold(field: Field, side: int, words: str) -> Steps[Held]:
    """A float32 field in memory: for reduced ones."""
    plane = np.empty(field.shape, np.float32)
    yield from copy(field, plane, side, words)
    return Held(plane)


def pack(field: Field, dtype: type[np.generic], side: int, words: str) -> Steps[Blocks]:
    """A mask or numbers in memory, packed."""
    blocks = Blocks(field.shape, dtype, block_side(side))

    def act(tile: Box) -> None:
        blocks.write(tile, field.read(tile))

    yield from each(tiles_of(field.shape, side), act, words)
    return blocks


def block_side(side: int) -> int:
    """Side of blocks of which tiles are whole numbers."""
    return 512 if side % 512 == 0 else side
