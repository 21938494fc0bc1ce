"""Which pieces of a picture are taken as its cells: the likeliest that do not overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.features import measure
from napari_fncells.core.auto.ladder import Rung
from napari_fncells.core.auto.view import View

LEAST = 0.1
"""Likeness below which a piece is never taken."""
_SHARED = 0.15
"""Share of a piece that others may have taken before; it loses that part."""


@dataclass(frozen=True)
class Pieces:
    """All pieces of a picture.

    Attributes
    ----------
    rungs
        Where they lie.
    starts
        Number of the first piece of each rung.
    table
        (n, len(NAMES)) features.
    """

    rungs: tuple[Rung, ...]
    starts: NDArray[np.int64]
    table: NDArray[np.float64]

    @classmethod
    def of(cls, rungs: list[Rung], tables: list[NDArray[np.float64]]) -> Pieces:
        """Put the pieces of all rungs, and their features, in one row."""
        counts = [rung.count for rung in rungs]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
        return cls(tuple(rungs), starts, np.concatenate(tables))

    def pixels(self, pieces: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
        """Flat indices of the pixels of some pieces."""
        of_rung = np.searchsorted(self.starts, pieces, side="right") - 1
        found = {}
        for number in np.unique(of_rung):
            wanted = pieces[of_rung == number]
            regions = self.rungs[number].regions.ravel()
            numbers = np.zeros(self.rungs[number].count + 1, dtype=np.int32)
            numbers[wanted - self.starts[number] + 1] = np.arange(1, wanted.size + 1)
            place = np.flatnonzero(regions)
            of = numbers[regions[place]]
            place, of = place[of > 0], of[of > 0]
            order = np.argsort(of, kind="stable")
            parts = np.split(place[order], np.cumsum(np.bincount(of)[1:])[:-1])
            found.update(zip(wanted.tolist(), parts, strict=True))
        return found


def measured(view: View, rungs: list[Rung]) -> Pieces:
    """Measure the pieces of some rungs."""
    return Pieces.of(rungs, [measure(view, rung) for rung in rungs])


def choose(
    pieces: Pieces, likeness: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Take one piece after the other, the likeliest first, where none was taken before.

    Returns
    -------
    chosen
        (k,) pieces, by falling likeness.
    regions
        (y, x) int32 at the working scale: 1 for the first of them, and so on; 0 = none.
    """
    shape = pieces.rungs[0].regions.shape
    regions = np.zeros(shape[0] * shape[1], dtype=np.int32)
    likely = np.flatnonzero(likeness > LEAST)
    pixels = pieces.pixels(likely)
    chosen: list[int] = []
    for piece in likely[np.argsort(-likeness[likely], kind="stable")].tolist():
        place = pixels[piece]
        free = regions[place] == 0
        count = int(np.count_nonzero(free))
        if count < (1 - _SHARED) * place.size:
            continue
        chosen.append(piece)
        regions[place[free]] = len(chosen)
    return np.array(chosen, dtype=np.int64), regions.reshape(shape)
