"""Outlines drawn by hand: new cells, and new outlines of those they are drawn over."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.effort import Effort
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.revert import revert_cell
from napari_fncells.core.trace import TraceParams, trace_cell
from tests.core.naive import disk, ids_of, largest_piece, winding
from tests.core.random_shapes import added, drafted, random_draft, random_path

SHAPE = (60, 60)
SQUARE = [(9.5, 9.5), (9.5, 29.5), (29.5, 29.5), (29.5, 9.5)]


def trace(document: Document, path: list[tuple[float, float]]) -> None:
    document.commit(trace_cell(document, np.array(path)))


def test_the_ground_inside_becomes_a_cell() -> None:
    document = Document(SHAPE)
    trace(document, SQUARE)
    cell = document.objects[1]
    assert (cell.box, cell.area, cell.state) == (Box(10, 10, 30, 30), 400, ObjectState.ADDED)
    edit = document.history[-1]
    assert edit.change.kind is EditKind.ADD
    assert edit.change.details == {"tool": "trace"}
    assert edit.change.summary == "trace cell 1"


def test_other_cells_keep_their_ground_and_the_largest_rest_is_taken() -> None:
    document = Document(SHAPE)
    added(document, Box(0, 15, 60, 18))
    trace(document, SQUARE)
    assert document.objects[2].box == Box(10, 18, 30, 30)
    assert document.objects[1].area == 180


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ([], "too short"),
        ([(5, 5), (20, 20)], "too short"),
        ([(5, 5), (5, 40), (5, 20)], "only 0 px²"),
        ([(5, 5), (5, 7), (7, 7), (7, 5)], "only 4 px²"),
        ([(-30, -30), (-30, -5), (-5, -5)], "only 0 px²"),
        ([(5, 105), (5, 139), (39, 139)], "only 0 px²"),
    ],
)
def test_too_little_is_refused(path: list[tuple[float, float]], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        trace_cell(Document(SHAPE), np.array(path).reshape(-1, 2))


def test_ground_that_is_taken_is_refused() -> None:
    document = Document(SHAPE)
    # Half of the outline each: it is drawn over neither
    added(document, Box(0, 0, 40, 20))
    added(document, Box(0, 20, 40, 40))
    with pytest.raises(UserError, match="other cells"):
        trace_cell(document, np.array(SQUARE))


def test_an_outline_that_overshoots_its_start_or_holds_a_loop_is_filled() -> None:
    document = Document(SHAPE)
    trace(document, [*SQUARE, (9.5, 9.5), (9.5, 20), (18, 20), (18, 9.5)])
    assert document.objects[1].area == 400


def test_an_outline_that_reaches_out_of_the_picture() -> None:
    document = Document(SHAPE)
    trace(document, [(-20, -20), (-20, 9.5), (9.5, 9.5), (9.5, -20)])
    assert document.objects[1].box == Box(0, 0, 10, 10)


def test_the_least_area_is_a_parameter() -> None:
    path = np.array([(4.5, 4.5), (4.5, 6.5), (6.5, 6.5), (6.5, 4.5)])
    change = trace_cell(Document(SHAPE), path, TraceParams(min_area=4))
    assert change.objects[0].after.area == 4


def test_a_trace_beyond_uint16() -> None:
    document = Document(SHAPE)
    labels = np.zeros(SHAPE, np.int64)
    labels[50, 50] = 65_535
    document.commit(changes.replace_labels(document, labels))
    trace(document, SQUARE)
    assert document.labels[20, 20] == 65_536


def boxes(*given: Box) -> Document:
    """A draft of rectangles, 1 and up."""
    labels = np.zeros(SHAPE, np.uint16)
    for i, box in enumerate(given, start=1):
        labels[box.slices] = i
    return drafted(labels)


def test_a_tiny_cell_can_be_traced() -> None:
    document = Document(SHAPE)
    trace(document, [(4.5, 4.5), (4.5, 7.5), (7.5, 7.5), (7.5, 4.5)])
    assert document.objects[1].area == 9


def test_a_cell_that_is_drawn_over_takes_the_outline() -> None:
    document = boxes(Box(12, 12, 40, 26), Box(45, 45, 50, 50))
    before = document.labels.copy()
    trace(document, SQUARE)
    cell = document.objects[1]
    assert (cell.box, cell.area, cell.state) == (Box(10, 10, 30, 30), 400, ObjectState.EDITED)
    assert document.objects[2].state is ObjectState.DRAFT
    edit = document.history[-1]
    assert edit.change.kind is EditKind.REDRAW
    assert edit.change.summary == "redraw cell 1"
    assert (Effort.of(document).outlines, Effort.of(document).added) == (1, 0)
    document.undo()
    np.testing.assert_array_equal(document.labels, before)
    assert document.objects[1].state is ObjectState.DRAFT
    document.redo()
    assert document.objects[1].area == 400


@pytest.mark.parametrize(
    ("box", "redrawn"),
    [
        # More than half of the outline: 400 px²
        (Box(0, 0, 60, 21), True),
        (Box(0, 0, 60, 20), False),
        # More than half of the cell
        (Box(15, 25, 20, 34), True),
        (Box(15, 25, 20, 35), False),
    ],
)
def test_more_than_half_of_the_smaller_is_over(box: Box, redrawn: bool) -> None:
    document = boxes(box)
    trace(document, SQUARE)
    assert (document.history[-1].change.kind is EditKind.REDRAW) == redrawn
    assert (len(list(document.cells)) == 1) == redrawn


def test_others_inside_become_part_of_the_one_that_has_most_in_it() -> None:
    document = boxes(Box(10, 10, 14, 20), Box(18, 10, 28, 25), Box(12, 27, 26, 50))
    document.commit(changes.note(document, "odd", document.objects[1]))
    before = dict(document.objects)
    trace(document, SQUARE)
    assert set(document.objects) == {2, 3}, "the first is forgotten, not removed"
    assert document.objects[2].note == "odd"
    # Less than half of the third lies inside: it keeps its ground
    assert document.objects[3] == before[3]
    assert document.objects[2].area == 400 - 14 * 3
    document.undo()
    assert dict(document.objects) == before


def test_what_it_took_in_comes_back_by_reverting_it() -> None:
    document = boxes(Box(10, 10, 14, 20), Box(18, 10, 28, 25))
    before = document.labels.copy()
    trace(document, SQUARE)
    document.commit(revert_cell(document, document.objects[2]))
    np.testing.assert_array_equal(document.labels, before)
    assert document.objects[1].state is ObjectState.DRAFT


def test_a_cell_added_by_hand_stays_one() -> None:
    document = Document(SHAPE)
    added(document, Box(12, 12, 28, 28))
    trace(document, SQUARE)
    assert document.objects[1].state is ObjectState.ADDED
    assert document.objects[1].area == 400


def test_the_same_outline_again_is_no_change() -> None:
    document = Document(SHAPE)
    trace(document, SQUARE)
    assert trace_cell(document, np.array(SQUARE)) is None


def test_a_cell_in_a_large_one_is_cut_out_of_it_as_its_new_outline() -> None:
    """A merged piece, traced around one of its cells, is that cell afterwards."""
    labels = (disk(SHAPE, 20, 15, 12) | disk(SHAPE, 20, 38, 12)).astype(np.uint16)
    document = drafted(labels)
    trace(document, [(6.5, 2.5), (6.5, 26.5), (33.5, 26.5), (33.5, 2.5)])
    assert [cell.id for cell in document.cells] == [1]
    assert document.objects[1].box == Box(7, 3, 34, 27)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_any_outline_over_any_cells(seed: int) -> None:
    """Pixel by pixel: one cell inside, others whole outside of it; one step of undo."""
    rng = np.random.default_rng(seed)
    document = drafted(random_draft(rng, SHAPE))
    before, path = document.labels.copy(), random_path(rng, SHAPE)
    inside = ndi.binary_fill_holes(winding(path, SHAPE) != 0)
    over = {
        i: int((inside & (before == i)).sum())
        for i in ids_of(before)
        if 2 * (inside & (before == i)).sum() > min(inside.sum(), (before == i).sum())
    }
    try:
        change = trace_cell(document, path)
    except UserError:
        free = largest_piece(inside & np.isin(before, [0, *over]))
        assert free.sum() < TraceParams().min_area
        return
    if change is None:
        return
    fresh = document.next_id
    document.commit(change)
    after = document.labels
    i = max(over, key=lambda k: (over[k], -k)) if over else fresh
    assert set(document.objects) == (set(ids_of(before)) - set(over)) | {i}
    kept = largest_piece(inside & np.isin(before, [0, *over]))
    np.testing.assert_array_equal(after == i, kept)
    for other in ids_of(before) - set(over):
        np.testing.assert_array_equal(after == other, before == other)
    document.undo()
    np.testing.assert_array_equal(document.labels, before)
