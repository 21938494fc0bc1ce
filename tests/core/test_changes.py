from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import ObjectState, Origin
from napari_fncells.core.redraft import apply_draft


def drafted(*boxes: Box, shape: tuple[int, int] = (40, 40)) -> Document:
    """A document with a rectangular draft cell in each box, ids from 1."""
    labels = np.zeros(shape, np.uint16)
    for i, box in enumerate(boxes, 1):
        labels[box.slices] = i
    document = Document(shape)
    document.commit(apply_draft(document, labels, {}))
    return document


def region(box: Box) -> Region:
    return Region(box, np.ones((box.height, box.width), bool), 12.5)


def paint(document: Document, box: Box, value: int, tool: str = "paint") -> Any:
    before = document.labels[box.slices].copy()
    document.labels[box.slices] = value
    change = changes.stroke(document, box, before, tool)
    return document.record(change) if change else None


def test_add_takes_only_free_ground() -> None:
    document = drafted(Box(0, 0, 10, 10))
    edit = document.commit(changes.add_cell(document, region(Box(5, 5, 15, 15))))
    cell = document.objects[2]
    assert (cell.state, cell.origin) == (ObjectState.ADDED, Origin.HAND)
    assert cell.area == 100 - 25
    assert document.objects[1].area == 100
    assert document.objects[1].state is ObjectState.DRAFT
    assert edit.change.details == {"level": 12.5}
    assert edit.change.summary == "add cell 2"


def test_add_where_nothing_is_free() -> None:
    document = drafted(Box(0, 0, 10, 10))
    assert changes.add_cell(document, region(Box(2, 2, 8, 8))) is None
    assert len(document.history) == 1


def test_remove_leaves_a_tombstone_and_neighbours() -> None:
    document = drafted(Box(0, 0, 10, 10), Box(5, 10, 9, 20))
    document.commit(changes.remove_cell(document, document.objects[1]))
    dead = document.objects[1]
    assert dead.state is ObjectState.REMOVED
    assert dead.area == 0
    assert dead.footprint.mask.all()
    assert dead.box == Box(0, 0, 10, 10)
    assert document.objects[2].state is ObjectState.DRAFT
    assert document.labels[6, 12] == 2
    assert document.labels[6, 9] == 0


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda _: None, ObjectState.ACCEPTED),
        (lambda d: paint(d, Box(9, 0, 12, 3), 1), ObjectState.EDITED),
    ],
)
def test_restored_whole_means_accepted_unless_edited_before(
    prepare: Callable[[Document], Any], expected: ObjectState
) -> None:
    document = drafted(Box(0, 0, 10, 10))
    prepare(document)
    area = document.objects[1].area
    document.commit(changes.remove_cell(document, document.objects[1]))
    document.commit(changes.restore_cell(document, document.objects[1]))
    assert document.objects[1].state is expected
    assert document.objects[1].area == area
    assert document.counts.edited == (expected is ObjectState.EDITED)


def test_restored_in_part_means_edited() -> None:
    document = drafted(Box(0, 0, 10, 10))
    document.commit(changes.remove_cell(document, document.objects[1]))
    document.commit(changes.add_cell(document, region(Box(0, 0, 10, 4))))
    document.commit(changes.restore_cell(document, document.objects[1]))
    assert document.objects[1].state is ObjectState.EDITED
    assert document.objects[1].box == Box(0, 4, 10, 10)
    assert document.objects[1].footprint is None


def test_restore_needs_a_tombstone_and_free_ground() -> None:
    document = drafted(Box(0, 0, 10, 10))
    assert changes.restore_cell(document, document.objects[1]) is None
    document.commit(changes.remove_cell(document, document.objects[1]))
    document.commit(changes.add_cell(document, region(Box(0, 0, 10, 10))))
    assert changes.restore_cell(document, document.objects[1]) is None


def test_restored_hand_made_cells_stay_added() -> None:
    document = Document((20, 20))
    document.commit(changes.add_cell(document, region(Box(0, 0, 5, 5))))
    document.commit(changes.remove_cell(document, document.objects[1]))
    document.commit(changes.restore_cell(document, document.objects[1]))
    assert document.objects[1].state is ObjectState.ADDED
    assert document.counts.added == 1


def test_a_stroke_over_two_cells() -> None:
    document = drafted(Box(0, 0, 10, 10), Box(0, 20, 10, 30), Box(20, 0, 30, 10))
    edit = paint(document, Box(4, 5, 8, 25), 9)
    assert edit.change.kind is EditKind.STROKE
    assert edit.change.summary == "paint cell 9"
    assert edit.change.details == {"tool": "paint"}
    states = {i: c.state.value for i, c in document.objects.items()}
    assert states == {1: "edited", 2: "edited", 3: "draft", 9: "added"}
    assert document.objects[1].area == 100 - 20
    assert document.objects[9].box == Box(4, 5, 8, 25)
    assert document.next_id == 10


