"""What is kept up to date edit by edit is what a look at everything finds."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.cell_mask import Base
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, EditKind
from napari_fncells.core.effort import Corrections, Effort, EffortClock
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.objects import CellCounts, ObjectState
from napari_fncells.core.redraft import apply_draft
from tests.core.random_shapes import random_box, random_draft, region

SHAPE = (40, 52)


def random_edit(document: Document, rng: np.random.Generator) -> None:
    cells = list(document.cells)
    cell = cells[rng.integers(len(cells))] if cells else None
    choice = rng.integers(8)
    change = None
    if choice == 0:
        change = apply_draft(document, random_draft(rng, SHAPE), {})
    elif choice == 1:
        change = finish(document)
    elif choice in (2, 3):
        (document.undo if choice == 2 else document.redo)()
    elif choice == 4 or cell is None:
        change = changes.add_cell(document, region(random_box(rng, SHAPE)))
    elif choice == 5:
        change = changes.remove_cell(document, cell)
    else:
        state = ObjectState.UNSURE if choice == 6 else ObjectState.ACCEPTED
        change = judge(document, [cell], state)
        newest = document.edits_since(document.edit_count - 1)
        if change is not None and newest and newest[0].action is Action.DO:
            change = replace(change, continues=bool(rng.random() < 0.3))
    if change is not None and not change.empty:
        document.commit(change)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_counts_and_effort(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = Document(SHAPE)
    corrections, clock = Corrections(document), EffortClock()
    for _ in range(12):
        random_edit(document, rng)
        objects = document.objects.values()
        assert document.counts == CellCounts.of(objects)
        assert +Counter(document.states) == Counter(cell.state for cell in objects)
        if rng.random() < 0.5:
            assert corrections.effort == naive_effort(document)
            assert clock.effort(document).judged == corrections.effort.judged
    base = Base(document.edit_count, document.labels.copy(), tuple(document.objects.values()))
    again = Document.replay(SHAPE, document.history, base=base)
    assert again.counts == document.counts
    assert Effort.of(again) == corrections.effort


def naive_effort(document: Document) -> Effort:
    whole = [edit.change for edit in document.in_force if not edit.change.continues]
    kinds = Counter(change.kind for change in whole)
    judgements = (EditKind.JUDGE, EditKind.DONE)
    judged = {
        item.id
        for edit in document.in_force
        if edit.change.kind in judgements
        for item in edit.change.objects
    }
    objects = document.objects.values()
    return Effort(
        removed=sum(not c.alive and c.origin == "draft" for c in objects),
        added=sum(c.state == "added" for c in objects),
        splits=kinds[EditKind.SPLIT],
        joins=kinds[EditKind.JOIN],
        strokes=kinds[EditKind.STROKE],
        outlines=kinds[EditKind.RESIZE] + kinds[EditKind.SMOOTH] + kinds[EditKind.REVERT],
        judged=len(judged),
        undos=sum(
            edit.action is Action.UNDO and not edit.change.continues for edit in document.history
        ),
    )


def test_the_clock_follows_another_document() -> None:
    first, second = Document(SHAPE), Document(SHAPE)
    change = changes.add_cell(first, region(random_box(np.random.default_rng(1), SHAPE)))
    assert change is not None
    first.commit(change)
    clock = EffortClock()
    assert (clock.effort(first).added, clock.effort(second).added) == (1, 0)
