"""What the colour of a cell may tell in place of its state: its area, its doubt, its partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.comparison import Comparison
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellObject

MOST_CLASSES = 16

Shape = tuple[Box, NDArray[np.bool_]]


@dataclass(frozen=True)
class Followed:
    """What an edit changes beyond the cells that are in it.

    Attributes
    ----------
    cells
        Ids of cells of another class than before.
    boxes
        Parts of the picture in which other outlines are to be drawn.
    """

    cells: frozenset[int] = frozenset()
    boxes: tuple[Box, ...] = ()


class Colouring(Protocol):
    """Sorts the living cells of a document into classes, each of a colour."""

    @property
    def titles(self) -> tuple[str, ...]:
        """What the classes are called, at most `MOST_CLASSES`."""

    def class_of(self, cell: CellObject) -> int:
        """The class of a living cell."""

    def outlines(self, window: Box) -> list[Shape]:
        """What else is outlined near a window, in the colour of the last class."""

    def follow(self, edit: Edit) -> Followed:
        """Follow an edit of the document."""


class ByArea:
    """By area, in steps of two from the median of the picture as it was at first."""

    _STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)

    def __init__(self, document: Document, pixel_size: float | None = None) -> None:
        areas = [cell.area for cell in document.cells]
        median = float(np.median(areas)) if areas else 400.0
        self._limits = [_round(median * step) for step in self._STEPS]
        self._unit = (pixel_size**2, "µm²") if pixel_size else (1.0, "px²")

    @property
    def titles(self) -> tuple[str, ...]:
        """Ranges of areas."""
        factor, unit = self._unit
        areas = [limit * factor for limit in self._limits]
        shown = [f"{area:,.{0 if area >= 10 else 1}f}" for area in areas]
        between = [f"{low} to {high}" for low, high in pairwise(shown)]
        return (f"below {shown[0]} {unit}", *between, f"{shown[-1]} and more")

    def class_of(self, cell: CellObject) -> int:
        """The range its area is in."""
        return int(np.searchsorted(self._limits, cell.area, side="right"))

    def outlines(self, window: Box) -> list[Shape]:
        """None."""
        del window
        return []

    def follow(self, edit: Edit) -> Followed:
        """Concerns nothing but the cells of the edit."""
        del edit
        return Followed()


class ByDoubt:
    """By doubt, in fifths; cells without a doubt are of the first class.

    Attributes
    ----------
    doubts
        0 to 1 by id, as they are now; whoever works them out again tells it by `renew`.
    """

    def __init__(self, doubts: Mapping[int, float]) -> None:
        self.doubts = dict(doubts)

    @property
    def titles(self) -> tuple[str, ...]:
        """Ranges of doubt."""
        return ("below 0.2 (sure)", "0.2 to 0.4", "0.4 to 0.6", "0.6 to 0.8", "above 0.8")

    def class_of(self, cell: CellObject) -> int:
        """The fifth its doubt is in."""
        return min(int(5 * self.doubts.get(cell.id, 0.0)), 4)

    def outlines(self, window: Box) -> list[Shape]:
        """None."""
        del window
        return []

    def follow(self, edit: Edit) -> Followed:
        """Doubts are worked out elsewhere."""
        del edit
        return Followed()

    def renew(self, doubts: Mapping[int, float]) -> frozenset[int]:
        """Take doubts that were worked out anew; returns the cells of another class."""
        former, self.doubts = self.doubts, dict(doubts)
        ids = former.keys() | self.doubts.keys()
        fifth = [{i: min(int(5 * of.get(i, 0.0)), 4) for i in ids} for of in (former, self.doubts)]
        return frozenset(i for i in ids if fifth[0][i] != fifth[1][i])


class ByComparison:
    """By whether another mask has the cell, too; what it has besides is outlined."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    @property
    def titles(self) -> tuple[str, ...]:
        """In both, in this one alone, in the other one alone."""
        return ("both (TP)", "extra (FP)", "missing (FN)")

    def class_of(self, cell: CellObject) -> int:
        """0 where the other has it, else 1."""
        return 0 if self.comparison.is_matched(cell.id) else 1

    def outlines(self, window: Box) -> list[Shape]:
        """Cells that the other mask has alone."""
        return self.comparison.missing(window)

    def follow(self, edit: Edit) -> Followed:
        """Match the cells of the edit anew."""
        return Followed(boxes=tuple(self.comparison.take_in(edit)))


def _round(value: float) -> float:
    """To two figures, so that a legend can be read."""
    return float(f"{value:.2g}")
