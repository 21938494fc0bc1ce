"""Masks that lie one or two pixels beside where they belong."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.labels import Labels
from napari_fncells.core.pieces import Mask
from napari_fncells.core.quality.finding import Finding, Kind

_REACH = 2  # px
_LEFT = 0.1  # share of the difference that may be left once the mask is shifted back
_LEAST = 0.005  # share of the cells' pixels; a smaller difference is no shift

Move = tuple[int, int]


def shift_between(mask: Mask, reference: Mask) -> Move | None:
    """Rows and columns by which a mask is to be moved to lie on another; None for none.

    Both are (Y, X). Only where moving it makes nearly all of the difference go away: work of a
    hand never does.
    """
    if mask.shape != reference.shape or min(mask.shape) <= 2 * _REACH:
        return None
    inner = (slice(_REACH, -_REACH), slice(_REACH, -_REACH))
    wanted = reference[inner]
    different = int(np.count_nonzero(mask[inner] ^ wanted))
    if different <= _LEAST * np.count_nonzero(wanted) or different == 0:
        return None
    best, left = None, _LEFT * different
    for down in range(-_REACH, _REACH + 1):
        for right in range(-_REACH, _REACH + 1):
            if (down, right) == (0, 0):
                continue
            rows = slice(_REACH - down, mask.shape[0] - _REACH - down)
            columns = slice(_REACH - right, mask.shape[1] - _REACH - right)
            remains = int(np.count_nonzero(mask[rows, columns] ^ wanted))
            if remains <= left:
                best, left = (down, right), remains
                if remains == 0:
                    return best
    return best


def check_shift(labels: Labels, reference: Labels, what: str) -> Finding | None:
    """Whether a mask is shifted as a whole against another one.

    Parameters
    ----------
    labels, reference
        (Y, X) instance labels; their ids do not matter.
    what
        The other one, in words: 'its draft'.
    """
    move = shift_between(labels > 0, reference > 0)
    if move is None:
        return None
    words = (
        f"The whole mask lies {_in_words(move)} of where {what} has it: it was shifted on the way."
    )
    return Finding(Kind.SHIFTED, words, print=f"{move[0]},{move[1]}", move=move)


def moved(labels: Labels, move: Move) -> Labels:
    """Labels moved down and right; what comes in at a side goes on from the outermost pixels."""
    down, right = move
    rows = np.clip(np.arange(labels.shape[0]) - down, 0, labels.shape[0] - 1)
    columns = np.clip(np.arange(labels.shape[1]) - right, 0, labels.shape[1] - 1)
    taken: Labels = labels[np.ix_(rows, columns)]
    return taken


def _in_words(back: Move) -> str:
    """Where a mask lies that is to be moved back so far."""
    down, right = -back[0], -back[1]
    parts = []
    if down:
        parts.append(f"{abs(down)} px {'below' if down > 0 else 'above'}")
    if right:
        parts.append(f"{abs(right)} px {'right' if right > 0 else 'left'}")
    return " and ".join(parts)
