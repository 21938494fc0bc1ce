"""The meter: how many gestures a draft leaves to be made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from napari_fncells.core.evidence import Evidence, Role
from napari_fncells.core.matching import IOU_THRESHOLD, Overlaps, overlaps, refuse_other_shape


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


@dataclass(frozen=True)
class Measure:
    """A draft measured against what is known of a picture.

    Attributes
    ----------
    gestures
        Needed where the expert has decided.
    open_gestures
        Needed besides to come back to the present mask where nothing is decided: untouched
        draft cells lost, pieces on open ground. 0 for a finished picture.
    misfit
        Sum of 1 - IoU over the cells that are found with an IoU above 0.5.
    offset
        By how many px the outlines of cells that have one piece to themselves lie outside (+)
        that: the median difference of the radii of disks of their areas; 0 where there are none.
    """

    gestures: Gestures
    open_gestures: int
    misfit: float
    offset: float


def predicted_gestures(
    pred: NDArray[np.integer], truth: NDArray[np.integer] | Evidence
) -> Gestures:
    """Count the gestures that a draft leaves to be made.

    A piece and a cell belong together where they share more than half of the smaller one. Then

    - a cell without a piece is one to add, a piece without a cell one to remove;
    - a piece with k cells takes k - 1 cuts (it merges them);
    - a cell with k pieces takes k - 1 joins (it is split).

    That is all where the pieces, taken together, have an intersection over union above 0.5 with
    their cells: an outline that is no worse is left as it is. Where it is worse, each such cell
    is to be drawn anew besides, in one gesture (the outline is moved by the wheel, or grown or
    traced in its place): it counts as a false negative. Were its piece to count as a false
    positive, too, an empty draft would be better than one with narrow outlines. Where removing
    and adding takes fewer gestures than cutting and joining, that is counted. The total is
    never more than FP + FN of the matching at IoU > 0.5.

    Parameters
    ----------
    pred
        (Y, X) instance labels of the draft, 0 = background.
    truth
        (Y, X) instance labels of all cells there are, or what is known so far. Of a picture
        that is not finished only decisions count: cells accepted, added and edited, and pieces
        on what was removed. A piece counts as on a removed one where it shares more than half
        of the smaller of the two, or lies with more than half of its area on such ground. Other
        pieces without a cell are on unknown ground and count nothing. Pixels of cells that are
        open count for no outline.

    Raises
    ------
    UserError
        For labels of different shapes.
    """
    return measure(pred, truth).gestures


def measure(pred: NDArray[np.integer], truth: NDArray[np.integer] | Evidence) -> Measure:
    """Measure a draft; see `predicted_gestures` and `Measure`."""
    evidence = truth if isinstance(truth, Evidence) else Evidence.finished(truth)
    refuse_other_shape(pred, evidence.places)
    found = overlaps(pred, evidence.places)
    roles = evidence.roles[found.true_ids]
    decided = _Groups.of(found, roles == Role.CELL, roles == Role.OPEN)
    judged = _judged(found, roles, complete=evidence.complete)
    gestures = decided.gestures(judged)
    open_gestures = 0
    if not evidence.complete:
        whole = _Groups.of(found, (roles == Role.CELL) | (roles == Role.OPEN))
        everything = whole.gestures(np.ones(found.pred_ids.size, dtype=bool))
        open_gestures = max(0, everything.total - gestures.total)
    return Measure(gestures, open_gestures, *decided.outlines())


def judged_pieces(pred: NDArray[np.integer], evidence: Evidence) -> NDArray[np.integer]:
    """The draft without the pieces of which nothing is known.

    Returns
    -------
    ndarray
        (Y, X) labels of the pieces that lie on confirmed cells or where there is none.
    """
    found = overlaps(pred, evidence.places)
    roles = evidence.roles[found.true_ids]
    kept = _judged(found, roles, complete=evidence.complete)
    kept[found.rows[_linked(found) & (roles == Role.CELL)[found.columns]]] = True
    return np.where(np.isin(pred, found.pred_ids[kept]), pred, 0)


def corrections(number: int) -> str:
    """A number of corrections in words."""
    return f"{number} correction{'' if number == 1 else 's'}"


def _linked(found: Overlaps) -> NDArray[np.bool_]:
    """Which pairs share more than half of the smaller one; (K,) bool."""
    smaller = np.minimum(found.pred_areas[found.rows], found.true_areas[found.columns])
    linked: NDArray[np.bool_] = 2 * found.pixels > smaller
    return linked


def _judged(found: Overlaps, roles: NDArray[np.uint8], *, complete: bool) -> NDArray[np.bool_]:
    """Which pieces are false positives if they are on no cell; (P,) bool."""
    pieces = found.pred_ids.size
    rejected = (roles == Role.REJECTED)[found.columns]
    shared = np.bincount(found.rows, weights=found.pixels * rejected, minlength=pieces)
    judged = 2 * shared > found.pred_areas
    linked = _linked(found)
    if complete:
        judged[:] = True
        judged[found.rows[linked & (roles == Role.OPEN)[found.columns]]] = False
    judged[found.rows[linked & rejected]] = True
    return judged


@dataclass(frozen=True, eq=False)
class _Groups:
    """Pieces and cells in groups that belong together, directly or through others.

    Attributes
    ----------
    pieces, cells
        (P,), (T,) number of the group of each.
    counted
        (T,) bool, which of the true places are cells.
    found
        Their overlaps.
    links
        (K,) bool, which pairs belong together.
    iou
        (K,) of each pair, without what is not to count.
    fits
        (G,) bool, where the pieces of a group cover its cells well.
    """

    pieces: NDArray[np.intp]
    cells: NDArray[np.intp]
    counted: NDArray[np.bool_]
    found: Overlaps
    links: NDArray[np.bool_]
    iou: NDArray[np.float64]
    fits: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        found: Overlaps,
        counted: NDArray[np.bool_],
        ignored: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Group pieces with those true places that are cells; pixels on others are ignored.

        Parameters
        ----------
        found
            Of pieces and places.
        counted
            (T,) bool, which places are cells.
        ignored
            (T,) bool, on which places a piece's pixels do not count for its outline.
        """
        pieces, places = found.pred_ids.size, counted.size
        links = _linked(found) & counted[found.columns]
        graph = coo_array(
            (np.ones(links.sum()), (found.rows[links], pieces + found.columns[links])),
            shape=(pieces + places, pieces + places),
        )
        count, group = connected_components(graph, directed=False)
        areas = found.pred_areas.astype(np.float64)
        if ignored is not None:
            unseen = found.pixels * ignored[found.columns]
            areas = areas - np.bincount(found.rows, weights=unseen, minlength=pieces)
        # A piece inside an open place may have no pixel left
        areas = np.maximum(areas, 1)
        own, true = np.split(group.astype(np.intp), [pieces])
        inside = (own[found.rows] == true[found.columns]) & counted[found.columns]
        common = np.bincount(
            own[found.rows[inside]], weights=found.pixels[inside], minlength=count
        )
        union = np.bincount(own, weights=areas, minlength=count) - common
        union = union + np.bincount(true, weights=found.true_areas, minlength=count)
        both = areas[found.rows] + found.true_areas[found.columns] - found.pixels
        return cls(
            own,
            true,
            counted,
            found,
            links,
            found.pixels / both,
            common > IOU_THRESHOLD * union,
        )

    def gestures(self, judged: NDArray[np.bool_]) -> Gestures:
        """Gestures of all groups; of pieces without a cell only those that are `judged`."""
        count = self.fits.size
        rows, columns = self.found.rows[self.links], self.found.columns[self.links]
        merges = self._surplus(rows, self.pieces)
        splits = self._surplus(columns, self.cells)
        matched = self.links & (self.iou > IOU_THRESHOLD)
        pairs = np.bincount(self.pieces[self.found.rows[matched]], minlength=count)
        alone = np.bincount(rows, minlength=self.pieces.size) == 0
        removed = np.bincount(self.pieces[judged | ~alone], minlength=count) - pairs
        added = np.bincount(self.cells[self.counted], minlength=count) - pairs
        redrawn = np.where(self.fits, 0, added)
        linked = np.bincount(self.pieces[~alone], minlength=count) > 0
        mended = linked & (merges + splits + redrawn <= removed + added)
        return Gestures(
            false_positives=int(removed[~mended].sum()),
            false_negatives=int(np.where(mended, redrawn, added).sum()),
            merges=int(merges[mended].sum()),
            splits=int(splits[mended].sum()),
        )

    def outlines(self) -> tuple[float, float]:
        """Misfit of the pairs that fit, offset of all that are one to one; see `Measure`."""
        matched = self.links & (self.iou > IOU_THRESHOLD)
        misfit = float((1 - self.iou[matched]).sum())
        rows, columns = self.found.rows, self.found.columns
        alone = np.bincount(rows[self.links], minlength=self.pieces.size) == 1
        single = np.bincount(columns[self.links], minlength=self.cells.size) == 1
        pairs = self.links & alone[rows] & single[columns]
        if not pairs.any():
            return misfit, 0.0
        drawn = np.sqrt(self.found.true_areas[columns[pairs]] / np.pi)
        drafted = np.sqrt(self.found.pred_areas[rows[pairs]] / np.pi)
        return misfit, float(np.median(drawn - drafted))

    def _surplus(self, ends: NDArray[np.intp], groups: NDArray[np.intp]) -> NDArray[np.int64]:
        """Links beyond the first of each piece or cell, summed by group."""
        beyond = np.maximum(np.bincount(ends, minlength=groups.size) - 1, 0)
        return np.bincount(groups, weights=beyond, minlength=self.fits.size).astype(np.int64)
