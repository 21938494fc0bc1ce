"""Markers of the FNC v1 splitting in large pictures; see `fnc_v1.split_fnc_v1`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.distance import distance_to_ground
from napari_fncells.core.fnc_v1 import LEAST_MARKER, REACH, peaks, widen
from napari_fncells.core.geometry import Box
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.fields import Field, Local, window
from napari_fncells.core.tiling.passes import pack
from napari_fncells.core.tiling.pieces import Pieces, find_pieces
from napari_fncells.core.tiling.work import Steps

_WORDS = "Finding centres"


@dataclass(frozen=True)
class Distance:
    """Distance of each pixel of a mask from the nearest outside it, in px."""

    mask: Field

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        return self.mask.shape

    def read(self, box: Box) -> NDArray[np.float32]:
        """The values in a box; how far is looked around it depends on them."""
        reach = 2 * REACH
        while True:
            wide = window(box, reach, self.shape)
            found = distance_to_ground(np.ascontiguousarray(self.mask.read(wide)))
            inner = found[box.within(wide)]
            # Ground that is not in the window is farther away than its reach
            if float(inner.max()) <= reach or wide == Box.whole(self.shape):
                return inner
            reach *= 2


def find_markers(pieces: Pieces, side: int) -> Steps[Blocks]:
    """Number the plateaus of the widened distance map, those too small left out; uint32."""
    mask = yield from pieces.packed(side, _WORDS)
    widened = Local((Distance(mask),), widen, REACH)
    lowest = _lowest(widened, pieces.tiles)
    plateaus = Local((widened,), partial(peaks, lowest=lowest), REACH)
    packed = yield from pack(plateaus, np.bool_, side, _WORDS)
    found = yield from find_pieces(packed, side, 4, _WORDS)
    return (yield from found.only(found.area >= LEAST_MARKER).packed(side, _WORDS, np.uint32))


def _lowest(field: Field, tiles: list[Box]) -> float:
    """The lowest of values that are not below 0."""
    lowest = np.inf
    for tile in tiles:
        lowest = min(lowest, float(field.read(tile).min()))
        if lowest == 0:
            break
    return lowest
