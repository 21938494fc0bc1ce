"""The attention check: nothing planted is ever in the mask that files are made from."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.attention.choose import is_due, plant, seed_of
from napari_fncells.core.attention.clean import Attention, CleanMask, attention_of
from napari_fncells.core.attention.settle import give_away, in_words, settle
from napari_fncells.core.cell_mask import Base
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange
from napari_fncells.core.effort import Effort
from napari_fncells.core.geometry import Box
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.objects import CellCounts, ObjectState, Origin
from napari_fncells.core.params.attention import AttentionParams
from napari_fncells.core.provenance import draft_labels
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.trace import trace_cell
from tests.core.random_shapes import random_cell, random_draft, region

Found = TypeVar("Found")
OFTEN = AttentionParams(share=0.2, at_least=1.0)
SHAPE = (96, 120)


def cells_drafted(number: int = 12) -> np.ndarray:
    """Round cells in a grid, room between them."""
    labels = np.zeros(SHAPE, np.int32)
    rows, columns = np.ogrid[: SHAPE[0], : SHAPE[1]]
    for n in range(number):
        row, column = 12 + 24 * (n // 5), 12 + 24 * (n % 5)
        labels[(rows - row) ** 2 + (columns - column) ** 2 <= 25 + n] = n + 1
    return labels


def planted(labels: np.ndarray, seed: int = 1, **how: float) -> Document:
    document = Document(labels.shape, "Ada")
    document.commit(apply_draft(document, labels, {"method": "test"}))
    params = AttentionParams(**({"share": 0.2, "at_least": 1.0} | how))
    change = plant(document, (labels > 0).astype(np.float32), seed, params)
    if change is not None:
        document.commit(change)
    return document


def told(found: Found | None) -> Found:
    assert found is not None
    return found


def false_cells(document: Document) -> list[int]:
    return [c.id for c in document.cells if c.origin is Origin.PLANT]


def check_clean(document: Document) -> np.ndarray:
    """The mask for files holds nothing planted and agrees with itself."""
    clean = CleanMask(document)
    labels = clean.labels()
    ids = {c.id: c for c in clean.cells}
    assert sorted(ids) == np.unique(labels[labels > 0]).tolist()
    origins = {item.origin for item in clean.objects}
    assert not origins & {Origin.PLANT, Origin.HIDDEN}
    assert not set(ids) & document.plants.planted
    for cell in clean.cells:
        mask = labels == cell.id
        assert (Box.around(mask), np.count_nonzero(mask)) == (cell.box, cell.area)
    assert clean.counts == CellCounts.of(clean.objects, clean.counts.ignored)
    np.testing.assert_array_equal(clean.window(Box.whole(document.shape)), labels)
    return labels


def test_off_the_mask_is_the_documents_own() -> None:
    document = planted(cells_drafted(), share=0.01, at_least=0)
    document.undo()
    document.redo()
    while document.attended:
        document = planted(cells_drafted(), seed=len(document.history) + 7, share=1e-6, at_least=0)
    np.testing.assert_array_equal(CleanMask(document).labels(), document.labels)
    assert CleanMask(document).counts == document.counts
    assert attention_of(document) == Attention()
    assert settle(document) is None


def test_planted_errors_are_on_the_screen_alone() -> None:
    labels = cells_drafted()
    document = planted(labels, share=0.2)
    assert document.attended
    assert document.labels.astype(int).tolist() != labels.tolist()
    np.testing.assert_array_equal(check_clean(document) > 0, labels > 0)
    assert CleanMask(document).counts.drafted == 12
    assert document.drafted_only
    # Nothing tells of it: neither what Ctrl+Z would take back, nor the draft as it is shown
    assert document.undo_summary == "draft"
    np.testing.assert_array_equal(draft_labels(document), document.labels)


def test_a_false_cell_lies_on_ground_apart_from_all_else() -> None:
    for seed in range(20):
        document = planted(cells_drafted(), seed, false_cells=1.0)
        for i in false_cells(document):
            box = document.objects[i].box.padded(3).clip(SHAPE)
            around = document.labels[box.slices]
            assert set(np.unique(around).tolist()) <= {0, i}


def test_none_is_planted_where_one_was_removed_or_ignored() -> None:
    labels = cells_drafted(3)
    document = Document(SHAPE)
    document.commit(apply_draft(document, labels, {}))
    ignored = np.ones(SHAPE, bool)
    ignored[:24] = False
    change = changes.set_ignored(document, Box.whole(SHAPE), ignored)
    assert change is not None
    document.commit(change)
    document.commit(apply_draft(document, labels, {}))
    for seed in range(10):
        found = plant(document, labels > 0, seed, OFTEN.model_copy(update={"false_cells": 1.0}))
        for item in found.objects if found is not None else ():
            assert item.after is not None
            assert item.after.box.bottom <= 24


def test_the_same_seed_plants_the_same() -> None:
    first, again = (planted(cells_drafted(), seed_of("a", "b")) for _ in range(2))
    np.testing.assert_array_equal(first.labels, again.labels)
    assert seed_of("a", "b") != seed_of("ab", "")


def test_as_many_are_planted_as_wished() -> None:
    labels = cells_drafted(12)
    numbers = []
    for seed in range(400):
        plants = planted(labels, seed, share=0.05, at_least=0).plants
        numbers.append(len(plants.planted | plants.hidden))
    assert np.mean(numbers) == pytest.approx(0.6, abs=0.12)
    few = [planted(cells_drafted(4), seed, share=1e-6, at_least=0.35) for seed in range(200)]
    share = np.mean([document.attended for document in few])
    assert share == pytest.approx(0.35, abs=0.12)
    assert not planted(np.zeros(SHAPE, np.int32)).attended


def test_due_only_on_a_draft_just_made() -> None:
    document = Document(SHAPE)
    assert not is_due(document)
    document.commit(apply_draft(document, cells_drafted(), {}))
    assert is_due(document)
    accepted = judge(document, list(document.cells)[:1], ObjectState.ACCEPTED)
    assert accepted is not None
    document.commit(accepted)
    assert not is_due(document)
    document.undo()
    assert not is_due(document)  # what can be redone stays so
    document.redo()
    document.commit(apply_draft(document, cells_drafted(), {}))
    assert is_due(document)
    document.read_only = "put away"
    assert not is_due(document)


def test_undo_takes_draft_and_errors_together() -> None:
    document = planted(cells_drafted())
    shown = document.labels.copy()
    document.undo()
    assert document.untouched
    assert not document.attended
    assert attention_of(document) == Attention()
    document.redo()
    np.testing.assert_array_equal(document.labels, shown)
    assert document.attended


def test_removed_a_false_cell_is_found_and_comes_back_by_undo() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    total = len(false_cells(document))
    cell = document.objects[false_cells(document)[0]]
    document.commit(changes.remove_cell(document, cell))
    assert attention_of(document) == Attention(1, 0, total - 1)
    # On the screen it counts like any other, in the files not at all
    assert document.counts.removed == 1
    assert CleanMask(document).counts.removed == Effort.of(document).removed == 0
    document.undo()
    assert document.objects[cell.id] == cell
    assert attention_of(document) == Attention(0, 0, total)


def test_a_false_cell_marked_as_unsure_is_found_until_it_is_accepted() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    first, second = (document.objects[i] for i in false_cells(document))
    for cell in (first, second):
        document.commit(told(judge(document, [cell], ObjectState.UNSURE)))
    assert attention_of(document) == Attention(2, 0, 0)
    unsure = document.objects[second.id]
    document.commit(told(judge(document, [unsure], ObjectState.ACCEPTED)))
    assert attention_of(document) == Attention(1, 0, 1)
    settled = told(settle(document))
    # What one was unsure of goes, and is not shown as missed
    assert first.box not in settled.places
    words = "1 planted error was missed: the false cell that was here is gone. "
    assert in_words(document, settled).startswith(words)
    document.commit(settled.change)
    assert not document.is_alive(first.id)
    assert attention_of(document) == Attention(1, 1, 0)


def test_what_was_missed_is_told_by_kind() -> None:
    documents = (planted(cells_drafted(), seed, false_cells=0.5) for seed in range(50))
    document = next(d for d in documents if len(false_cells(d)) == len(d.hidden) == 1)
    settled = told(settle(document))
    assert (len(settled.places), settled.back) == (2, 1)
    document.commit(settled.change)
    assert in_words(document, settled) == (
        "2 planted errors were missed: 1 false cell is gone and 1 hidden cell is back. "
        "The largest is in sight. Found in this picture: 0 of 2. Shift+Return again to go on."
    )


def test_a_hidden_cell_added_again_is_found_and_the_experts_outline_stays() -> None:
    document = planted(cells_drafted(), false_cells=0.0)
    hidden = next(iter(document.hidden.values()))
    assert hidden.footprint is not None
    mask = hidden.footprint.mask.copy()
    mask[: len(mask) // 4] = False
    change = changes.add_cell(document, region(hidden.footprint.box, mask))
    assert change is not None
    document.commit(change)
    own = document.next_id - 1
    labels = check_clean(document)
    np.testing.assert_array_equal(labels[hidden.footprint.box.slices] == own, mask)
    assert hidden.id not in labels
    assert attention_of(document).found == 1
    settled = settle(document)
    assert settled is not None
    document.commit(settled.change)
    np.testing.assert_array_equal(document.labels, labels)
    assert hidden.id not in document.known


def test_what_was_missed_is_put_right_and_counts_for_ever() -> None:
    labels = cells_drafted()
    document = planted(labels)
    first = false_cells(document)
    if first:
        accepted = judge(document, [document.objects[first[0]]], ObjectState.ACCEPTED)
        assert accepted is not None
        document.commit(accepted)
    total = attention_of(document).open
    before = check_clean(document)
    settled = settle(document)
    assert settled is not None
    assert len(settled.places) == total
    document.commit(settled.change)
    assert not document.attended
    np.testing.assert_array_equal(document.labels, before)
    np.testing.assert_array_equal(before > 0, labels > 0)
    assert attention_of(document) == Attention(0, total, 0)
    assert Effort.of(document).planted_missed == total
    # Undone, they are on the screen again, in no file, and missed
    document.undo()
    np.testing.assert_array_equal(check_clean(document), before)
    for i in false_cells(document):
        document.commit(changes.remove_cell(document, document.objects[i]))
    assert attention_of(document) == Attention(0, total, 0)


def test_pieces_of_a_false_cell_are_false() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    i = false_cells(document)[0]
    box = document.objects[i].box
    row = (box.top + box.bottom) / 2 + 1e-4
    path = np.array([[row, box.left - 2.0], [row, box.right + 2.0]])
    document.commit(cut_cell(document, document.objects[i], path))
    assert len(false_cells(document)) == len(document.plants.planted) + 1
    check_clean(document)


def test_a_false_cell_filled_anew_is_false() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    cell = document.objects[false_cells(document)[0]]
    before = document.labels[cell.box.slices].copy()
    new = document.next_id
    document.labels[cell.box.slices][before == cell.id] = new
    change = changes.stroke(document, cell.box, before, "fill")
    assert change is not None
    document.record(change)
    assert document.objects[new].origin is Origin.PLANT
    assert new not in check_clean(document)


def test_a_false_cell_is_given_away_before_it_is_joined() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    i = false_cells(document)[0]
    real = next(c for c in document.cells if c.origin is Origin.DRAFT)
    items = tuple(ObjectChange(c, c) for c in (real, document.objects[i]))
    joining = Change(EditKind.JOIN, (), items, "join")
    assert give_away(document, replace(joining, kind=EditKind.REMOVE)) is None
    assert give_away(document, replace(joining, objects=items[:1])) is None
    given = give_away(document, joining)
    assert given is not None
    before = check_clean(document)
    document.commit(given.change)
    assert i not in document.objects
    assert attention_of(document).missed == 1
    np.testing.assert_array_equal(check_clean(document), before)


def test_a_false_cell_is_given_away_before_it_is_redrawn() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    i = false_cells(document)[0]
    box = document.objects[i].box
    corners = [
        (box.top - 2.5, box.left - 2.5),
        (box.top - 2.5, box.right + 2.5),
        (box.bottom + 2.5, box.right + 2.5),
        (box.bottom + 2.5, box.left - 2.5),
    ]
    change = trace_cell(document, np.array(corners))
    assert change is not None
    given = give_away(document, change)
    assert given is not None
    document.commit(given.change)
    assert i not in document.objects
    assert attention_of(document).missed == 1


def test_done_continues_the_end_of_the_check() -> None:
    document = planted(cells_drafted(), false_cells=1.0)
    for i in false_cells(document):
        document.commit(changes.remove_cell(document, document.objects[i]))
    settled = settle(document)
    assert settled is not None
    assert settled.places == ()
    document.commit(settled.change)
    done = finish(document)
    assert done is not None
    document.commit(replace(done, continues=True))
    assert document.done
    # Where a false cell was removed there is nothing that could be brought back by a click
    assert not [o for o in document.objects.values() if o.origin is Origin.PLANT]
    document.undo()
    assert not document.done
    assert document.attended
    assert attention_of(document).found == len(document.plants.planted)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_whatever_is_done_files_hold_what_they_would_hold_without(seed: int) -> None:
    """The same edits on two documents, of which one is planted; any prefix of its journal."""
    rng = np.random.default_rng(seed)
    shape = (72, 80)
    labels = random_draft(rng, shape)
    plain, other = Document(shape), Document(shape)
    for document in (plain, other):
        document.commit(apply_draft(document, labels, {}))
    change = plant(other, (labels > 0).astype(np.float32), seed, OFTEN)
    if change is None:
        return
    other.commit(change)
    decided = np.zeros(shape, bool)  # ground where the errors lie
    for item in change.objects:
        for part in (item.before, item.after):
            if part is not None:
                decided[part.box.slices] = True
    names = {c.id: c.id for c in plain.cells if c.id in other.known}
    for _ in range(int(rng.integers(3, 14))):
        _step(rng, plain, other, names, decided)
        check_clean(other)
    _same_apart_from(decided, plain, CleanMask(other).labels(), names)
    for count in range(0, other.edit_count + 1):
        reopened = Document.replay(shape, other.history[:count])
        check_clean(reopened)
    base = Base(other.edit_count, other.labels.copy(), tuple(other.known.values()))
    reopened = Document.replay(shape, other.history, base=base)
    np.testing.assert_array_equal(check_clean(reopened), check_clean(other))
    settled = settle(other)
    if settled is not None:
        before = CleanMask(other)
        other.commit(settled.change)
        np.testing.assert_array_equal(other.labels, before.labels())
        assert tuple(other.objects[i] for i in sorted(other.objects)) == before.objects


def _step(
    rng: np.random.Generator,
    plain: Document,
    other: Document,
    names: dict[int, int],
    decided: np.ndarray,
) -> None:
    """One gesture on both documents, or on a false cell of the one."""
    what = rng.choice(["paint", "paint", "judge", "undo", "redo", "false"])
    own = [i for i in names if plain.is_alive(i) and other.is_alive(names[i])]
    own = [i for i in own if not decided[plain.objects[i].box.slices].any()]
    if what in ("undo", "redo"):
        for document in (plain, other):
            getattr(document, what)()
    elif what == "false":
        _false(rng, plain, other)
    elif what == "judge" and own:
        i = int(rng.choice(own))
        remove = rng.random() < 0.5
        _judge(plain, i, remove=remove)
        _judge(other, names[i], remove=remove)
    elif what == "paint":
        _paint(rng, plain, other, names, decided, own)


def _false(rng: np.random.Generator, plain: Document, other: Document) -> None:
    """Judge a false cell, or remove it; the other document gets as many edits."""
    cells = [other.objects[i] for i in false_cells(other)]
    if not cells:
        return
    cell = cells[int(rng.integers(len(cells)))]
    done: Change | None = changes.remove_cell(other, cell)
    if rng.random() < 0.5:
        done = judge(other, [cell], ObjectState.UNSURE)
    if done is not None:
        other.commit(done)
        plain.commit(Change(EditKind.NOTE, (), (), ""))


def _judge(document: Document, i: int, *, remove: bool) -> None:
    cell = document.objects[i]
    change = judge(document, [cell], ObjectState.UNSURE)
    change = changes.remove_cell(document, cell) if remove else change
    if change is not None:
        document.commit(change)


def _paint(
    rng: np.random.Generator,
    plain: Document,
    other: Document,
    names: dict[int, int],
    decided: np.ndarray,
    own: list[int],
) -> None:
    """Paint a new cell, or with one that is there, where nothing was planted."""
    box, mask = random_cell(rng, plain.shape)
    if decided[box.padded(1).clip(plain.shape).slices].any():
        return
    i, j = plain.next_id, other.next_id
    if own and rng.random() < 0.5:
        i = int(rng.choice(own))
        j = names[i]
    for document, value in ((plain, i), (other, j)):
        before = document.labels[box.slices].copy()
        document.labels[box.slices][mask] = value
        change = changes.stroke(document, box, before, "paint")
        if change is not None:
            document.record(change)
            names[i] = j


def _same_apart_from(
    decided: np.ndarray, plain: Document, labels: np.ndarray, names: dict[int, int]
) -> None:
    table = np.zeros(max([0, *names]) + 1, np.int64)
    for i, j in names.items():
        table[i] = j
    expected = plain.labels.copy()
    known = np.isin(expected, [*names, 0])
    expected = np.where(known, table[np.where(known, expected, 0)], expected)
    np.testing.assert_array_equal(labels[~decided], expected[~decided])
