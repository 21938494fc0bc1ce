"""The automatic draft: looks, finds pieces, judges them, takes the likeliest."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.choice import Pieces, choose
from napari_fncells.core.auto.features import measure
from napari_fncells.core.auto.ladder import ladder
from napari_fncells.core.auto.model import Typical, alone, among
from napari_fncells.core.auto.outlines import enlarged
from napari_fncells.core.auto.view import View, view_of
from napari_fncells.core.auto.weights import FIRST_LOOK, SECOND_LOOK
from napari_fncells.core.auto.words import Story, channel_words, nothing_words, words_of
from napari_fncells.core.intensity import intensity
from napari_fncells.core.labels import dense

CUTOFF = 0.5
"""Likeness above which a piece is drafted as a cell."""


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
        What was chosen and why.
    pieces
        (Y, X) int32: all pieces kept, 1..k by falling likeness.
    likenesses
        (k,) float32, one for each of them.
    """

    labels: NDArray[np.int32]
    likeness: NDArray[np.float32]
    words: str
    pieces: NDArray[np.int32]
    likenesses: NDArray[np.float32]

    def labels_at(self, cutoff: float) -> NDArray[np.int32]:
        """Cells at another cutoff: the pieces of a likeness above it; (Y, X) int32."""
        count = int(np.count_nonzero(self.likenesses > np.float32(cutoff)))
        return np.where(self.pieces <= count, self.pieces, np.int32(0))


def auto_steps(image: NDArray[np.generic]) -> Generator[str, None, AutoResult]:
    """Draft a picture without any setting, yielding in words what comes next.

    The picture is brought to a scale at which its typical cell has one size. Every connected
    part of a ladder of level sets is a piece: of the light above the ground, and of its relief,
    which parts cells that touch. A logistic model says of each piece how like a cell it is, by
    its size, shape, light and outline; a second one compares it with the cells that the first
    has found in this picture. The likeliest pieces that do not overlap are taken. (The idea of
    judging all level sets: Matas et al. 2002; of choosing among nested ones: Arteta et al. 2012.)

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype. Not finite values count as 0.

    Raises
    ------
    ParameterError
        For an array that is no picture.
    """
    yield "Looking at the picture"
    plane = intensity(image)
    where = channel_words(image)
    view = view_of(plane)
    if view is None:
        return _nothing(plane.shape, nothing_words(where))
    rungs, tables = [], []
    for rung in ladder(view):
        yield f"Measuring what may be cells, level {len(rungs) + 1}"
        rungs.append(rung)
        tables.append(measure(view, rung))
    if not rungs:
        return _nothing(plane.shape, nothing_words(where))
    pieces = Pieces.of(rungs, tables)
    yield f"Judging {len(pieces.table)} pieces"
    likeness, typical = judged(pieces)
    chosen, regions = choose(pieces, likeness)
    yield "Drawing outlines"
    return _result(view, pieces, (chosen, regions), likeness[chosen], typical, where)


def judged(pieces: Pieces) -> tuple[NDArray[np.float64], Typical]:
    """Likeness of each piece among the cells of its picture, and what those are like."""
    first = FIRST_LOOK.likeness(alone(pieces.table))
    typical = Typical.of(pieces.table, first, choose(pieces, first)[0])
    return SECOND_LOOK.likeness(among(pieces.table, first, typical)), typical


def _result(
    view: View,
    pieces: Pieces,
    choice: tuple[NDArray[np.int64], NDArray[np.int32]],
    likeness: NDArray[np.float64],
    typical: Typical,
    where: str,
) -> AutoResult:
    chosen, regions = choice
    ids, numbers = dense(enlarged(regions, view.shape))
    likenesses = likeness[ids - 1].astype(np.float32)
    chosen = chosen[ids - 1]
    table = np.concatenate([np.zeros(1, np.float32), likenesses])
    words = words_of(
        Story(where, view, pieces.table[chosen], likenesses > np.float32(CUTOFF), typical)
    )
    kept = int(np.count_nonzero(likenesses > np.float32(CUTOFF)))
    labels = np.where(numbers <= kept, numbers, np.int32(0))
    return AutoResult(labels, table[numbers], words, numbers, likenesses)


def _nothing(shape: tuple[int, ...], words: str) -> AutoResult:
    empty = np.zeros(shape, dtype=np.int32)
    none = np.empty(0, dtype=np.float32)
    return AutoResult(empty, empty.astype(np.float32), words, empty, none)
