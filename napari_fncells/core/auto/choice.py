"""Which of all pieces are taken, and how far each of them reaches."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.sheet import Column

LEAST = 0.2
"""Likeness by the first model below which no piece is taken."""
_SHARED = 0.15
"""Share of a piece that may lie in better ones."""
_ALIKE = 0.35
"""IoU from which on a piece says how far a better one reaches."""
_TEMPERATURE = 0.05
"""Difference of likeness by which a vote falls to 1/e."""

Pixels = NDArray[np.int64]


@dataclass
class Choice:
    """A piece that was taken.

    Attributes
    ----------
    index
        Of the piece among all.
    pixels
        Its flat indices, ascending.
    votes
        Weight and pixels of it and of the pieces much like it.
    """

    index: int
    pixels: Pixels
    votes: list[tuple[float, Pixels]] = field(default_factory=list)

    def shares(self) -> tuple[Pixels, NDArray[np.float32]]:
        """Pixels with the share of the vote, in 0..1, that says they are inside."""
        weights = np.array([weight for weight, _ in self.votes])
        every = np.concatenate([pixels for _, pixels in self.votes])
        weight = np.repeat(weights / weights.sum(), [pixels.size for _, pixels in self.votes])
        place, which = np.unique(every, return_inverse=True)
        return place, np.bincount(which, weights=weight).astype(np.float32)


def choose(members: list[Pixels], likeness: Column, size: int) -> list[Choice]:
    """Take the best piece, then the best that does not overlap it, and so on.

    Pieces that are passed over because a better one lies where they do vote for how far it
    reaches, so that chance errors of one level are evened out.

    Parameters
    ----------
    members
        Flat indices of the pixels of each piece.
    likeness
        (n,) by the first model.
    size
        Pixels of the plane.

    Returns
    -------
    list of Choice
        The best first.
    """
    taken = np.zeros(size, dtype=np.int32)
    chosen: list[Choice] = []
    some = np.flatnonzero(likeness > LEAST)
    for index in some[np.argsort(-likeness[some], kind="stable")].tolist():
        pixels = members[index]
        owners = taken[pixels]
        shared = int(np.count_nonzero(owners))
        if shared <= _SHARED * pixels.size:
            chosen.append(Choice(index, pixels, [(1.0, pixels)]))
            taken[pixels[owners == 0]] = len(chosen)
            continue
        counts = np.bincount(owners)
        counts[0] = 0
        best = chosen[int(counts.argmax()) - 1]
        common = int(counts.max())
        if common > _ALIKE * (pixels.size + best.pixels.size - common):
            loss = float(likeness[best.index] - likeness[index])
            best.votes.append((float(np.exp(-loss / _TEMPERATURE)), pixels))
    return chosen
