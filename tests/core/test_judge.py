from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.reshape import resize_cell
from tests.core.random_shapes import added, drafted, region

ACCEPTED, UNSURE, DRAFT = ObjectState.ACCEPTED, ObjectState.UNSURE, ObjectState.DRAFT


@pytest.fixture
def document() -> Document:
    """Cells 1 and 2 as drafted, 3 edited, 4 added, 5 removed."""
    labels = np.zeros((40, 60), np.uint16)
    for i, left in enumerate((0, 12, 24, 36), 1):
        labels[10:20, left : left + 10] = i
    document = drafted(labels)
    cell = document.objects[3]
    document.commit(resize_cell(document, cell, region(Box(10, 24, 25, 34))))
    document.commit(changes.remove_cell(document, document.objects[4]))
    added(document, Box(30, 0, 38, 8))
    return document


def say(document: Document, state: ObjectState, *ids: int) -> None:
    change = judge(document, [document.objects[i] for i in ids], state)
    if change is not None:
        document.commit(change)


def states(document: Document) -> str:
    return " ".join(document.objects[i].state.value for i in (1, 2, 3, 4, 5))


def test_accepting_leaves_what_the_expert_made(document: Document) -> None:
    say(document, ACCEPTED, 1, 3, 4, 5)
    assert states(document) == "accepted draft edited removed added"
    edit = document.history[-1]
    assert edit.change.kind is EditKind.JUDGE
    assert edit.change.patches == ()
    assert edit.change.summary == "accept cell 1"
    assert edit.change.details == {"state": "accepted"}
    assert judge(document, [document.objects[1]], ACCEPTED) is None


def test_doubt_comes_and_goes(document: Document) -> None:
    say(document, UNSURE, 1, 2, 3, 4, 5)
    assert states(document) == "unsure unsure unsure removed unsure"
    assert document.history[-1].change.summary == "mark 4 cells as unsure"
    assert document.counts.unsure == 4
    say(document, ACCEPTED, 1, 3, 5)
    assert states(document) == "accepted unsure edited removed added"
    document.undo()
    document.undo()
    assert states(document) == "draft draft edited removed added"


def test_a_judgement_is_taken_back(document: Document) -> None:
    say(document, ACCEPTED, 1)
    say(document, UNSURE, 1, 2, 3, 5)
    say(document, DRAFT, 1, 2, 3, 5)
    assert states(document) == "draft draft edited removed added"
    assert judge(document, document.objects.values(), DRAFT) is None


def test_a_doubtful_cell_removed_and_restored_stays_doubtful(document: Document) -> None:
    say(document, UNSURE, 3)
    document.commit(changes.remove_cell(document, document.objects[3]))
    document.commit(changes.restore_cell(document, document.objects[3]))
    assert document.objects[3].state is UNSURE
    say(document, ACCEPTED, 3)
    assert document.objects[3].state is ObjectState.EDITED


def test_judged_cells_are_left_by_a_later_draft(document: Document) -> None:
    say(document, UNSURE, 1)
    say(document, ACCEPTED, 2)
    document.commit(apply_draft(document, np.zeros((40, 60), np.uint8), {}))
    assert {cell.id for cell in document.cells} == {1, 2, 3, 5}


@pytest.mark.parametrize("state", ["edited", "added", "removed"])
def test_other_states_are_no_judgement(document: Document, state: str) -> None:
    with pytest.raises(ValueError, match="judged"):
        judge(document, [], ObjectState(state))


def test_done_accepts_the_rest(document: Document) -> None:
    say(document, UNSURE, 1)
    change = finish(document)
    assert change.summary == "mark as done"
    document.commit(change)
    assert document.done
    assert states(document) == "unsure accepted edited removed added"
    assert finish(document) is None
    document.undo()
    assert not document.done
    assert document.objects[2].state is DRAFT


def test_an_empty_picture_can_be_done_and_is_no_longer_once_changed() -> None:
    document = Document((10, 10))
    change = finish(document)
    assert change.empty
    document.commit(change)
    assert document.done
    added(document, Box(0, 0, 3, 3))
    assert not document.done
    document.commit(finish(document))
    assert document.done
