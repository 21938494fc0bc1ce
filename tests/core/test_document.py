from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from psygnal import EmitLoopError

from napari_fncells.core import changes
from napari_fncells.core.cell_mask import MAX_ID, Base
from napari_fncells.core.document import Document, ReadOnlyError
from napari_fncells.core.edits import Edit, EditKind, StaleChangeError
from napari_fncells.core.geometry import Box
from napari_fncells.core.redraft import apply_draft
from tests.core.naive import ids_of
from tests.core.random_shapes import added, region


def test_a_new_document_is_empty() -> None:
    document = Document((3, 5), "Ada")
    assert document.labels.dtype == np.uint16
    assert document.shape == (3, 5)
    assert document.next_id == 1
    assert document.undo() is None
    assert document.redo() is None
    assert document.history == ()
    assert (document.undo_summary, document.redo_summary) == (None, None)
    assert document.counts.final == 0


def test_cell_at() -> None:
    document = Document((10, 10))
    i = added(document, Box(2, 3, 5, 7))
    assert document.cell_at(2, 3).id == i
    assert document.cell_at(4, 6).id == i
    for row, column in ((5, 3), (2, 7), (0, 0), (-1, 3), (10, 3), (-8, -7), (2, 10)):
        assert document.cell_at(row, column) is None


def test_edits_are_stamped() -> None:
    document = Document((10, 10), "Ada")
    before = datetime.now(UTC)
    added(document, Box(0, 0, 4, 4))
    edit = document.undo()
    assert edit.author == "Ada"
    assert edit.reverts == 1
    assert edit.sequence == 2
    assert before <= edit.time <= datetime.now(UTC)
    assert document.redo().reverts == 2


def test_last_in_force_skips_what_was_undone() -> None:
    document = Document((10, 10))
    draft = np.zeros((10, 10), np.uint16)
    first = document.commit(apply_draft(document, draft, {"n": 1}))
    document.commit(apply_draft(document, draft + 1, {"n": 2}))
    document.undo()
    assert document.last_in_force(EditKind.DRAFT) == first
    assert document.redo().change.kind is EditKind.DRAFT
    assert document.last_in_force(EditKind.DRAFT).change.details == {"n": 2}
    assert document.last_in_force(EditKind.ADD) is None


def state_of(document: Document) -> tuple[Any, ...]:
    return document.labels.copy().tolist(), dict(document.objects), document.history


def test_stale_pixels_are_refused() -> None:
    document = Document((20, 20))
    added(document, Box(0, 0, 5, 5))
    stale = changes.remove_cell(document, document.objects[1])
    document.commit(changes.remove_cell(document, document.objects[1]))
    before = state_of(document)
    with pytest.raises(StaleChangeError, match="remove cell 1"):
        document.commit(stale)
    with pytest.raises(StaleChangeError):
        document.record(changes.add_cell(document, region(Box(9, 9, 12, 12))))
    assert state_of(document) == before


def test_one_stale_tile_of_many_refuses_all() -> None:
    document = Document((1200, 600))
    labels = np.ones((1200, 600), np.uint16)
    stale = changes.replace_labels(document, labels)
    assert len(stale.patches) > 4
    added(document, Box(1190, 590, 1200, 600))
    before = document.labels.copy()
    with pytest.raises(StaleChangeError):
        document.commit(stale)
    np.testing.assert_array_equal(document.labels, before)


def test_two_proposals_cannot_share_an_id() -> None:
    """Prepared at the same time in different places, both would be cell 1."""
    document = Document((20, 20))
    first, second = (changes.add_cell(document, region(Box(t, t, t + 3, t + 3))) for t in (0, 10))
    document.commit(first)
    before = state_of(document)
    with pytest.raises(StaleChangeError, match="cell 1"):
        document.commit(second)
    assert state_of(document) == before


def test_replay_refuses_histories_that_do_not_fit() -> None:
    document = Document((20, 20))
    added(document, Box(0, 0, 5, 5))
    added(document, Box(9, 9, 14, 14))
    document.undo()
    document.redo()
    do, second, undo, redo = document.history
    for broken in (
        [second],
        [do, undo],
        [do, redo],
        [do, second, redo],
        [do, second, replace(undo, reverts=1)],
        [do, second, undo, undo],
        [do, do],
        [do, replace(second, sequence=3)],
        [replace(do, reverts=1)],
    ):
        with pytest.raises(StaleChangeError):
            Document.replay((20, 20), broken)
    with pytest.raises(StaleChangeError):
        Document.replay((8, 8), [do, second])
    assert Document.replay((20, 20), [do, second]).counts.final == 2