def test_erasing_a_cell_whole_removes_it() -> None:
    document = drafted(Box(3, 3, 6, 6), Box(10, 10, 20, 20))
    edit = paint(document, Box(0, 0, 12, 12), 0, "erase")
    assert edit.change.summary == "erase"
    assert document.objects[1].state is ObjectState.REMOVED
    assert document.objects[1].box == Box(3, 3, 6, 6)
    assert document.objects[2].area == 100 - 4
    assert document.objects[2].box == Box(10, 10, 20, 20)
    document.undo()
    assert document.objects[1].state is ObjectState.DRAFT


def test_erasing_part_of_a_cell_that_reaches_out_of_the_stroke() -> None:
    document = drafted(Box(5, 5, 35, 35))
    paint(document, Box(0, 0, 20, 40), 0, "erase")
    assert document.objects[1].box == Box(20, 5, 35, 35)
    assert document.objects[1].area == 15 * 30
    assert document.objects[1].state is ObjectState.EDITED


def test_a_stroke_that_changes_nothing() -> None:
    document = drafted(Box(0, 0, 10, 10))
    assert paint(document, Box(2, 2, 5, 5), 1) is None
    assert len(document.history) == 1


def test_replace_keeps_ids_and_touches_only_what_changes() -> None:
    document = drafted(Box(0, 0, 10, 10), Box(0, 20, 10, 30))
    labels = document.labels.astype(np.int64)
    labels[labels == 2] = 300
    document.commit(changes.replace_labels(document, labels))
    states = {i: c.state.value for i, c in document.objects.items()}
    assert states == {1: "draft", 2: "removed", 300: "added"}
    assert document.next_id == 301
    assert changes.replace_labels(document, labels) is None


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int32, np.uint64])
def test_replace_takes_any_whole_numbers(dtype: Any) -> None:
    document = Document((6, 6))
    labels = np.zeros((6, 6), dtype)
    labels[1:3, 1:3] = 1
    document.commit(changes.replace_labels(document, labels))
    assert document.labels.dtype == np.uint16
    assert document.objects[1].area == 4


def test_replace_refuses_what_is_no_mask() -> None:
    document = Document((6, 6))
    with pytest.raises(ValueError, match="shape"):
        changes.replace_labels(document, np.zeros((6, 7), int))
    with pytest.raises(ValueError, match="negative"):
        changes.replace_labels(document, np.full((6, 6), -1))


def test_many_cells_at_once_are_measured_as_few() -> None:
    """Above a number of cells another way is taken."""
    rng = np.random.default_rng(5)
    labels = np.kron(rng.permutation(100).reshape(10, 10), np.ones((4, 4), int))
    document = Document((40, 40))
    document.commit(changes.replace_labels(document, labels))
    for i in range(1, 100):
        assert document.objects[i].box == Box.around(labels == i)
        assert document.objects[i].area == 16
    document.commit(changes.replace_labels(document, labels * 0))
    assert all(c.footprint.mask.all() for c in document.objects.values())
    assert document.counts.final == 0


def test_sparse_huge_ids_are_quick() -> None:
    document = Document((300, 300))
    labels = np.zeros((300, 300), np.int64)
    for k in range(30):
        labels[k * 10 : k * 10 + 5] = 4_000_000_000 - 7 * k
    document.commit(changes.replace_labels(document, labels))
    assert document.counts.final == 30
    assert document.objects[4_000_000_000].box == Box(0, 0, 5, 300)
    document.commit(apply_draft(document, np.zeros((300, 300), np.uint8), {}))
    assert document.counts.final == 30


def crowd(seed: int) -> np.ndarray:
    """100 round cells in a picture of the usual size."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((1200, 1600), np.uint16)
    rows, columns = np.mgrid[-20:21, -20:21]
    disk = np.hypot(rows, columns) < 20
    for i in range(1, 101):
        row, column = rng.integers(20, 1180), rng.integers(20, 1580)
        labels[row - 20 : row + 21, column - 20 : column + 21][disk] = i
    return labels


def best_of(action: Callable[[], Any]) -> float:
    times = []
    for _ in range(3):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


def test_corrections_of_a_picture_of_the_usual_size_are_quick() -> None:
    """Limits several times what was measured: they catch a pass over the whole picture."""
    document = Document((1200, 1600))
    document.commit(apply_draft(document, crowd(0), {}))
    cell = document.objects[50]
    spot = region(cell.box.shifted(0, 9))
    assert best_of(lambda: changes.remove_cell(document, cell)) < 0.01
    assert best_of(lambda: changes.add_cell(document, spot)) < 0.01
    other = crowd(1)
    assert best_of(lambda: changes.replace_labels(document, other)) < 0.6
    assert best_of(lambda: apply_draft(document, other, {})) < 0.6
