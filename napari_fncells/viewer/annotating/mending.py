"""How a simulated annotator mends what it found wrong, by the gestures there are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_fncells.core.annotator import drawing
from napari_fncells.core.annotator.judging import Comparison, Fault, Judgement, iou
from napari_fncells.core.annotator.sight import View
from napari_fncells.core.matching import IOU_THRESHOLD
from napari_fncells.core.outline.region import NOTCH
from napari_fncells.core.path import Points
from napari_fncells.core.pieces import deepest
from napari_fncells.viewer.annotating.desk import Desk

_TRIES = 5
"""Rounds of mending that are spent on one true cell at most."""
_TRACES = 2
"""How often it is traced at most."""

Mending = Callable[[Desk, int, int, Judgement], None]


def mend(desk: Desk, piece: int) -> None:
    """Mend a piece of the mask that is on the screen, until the true cells there are found."""
    view = in_full(desk, piece)
    judgement = Comparison(view).judge(piece)
    if judgement.fault is Fault.FALSE:
        remove(desk, piece)
    elif judgement.fault is not Fault.NONE:
        for cell in judgement.cells:
            find(desk, cell)


def find(desk: Desk, cell: int, *, drawn: bool = False) -> None:
    """Do what is needed until a true cell on the screen has its match in the mask.

    What takes the fewest gestures comes first; of two that take as many, the one by which less
    is drawn.

    Parameters
    ----------
    desk
        Where one sits.
    cell
        The true cell.
    drawn
        Whether one begins by drawing it.
    """
    tried: set[Mending] = set()
    traced, grows = 0, desk.growing_pays and not drawn
    for attempt in range(_TRIES):
        comparison = Comparison(desk.view)
        piece = comparison.piece_of(cell)
        if piece is None and grows:
            grows = _add(desk, cell) and attempt == 0
            continue
        judgement = comparison.judge(piece) if piece is not None else Judgement(Fault.NONE)
        if comparison.is_found(cell) and judgement.fault is not Fault.MERGED:
            return
        way = None if piece is None or drawn else _cheaper(desk, piece, cell, judgement)
        drawn = False
        if piece is not None and way is not None and way not in tried:
            tried.add(way)
            way(desk, piece, cell, judgement)
        elif traced < _TRACES:
            traced += 1
            _trace(desk, cell, piece)


def remove(desk: Desk, piece: int) -> None:
    """Remove a piece by a click on it; a click that went astray is taken back."""
    for attempt in range(3):
        view = desk.view
        mask = view.labels == piece
        if not mask.any():
            return
        edits = desk.document.edit_count
        place = _in_picture(view, deepest(mask))
        desk.click(place, "remove", "Shift", exact=attempt == 2)
        if not desk.document.is_alive(piece):
            return
        _take_back(desk, edits)


def remove_many(desk: Desk, pieces: list[int]) -> None:
    """Remove pieces on the screen, by a lasso where that is worth it."""
    left = sorted(pieces)
    while len(left) >= desk.params.lasso:
        view = desk.view
        wrong = {i: view.labels == i for i in left if (view.labels == i).any()}
        kept = (view.labels > 0) & ~np.isin(view.labels, left)
        ids, path = drawing.lasso(wrong, kept, desk.params.lasso)
        if not ids:
            break
        desk.drag(path + view.box[:2], "lasso", "Shift")
        left = [i for i in left if i not in ids]
    for i in pieces:
        if desk.document.is_alive(i):
            remove(desk, i)


def in_full(desk: Desk, piece: int) -> View:
    """Look aside where the screen cuts a piece off."""
    view = desk.view
    mask = view.labels == piece
    if mask.any() and view.beyond(desk.document.shape, mask):
        rows, columns = np.nonzero(mask)
        return desk.move_to(view.box.top + rows.mean(), view.box.left + columns.mean())
    return view


def cell_in_full(desk: Desk, cell: int) -> View:
    """Look aside where the screen cuts a true cell off."""
    view = desk.view
    mask = view.truth == cell
    if mask.any() and view.beyond(desk.document.shape, mask):
        rows, columns = np.nonzero(mask)
        return desk.move_to(view.box.top + rows.mean(), view.box.left + columns.mean())
    return view


def _add(desk: Desk, cell: int) -> bool:
    """Add a missed cell by a click; its outline is grown. False where that is refused."""
    view = desk.view
    free = (view.truth == cell) & (view.labels == 0)
    if not free.any():
        return False
    edits = desk.document.edit_count
    desk.click(_in_picture(view, deepest(free)), "add", "Shift")
    comparison = Comparison(desk.view)
    if comparison.piece_of(cell) is None and desk.document.edit_count > edits:
        # A neighbour was hit
        _take_back(desk, edits)
        return True
    # What was removed or dismissed there may have come back: that is a cell, too
    desk.grown.append(comparison.is_found(cell))
    return desk.document.edit_count > edits


def _cheaper(desk: Desk, piece: int, cell: int, judgement: Judgement) -> Mending | None:
    """What mends a piece with fewer gestures than drawing its cells, or as many; None for none."""
    view, fault = desk.view, judgement.fault
    mine, true = view.labels == piece, view.truth == cell
    if fault is Fault.OUTLINE:
        reached = drawing.evenly(mine, int(np.count_nonzero(true)), desk.params.notches * NOTCH)
        return _resize if reached is not None and iou(reached, true) > IOU_THRESHOLD else None
    if fault is Fault.PART and len(judgement.pieces) == 2:
        union = np.isin(view.labels, judgement.pieces)
        return _join if iou(union, true) > IOU_THRESHOLD else None
    if fault is Fault.MERGED:
        parts = drawing.sides(mine, _way_across(view, piece, cell, judgement))
        cells = [view.truth == c for c in judgement.cells]
        fitting = sum(any(iou(part, c) > IOU_THRESHOLD for c in cells) for part in parts)
        # Drawn, each cell takes one; cut, one, and one for each part that does not fit then
        return _cut if fitting else None
    return None


def _way_across(view: View, piece: int, cell: int, judgement: Judgement) -> Points:
    """Where a piece is to be cut, in the view."""
    others = [c for c in judgement.cells if c != cell]
    mask = view.labels == piece
    one, rest = view.truth == cell, np.isin(view.truth, others)
    return drawing.cut(mask, one & mask, rest & mask)


def _cut(desk: Desk, piece: int, cell: int, judgement: Judgement) -> None:
    view = desk.view
    path = _way_across(view, piece, cell, judgement)
    desk.drag(_shaken(desk, path) + view.box[:2], "cut", "Control")


def _join(desk: Desk, _piece: int, _cell: int, judgement: Judgement) -> None:
    view = desk.view
    areas = {i: int(np.count_nonzero(view.labels == i)) for i in judgement.pieces}
    first, second, *_ = sorted(areas, key=lambda i: (-areas[i], i))
    ends = [deepest(view.labels == i) for i in (first, second)]
    desk.drag(np.array(ends) + view.box[:2], "join", "Control")


def _resize(desk: Desk, piece: int, cell: int, _judgement: Judgement) -> None:
    """Turn the wheel over a piece until the outline fits, or it no longer helps."""
    view = desk.view
    mine, true = view.labels == piece, view.truth == cell
    fit, edits = iou(mine, true), desk.document.edit_count
    desk.point_at(_in_picture(view, deepest(mine)))
    way = 1 if np.count_nonzero(true) > np.count_nonzero(mine) else -1
    for notch in range(desk.params.notches):
        desk.wheel(way, first=notch == 0)
        if desk.workspace.review.selected != piece:
            _take_back(desk, edits)
            return
        now = iou(desk.view.labels == piece, true)
        if now > IOU_THRESHOLD or now <= fit:
            return
        fit = now


def _trace(desk: Desk, cell: int, piece: int | None) -> None:
    """Draw a true cell, over what there is of it; a piece that is left over beside it goes."""
    view = desk.view
    mask = view.truth == cell
    if not mask.any():
        return
    path = drawing.outline(mask, desk.wobble, desk.rng)
    desk.trace(path + view.box[:2])
    comparison = Comparison(desk.view)
    left = piece is not None and piece in comparison.pieces
    if left and piece != comparison.piece_of(cell):
        assert piece is not None
        if comparison.judge(piece).fault is Fault.FALSE:
            remove(desk, piece)


def _take_back(desk: Desk, edits: int) -> None:
    """Undo what a click did that went astray."""
    if desk.document.edit_count > edits:
        desk.correct("undo", "undo")


def _shaken(desk: Desk, path: Points) -> Points:
    shaken: Points = path + desk.rng.normal(scale=desk.wobble, size=path.shape)
    return shaken


def _in_picture(view: View, place: tuple[float, float]) -> tuple[float, float]:
    return view.box.top + place[0], view.box.left + place[1]
