from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.walk import next_to_review, reading_order
from tests.core.random_shapes import drafted


@pytest.fixture
def document() -> Document:
    """Cells 1 2 3 in a row that is not quite level, 4 5 below."""
    labels = np.zeros((60, 80), np.uint16)
    for i, (top, left) in enumerate(((6, 0), (2, 30), (8, 60), (30, 50), (34, 10)), 1):
        labels[top : top + 10, left : left + 10] = i
    return drafted(labels)


def walk(document: Document, start: int | None, by: int, steps: int) -> list[int]:
    found = []
    for _ in range(steps):
        start = next_to_review(document, start, by).id
        found.append(start)
    return found


def test_reading_order(document: Document) -> None:
    assert [cell.id for cell in reading_order(document.cells)] == [1, 2, 3, 5, 4]
    assert reading_order([]) == []


def test_rows_begin_at_their_topmost_cell() -> None:
    """A staircase is no row, however small its steps."""
    document = Document((60, 80))
    labels = np.zeros((60, 80), np.uint16)
    for k in range(5):
        labels[8 * k : 8 * k + 10, 60 - 12 * k : 68 - 12 * k] = k + 1
    document.commit(changes.replace_labels(document, labels))
    assert [cell.id for cell in reading_order(document.cells)] == [2, 1, 4, 3, 5]


def test_around_and_back(document: Document) -> None:
    assert walk(document, None, 1, 6) == [1, 2, 3, 5, 4, 1]
    assert walk(document, None, -1, 6) == [4, 5, 3, 2, 1, 4]
    assert walk(document, 3, 1, 1) == [5]
    assert walk(document, 3, -1, 1) == [2]


def test_only_open_cells_are_walked_over_until_none_is_left(document: Document) -> None:
    objects = document.objects
    document.commit(judge(document, [objects[2], objects[3]], ObjectState.ACCEPTED))
    document.commit(judge(document, [objects[4]], ObjectState.UNSURE))
    assert walk(document, None, 1, 4) == [1, 5, 4, 1]
    # From a cell judged just now the way goes on from its place
    assert walk(document, 2, 1, 1) == [5]
    assert walk(document, 2, -1, 1) == [1]
    document.commit(finish(document))
    assert walk(document, None, 1, 2) == [4, 4]
    document.commit(changes.remove_cell(document, objects[4]))
    assert walk(document, None, 1, 5) == [1, 2, 3, 5, 1]


def test_one_cell_is_its_own_next(document: Document) -> None:
    document.commit(changes.remove_cells(document, [document.objects[i] for i in (1, 2, 3, 4)]))
    assert walk(document, 5, 1, 2) == [5, 5]
    assert walk(document, 5, -1, 2) == [5, 5]


@pytest.mark.parametrize(("by", "expected"), [(1, 3), (-1, 1)])
def test_from_a_cell_that_has_vanished(document: Document, by: int, expected: int) -> None:
    document.commit(changes.remove_cell(document, document.objects[2]))
    assert walk(document, 2, by, 1) == [expected]
    document.undo()
    path = np.array([(7.0, 34.0), (7.0, 5.0)])
    document.commit(join_cells(document, document.objects[1], document.objects[2], path))
    assert 2 not in document.objects
    # The joined cell reaches from 1 to 2 now
    assert walk(document, 2, 1, 1) == [3]


def test_rows_do_not_shift_when_a_cell_is_removed() -> None:
    """Without its first cell the second row would begin higher and take in the one before."""
    labels = np.zeros((60, 80), np.uint16)
    for i, (top, left) in enumerate(((0, 30), (8, 60), (12, 0), (40, 0)), 1):
        labels[top : top + 10, left : left + 10] = i
    document = drafted(labels)
    assert walk(document, None, 1, 4) == [1, 2, 3, 4]
    document.commit(changes.remove_cell(document, document.objects[1]))
    assert walk(document, 2, 1, 3) == [3, 4, 2]


def test_nothing_to_walk_over() -> None:
    document = Document((10, 10))
    assert next_to_review(document, None, 1) is None
    assert next_to_review(document, 17, -1) is None


def test_a_number_that_never_was_begins_anew(document: Document) -> None:
    assert walk(document, 4711, 1, 1) == [1]
    assert walk(document, 4711, -1, 1) == [4]


def test_order_of_boxes_with_holes_in_ids() -> None:
    document = Document((10, 10))
    labels = np.zeros((10, 10), np.int64)
    labels[0, 0], labels[0, 5] = 70_000, 9
    document.commit(changes.replace_labels(document, labels))
    assert document.objects[9].box == Box(0, 5, 1, 6)
    assert walk(document, 70_000, 1, 1) == [9]
