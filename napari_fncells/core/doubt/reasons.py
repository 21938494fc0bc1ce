"""Why a cell is doubtful, in words."""

from __future__ import annotations

from dataclasses import dataclass

from napari_fncells.core.disagreement import DOUBTFUL
from napari_fncells.core.disagreement import WORDS as DISAGREEMENT
from napari_fncells.core.doubt.features import Features

MOST = 3
"""Reasons that are told; the strongest ones."""
NOT_LIKELY = "not in the automatic draft"
"""Where that was set beside a draft by a threshold."""
LEARNED = "like ones you removed"
"""Reason where the verdicts given so far raise a doubt by `_RAISED`."""
UNLIKE = "no single reason"
"""Where a cell is doubtful, and none of the others holds."""
_RAISED = 0.15
_DOUBTFUL = 0.5


@dataclass(frozen=True)
class _Reason:
    """Holds where a feature lies beyond a limit, the more so the farther.

    Attributes
    ----------
    words
        What is said.
    feature
        What is looked at.
    limit
        From where on it is said.
    full
        Where it is as strong as any; on the other side of the limit for what is told of small
        values.
    needs
        Kinds of scores, see `beside`, without which the feature says nothing.
    """

    words: str
    feature: str
    limit: float
    full: float
    needs: tuple[str, ...] = ()

    def strength(self, value: float) -> float:
        """0 or less where it does not hold, 1 where it does fully."""
        return (value - self.limit) / (self.full - self.limit)


_REASONS: tuple[_Reason, ...] = (
    _Reason("close to the cutoff", "likeness margin", 0.5, 0.0, ("likeness",)),
    _Reason("close to the cutoff", "probability margin", 0.5, -0.5, ("probability",)),
    _Reason("close to the cutoff", "height margin", 0.3, 0.0, ("height",)),
    _Reason("unusually large (two cells?)", "large", 1.5, 3.0),
    _Reason("unusually small", "small", 1.5, 3.0),
    _Reason("elongated (neurite?)", "elongation", 0.8, 1.3),
    _Reason("touches the border", "border", 0.0, 0.25),
    _Reason(DISAGREEMENT, "left_out", DOUBTFUL, 1.0, ("probability",)),
    _Reason(DISAGREEMENT, "left_out", DOUBTFUL, 1.0, ("second probability",)),
    _Reason(NOT_LIKELY, "left_out", DOUBTFUL, 1.0, ("height", "second likeness")),
    _Reason("touches another cell (one or two?)", "contact", 0.15, 0.5),
    _Reason("dim beside the others", "dim", 1.2, 2.5),
    _Reason("hardly brighter than around it", "contrast", 1.1, 0.0),
    _Reason("in bright surroundings", "haze", 0.7, 2.0),
    _Reason("blurred", "sharpness", 0.35, 0.1),
    _Reason("rough outline", "solidity", 0.85, 0.65),
)


def reasons(table: Features, row: int, doubt: float, before: float) -> tuple[str, ...]:
    """Why the cell of a row is doubtful, the strongest reason first.

    Parameters
    ----------
    table
        What `beside` gave.
    row
        Of the cell.
    doubt
        Of the cell, in 0..1.
    before
        The same without what was learned in this picture.
    """
    found: dict[str, float] = {}
    for reason in _REASONS:
        strength = reason.strength(float(table[reason.feature][row]))
        if strength > 0 and all(table[kind][row] for kind in reason.needs):
            found[reason.words] = max(strength, found.get(reason.words, 0.0))
    words = sorted(found, key=lambda said: -found[said])[:MOST]
    if doubt - before > _RAISED:
        words = [LEARNED, *words[: MOST - 1]]
    if not words and doubt > _DOUBTFUL:
        words = [UNLIKE]
    return tuple(words)
