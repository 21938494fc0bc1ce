"""Work by the queue: cell by cell, then candidate by candidate."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.annotator.judging import Comparison, Fault, candidate_cell, iou
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.matching import IOU_THRESHOLD
from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.annotating.desk import Desk
from napari_fncells.viewer.annotating.mending import cell_in_full, find, mend

_ROUNDS = 3
"""No more keys are pressed than so many times what there is to be walked over."""


def go_through_queue(desk: Desk) -> None:
    """Walk over the cells, then over the candidates, deciding on each."""
    _walk_cells(desk)
    _walk_candidates(desk)


def _walk_cells(desk: Desk) -> None:
    seen: set[int] = set()
    review = desk.workspace.review
    for _ in range(_ROUNDS * (len(_open(desk)) + 1)):
        if not _open(desk) - seen:
            return
        # A decision may have led on by itself; what was made by mending is selected, too
        if review.selected not in _open(desk) - seen or not seen:
            desk.press("next_object", "next cell")
        i = review.selected
        if i is not None and i not in seen:
            seen.add(i)
            _decide_on_cell(desk, i)


def _decide_on_cell(desk: Desk, i: int) -> None:
    """Decide on the cell walked to."""
    judgement = Comparison(desk.look("cell")).judge(i)
    wrong = judgement.fault is not Fault.NONE
    if not desk.attention.seems_wrong("cell", i, wrong=wrong):
        desk.press("accept", "accept")
    elif not wrong or judgement.fault is Fault.FALSE:
        desk.correct("remove", "remove")
        for cell in judgement.cells if not wrong else ():
            desk.attention.overlook("missed", cell)
    else:
        mend(desk, i)


def _open(desk: Desk) -> set[int]:
    return {cell.id for cell in desk.document.cells if cell.state is ObjectState.DRAFT}


def _walk_candidates(desk: Desk) -> None:
    review = desk.workspace.review
    decided: set[Box] = set()
    while True:
        if not review.at_candidate:
            desk.press("next_candidate", "next candidate")
        region, outline = review.missed.current, review.missed.outline
        if region is None or outline is None or not review.at_candidate or region.box in decided:
            return
        decided.add(region.box)
        _decide_on_candidate(desk, region, outline)


def _decide_on_candidate(desk: Desk, region: Region, outline: Region) -> None:
    """Adopt the outline shown at a candidate, draw a better one in its place, or dismiss it."""
    view = desk.look("candidate")
    box = outline.box.clip_to(view.box)
    mask = np.zeros(view.labels.shape, dtype=bool)
    mask[box.within(view.box)] = outline.mask[box.within(outline.box)]
    cell = candidate_cell(view, mask)
    # Its place is its name: it has no number
    name = region.box.top * desk.document.shape[1] + region.box.left
    missed = cell is not None and desk.attention.seems_wrong("candidate", name, wrong=True)
    taken = cell is None and desk.attention.seems_wrong("candidate", name, wrong=False)
    if not missed and not taken:
        desk.press("remove", "dismiss")
    elif cell is None or iou(mask, view.truth == cell) > IOU_THRESHOLD:
        # The outline was seen before: there is nothing to go back for
        desk.correct("accept", "adopt")
    else:
        cell_in_full(desk, cell)
        find(desk, cell, drawn=True)
