"""Notes on cells and on the picture, through everything that may become of them."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core import changes, notes
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.revert import revert_cell

SHAPE = (40, 60)
LEFT, RIGHT = Box(5, 5, 15, 25), Box(5, 25, 15, 35)


@pytest.fixture
def document() -> Document:
    """Two drafted cells that touch."""
    document = Document(SHAPE)
    draft(document, LEFT, RIGHT)
    return document


def draft(document: Document, *boxes: Box) -> None:
    labels = np.zeros(SHAPE, np.int32)
    for i, box in enumerate(boxes, 1):
        labels[box.slices] = i
    document.commit(apply_draft(document, labels, {}))


def write(document: Document, text: str, i: int | None = None) -> None:
    change = changes.note(document, text, None if i is None else document.objects[i])
    assert change is not None
    assert change.kind is EditKind.NOTE
    document.commit(change)


def test_a_note_on_the_picture_follows_the_history(document: Document) -> None:
    write(document, "one")
    write(document, "two")
    document.commit(changes.remove_cell(document, document.objects[1]))
    assert document.note == "two"
    assert Document.replay(SHAPE, document.history).note == "two"
    document.undo()
    document.undo()
    assert document.note == "one"
    document.undo()
    assert document.note == ""
    document.redo()
    assert document.note == "one"
    assert document.redo_summary == "note on the picture"
    assert Document.replay(SHAPE, document.history).note == "one"
    assert changes.note(document, " one\x00 ") is None
    write(document, "")
    assert document.undo_summary == "delete the note on the picture"


def test_a_note_on_a_cell(document: Document) -> None:
    write(document, "a doublet?", 2)
    assert document.objects[2].note == "a doublet?"
    assert document.objects[2].state is ObjectState.DRAFT
    assert (document.note, document.noted) == ("", 1)
    assert document.undo_summary == "note on cell 2"
    document.undo()
    assert (document.objects[2].note, document.noted) == ("", 0)


def test_text_is_bounded_and_plain(document: Document) -> None:
    write(document, f"  a\tb\n\ud800c\x07{'x' * 5000}", 1)
    note = document.objects[1].note
    assert note.startswith("a b cx")
    assert len(note) == notes.MOST


def test_a_note_does_not_take_done_back(document: Document) -> None:
    document.commit(finish(document))
    write(document, "good one")
    write(document, "really", 1)
    assert document.done
    document.undo()
    assert document.done
    document.commit(changes.remove_cell(document, document.objects[1]))
    assert not document.done


def test_a_draft_does_not_take_a_cell_with_a_note(document: Document) -> None:
    write(document, "keep this", 1)
    draft(document, Box(30, 30, 38, 38))
    assert document.objects[1].note == "keep this"
    assert document.objects[1].alive
    assert 2 not in document.objects


def test_removed_and_restored(document: Document) -> None:
    write(document, "dust?", 1)
    document.commit(changes.remove_cell(document, document.objects[1]))
    assert document.objects[1].note == "dust?"
    write(document, "dust!", 1)
    document.commit(changes.restore_cell(document, document.objects[1]))
    assert document.objects[1].note == "dust!"
    assert document.objects[1].state is ObjectState.ACCEPTED
    document.commit(judge(document, [document.objects[1]], ObjectState.UNSURE))
    assert document.objects[1].note == "dust!"


def test_cut_and_joined(document: Document) -> None:
    write(document, "left", 1)
    write(document, "right", 2)
    document.commit(
        join_cells(document, document.objects[1], document.objects[2], [(10, 20), (10, 30)])
    )
    assert document.objects[1].note == "left; right"
    assert document.noted == 1
    document.commit(revert_cell(document, document.objects[1]))
    assert document.objects[2].note == "right"
    document.undo()
    document.commit(cut_cell(document, document.objects[1], [(2, 12), (18, 12)]))
    assert document.objects[1].note == "left; right"
    assert [cell.note for cell in document.cells if cell.id != 1] == [""]


def test_painted_over(document: Document) -> None:
    write(document, "bright", 1)
    before = document.labels[5:15, 5:10].copy()
    document.labels[5:15, 5:10] = 0
    document.record(changes.stroke(document, Box(5, 5, 15, 10), before, "erase"))
    assert document.objects[1].state is ObjectState.EDITED
    assert document.objects[1].note == "bright"
