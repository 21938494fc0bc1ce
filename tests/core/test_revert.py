from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.provenance import draft_labels, drafted_as, labels_after
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.reshape import resize_cell
from napari_fncells.core.revert import revert_cell
from tests.core.random_shapes import added, drafted, region

SHAPE = (60, 60)


def draft() -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:20, 10:20], labels[10:20, 24:34], labels[40:50, 40:50] = 1, 2, 3
    return labels


@pytest.fixture
def document() -> Document:
    return drafted(draft())


def resize(document: Document, i: int, box: Box) -> None:
    document.commit(resize_cell(document, document.objects[i], region(box)))


def join(document: Document, first: int, second: int) -> None:
    cells = [document.objects[i] for i in (first, second)]
    path = np.array([cell.box.centre for cell in cells])
    document.commit(join_cells(document, *cells, path))


def revert(document: Document, i: int) -> None:
    document.commit(revert_cell(document, document.objects[i]))


def test_an_edited_cell_is_as_drafted_and_untouched_again(document: Document) -> None:
    resize(document, 1, Box(12, 12, 30, 18))
    revert(document, 1)
    np.testing.assert_array_equal(document.labels, draft())
    assert document.objects[1].state is ObjectState.DRAFT
    edit = document.history[-1]
    assert (edit.change.kind, edit.change.summary) == (EditKind.REVERT, "revert cell 1")
    assert edit.change.details == {"clipped": False, "returned": []}
    assert revert_cell(document, document.objects[1]) is None
    document.commit(apply_draft(document, np.zeros(SHAPE, np.uint8), {}))
    assert document.counts.final == 0


def test_a_judged_cell_loses_its_judgement_and_no_pixel(document: Document) -> None:
    document.commit(judge(document, [document.objects[1]], ObjectState.UNSURE))
    change = revert_cell(document, document.objects[1])
    assert change.patches == ()
    document.commit(change)
    assert document.objects[1].state is ObjectState.DRAFT


def test_a_removed_cell_comes_back(document: Document) -> None:
    resize(document, 1, Box(12, 12, 30, 18))
    document.commit(changes.remove_cell(document, document.objects[1]))
    revert(document, 1)
    np.testing.assert_array_equal(document.labels, draft())
    assert document.objects[1].footprint is None


def test_where_others_have_taken_the_ground_it_is_clipped(document: Document) -> None:
    resize(document, 1, Box(10, 10, 15, 20))
    added(document, Box(15, 10, 20, 15))
    revert(document, 1)
    assert document.history[-1].change.details["clipped"]
    assert document.objects[1].area == 75
    assert document.objects[1].state is ObjectState.DRAFT
    assert document.objects[4].area == 25


def test_where_others_have_taken_all_of_it_it_is_refused(document: Document) -> None:
    document.commit(changes.remove_cell(document, document.objects[1]))
    added(document, Box(5, 5, 22, 22))
    with pytest.raises(UserError, match="Other cells lie"):
        revert_cell(document, document.objects[1])


def test_cells_without_a_draft_are_refused(document: Document) -> None:
    i = added(document, Box(0, 0, 5, 5))
    with pytest.raises(UserError, match="added by hand"):
        revert_cell(document, document.objects[i])
    path = np.array([(14.0, 5.0), (14.0, 22.0)])
    document.commit(cut_cell(document, document.objects[1], path))
    with pytest.raises(UserError, match="cut off another"):
        revert_cell(document, document.objects[5])


def test_a_cut_cell_gets_its_ground_back_once_the_other_piece_is_gone(
    document: Document,
) -> None:
    path = np.array([(14.0, 5.0), (14.0, 22.0)])
    document.commit(cut_cell(document, document.objects[1], path))
    document.commit(changes.remove_cell(document, document.objects[4]))
    revert(document, 1)
    np.testing.assert_array_equal(document.labels, draft())


