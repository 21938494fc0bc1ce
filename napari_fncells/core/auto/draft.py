"""The automatic draft, from the picture to cells."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.choice import Choice, choose
from napari_fncells.core.auto.features import Features, measure
from napari_fncells.core.auto.likeness import among, likeness
from napari_fncells.core.auto.outlines import draw
from napari_fncells.core.auto.pieces import Pieces, ladders
from napari_fncells.core.auto.view import View, view_of
from napari_fncells.core.auto.weights import AMONG_WEIGHTS, PIECE_WEIGHTS
from napari_fncells.core.auto.words import (
    channel_words,
    found_words,
    nothing_words,
    view_words,
)
from napari_fncells.core.blur import Plane
from napari_fncells.core.intensity import intensity
from napari_fncells.core.labels import dense
from napari_fncells.core.params import TYPICAL_AMOUNTS

CUTOFF = TYPICAL_AMOUNTS["likeness"]
"""Likeness above which a piece is a cell unless told otherwise."""


@dataclass(frozen=True)
class AutoResult:
    """An automatic draft.

    Attributes
    ----------
    labels
        (Y, X) int32: the cells at `CUTOFF`, 1..n, the likeliest first; 0 = background.
    likeness
        (Y, X) float32 in 0..1: that of the piece that holds the pixel, 0 where none does. At
        any cutoff, the pixels above it are those of `labels_at`.
    words
        What was chosen and found, for a biologist.
    pieces
        (Y, X) int32: all pieces kept, also those that are hardly like a cell, 1..k by falling
        likeness.
    likenesses
        (k,) float32, one for each of them.
    """

    labels: NDArray[np.int32]
    likeness: Plane
    words: str
    pieces: NDArray[np.int32]
    likenesses: NDArray[np.float32]

    @classmethod
    def of(
        cls, pieces: NDArray[np.int32], likenesses: NDArray[np.float32], words: str
    ) -> AutoResult:
        """Put together what belongs to pieces numbered by falling likeness."""
        of_number = np.concatenate([np.zeros(1, np.float32), likenesses])
        return cls(
            _first(pieces, likenesses, CUTOFF), of_number[pieces], words, pieces, likenesses
        )

    def labels_at(self, cutoff: float) -> NDArray[np.int32]:
        """(Y, X) int32: pieces of a likeness above the cutoff, 1..n, the likeliest first."""
        return _first(self.pieces, self.likenesses, cutoff)


def _first(
    pieces: NDArray[np.int32], likenesses: NDArray[np.float32], cutoff: float
) -> NDArray[np.int32]:
    count = int(np.count_nonzero(likenesses > np.float32(cutoff)))
    return np.where(pieces <= count, pieces, np.int32(0))


def auto_steps(image: NDArray[np.generic]) -> Generator[str, None, AutoResult]:
    """Draft a picture, yielding in words what comes next; returns the `AutoResult`.

    Pieces of many level sets, whole and cut at their necks, are judged one by one by size,
    shape, light and edge; the best that don't overlap are taken and judged once more beside
    each other. The same picture gives the same draft, in 8 and in 16 bit.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.

    Raises
    ------
    ParameterError
        For an array that is no picture; see `intensity`.
    """
    yield "Looking for the scale of the cells"
    plane = intensity(image)
    where = channel_words(image)
    view = view_of(plane)
    if view is None:
        return _nothing(plane.shape, nothing_words(where))
    ladder: list[Pieces] = []
    tables: list[Features] = []
    for pieces in ladders(view):
        yield f"Measuring what may be cells, level {len(ladder) + 1}"
        ladder.append(pieces)
        tables.append(measure(view, pieces))
    if not ladder:
        return _nothing(plane.shape, nothing_words(where))
    yield "Judging the pieces"
    choices, table, first = chosen(view, ladder, tables)
    if not choices:
        return _nothing(plane.shape, nothing_words(where))
    beside = among(table, first)
    second = likeness(beside, AMONG_WEIGHTS)
    yield "Drawing the outlines"
    words = f"{where}. {view_words(plane, view)} "
    words += found_words(table, beside["dimness"], second > CUTOFF)
    order = np.argsort(-second, kind="stable")
    drawn = draw([choices[index] for index in order.tolist()], view, plane.shape)
    # One that lies wholly under others is no piece
    found, numbers = dense(drawn)
    return AutoResult.of(numbers, second[order][found - 1].astype(np.float32), words)


def chosen(
    view: View, ladder: list[Pieces], tables: list[Features]
) -> tuple[list[Choice], Features, NDArray[np.float64]]:
    """The pieces that are taken, what was measured of them, their likeness one by one."""
    table = {name: np.concatenate([part[name] for part in tables]) for name in tables[0]}
    merit = likeness(table, PIECE_WEIGHTS)
    members = [pixels for pieces in ladder for pixels in pieces.members()]
    choices = choose(members, merit, view.height.size)
    taken = np.array([choice.index for choice in choices], dtype=np.intp)
    return choices, {name: column[taken] for name, column in table.items()}, merit[taken]


def _nothing(shape: tuple[int, ...], words: str) -> AutoResult:
    return AutoResult.of(np.zeros(shape, np.int32), np.empty(0, np.float32), words)
