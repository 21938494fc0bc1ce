"""The document beside a list of full copies with a pointer: what a history is, literally."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from napari_fncells.core import changes
from napari_fncells.core.adjacency import Adjacency
from napari_fncells.core.binary import touching_pairs
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Action, Edit, EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellCounts, CellObject, ObjectState, Origin
from napari_fncells.core.provenance import draft_labels, labels_after
from napari_fncells.core.redraft import apply_draft
from tests.core.naive import expected_states, ids_of, redrafted
from tests.core.random_shapes import random_box, random_cell, random_draft, region

SIDES = st.integers(24, 48)
SEEDS = st.integers(0, 2**32 - 1)


class HistoryMachine(RuleBasedStateMachine):
    """Drafts, strokes, undo, redo and reopening; the corrections are added by a subclass."""

    @initialize(rows=SIDES, columns=SIDES)
    def begin(self, rows: int, columns: int) -> None:
        self.copies = [(np.zeros((rows, columns), np.int64), {})]
        # Beside them: the ignored pixels and the picture's note
        self.asides = [(np.zeros((rows, columns), bool), "")]
        self.kinds: list[EditKind] = []
        self.groups: list[list[str]] = []
        self.trails: list[list[dict[int, CellObject]]] = []
        self.at = 0
        self.ever: set[int] = set()
        self.seen: list[np.ndarray] = []
        self.take(Document((rows, columns), "Ada"))

    def take(self, document: Document) -> None:
        """Go on with a document."""
        self.document = document
        self.heard: list[Edit] = list(document.history)
        self.adjacency = Adjacency(document)
        document.committed.connect(self.hear)

    def hear(self, edit: Edit) -> None:
        self.heard.append(edit)
        self.seen.append(self.document.labels.astype(np.int64))

    def reopened(self) -> Document:
        """The document as one finds it after closing it."""
        return Document.replay(self.document.shape, self.document.history, "Ada")

    def expect(
        self,
        after: np.ndarray,
        summary: str,
        kind: EditKind,
        states: Any = None,
        *,
        continues: bool = False,
        aside: tuple[np.ndarray, str] | None = None,
    ) -> None:
        """Compare what was committed with a literal account of it; make it the newest copy."""
        before, objects = self.copies[self.at]
        aside = aside or self.asides[self.at]
        change = self.document.history[-1].change
        assert (change.kind, change.summary, change.continues) == (kind, summary, continues)
        np.testing.assert_array_equal(self.document.labels, after)
        found = {i: cell.state for i, cell in self.document.objects.items()}
        drafted = kind is EditKind.DRAFT
        if states is None:
            states = expected_states(objects, before, after, drafted=drafted)
        assert found == states
        if continues:
            self.at -= 1
        del self.copies[self.at + 1 :], self.kinds[self.at :], self.asides[self.at + 1 :]
        del self.groups[self.at + continues :], self.trails[self.at + continues :]
        self.copies.append((after.astype(np.int64), dict(self.document.objects)))
        self.asides.append(aside)
        self.kinds.append(kind)
        if not continues:
            self.groups.append([])
            self.trails.append([])
        self.groups[-1].append(summary)
        self.trails[-1].append(dict(self.document.objects))
        self.at += 1

    @property
    def labels(self) -> np.ndarray:
        return self.copies[self.at][0].copy()

    @property
    def objects(self) -> dict[int, CellObject]:
        return self.copies[self.at][1]

    def objects_over_time(self) -> list[dict[int, CellObject]]:
        """The objects after each edit in force, those within a group included."""
        return [objects for trail in self.trails[: self.at] for objects in trail]

    def living(self, data: st.DataObject) -> CellObject:
        return data.draw(st.sampled_from(sorted(self.document.cells, key=lambda c: c.id)))

    def any_cell(self) -> bool:
        return any(True for _ in self.document.cells)

    @rule(seed=SEEDS, parts=st.integers(1, 3))
    def stroke(self, seed: int, parts: int) -> None:
        """Paint in one edit or in several that continue one another."""
        rng = np.random.default_rng(seed)
        known = sorted(self.document.objects)
        value = int(rng.choice([0, self.document.next_id, *known]))
        begun = False
        for _ in range(parts):
            box = random_box(rng, self.document.shape)
            before = self.document.labels[box.slices].copy()
            dab = rng.random(before.shape) < rng.choice([0.2, 1.0])
            self.document.labels[box.slices][dab] = value
            change = changes.stroke(self.document, box, before, "paint")
            after = self.labels
            after[box.slices][dab] = value
            if np.array_equal(after, self.labels):
                assert change is None
                continue
            self.document.record(replace(change, continues=begun))
            summary = f"paint cell {value}" if value else "paint"
            self.expect(after, summary, EditKind.STROKE, continues=begun)
            begun = True

    @rule(seed=SEEDS, parts=st.integers(1, 3))
    def ignore(self, seed: int, parts: int) -> None:
        """Paint ignored regions, or clear them, in one edit or in several."""
        rng = np.random.default_rng(seed)
        value = bool(rng.random() < 0.7)
        begun = False
        for _ in range(parts):
            box = random_box(rng, self.document.shape)
            before = self.document.ignored[box.slices].copy()
            dab = rng.random(before.shape) < rng.choice([0.2, 1.0])
            after = self.asides[self.at][0].copy()
            after[box.slices][dab] = value
            self.document.ignored[box.slices][dab] = value
            change = changes.ignore_stroke(self.document, box, before, "paint")
            if np.array_equal(after, self.asides[self.at][0]):
                assert change is None
                continue
            self.document.record(replace(change, continues=begun))
            summary = "ignore a region" if value else "clear an ignored region"
            note = self.asides[self.at][1]
            self.expect(
                self.labels, summary, EditKind.IGNORE, continues=begun, aside=(after, note)
            )
            begun = True

    @rule(data=st.data(), text=st.sampled_from(["", "dim", "“α” two"]))
    def write(self, data: st.DataObject, text: str) -> None:
        """A note on the picture, or on a cell."""
        ids = [None, *sorted(self.document.objects)]
        i = data.draw(st.sampled_from(ids))
        cell = None if i is None else self.document.objects[i]
        ignored, former = self.asides[self.at]
        change = changes.note(self.document, text, cell)
        if text == (former if cell is None else cell.note):
            assert change is None
            return
        self.document.commit(change)
        place = "the picture" if i is None else f"cell {i}"
        summary = f"note on {place}" if text else f"delete the note on {place}"
        aside = (ignored, former if i is not None else text)
        self.expect(self.labels, summary, EditKind.NOTE, aside=aside)
        if i is not None:
            assert self.document.objects[i] == replace(cell, note=text)

    @rule(seed=SEEDS)
    def fill(self, seed: int) -> None:
        """Give all pixels of one value another, as a bucket of paint does."""
        rng = np.random.default_rng(seed)
        rows, columns = self.document.shape
        old = self.labels[rng.integers(0, rows), rng.integers(0, columns)]
        value = int(rng.choice([0, self.document.next_id, *sorted(self.document.objects)]))
        whole = Box.whole(self.document.shape)
        before = self.document.labels.copy()
        after = np.where(self.labels == old, value, self.labels)
        self.document.labels[before == old] = value
        change = changes.stroke(self.document, whole, before, "fill")
        if old == value:
            assert change is None
            return
        self.document.record(change)
        self.expect(after, f"fill cell {value}" if value else "fill", EditKind.STROKE)

    @rule(seed=SEEDS)
    def replace(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        after = self.labels
        for _ in range(rng.integers(1, 4)):
            box = random_box(rng, self.document.shape)
            after[box.slices] = rng.choice([0, 3, self.document.next_id + rng.integers(0, 50)])
        change = changes.replace_labels(self.document, after)
        if np.array_equal(after, self.labels):
            assert change is None
            return
        self.document.commit(change)
        self.expect(after, "replace the mask", EditKind.REPLACE)

    @rule(seed=SEEDS)
    def draft(self, seed: int) -> None:
        draft = random_draft(np.random.default_rng(seed), self.document.shape)
        after = redrafted(self.document, draft)
        self.document.commit(apply_draft(self.document, draft, {"seed": seed}))
        self.expect(after, "draft", EditKind.DRAFT)

    @rule(seed=SEEDS)
    def add(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        box, mask = random_cell(rng, self.document.shape)
        new = self.document.next_id
        assert new not in self.ever
        after = self.labels
        free = mask & (after[box.slices] == 0)
        after[box.slices][free] = new
        change = changes.add_cell(self.document, region(box, mask))
        if not free.any():
            assert change is None
            return
        self.document.commit(change)
        self.expect(after, f"add cell {new}", EditKind.ADD)

    @precondition(lambda self: any(not c.alive for c in self.document.objects.values()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        dead = [c for c in self.document.objects.values() if not c.alive]
        cell = data.draw(st.sampled_from(sorted(dead, key=lambda c: c.id)))
        before, objects = self.copies[self.at]
        after = self.labels
        free = cell.footprint.mask & (after[cell.box.slices] == 0)
        after[cell.box.slices][free] = cell.id
        change = changes.restore_cell(self.document, cell)
        if not free.any():
            assert change is None
            return
        self.document.commit(change)
        states = expected_states(objects, before, after, drafted=False)
        if free.sum() == cell.footprint.mask.sum():
            states[cell.id] = self.state_when_alive(cell.id)
        self.expect(after, f"restore cell {cell.id}", EditKind.RESTORE, states)

    def state_when_alive(self, i: int) -> ObjectState:
        for objects in reversed(self.objects_over_time()):
            if i in objects and objects[i].alive:
                state = objects[i].state
                return ObjectState.ACCEPTED if state is ObjectState.DRAFT else state
        raise AssertionError

    @rule()
    def undo(self) -> None:
        edit = self.document.undo()
        assert (edit is None) == (self.at == 0)
        if edit is not None:
            self.at -= 1
            assert edit.action is Action.UNDO
            assert edit.change.summary == self.groups[self.at][0]

    @rule()
    def redo(self) -> None:
        edit = self.document.redo()
        assert (edit is None) == (self.at == len(self.groups))
        if edit is not None:
            assert edit.change.summary == self.groups[self.at][0]
            self.at += 1

    @rule()
    def reopen(self) -> None:
        self.adjacency.close()
        self.take(self.reopened())

    @precondition(lambda self: self.seen)
    @rule(data=st.data())
    def look_back(self, data: st.DataObject) -> None:
        sequence = data.draw(st.integers(1, len(self.seen)))
        np.testing.assert_array_equal(
            labels_after(self.document, sequence), self.seen[sequence - 1]
        )
        kinds = [kind for kind in self.kinds[: self.at] if kind is EditKind.DRAFT]
        drafted = draft_labels(self.document)
        assert (drafted is None) == (not kinds)
        if drafted is not None:
            last = max(k for k in range(self.at) if self.kinds[k] is EditKind.DRAFT)
            np.testing.assert_array_equal(drafted, self.copies[last + 1][0])

    @invariant()
    def is_the_copy(self) -> None:
        labels, objects = self.copies[self.at]
        np.testing.assert_array_equal(self.document.labels, labels)
        assert dict(self.document.objects) == objects
        ignored, note = self.asides[self.at]
        np.testing.assert_array_equal(self.document.ignored, ignored)
        assert self.document.ignored_area == np.count_nonzero(ignored)
        assert self.document.note == note
        assert self.document.noted == sum(bool(cell.note) for cell in objects.values())
        done, undone = self.groups[: self.at], self.groups[self.at :]
        assert self.document.undo_summary == (done[-1][-1] if done else None)
        assert self.document.redo_summary == (undone[0][0] if undone else None)
        in_force = [summary for group in done for summary in group]
        assert [e.change.summary for e in self.document.in_force] == in_force
        assert [e.sequence for e in self.heard] == list(range(1, len(self.heard) + 1))
        assert tuple(self.heard) == self.document.history

    @invariant()
    def objects_tell_the_truth(self) -> None:
        document, labels = self.document, self.document.labels
        assert {cell.id for cell in document.cells} == ids_of(labels)
        for i, cell in document.objects.items():
            assert cell.id == i
            if cell.alive:
                assert cell.box == Box.around(labels == i)
                assert cell.area == np.count_nonzero(labels == i)
                assert cell.footprint is None
            else:
                assert cell.area == 0
                assert cell.footprint.box == cell.box
                assert Box.around(cell.footprint.mask) == Box(
                    0, 0, cell.box.height, cell.box.width
                )

    @invariant()
    def ids_are_new(self) -> None:
        self.ever |= set(self.document.objects)
        assert self.document.next_id > max(self.ever, default=0)
        assert self.document.next_id <= np.iinfo(self.document.labels.dtype).max

    @invariant()
    def counts_agree(self) -> None:
        counts = self.document.counts
        labels, ignored = self.document.labels, self.document.ignored > 0
        out = {
            c.id for c in self.document.cells if 2 * (ignored & (labels == c.id)).sum() > c.area
        }
        assert self.document.ignored_cells == out
        assert counts == CellCounts.of(self.document.objects.values(), len(out))
        living = counts.added + counts.edited + counts.accepted + counts.unsure + counts.untouched
        assert counts.final + counts.ignored == living == len(ids_of(self.document.labels))
        drafted = [c for c in self.document.objects.values() if c.origin is Origin.DRAFT]
        assert counts.drafted == len(drafted)
        assert counts.removed == sum(c.state is ObjectState.REMOVED for c in drafted)

    @invariant()
    def touching_pairs_are_known(self) -> None:
        assert self.adjacency.pairs == touching_pairs(self.document.labels)

    @invariant()
    def a_replay_is_equal(self) -> None:
        again = Document.replay(self.document.shape, self.document.history, "Ada")
        np.testing.assert_array_equal(again.labels, self.document.labels)
        assert again.labels.dtype == self.document.labels.dtype
        assert dict(again.objects) == dict(self.document.objects)
        np.testing.assert_array_equal(again.ignored, self.document.ignored)
        assert again.ignored_cells == self.document.ignored_cells
        assert (again.note, again.noted) == (self.document.note, self.document.noted)
        assert again.history == self.document.history
        assert again.next_id == self.document.next_id
        assert again.undo_summary == self.document.undo_summary
        assert again.redo_summary == self.document.redo_summary
