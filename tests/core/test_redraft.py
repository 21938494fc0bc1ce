from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import ObjectState, Origin
from napari_fncells.core.redraft import Standing, apply_draft, effect_of
from tests.core.naive import ids_of, pieces, redrafted
from tests.core.random_shapes import random_box, random_draft

SHAPE = (40, 40)


def labels_of(*boxes: Box, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    labels = np.zeros(shape, np.uint8)
    for i, box in enumerate(boxes, 1):
        labels[box.slices] = i
    return labels


def begin(*boxes: Box) -> Document:
    document = Document(SHAPE)
    document.commit(apply_draft(document, labels_of(*boxes), {"method": "first"}))
    return document


def redraft(document: Document, *boxes: Box) -> None:
    document.commit(apply_draft(document, labels_of(*boxes), {}))


def remove(document: Document, i: int) -> None:
    document.commit(changes.remove_cell(document, document.objects[i]))


def add(document: Document, box: Box) -> None:
    mask = np.ones((box.height, box.width), bool)
    change = changes.add_cell(document, Region(box, mask, 0.0))
    if change is not None:
        document.commit(change)


def touch(document: Document, rng: np.random.Generator) -> None:
    """Any correction the expert may make."""
    living = sorted(cell.id for cell in document.cells)
    dead = sorted(i for i, cell in document.objects.items() if not cell.alive)
    box = random_box(rng, document.shape)
    kind = rng.choice(["remove", "restore", "add", "paint", "undo"])
    if kind == "remove" and living:
        remove(document, int(rng.choice(living)))
    elif kind == "restore" and dead:
        change = changes.restore_cell(document, document.objects[int(rng.choice(dead))])
        if change is not None:
            document.commit(change)
    elif kind == "add":
        add(document, box)
    elif kind == "paint":
        before = document.labels[box.slices].copy()
        document.labels[box.slices] = rng.choice([0, document.next_id, *living])
        change = changes.stroke(document, box, before, "paint")
        if change is not None:
            document.record(change)
    elif kind == "undo":
        document.undo()


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1), touches=st.integers(0, 8))
def test_what_the_expert_touched_stays(seed: int, touches: int) -> None:
    rng = np.random.default_rng(seed)
    document = Document((int(rng.integers(24, 49)), int(rng.integers(24, 49))))
    document.commit(apply_draft(document, random_draft(rng, document.shape), {}))
    for _ in range(touches):
        touch(document, rng)
    before, objects = document.labels.copy(), dict(document.objects)
    last = document.next_id - 1
    draft = random_draft(rng, document.shape)
    expected = redrafted(document, draft)
    effect, fitted = effect_of(Standing.of(document), draft)
    document.commit(apply_draft(document, draft, {}))

    np.testing.assert_array_equal(document.labels, expected)
    for i, cell in objects.items():
        if cell.touched:
            assert document.objects[i] == cell
            np.testing.assert_array_equal(document.labels == i, before == i)
        else:
            assert i not in document.objects
    for cell in document.cells:
        if cell.touched:
            continue
        assert cell.id > last
        assert (cell.state, cell.origin) == (ObjectState.DRAFT, Origin.DRAFT)
    fresh = document.labels > last
    np.testing.assert_array_equal(fitted > 0, fresh)
    assert effect.added + effect.kept == document.counts.final
    untouched = sum(cell.alive and not cell.touched for cell in objects.values())
    touched = sum(cell.alive and cell.touched for cell in objects.values())
    assert effect.removed + effect.kept == untouched + touched
    for other in objects.values():
        if other.footprint is None:
            continue
        former = np.zeros(draft.shape, bool)
        former[other.box.slices] = other.footprint.mask
        for i in ids_of(draft[former]):
            again = 2 * (former & (draft == i)).sum() > min(former.sum(), (draft == i).sum())
            assert not (again and fresh[draft == i].any())
    document.undo()
    np.testing.assert_array_equal(document.labels, before)
    assert dict(document.objects) == objects
    document.redo()
    np.testing.assert_array_equal(document.labels, expected)


