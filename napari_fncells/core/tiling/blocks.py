"""Masks and labels in memory, packed small: block by block."""

from __future__ import annotations

from itertools import product
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box

Packed = tuple[NDArray[Any], ...]


class Blocks:
    """A (Y, X) array of mostly equal neighbours in a fraction of its memory.

    Masks are kept as one bit a pixel, numbers as runs of equal ones, row by row. Any thread may
    read and write.

    Parameters
    ----------
    shape
        (Y, X).
    dtype
        bool, or an integer type. All values are 0 at first.
    side
        Of a block, in px; parts that are whole blocks are written without reading.
    """

    def __init__(self, shape: tuple[int, int], dtype: type[np.generic], side: int = 512) -> None:
        self.shape = shape
        self.dtype = np.dtype(dtype)
        self._side = side
        self._blocks: dict[tuple[int, int], Packed] = {}
        self._lock = Lock()

    def read(self, box: Box) -> NDArray[Any]:
        """The values in a box of the picture."""
        values = np.zeros((box.height, box.width), self.dtype)
        for place, block in self._in(box):
            packed = self._blocks.get(place)
            if packed is not None:
                common = box.clip_to(block)
                values[common.within(box)] = _unpacked(packed, block)[common.within(block)]
        return values

    def write(self, box: Box, values: NDArray[Any]) -> None:
        """Set the values in a box."""
        self._put(box, values, None)

    def add(self, box: Box, values: NDArray[Any]) -> None:
        """Set the values in a box where they are not 0."""
        self._put(box, values, values != 0)

    def _put(self, box: Box, values: NDArray[Any], where: NDArray[np.bool_] | None) -> None:
        for place, block in self._in(box):
            common = box.clip_to(block)
            part = values[common.within(box)]
            if common == block and where is None:
                self._keep(place, part)
                continue
            with self._lock:
                known = self._blocks.get(place)
                whole = (
                    np.zeros((block.height, block.width), self.dtype)
                    if known is None
                    else _unpacked(known, block)
                )
                chosen = True if where is None else where[common.within(box)]
                target = whole[common.within(block)]
                np.copyto(target, part, where=chosen, casting="unsafe")
                self._keep(place, whole)

    def _keep(self, place: tuple[int, int], values: NDArray[Any]) -> None:
        if values.any():
            self._blocks[place] = _packed(np.ascontiguousarray(values, dtype=self.dtype))
        else:
            self._blocks.pop(place, None)

    def _in(self, box: Box) -> list[tuple[tuple[int, int], Box]]:
        """Places and boxes of the blocks that a box meets."""
        side = self._side
        rows = range(box.top // side, -(-box.bottom // side))
        columns = range(box.left // side, -(-box.right // side))
        return [
            (
                (row, column),
                Box(row * side, column * side, (row + 1) * side, (column + 1) * side).clip(
                    self.shape
                ),
            )
            for row, column in product(rows, columns)
        ]


def _packed(values: NDArray[Any]) -> Packed:
    if values.dtype == np.bool_:
        return (np.packbits(values),)
    flat = values.ravel()
    starts = np.flatnonzero(np.diff(flat, prepend=~flat[:1]))
    return flat[starts], np.diff(starts, append=flat.size).astype(np.int32)


def _unpacked(packed: Packed, block: Box) -> NDArray[Any]:
    shape = block.height, block.width
    if len(packed) == 1:
        size = block.height * block.width
        return np.unpackbits(packed[0], count=size).view(np.bool_).reshape(shape)
    return np.repeat(*packed).reshape(shape)
