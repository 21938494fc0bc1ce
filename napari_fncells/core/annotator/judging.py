"""How a cell in sight is judged by comparing it with the true ones in sight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.annotator.sight import View
from napari_fncells.core.groups import linked_pairs
from napari_fncells.core.matching import IOU_THRESHOLD, overlaps


class Fault(StrEnum):
    """What is wrong with a cell."""

    NONE = "none"
    FALSE = "false"
    """There is no cell, or another one covers it well."""
    MERGED = "merged"
    """It holds more than half of several true cells."""
    PART = "part"
    """With others it makes up one true cell, better than alone."""
    OUTLINE = "outline"
    """It is on a true cell, but with an intersection over union of one half or less."""


@dataclass(frozen=True)
class Judgement:
    """What is wrong with one cell.

    Attributes
    ----------
    fault
        The kind.
    cells
        True cells that it concerns, the one with the largest overlap first.
    pieces
        All pieces that make up the true cell, for a part.
    """

    fault: Fault
    cells: tuple[int, ...] = ()
    pieces: tuple[int, ...] = ()


class Comparison:
    """Mask and truth of one view, compared.

    A piece and a true cell belong together where they share more than half of the smaller one
    (as for `core.meter`); they match at an intersection over union above 0.5.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        found = overlaps(view.labels, view.truth)
        self.pieces: list[int] = found.pred_ids.tolist()
        self.cells: list[int] = found.true_ids.tolist()
        self._piece = found.pred_ids[found.rows]
        self._cell = found.true_ids[found.columns]
        self._pixels, self._iou = found.pixels, found.iou
        self._linked = linked_pairs(found)
        self._matched = found.iou > IOU_THRESHOLD
        self._of_cell = found.pixels / found.true_areas[found.columns]
        self._of_piece = found.pixels / found.pred_areas[found.rows]

    def judge(self, piece: int) -> Judgement:
        """What is wrong with one piece."""
        mine = (self._piece == piece) & self._linked
        order = np.argsort(-self._pixels[mine], kind="stable")
        cells: list[int] = self._cell[mine][order].tolist()
        if not cells:
            return Judgement(Fault.FALSE)
        held = [
            c for c in self._cell[mine & (self._of_cell > 0.5)].tolist() if self._owns(piece, c)
        ]
        if len(held) > 1:
            return Judgement(Fault.MERGED, tuple(c for c in cells if c in held))
        if self._matched[mine].any():
            return Judgement(Fault.NONE, tuple(cells))
        cell = cells[0]
        if self._matched[self._cell == cell].any():
            return Judgement(Fault.FALSE, (cell,))
        parts: list[int] = self._piece[
            self._linked & (self._cell == cell) & (self._of_piece > 0.5)
        ].tolist()
        if piece in parts and len(parts) > 1:
            union = np.isin(self._view.labels, parts)
            if iou(union, self._view.truth == cell) > self._best(cell):
                return Judgement(Fault.PART, (cell,), tuple(parts))
        return Judgement(Fault.OUTLINE, (cell,))

    def missed(self) -> list[int]:
        """True cells in sight that no piece belongs to."""
        known = set(self._cell[self._linked].tolist())
        return [cell for cell in self.cells if cell not in known]

    def is_found(self, cell: int) -> bool:
        """Whether a true cell has its match."""
        return bool(self._matched[self._cell == cell].any())

    def piece_of(self, cell: int) -> int | None:
        """The piece that shares most pixels with a true cell it belongs to, or None."""
        mine = self._linked & (self._cell == cell)
        if not mine.any():
            return None
        return int(self._piece[mine][int(self._pixels[mine].argmax())])

    def _owns(self, piece: int, cell: int) -> bool:
        """Whether no other piece is the match of a true cell."""
        return not bool((self._matched & (self._cell == cell) & (self._piece != piece)).any())

    def _best(self, cell: int) -> float:
        return float(self._iou[self._cell == cell].max(initial=0.0))


def iou(mask: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks of the same shape; 0 where both are empty."""
    union = np.count_nonzero(mask | other)
    return float(np.count_nonzero(mask & other) / union) if union else 0.0


def candidate_cell(view: View, mask: NDArray[np.bool_]) -> int | None:
    """The missed true cell that a candidate (a mask of the view) is on, or None."""
    missed = Comparison(view).missed()
    for cell in missed:
        true = view.truth == cell
        smaller = min(np.count_nonzero(true), np.count_nonzero(mask))
        if 2 * np.count_nonzero(true & mask) > smaller:
            return cell
    return None