def test_a_first_draft_keeps_the_pixels_and_numbers_from_one() -> None:
    document = Document(SHAPE)
    labels = labels_of(Box(0, 0, 5, 5), Box(0, 5, 5, 9)).astype(np.int64) * 1000
    document.commit(apply_draft(document, labels, {"method": "m"}))
    np.testing.assert_array_equal(document.labels, labels // 1000)
    assert document.counts.untouched == document.counts.drafted == 2
    assert document.last_in_force(EditKind.DRAFT).change.details == {"method": "m"}


def test_a_draft_equal_to_the_last_one() -> None:
    document = begin(Box(0, 0, 5, 5), Box(10, 10, 20, 20))
    redraft(document, Box(0, 0, 5, 5), Box(10, 10, 20, 20))
    assert ids_of(document.labels) == {3, 4}
    assert document.counts.drafted == 2
    document.undo()
    assert ids_of(document.labels) == {1, 2}


def test_the_effect_of_a_draft_is_told_in_counts() -> None:
    document = begin(Box(0, 0, 5, 5), Box(10, 10, 20, 20), Box(30, 30, 40, 40))
    remove(document, 1)
    add(document, Box(0, 20, 5, 25))
    draft = labels_of(
        Box(0, 0, 5, 5),  # removed before: not again
        Box(11, 10, 20, 20),  # there already
        Box(30, 0, 40, 5),  # new
    )
    effect, _ = effect_of(Standing.of(document), draft)
    assert (effect.added, effect.removed, effect.kept) == (1, 1, 2)
    assert str(effect) == "+1 −1, 2 kept"


def test_an_empty_draft_is_an_edit() -> None:
    document = begin(Box(0, 0, 5, 5), Box(10, 10, 20, 20))
    remove(document, 1)
    redraft(document)
    assert not document.labels.any()
    assert set(document.objects) == {1}
    redraft(document)
    assert len(document.history) == 4
    assert document.history[-1].change.empty
    document.undo()
    document.undo()
    assert ids_of(document.labels) == {2}


@pytest.mark.parametrize(
    ("box", "back"),
    [
        (Box(0, 0, 10, 10), False),  # the same
        (Box(0, 0, 10, 5), False),  # half of the tombstone, but all of itself
        (Box(0, 5, 10, 15), True),  # half of each: not more than half
        (Box(0, 4, 10, 14), False),  # more than half of each
        (Box(0, 0, 40, 40), False),  # more than half of the smaller one
        (Box(11, 0, 20, 10), True),  # elsewhere
    ],
)
def test_a_removed_cell_does_not_come_back(box: Box, back: bool) -> None:
    document = begin(Box(0, 0, 10, 10))
    remove(document, 1)
    redraft(document, box)
    assert document.counts.final == back
    assert document.objects[1].state is ObjectState.REMOVED
    if back:
        assert next(document.cells).area == box.height * box.width


def test_a_cell_the_expert_knows_is_not_drafted_again() -> None:
    document = Document(SHAPE)
    add(document, Box(5, 5, 15, 15))
    redraft(document, Box(4, 4, 14, 14), Box(5, 12, 15, 22))
    assert ids_of(document.labels) == {1, 3}
    assert document.objects[1].area == 100
    assert document.objects[3].area == 70
    assert document.objects[3].box == Box(5, 15, 15, 22)


def test_a_clipped_cell_keeps_its_largest_piece() -> None:
    document = Document(SHAPE)
    add(document, Box(0, 10, 40, 13))
    redraft(document, Box(5, 2, 8, 30))
    new = document.objects[2]
    assert new.box == Box(5, 13, 8, 30)
    assert pieces(document.labels == 2) == 1


def test_of_equal_pieces_the_topmost_stays() -> None:
    document = Document(SHAPE)
    add(document, Box(1, 23, 9, 26))
    labels = labels_of(Box(1, 20, 2, 29))
    labels[1, 22:28] = 0
    labels[1, 23] = labels[0, 28] = 1  # ground that is taken; the top of the right piece
    document.commit(apply_draft(document, labels, {}))
    assert document.objects[2].box == Box(0, 28, 2, 29)


def test_an_adopted_cell_in_two_pieces_is_left_as_it_is() -> None:
    document = Document(SHAPE)
    labels = labels_of(Box(0, 0, 5, 5))
    labels[20:25, 20:25] = 1
    document.commit(apply_draft(document, labels, {}))
    assert document.objects[1].area == 50


def test_a_cell_under_many_small_touched_ones_is_clipped_away() -> None:
    document = Document(SHAPE)
    for row in range(0, 10, 5):
        for column in range(0, 10, 5):
            add(document, Box(row, column, row + 5, column + 5))
    redraft(document, Box(0, 0, 10, 10))
    assert document.counts.untouched == 0
    assert document.counts.final == 4


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.int64])
def test_any_whole_numbers(dtype: type) -> None:
    document = Document(SHAPE)
    document.commit(apply_draft(document, labels_of(Box(1, 1, 4, 4)).astype(dtype), {}))
    assert document.objects[1].area == 9


def test_negative_numbers_are_background() -> None:
    document = Document(SHAPE)
    labels = labels_of(Box(1, 1, 4, 4)).astype(np.int32)
    labels[20:] = -5
    document.commit(apply_draft(document, labels, {}))
    assert document.counts.final == 1


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        apply_draft(Document((4, 4)), np.zeros((4, 5), np.uint8), {})


def test_a_draft_that_needs_more_ids_than_uint16_has() -> None:
    document = Document(SHAPE)
    labels = np.zeros(SHAPE, np.int64)
    labels[:3, :3] = 65_534
    document.commit(changes.replace_labels(document, labels))
    redraft(document, Box(10, 10, 12, 12), Box(20, 20, 22, 22), Box(30, 30, 32, 32))
    assert ids_of(document.labels) == {65_534, 65_535, 65_536, 65_537}
    assert document.labels.dtype == np.uint32
