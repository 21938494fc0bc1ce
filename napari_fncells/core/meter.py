"""The meter: how many gestures a draft leaves to be made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.evidence import Evidence, Role
from napari_fncells.core.gestures import Gestures
from napari_fncells.core.groups import Groups, linked_pairs
from napari_fncells.core.matching import Overlaps, overlaps, refuse_other_shape

__all__ = ["Gestures", "Measure", "judged_pieces", "measure", "predicted_gestures"]


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
    decided = Groups.of(found, roles == Role.CELL, roles == Role.OPEN)
    judged = _judged(found, roles, complete=evidence.complete)
    gestures = decided.gestures(judged)
    open_gestures = 0
    if not evidence.complete:
        whole = Groups.of(found, (roles == Role.CELL) | (roles == Role.OPEN))
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
    kept[found.rows[linked_pairs(found) & (roles == Role.CELL)[found.columns]]] = True
    return np.where(np.isin(pred, found.pred_ids[kept]), pred, 0)


def _judged(found: Overlaps, roles: NDArray[np.uint8], *, complete: bool) -> NDArray[np.bool_]:
    """Which pieces are false positives if they are on no cell; (P,) bool."""
    pieces = found.pred_ids.size
    rejected = (roles == Role.REJECTED)[found.columns]
    shared = np.bincount(found.rows, weights=found.pixels * rejected, minlength=pieces)
    judged = 2 * shared > found.pred_areas
    linked = linked_pairs(found)
    if complete:
        judged[:] = True
        judged[found.rows[linked & (roles == Role.OPEN)[found.columns]]] = False
    judged[found.rows[linked & rejected]] = True
    return judged
