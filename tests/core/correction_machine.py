"""The history machine with every correction the expert can make."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from scipy import ndimage as ndi

from napari_fncells.core import changes
from napari_fncells.core.clump import split_by_shape
from napari_fncells.core.cut import cut_cell
from napari_fncells.core.drag import Cut, Join, meaning_of
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.join import join_cells
from napari_fncells.core.judge import finish, judge
from napari_fncells.core.lasso import cells_inside
from napari_fncells.core.objects import CellObject, ObjectState, Origin
from napari_fncells.core.reshape import resize_cell, smooth_cell
from napari_fncells.core.revert import revert_cell
from napari_fncells.core.trace import trace_cell
from tests.core.machine import SEEDS, HistoryMachine
from tests.core.naive import (
    EIGHT,
    expected_states,
    ids_of,
    largest_piece,
    pieces,
    undoubted,
    winding,
)
from tests.core.random_shapes import random_box, random_path, region, stroke_over

BY_HAND = {Origin.DRAFT: ObjectState.EDITED, Origin.HAND: ObjectState.ADDED}


class DocumentMachine(HistoryMachine):
    """Everything that can be done to a document."""

    def propose(self, function: Any, *arguments: Any) -> Change | None:
        """A change, or None where it is refused with a word."""
        try:
            return function(self.document, *arguments)
        except UserError:
            return None

    @precondition(HistoryMachine.any_cell)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        cell = self.living(data)
        self.document.commit(changes.remove_cell(self.document, cell))
        after = self.labels
        former = after == cell.id
        after[former] = 0
        self.expect(after, f"remove cell {cell.id}", EditKind.REMOVE)
        footprint = self.document.objects[cell.id].footprint
        np.testing.assert_array_equal(footprint.mask, former[footprint.box.slices])
        assert footprint.box == cell.box

    @rule(seed=SEEDS)
    def lasso(self, seed: int) -> None:
        polygon = random_path(np.random.default_rng(seed), self.document.shape)
        inside = winding(polygon, self.document.shape) % 2 == 1
        wanted = [
            c.id
            for c in self.document.cells
            if 2 * (inside & (self.labels == c.id)).sum() > c.area
        ]
        cells = cells_inside(self.document, polygon)
        assert [cell.id for cell in cells] == sorted(wanted)
        change = changes.remove_cells(self.document, cells)
        if not wanted:
            assert change is None
            return
        after = self.labels
        after[np.isin(after, wanted)] = 0
        self.document.commit(change)
        one = f"remove cell {wanted[0]}"
        summary = one if len(wanted) == 1 else f"remove {len(wanted)} cells"
        self.expect(after, summary, EditKind.REMOVE)

    @rule(seed=SEEDS)
    def drag(self, seed: int) -> None:
        """Ctrl+drag: whatever it means."""
        path = stroke_over(np.random.default_rng(seed), self.document)
        meaning = self.propose(meaning_of, path)
        if isinstance(meaning, Cut):
            change = self.propose(cut_cell, meaning.cell, path)
            self.expect_parts(change, meaning.cell, "cut", 20)
        elif isinstance(meaning, Join):
            self.expect_joined(meaning.first, meaning.second, path)

    @precondition(HistoryMachine.any_cell)
    @rule(data=st.data())
    def split(self, data: st.DataObject) -> None:
        """S on a cell that has a neck or pieces, if there is one."""
        cells = sorted(self.document.cells, key=lambda c: (-c.area, c.id))[:4]
        cell = data.draw(st.sampled_from(cells))
        self.expect_parts(self.propose(split_by_shape, cell), cell, "split", 20)

    def expect_parts(
        self, change: Change | None, cell: CellObject, verb: str, smallest: int
    ) -> None:
        """All of a cell's pixels are in one of its parts; nothing else changes."""
        if change is None:
            return
        new = self.document.next_id
        edit = self.document.commit(change)
        after = self.document.labels.astype(np.int64)
        mine = self.labels == cell.id
        ids = edit.change.details["pieces"]
        assert ids == [cell.id, *range(new, new + len(ids) - 1)]
        assert set(after[mine]) == set(ids)
        np.testing.assert_array_equal(after[~mine], self.labels[~mine])
        areas = [int((after == i).sum()) for i in ids]
        assert areas == sorted(areas, reverse=True)
        assert min(areas) >= smallest
        if pieces(mine) == 1:
            assert all(pieces(after == i) == 1 for i in ids)
        states = {i: known.state for i, known in self.objects.items()}
        states |= dict.fromkeys(ids, BY_HAND[cell.origin])
        assert all(self.document.objects[i].origin is cell.origin for i in ids)
        self.expect(after, f"{verb} cell {cell.id}", EditKind.SPLIT, states)

    def expect_joined(self, first: CellObject, second: CellObject, path: np.ndarray) -> None:
        """The first cell has the ground of both, and no more than a bridge of free ground."""
        change = self.propose(join_cells, first, second, path)
        one, two = self.labels == first.id, self.labels == second.id
        touching = bool((ndi.binary_dilation(one, EIGHT) & two).any())
        if change is None:
            assert not touching
            return
        self.document.commit(change)
        after = self.document.labels.astype(np.int64)
        joined = after == first.id
        assert joined[one | two].all()
        bridge = joined & ~one & ~two
        assert (self.labels[bridge] == 0).all()
        assert bridge.any() != touching
        if pieces(one) == pieces(two) == 1:
            assert pieces(joined) == 1
        np.testing.assert_array_equal(after[~joined], self.labels[~joined])
        states = {i: known.state for i, known in self.objects.items() if i != second.id}
        states[first.id] = BY_HAND[first.origin]
        summary = f"join cells {first.id} and {second.id}"
        self.expect(after, summary, EditKind.JOIN, states)

    @rule(seed=SEEDS)
    def trace(self, seed: int) -> None:
        path = random_path(np.random.default_rng(seed), self.document.shape)
        inside = ndi.binary_fill_holes(winding(path, self.document.shape) != 0)
        shared = {i: int((inside & (self.labels == i)).sum()) for i in ids_of(self.labels)}
        over = [
            i
            for i, both in shared.items()
            if 2 * both > min(inside.sum(), (self.labels == i).sum())
        ]
        kept = largest_piece(inside & np.isin(self.labels, [0, *over]))
        new = self.document.next_id
        first = min(over, key=lambda i: (-shared[i], i)) if over else new
        after = self.labels
        after[np.isin(after, over)] = 0
        after[kept] = first
        change = self.propose(trace_cell, path)
        assert (change is None) == (kept.sum() < 5 or np.array_equal(after, self.labels))
        if change is None:
            return
        self.document.commit(change)
        if not over:
            self.expect(after, f"trace cell {new}", EditKind.ADD)
            return
        gone = set(over) - {first}
        states = expected_states(self.objects, self.labels, after, drafted=False)
        states = {i: state for i, state in states.items() if i not in gone}
        self.expect(after, f"redraw cell {first}", EditKind.REDRAW, states)

    @precondition(HistoryMachine.any_cell)
    @rule(data=st.data(), seed=SEEDS, notches=st.integers(1, 3))
    def resize(self, data: st.DataObject, seed: int, notches: int) -> None:
        """A burst of the wheel: one step of undo."""
        rng = np.random.default_rng(seed)
        i = self.living(data).id
        begun = False
        for _ in range(notches):
            box = random_box(rng, self.document.shape)
            mask = rng.random((box.height, box.width)) < rng.choice([0.7, 1.0])
            wanted = np.zeros(self.document.shape, bool)
            wanted[box.slices] = mask
            kept = wanted & np.isin(self.labels, [0, i])
            if kept.sum() < wanted.sum():
                kept = largest_piece(kept)
            after = self.labels
            after[after == i] = 0
            after[kept] = i
            cell = self.document.objects[i]
            change = self.propose(resize_cell, cell, region(box, mask))
            same = np.array_equal(after, self.labels)
            assert (change is None) == (same or not kept.any())
            if change is None:
                continue
            self.document.commit(replace(change, continues=begun))
            self.expect(after, f"resize cell {i}", EditKind.RESIZE, continues=begun)
            begun = True

    @precondition(HistoryMachine.any_cell)
    @rule(data=st.data())
    def smooth(self, data: st.DataObject) -> None:
        cell = self.living(data)
        change = self.propose(smooth_cell, cell)
        if change is None:
            return
        self.document.commit(change)
        mine = self.labels == cell.id
        parts, count = ndi.label(mine, EIGHT)
        sizes = [int((parts == k).sum()) for k in range(1, count + 1)]
        large = [k for k, n in enumerate(sizes, 1) if n >= 20 or n == max(sizes)]
        kept = np.isin(parts, large)
        filled = ndi.binary_fill_holes(kept) & np.isin(self.labels, [0, cell.id])
        after = self.document.labels.astype(np.int64)
        now = after == cell.id
        assert now.sum() == filled.sum()
        assert pieces(now) == pieces(filled)
        others = np.where(mine, 0, self.labels)
        np.testing.assert_array_equal(np.where(now, 0, after), np.where(now, 0, others))
        assert (others[now] == 0).all()
        self.expect(after, f"smooth cell {cell.id}", EditKind.SMOOTH)

    @precondition(lambda self: self.document.objects)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        edited = [c.id for c in self.document.cells if c.state is ObjectState.EDITED]
        done = [group[0].split() for group in self.groups[: self.at]]
        joined = [int(words[2]) for words in done if words[0] == "join"]
        ids = [i for i in (*edited, *joined) if i in self.document.objects]
        some = st.sampled_from(sorted(self.document.objects))
        i = data.draw(st.sampled_from(ids) | some if ids else some)
        cell = self.document.objects[i]
        change = self.propose(revert_cell, cell)
        born = self.born_as_draft(i)
        if born is None:
            assert change is None
            return
        after = self.labels
        after[after == i] = 0
        after[(self.copies[born][0] == i) & (after == 0)] = i
        if not (after == i).any():
            assert change is None
            return
        back = {}
        for number, former, mask in self.joined_into(i, born):
            free = mask & (after == 0)
            after[free] = number
            if np.array_equal(free, mask):
                back[number] = former.state
            elif free.any():
                back[number] = BY_HAND[former.origin]
        states = expected_states(self.objects, self.labels, after, drafted=False)
        states |= {**back, i: ObjectState.DRAFT}
        if change is None:
            assert cell.state is ObjectState.DRAFT
            np.testing.assert_array_equal(after, self.labels)
            return
        self.document.commit(change)
        self.expect(after, f"revert cell {i}", EditKind.REVERT, states)

    def born_as_draft(self, i: int) -> int | None:
        """Number of the copy in which a draft brought a cell."""
        first = next(k for k in range(self.at + 1) if i in self.copies[k][1])
        return first if self.kinds[first - 1] is EditKind.DRAFT else None

    def joined_into(self, i: int, born: int) -> list[tuple[int, CellObject, np.ndarray]]:
        """Cells, as they were, that joins since its draft or last revert put into a cell."""
        found = []
        for k in range(self.at, born, -1):
            if self.groups[k - 1][0] == f"revert cell {i}":
                break
            labels, objects = self.copies[k - 1]
            for number in objects:
                words = (f"join cells {i} and {number}", f"redraw cell {i}")
                gone = number not in self.copies[k][1] and number not in self.objects
                if gone and self.groups[k - 1][0] in words:
                    found.append((number, objects[number], labels == number))
        return found

    @precondition(lambda self: self.document.objects)
    @rule(data=st.data(), word=st.sampled_from(["accepted", "unsure", "draft"]))
    def judge(self, data: st.DataObject, word: str) -> None:
        ids = data.draw(st.sets(st.sampled_from(sorted(self.document.objects)), min_size=1))
        state = ObjectState(word)
        states = {i: cell.state for i, cell in self.objects.items()}
        history = self.objects_over_time()
        for i in ids:
            if states[i] is ObjectState.REMOVED:
                continue
            own = undoubted(history, i)
            made = own in (ObjectState.ADDED, ObjectState.EDITED)
            states[i] = own if made and state is not ObjectState.UNSURE else state
        change = judge(self.document, [self.document.objects[i] for i in sorted(ids)], state)
        changed = [i for i in sorted(ids) if states[i] is not self.objects[i].state]
        assert (change is None) == (not changed)
        if change is None:
            return
        self.document.commit(change)
        assert [item.id for item in change.objects] == changed
        self.expect(self.labels, change.summary, EditKind.JUDGE, states)

    @rule()
    def finish(self) -> None:
        newest = [kind for kind in self.kinds[: self.at] if kind is not EditKind.NOTE][-1:]
        done = newest == [EditKind.DONE]
        assert self.document.done == done
        change = finish(self.document)
        assert (change is None) == done
        if change is None:
            return
        states = {i: cell.state for i, cell in self.objects.items()}
        for i, state in states.items():
            left = state is not ObjectState.DRAFT or i in self.document.ignored_cells
            states[i] = state if left else ObjectState.ACCEPTED
        self.document.commit(change)
        self.expect(self.labels, "mark as done", EditKind.DONE, states)
        assert self.document.done
