"""Work by the sweep: part by part of the picture, all that is in sight."""

from __future__ import annotations

from napari_fncells.core.annotator.judging import Comparison, Fault
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import present
from napari_fncells.core.objects import ObjectState
from napari_fncells.viewer.annotating.desk import Desk
from napari_fncells.viewer.annotating.mending import cell_in_full, find, mend, remove_many

_BY_HAND = (ObjectState.ADDED, ObjectState.EDITED)


def go_over_picture(desk: Desk) -> None:
    """Go over all parts of the picture and mend what is wrong in each."""
    sweep = desk.workspace.sweep
    visited: list[Box] = []
    # What was made before was looked at there and then
    judged = {cell.id for cell in desk.document.cells if cell.state in _BY_HAND}
    while sweep.coverage is not None and not sweep.coverage.seen.all():
        before = int(sweep.coverage.seen.sum())
        desk.press("next_part", "next part")
        view = desk.look("part")
        place = view.box.centre
        _work_on(desk, visited, judged)
        if desk.pointer.view != view.box:
            desk.pointer.look_at(*place)
        visited.append(view.box)
        # Twice: what was on the screen between the two counts as seen
        for _ in range(2):
            sweep.sign_of_life()
            desk.workspace.watch()
        if int(sweep.coverage.seen.sum()) <= before:
            return


def _work_on(desk: Desk, visited: list[Box], judged: set[int]) -> None:
    """Mend what is in sight."""
    home = desk.pointer.view
    removed, mended = _wrong_pieces(desk, visited, judged)
    for piece in mended:
        if desk.document.is_alive(piece):
            mend(desk, piece)
            _return(desk, home)
    # Afterwards: what lies in an outline that is drawn is gone with that
    remove_many(desk, [piece for piece in removed if desk.document.is_alive(piece)])
    _return(desk, home)
    for cell in Comparison(desk.view).missed():
        view = desk.view
        if view.goes_on_unseen(desk.document.shape, view.truth == cell, visited):
            continue
        if desk.attention.seems_wrong("missed", cell, wrong=True):
            cell_in_full(desk, cell)
            find(desk, cell)
            _return(desk, home)
    # What came of mending was looked at there and then
    judged.update(i for i in present(desk.view.labels).tolist() if _is_by_hand(desk, i))


def _wrong_pieces(desk: Desk, visited: list[Box], judged: set[int]) -> tuple[list[int], list[int]]:
    """Pieces in sight that seem wrong: those to be removed, and those to be mended."""
    view = desk.view
    comparison = Comparison(view)
    removed: list[int] = []
    mended: list[int] = []
    for piece in comparison.pieces:
        mask = view.labels == piece
        if piece in judged or view.goes_on_unseen(desk.document.shape, mask, visited):
            continue
        judged.add(piece)
        judgement = comparison.judge(piece)
        wrong = judgement.fault is not Fault.NONE
        if not desk.attention.seems_wrong("cell", piece, wrong=wrong):
            continue
        for cell in judgement.cells if not wrong else ():
            desk.attention.overlook("missed", cell)
        (removed if judgement.fault in (Fault.NONE, Fault.FALSE) else mended).append(piece)
    return removed, mended


def _is_by_hand(desk: Desk, i: int) -> bool:
    cell = desk.document.objects.get(i)
    return cell is not None and cell.alive and cell.state in _BY_HAND


def _return(desk: Desk, home: Box) -> None:
    """Move the picture back to the part that is worked on."""
    if desk.pointer.view != home:
        desk.move_to(*home.centre)
