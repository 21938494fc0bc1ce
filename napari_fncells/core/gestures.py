"""Gestures that a draft leaves to be made, by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Gestures:
    """Gestures that turn a draft into the truth, by kind.

    Attributes
    ----------
    false_positives
        Pieces to be removed.
    false_negatives
        Cells to be added, or to be drawn anew where what is drafted fits badly.
    merges
        Cuts through pieces that cover several cells.
    splits
        Joins of pieces that share one cell.
    """

    false_positives: int = 0
    false_negatives: int = 0
    merges: int = 0
    splits: int = 0

    @property
    def total(self) -> int:
        """All gestures to finish."""
        return self.false_positives + self.false_negatives + self.merges + self.splits

    def __add__(self, other: Self) -> Gestures:
        return Gestures(
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
            self.merges + other.merges,
            self.splits + other.splits,
        )

    def __str__(self) -> str:
        kinds = (
            (self.false_positives, "to remove"),
            (self.false_negatives, "to add"),
            (self.merges, "to cut"),
            (self.splits, "to join"),
        )
        return ", ".join(f"{number} {kind}" for number, kind in kinds if number) or "none"


def corrections(number: int) -> str:
    """A number of corrections in words."""
    return f"{number} correction{'' if number == 1 else 's'}"
