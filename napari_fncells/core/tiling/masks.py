"""Masks of large pictures: above the cutoff, holes filled, smoothed, small pieces dropped.

See `cutoff.threshold` and `clean.smooth_mask`, of which each step has its like here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.clean import connectivity_of, smooth_mask
from napari_fncells.core.cutoff import ground_level, lower_cutoff, peak_levels
from napari_fncells.core.params import CleanUpParams, CutoffParams
from napari_fncells.core.tiling.blocks import Blocks
from napari_fncells.core.tiling.fields import Field, Held, Local
from napari_fncells.core.tiling.passes import block_side, pack
from napari_fncells.core.tiling.pieces import Pieces, find_pieces
from napari_fncells.core.tiling.work import Steps, each

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Masking:
    """How masks are worked out tile by tile; `side` of a tile in px."""

    side: int

    def threshold(self, scores: Held, cutoff: float, params: CutoffParams) -> Steps[Field]:
        """Pixels that belong to a cell."""
        mask: Field = _higher(scores, cutoff)
        if not (params.hysteresis or params.half_maximum):
            return mask
        ground = ground_level(scores.array)
        if params.hysteresis:
            wide = _higher(scores, lower_cutoff(cutoff, ground, params.hysteresis))
            mask = yield from self._reaching(wide, mask)
        if params.half_maximum:
            mask = yield from self._drawn_in(scores, mask, ground, params.half_maximum)
        return mask

    def pieces(self, mask: Field, params: CleanUpParams) -> Steps[Pieces]:
        """Pieces of a mask after holes are filled, it is smoothed and small ones are dropped."""
        connectivity = connectivity_of(params)
        if params.hole_area:
            mask = yield from self._filled(mask, params.hole_area, 12 - connectivity)
        for part in ("opening", "closing"):
            radius = getattr(params, part)
            if radius:
                act = partial(smooth_mask, params=CleanUpParams(**{part: radius}))
                mask = Local((mask,), act, 2 * radius)
        mask = yield from pack(mask, np.bool_, self.side, "Cutting and cleaning up")
        found = yield from find_pieces(mask, self.side, connectivity, "Finding pieces")
        return found.only(found.area >= params.min_area) if params.min_area > 1 else found

    def _filled(self, mask: Field, max_area: int, connectivity: int) -> Steps[Blocks]:
        ground = Local((mask,), np.logical_not)
        parts = yield from find_pieces(ground, self.side, connectivity, "Finding holes")
        hole = (parts.area < max_area) & ~parts.at_border()
        hole[0] = False
        return (
            yield from self._by_tile(
                parts, lambda at: mask.read(parts.tiles[at]) | hole[parts.numbers(at)]
            )
        )

    def _reaching(self, wide: Field, core: Field) -> Steps[Blocks]:
        parts = yield from find_pieces(wide, self.side, 8, "Finding pieces")
        reaching = np.zeros(parts.count + 1, bool)

        def act(at: int) -> None:
            reaching[parts.numbers(at)[core.read(parts.tiles[at])]] = True

        yield from each(range(len(parts.tiles)), act, "Finding pieces")
        reaching[0] = False
        return (yield from self._by_tile(parts, lambda at: reaching[parts.numbers(at)]))

    def _drawn_in(self, scores: Field, mask: Field, ground: float, share: float) -> Steps[Blocks]:
        parts = yield from find_pieces(mask, self.side, 8, "Finding pieces")
        peaks = np.full(parts.count + 1, -np.inf, np.float32)

        def peaks_in(at: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
            numbers, values = parts.numbers(at), scores.read(parts.tiles[at])
            inside = numbers > 0
            found, of = np.unique(numbers[inside], return_inverse=True)
            highest = np.full(found.size, -np.inf, np.float32)
            np.maximum.at(highest, of, values[inside])
            return found, highest

        for found, highest in (
            yield from each(range(len(parts.tiles)), peaks_in, "Measuring pieces")
        ):
            peaks[found] = np.maximum(peaks[found], highest)
        levels = peak_levels(peaks, ground, share)
        levels[0] = np.inf
        return (
            yield from self._by_tile(
                parts, lambda at: scores.read(parts.tiles[at]) > levels[parts.numbers(at)]
            )
        )

    def _by_tile(self, parts: Pieces, act: Callable[[int], NDArray[Any]]) -> Steps[Blocks]:
        """Pack a mask that is told for each tile by its place."""
        blocks = Blocks(parts.shape, np.bool_, block_side(self.side))

        def keep(at: int) -> None:
            blocks.write(parts.tiles[at], act(at))

        yield from each(range(len(parts.tiles)), keep, "Cutting and cleaning up")
        return blocks


def _higher(scores: Field, cutoff: float) -> Local:
    return Local((scores,), partial(_above, cutoff=np.float32(cutoff)))


def _above(values: NDArray[np.float32], cutoff: np.float32) -> Mask:
    above: Mask = values > cutoff
    return above