def test_promotion_keeps_room_for_the_next_id() -> None:
    document = Document((20, 20))
    labels = np.zeros((20, 20), np.int64)
    labels[:4, :4] = 65_533
    document.commit(changes.replace_labels(document, labels))
    told = []
    document.promoted.connect(lambda: told.append(document.labels.dtype))
    assert added(document, Box(10, 0, 12, 2)) == 65_534
    assert document.labels.dtype == np.uint16
    assert told == []
    # All ids are used with this one: a brush would paint with 65,536 next
    assert added(document, Box(10, 5, 12, 7)) == 65_535
    assert document.labels.dtype == np.uint32
    assert told == [np.uint32]
    box = Box(15, 15, 18, 18)
    before = document.labels[box.slices].copy()
    document.labels[box.slices] = document.next_id
    document.record(changes.stroke(document, box, before, "paint"))
    assert document.labels[16, 16] == 65_536
    assert document.objects[65_536].area == 9
    assert len(told) == 1
    for _ in range(4):
        document.undo()
    assert not document.labels.any()
    again = Document.replay((20, 20), document.history)
    assert again.labels.dtype == np.uint32
    for _ in range(4):
        document.redo()
    assert ids_of(document.labels) == {65_533, 65_534, 65_535, 65_536}


def test_promotion_is_told_with_the_pixels_in_place() -> None:
    document = Document((6, 6))
    seen = []
    document.promoted.connect(lambda: seen.append((document.labels.max(), len(document.history))))
    document.commit(changes.replace_labels(document, np.full((6, 6), 70_000)))
    assert seen == [(70_000, 1)]


def test_a_listener_that_fails_leaves_the_edit_whole() -> None:
    document = Document((6, 6))

    def fail() -> None:
        raise RuntimeError("no window")

    document.promoted.connect(fail)
    with pytest.raises(EmitLoopError):
        document.commit(changes.replace_labels(document, np.full((6, 6), 70_000)))
    assert (document.labels == 70_000).all()
    assert document.undo().change.kind is EditKind.REPLACE


def test_ids_beyond_uint32_are_refused() -> None:
    document = Document((4, 4))
    for value in (MAX_ID + 1, 2**40):
        labels = np.zeros((4, 4), np.int64)
        labels[0, 0] = value
        change = changes.replace_labels(document, labels)
        with pytest.raises(ValueError, match=str(value)):
            document.commit(change)
    assert not document.labels.any()
    assert document.history == ()


def test_the_largest_id_works_and_needs_little_memory() -> None:
    document = Document((8, 8))
    labels = np.zeros((8, 8), np.int64)
    labels[:3, :3] = MAX_ID
    labels[5:, 5:] = 7
    document.commit(changes.replace_labels(document, labels))
    assert document.objects[MAX_ID].area == 9
    document.commit(changes.remove_cell(document, document.objects[7]))
    draft = np.zeros((8, 8), np.uint8)
    draft[3:5, 3:5] = 1
    with pytest.raises(ValueError, match="above"):
        document.commit(apply_draft(document, draft, {}))
    document.undo()
    document.undo()
    assert not document.labels.any()


SHAPE = (12, 14)


def test_edits_that_continue_one_another_are_undone_and_redone_together() -> None:
    document = Document(SHAPE)
    added(document, Box(0, 0, 2, 2))
    before = document.labels.copy()
    added(document, Box(4, 4, 6, 6))
    for side in (8, 10):
        change = changes.add_cell(document, region(Box(side, side, side + 1, side + 1)))
        assert change is not None
        document.commit(replace(change, continues=True))
    after = document.labels.copy()
    first = document.undo()
    assert first is not None
    assert first.reverts == 2
    np.testing.assert_array_equal(document.labels, before)
    again = document.redo()
    assert again is not None
    assert again.change.summary == "add cell 2"
    np.testing.assert_array_equal(document.labels, after)
    assert document.redo() is None
    replayed = Document.replay(SHAPE, document.history)
    np.testing.assert_array_equal(replayed.labels, after)
    assert replayed.undo_summary == document.undo_summary


@pytest.mark.parametrize("at", range(7))
def test_replay_from_a_base_in_the_history(at: int) -> None:
    document = Document(SHAPE)
    bases = [Base(0, document.labels.copy(), ())]

    def keep(edit: Edit) -> None:
        bases.append(Base(edit.sequence, document.labels.copy(), tuple(document.objects.values())))

    document.committed.connect(keep)
    added(document, Box(0, 0, 2, 2))
    added(document, Box(4, 4, 6, 6))
    document.undo()
    document.redo()
    document.commit(changes.remove_cell(document, document.objects[1]))
    document.undo()
    replayed = Document.replay(SHAPE, document.history, base=bases[at])
    np.testing.assert_array_equal(replayed.labels, document.labels)
    assert dict(replayed.objects) == dict(document.objects)
    assert (replayed.next_id, replayed.undo_summary, replayed.redo_summary) == (
        document.next_id,
        document.undo_summary,
        document.redo_summary,
    )


def test_a_base_beyond_the_history_is_refused() -> None:
    with pytest.raises(StaleChangeError, match="ends at 0"):
        Document.replay(SHAPE, (), base=Base(3, np.zeros(SHAPE, np.uint16), ()))


def test_a_document_to_be_read_refuses_every_change() -> None:
    document = Document(SHAPE)
    added(document, Box(0, 0, 2, 2))
    document.read_only = "It is open in another window."
    for act in (
        lambda: document.commit(changes.remove_cell(document, document.objects[1])),
        document.undo,
    ):
        with pytest.raises(ReadOnlyError, match="another window"):
            act()
    assert document.edit_count == 1
