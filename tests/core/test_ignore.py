"""Ignored regions: which cells they take, and what is left to count and to compare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.candidates import open_candidates
from napari_fncells.core.cell_mask import Base
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, StaleChangeError
from napari_fncells.core.errors import UserError
from napari_fncells.core.evaluate import score_picture
from napari_fncells.core.evidence import Role, evidence_of
from napari_fncells.core.geometry import Box
from napari_fncells.core.ignore import counted, ignored_ids, left_out
from napari_fncells.core.judge import finish
from napari_fncells.core.objects import CellCounts, ObjectState
from napari_fncells.core.redraft import apply_draft
from tests.core.random_shapes import region

SHAPE = (40, 60)


def with_cells(*boxes: Box) -> Document:
    """A document with drafted cells, 1, 2, ..."""
    document = Document(SHAPE)
    labels = np.zeros(SHAPE, np.int32)
    for i, box in enumerate(boxes, 1):
        labels[box.slices] = i
    document.commit(apply_draft(document, labels, {}))
    return document


def ignore(document: Document, box: Box, *, ignored: bool = True) -> None:
    mask = np.ones((box.height, box.width), bool)
    change = changes.ignore_region(document, box, mask, ignored=ignored)
    assert change is not None
    document.commit(change)


def paint(document: Document, box: Box, value: int = 1) -> Change | None:
    """As a brush does: the pixels first."""
    before = document.ignored[box.slices].copy()
    document.ignored[box.slices] = value
    change = changes.ignore_stroke(document, box, before, "paint")
    if change is not None:
        document.record(change)
    return change


def naive(document: Document) -> set[int]:
    return {
        cell.id
        for cell in document.cells
        if 2 * np.count_nonzero((document.labels == cell.id) & (document.ignored > 0)) > cell.area
    }


# -- strokes and history -----------------------------------------------------------------------


def test_a_stroke_is_an_edit_of_its_own_plane() -> None:
    document = with_cells(Box(0, 0, 10, 10))
    labels = document.labels.copy()
    change = paint(document, Box(5, 5, 20, 25))
    assert change is not None
    assert (change.kind, change.patches, change.objects) == (EditKind.IGNORE, (), ())
    assert change.summary == "ignore a region"
    assert document.ignored_area == 15 * 20
    np.testing.assert_array_equal(document.labels, labels)
    assert paint(document, Box(6, 6, 8, 8)) is None
    cleared = paint(document, Box(5, 5, 6, 25), 0)
    assert cleared is not None
    assert cleared.summary == "clear an ignored region"
    assert document.ignored_area == 14 * 20
    document.undo()
    document.undo()
    assert document.ignored_area == 0
    assert not document.ignored.any()
    document.redo()
    assert document.ignored[5:20, 5:25].all()


def test_undo_goes_through_both_planes_in_order() -> None:
    document = with_cells(Box(0, 0, 10, 10))
    ignore(document, Box(0, 0, 10, 10))
    document.commit(changes.remove_cell(document, document.objects[1]))
    assert document.counts.ignored == 0
    document.undo()
    assert document.ignored_cells == {1}
    document.undo()
    assert (document.ignored_cells, document.counts.final) == (set(), 1)
    document.redo()
    document.redo()
    assert (document.ignored_cells, document.counts.final) == (set(), 0)


def test_a_change_of_stale_regions_is_refused() -> None:
    document = Document(SHAPE)
    mask = np.ones((4, 4), bool)
    change = changes.ignore_region(document, Box(0, 0, 4, 4), mask)
    assert change is not None
    document.commit(change)
    with pytest.raises(StaleChangeError):
        document.commit(change)
    assert document.ignored_area == 16
    assert changes.ignore_region(document, Box(0, 0, 4, 4), mask) is None


# -- which cells -------------------------------------------------------------------------------


def test_more_than_half_of_a_cell() -> None:
    document = with_cells(Box(0, 0, 10, 10), Box(20, 20, 30, 30))
    ignore(document, Box(0, 0, 10, 5))
    assert document.ignored_cells == set()
    ignore(document, Box(0, 5, 1, 6))
    assert document.ignored_cells == {1}
    assert document.counts == CellCounts(2, 0, 0, 0, 0, 0, 2, final=1, ignored=1)
    # Grown beyond the region, it counts again
    document.commit(changes.replace_labels(document, np.kron(document.labels[:20, :30] > 0,
                                                            np.ones((2, 2), int))))  # fmt: skip
    assert document.ignored_cells == set()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_kept_up_to_date_edit_by_edit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = Document(SHAPE)
    for _ in range(25):
        rows, columns = sorted(rng.integers(0, 41, 2)), sorted(rng.integers(0, 61, 2))
        box = Box(int(rows[0]), int(columns[0]), int(rows[1]), int(columns[1]))
        if box.height == 0 or box.width == 0:
            continue
        choice = rng.integers(6)
        if choice <= 1:
            paint(document, box, int(choice))
        elif choice == 2:
            document.undo()
        elif choice == 3:
            document.redo()
        else:
            before = document.labels[box.slices].copy()
            value = int(rng.choice([0, document.next_id, *document.objects]))
            document.labels[box.slices] = value
            change = changes.stroke(document, box, before, "paint")
            if change is not None:
                document.record(change)
        assert document.ignored_cells == naive(document)
        assert document.ignored_area == np.count_nonzero(document.ignored)
        counts = document.counts
        assert counts == CellCounts.of(document.objects.values(), len(naive(document)))
        assert counts.final + counts.ignored == len(list(document.cells))
    again = Document.replay(SHAPE, document.history)
    base = Base(
        document.edit_count,
        document.labels.copy(),
        tuple(document.objects.values()),
        document.ignored.copy(),
    )
    for other in (again, Document.replay(SHAPE, document.history, base=base)):
        np.testing.assert_array_equal(other.ignored, document.ignored)
        assert other.ignored_cells == document.ignored_cells
        assert other.counts == document.counts


# -- what it means -----------------------------------------------------------------------------


def test_ignored_cells_are_not_accepted() -> None:
    document = with_cells(Box(0, 0, 8, 8), Box(20, 20, 28, 28))
    ignore(document, Box(0, 0, 9, 9))
    document.commit(finish(document))
    assert document.objects[1].state is ObjectState.DRAFT
    assert document.objects[2].state is ObjectState.ACCEPTED


def test_painting_takes_done_back() -> None:
    document = with_cells(Box(0, 0, 8, 8))
    document.commit(finish(document))
    ignore(document, Box(20, 20, 30, 30))
    assert not document.done
    document.undo()
    assert document.done


def test_no_cell_is_missed_in_a_region() -> None:
    document = with_cells()
    found = (region(Box(0, 0, 5, 5)), region(Box(10, 10, 15, 15)))
    ignore(document, Box(4, 4, 8, 8))
    assert open_candidates(document, found) == [found[1]]


def test_regions_tell_a_fit_nothing() -> None:
    document = with_cells(Box(0, 0, 8, 8), Box(20, 20, 28, 28))
    ignore(document, Box(0, 0, 12, 12))
    document.commit(finish(document))
    evidence = evidence_of(document)
    roles = evidence.roles[evidence.places]
    assert (roles[:12, :12] == Role.OPEN).all()
    assert (roles[20:28, 20:28] == Role.CELL).all()
    assert evidence.complete
    assert evidence.cells == 1


def test_what_is_left_to_export() -> None:
    document = with_cells(Box(0, 0, 10, 10), Box(20, 20, 30, 30))
    ignored = np.zeros(SHAPE, bool)
    ignored[0:8, 0:10] = ignored[20:24, 20:40] = True
    before = document.labels.copy()
    labels, regions = counted(document.labels, document.cells, ignored)
    np.testing.assert_array_equal(document.labels, before)
    assert set(np.unique(labels)) == {0, 2}
    assert regions is not None
    np.testing.assert_array_equal(regions, ignored & (labels == 0))
    same, none = counted(document.labels, document.cells, np.zeros(SHAPE, bool))
    assert same is document.labels
    assert none is None
    assert counted(document.labels, document.cells, None)[0] is document.labels


# -- metrics -----------------------------------------------------------------------------------


def labels_of(*boxes: Box) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint16)
    for i, box in enumerate(boxes, 1):
        labels[box.slices] = i
    return labels


def test_regions_count_for_nothing_in_figures() -> None:
    ignored = np.zeros(SHAPE, bool)
    ignored[:, 30:] = True
    both, only = Box(2, 2, 12, 12), Box(20, 2, 30, 12)
    pred = labels_of(both, Box(2, 40, 12, 50))
    truth = labels_of(both, only, Box(20, 40, 30, 50))
    score = score_picture("a", pred, truth, ignored)
    assert (score.predicted, score.true) == (1, 2)
    for detection in score.detections.values():
        assert (detection.tp, detection.fp, detection.fn) == (1, 0, 1)
    assert (score.overlap, score.predicted_pixels, score.true_pixels) == (100, 100, 200)
    assert score.gestures.total == 1
    assert score_picture("a", pred, truth).predicted == 2


@pytest.mark.parametrize("shift", [-1, 1])
def test_one_cell_on_the_rim_of_a_region_is_no_error(shift: int) -> None:
    """The true cell decides for both."""
    ignored = np.zeros(SHAPE, bool)
    ignored[:, 30:] = True
    true = Box(5, 25, 15, 35)
    pred = labels_of(true.shifted(0, shift))
    for moved in (0, 1):
        truth = labels_of(true.shifted(0, moved))
        detection = score_picture("a", pred, truth, ignored).detections["iou"]
        assert (detection.tp, detection.fp, detection.fn) == (int(not moved), 0, 0)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_ids_by_regions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.kron(rng.integers(0, 4, (5, 6)), np.ones((8, 10), int)).astype(np.uint16)
    ignored = rng.random(SHAPE) < rng.random()
    expected = {
        int(i)
        for i in np.unique(labels[labels > 0])
        if 2 * (ignored & (labels == i)).sum() > (labels == i).sum()
    }
    assert ignored_ids(labels, ignored) == expected


def test_regions_of_another_picture() -> None:
    labels = labels_of(Box(0, 0, 5, 5))
    with pytest.raises(UserError, match="differ in shape"):
        left_out(labels, labels, np.zeros((3, 3), bool))


def test_a_change_of_both_planes() -> None:
    """As recovery makes it."""
    document = with_cells(Box(0, 0, 10, 10))
    regions = changes.ignore_region(document, Box(0, 0, 10, 10), np.ones((10, 10), bool))
    removal = changes.remove_cell(document, document.objects[1])
    assert regions is not None
    document.commit(replace(removal, ignored=regions.ignored))
    assert (document.ignored_cells, document.ignored_area) == (set(), 100)
    document.undo()
    assert (document.ignored_area, document.counts.final) == (0, 1)