def test_cells_joined_into_it_come_back_as_they_were(document: Document) -> None:
    document.commit(judge(document, [document.objects[2]], ObjectState.ACCEPTED))
    before = dict(document.objects)
    join(document, 1, 2)
    revert(document, 1)
    np.testing.assert_array_equal(document.labels, draft())
    assert dict(document.objects) == before
    assert document.history[-1].change.details["returned"] == [2]
    # Once only: the join is over
    resize(document, 1, Box(10, 10, 20, 22))
    document.commit(changes.remove_cell(document, document.objects[2]))
    revert(document, 1)
    assert document.objects[2].state is ObjectState.REMOVED


def test_a_join_that_was_reverted_is_over_even_if_the_other_cell_is_gone(
    document: Document,
) -> None:
    join(document, 1, 2)
    revert(document, 1)
    document.commit(judge(document, [document.objects[1]], ObjectState.ACCEPTED))
    document.commit(apply_draft(document, np.zeros(SHAPE, np.uint8), {}))
    assert 2 not in document.objects
    revert(document, 1)
    assert set(document.objects) == {1}


def test_of_a_row_of_joins_only_the_last_is_taken_apart(document: Document) -> None:
    join(document, 2, 3)
    both = document.labels == 2
    join(document, 1, 2)
    revert(document, 1)
    np.testing.assert_array_equal(document.labels == 2, both)
    assert document.objects[2].state is ObjectState.EDITED
    assert 3 not in document.objects


def test_a_joined_cell_whose_ground_is_taken_in_part_counts_as_edited(
    document: Document,
) -> None:
    join(document, 1, 2)
    labels = document.labels.copy()
    labels[10:20, 30:34] = 9
    document.commit(changes.replace_labels(document, labels))
    revert(document, 1)
    assert document.objects[2].area == 60
    assert document.objects[2].state is ObjectState.EDITED


def test_the_draft_of_a_cell_is_the_one_that_made_it(document: Document) -> None:
    resize(document, 1, Box(12, 12, 30, 18))
    document.commit(apply_draft(document, np.pad(np.ones((5, 5), np.uint8), (50, 5)), {}))
    box, mask = drafted_as(document, 1)
    assert box == Box(10, 10, 20, 20)
    assert mask.all()
    assert drafted_as(document, 77) is None
    new = max(document.objects)
    assert drafted_as(document, new)[0].height == 5


def test_a_draft_that_was_undone_is_none() -> None:
    document = Document(SHAPE)
    assert draft_labels(document) is None
    document.commit(apply_draft(document, draft(), {}))
    document.undo()
    assert draft_labels(document) is None
    document.redo()
    np.testing.assert_array_equal(draft_labels(document), draft())


def test_labels_after_any_edit(document: Document) -> None:
    seen = [np.zeros(SHAPE), document.labels.copy()]
    document.committed.connect(lambda _: seen.append(document.labels.copy()))
    resize(document, 1, Box(12, 12, 30, 18))
    join(document, 1, 2)
    document.undo()
    document.commit(replace(changes.remove_cell(document, document.objects[3]), continues=True))
    document.undo()
    document.redo()
    for sequence, expected in enumerate(seen):
        np.testing.assert_array_equal(labels_after(document, sequence), expected)
    found = labels_after(document, 1)
    found[:] = 7
    assert document.labels.max() < 7
    for wrong in (-1, len(seen)):
        with pytest.raises(ValueError, match="history"):
            labels_after(document, wrong)


def test_a_draft_in_tiles_is_read_whole() -> None:
    labels = np.zeros((1200, 1200), np.uint16)
    # Over the corner where four tiles meet
    labels[500:530, 500:530] = 1
    labels[0, 0] = 2
    document = drafted(labels)
    assert len(document.history[0].change.patches) == 4
    resize(document, 1, Box(505, 505, 510, 510))
    revert(document, 1)
    np.testing.assert_array_equal(document.labels, labels)
