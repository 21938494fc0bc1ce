"""The document: pixels, objects and history of one picture's mask.

Nobody else writes the labels. A tool proposes a change (`core/changes.py`) and commits it here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Self

import numpy as np
from psygnal import Signal

from napari_fncells.core.attention.plants import Plants
from napari_fncells.core.edits import Action, Change, Edit, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.ignore import IgnoredRegions, Plane
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellCounts, CellObject, ObjectState, Origin

MAX_ID = int(np.iinfo(np.uint32).max) - 1
"""The largest id a cell may have: the next one, too, fits into uint32."""


@dataclass(frozen=True)
class Base:
    """Pixels and objects at a point of the history, so that replay need not begin at its start.

    Attributes
    ----------
    sequence
        Number of the last edit that is in them; 0 for none.
    labels
        (Y, X) uint16 or uint32.
    objects
        Every known object, removed ones included.
    ignored
        (Y, X) uint8, 1 where a pixel is ignored; None for nowhere.
    note
        On the picture.
    """

    sequence: int
    labels: Labels
    objects: tuple[CellObject, ...]
    ignored: Plane | None = None
    note: str = ""


class StaleChangeError(RuntimeError):
    """A change was made from pixels or objects that are no longer there; nothing was written."""


class ReadOnlyError(UserError):
    """The document is shown to be read, not to be changed; nothing was written."""


class Document:
    """Instance labels of one picture with the state of every cell and the whole history.

    Parameters
    ----------
    shape
        (Y, X) of the picture.
    author
        Name written to every edit.

    Attributes
    ----------
    read_only
        Why nothing may be changed, in a sentence; empty where it may.
    committed
        Signal(Edit): emitted after every edit, undo and redo, with pixels and objects in
        their new state. The boxes to redraw are those of the edit's patches.
    note
        On the picture; empty for none.
    noted
        How many objects, removed ones included, have a note.
    plants
        What the attention check has planted, and what became of it.
    promoted
        Signal(): the labels became uint32 because all 65,535 ids of uint16 were used; `labels`
        is another array from now on. Comes before `committed` of the same edit.
    """

    committed = Signal(Edit)
    promoted = Signal()

    def __init__(self, shape: tuple[int, int], author: str = "") -> None:
        self.author = author
        self.read_only = ""
        self.note = ""
        self.noted = 0
        self._labels: Labels = np.zeros(shape, dtype=np.uint16)
        self._regions = IgnoredRegions(shape)
        self._objects: dict[int, CellObject] = {}
        self._hidden: dict[int, CellObject] = {}
        self.plants = Plants()
        # Kept up to date, as the dock shows the counts at every edit, of however many cells
        self._tally = Counter[tuple[ObjectState, Origin]]()
        self._history: list[Edit] = []
        self._done: list[int] = []
        self._undone: list[int] = []
        # Those in force that say something of the picture, so that nobody has to look for them
        self._marks: list[int] = []
        self._drafts = 0
        self._last_id = 0

    @property
    def labels(self) -> Labels:
        """(Y, X) uint16, or uint32 after promotion; 0 = background. Not to be written.

        The dtype always holds `next_id`, too: a brush may paint with it.
        """
        return self._labels

    @property
    def ignored(self) -> Plane:
        """(Y, X) uint8, 1 where a pixel is ignored, else 0. Not to be written."""
        return self._regions.pixels

    @property
    def ignored_area(self) -> int:
        """Ignored pixels, in px²; 0 where there is no ignored region."""
        return self._regions.area

    @property
    def ignored_cells(self) -> Set[int]:
        """Ids of the living cells with more than half of their area in ignored regions."""
        return self._regions.cells

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        rows, columns = self._labels.shape
        return rows, columns

    @property
    def objects(self) -> Mapping[int, CellObject]:
        """Every known object by id, removed ones included."""
        return MappingProxyType(self._objects)

    @property
    def cells(self) -> Iterator[CellObject]:
        """Objects that are in the mask."""
        return (cell for cell in self._objects.values() if cell.alive)

    @property
    def counted(self) -> Iterator[CellObject]:
        """Objects that are in the mask and not ignored."""
        return (cell for cell in self.cells if cell.id not in self._regions.cells)

    @property
    def hidden(self) -> Mapping[int, CellObject]:
        """Drafted cells that the attention check hides, by id; they are not among `objects`."""
        return MappingProxyType(self._hidden)

    @property
    def known(self) -> Mapping[int, CellObject]:
        """`objects` and `hidden`."""
        return {**self._objects, **self._hidden} if self._hidden else self.objects

    @property
    def attended(self) -> bool:
        """Whether the mask is not as it goes into files: something is planted or hidden."""
        return bool(self._hidden) or any(self._tally[s, Origin.PLANT] for s in ObjectState)

    @property
    def counts(self) -> CellCounts:
        """Cells by what became of them, as they are on the screen."""
        return CellCounts.from_tally(self._tally, len(self._regions.cells))

    @property
    def states(self) -> Mapping[ObjectState, int]:
        """How many objects there are of each state, removed ones included."""
        found = Counter[ObjectState]()
        for (state, _), number in self._tally.items():
            found[state] += number
        return found

    @property
    def history(self) -> tuple[Edit, ...]:
        """Every edit since the document began, undos and redos included."""
        return tuple(self._history)

    @property
    def edit_count(self) -> int:
        """Edits in the history."""
        return len(self._history)

    @property
    def in_force(self) -> Iterator[Edit]:
        """Edits that have not been taken back, oldest first."""
        return (self._history[sequence - 1] for sequence in self._done)

    @property
    def newest_in_force(self) -> Iterator[Edit]:
        """Edits that have not been taken back, newest first."""
        return (self._history[sequence - 1] for sequence in reversed(self._done))

    def edits_since(self, sequence: int) -> list[Edit]:
        """Edits with a higher number than that, undos and redos included, oldest first."""
        return self._history[sequence:]

    @property
    def done(self) -> bool:
        """Whether the expert has finished the picture, and changed nothing but notes since."""
        return self.mark == "done"

    @property
    def mark(self) -> str:
        """What the expert has said of the whole picture: 'done', 'unsure', 'open' or nothing.

        'done' holds as long as nothing but notes was changed since; the others until another
        is said.
        """
        if not self._marks:
            return ""
        said = _said_of_picture(self._history[self._marks[-1] - 1].change)
        return "" if said == "done" and self._marks[-1] != self._newest_but_notes else said

    @property
    def drafted_only(self) -> bool:
        """Whether all that was done to the mask so far is to draft it."""
        return bool(self._done) and self._drafts == len(self._done)

    @property
    def untouched(self) -> bool:
        """Whether nothing is in force: never worked on, or all of it taken back."""
        return not self._done

    @property
    def next_id(self) -> int:
        """An id that no cell of this picture has ever had."""
        return self._last_id + 1

    @property
    def undo_summary(self) -> str | None:
        """What undo would take back, in words, or None where there is nothing."""
        return self._summary(self._done)

    @property
    def redo_summary(self) -> str | None:
        """What redo would do again, in words, or None where there is nothing."""
        return self._summary(self._undone)

    def cell_at(self, row: int, column: int) -> CellObject | None:
        """The cell that covers a pixel, or None on background and outside the picture."""
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            return None
        return self._objects.get(int(self._labels[row, column]))

    def is_alive(self, i: int) -> bool:
        """Whether an id belongs to a cell that is in the mask."""
        cell = self._objects.get(i)
        return cell is not None and cell.alive

    def last_in_force(self, kind: EditKind) -> Edit | None:
        """The newest edit of a kind that has not been taken back."""
        return next((e for e in self.newest_in_force if e.change.kind is kind), None)

    def commit(self, change: Change) -> Edit:
        """Write a change.

        Raises
        ------
        StaleChangeError
            Where pixels or objects are not those the change was made from. Nothing is written.
        ReadOnlyError
            Where the document may not be changed.
        ValueError
            For an id above `MAX_ID`. Nothing is written.
        """
        self._refuse_if_read_only()
        self._check(change, written=False)
        return self._carry_out(Action.DO, change)

    def record(self, change: Change) -> Edit:
        """Take in a change whose pixels a brush has written into `labels` or `ignored` already.

        Raises
        ------
        StaleChangeError
            Where the pixels are not those that the change leads to, or the objects not those
            it was made from.
        ReadOnlyError
            Where the document may not be changed.
        """
        self._refuse_if_read_only()
        self._check(change, written=True)
        return self._carry_out(Action.DO, change)

    def undo(self) -> Edit | None:
        """Take back the newest gesture in force; None where there is none.

        Edits that continue one another are taken back together, each by an edit of its own;
        the one returned takes back the first of them.
        """
        edit = self._step_back(self._done, Action.UNDO)
        while edit is not None and edit.change.continues:
            edit = self._step_back(self._done, Action.UNDO)
        return edit

    def redo(self) -> Edit | None:
        """Do again the gesture that was undone last; None where there is nothing.

        The edit returned does the first of it again.
        """
        first = self._step_back(self._undone, Action.REDO)
        while self._undone and self._history[self._undone[-1] - 1].change.continues:
            self._step_back(self._undone, Action.REDO)
        return first

    @classmethod
    def replay(
        cls,
        shape: tuple[int, int],
        edits: Iterable[Edit],
        author: str = "",
        base: Base | None = None,
    ) -> Self:
        """Rebuild a document from its history.

        Parameters
        ----------
        shape
            (Y, X) of the picture.
        edits
            The whole history.
        author
            Name for the edits to come.
        base
            Pixels and objects at some point of the history: only the edits after it are
            written and checked against them. The labels become the document's own.

        Raises
        ------
        StaleChangeError
            Where the edits do not fit on one another, or the base lies beyond the last.
        """
        document = cls(shape, author)
        for edit in edits:
            document._check_place(edit)
            if base is None or edit.sequence > base.sequence:
                document._check(edit.change, written=False)
                document._write(edit.change)
            document._take_in(edit)
            if base is not None and edit.sequence == base.sequence:
                document._begin_at(base)
        if base is not None and base.sequence > len(document._history):
            raise StaleChangeError(
                f"the base lies at edit {base.sequence}, the history ends at "
                f"{len(document._history)}"
            )
        return document

    def _begin_at(self, base: Base) -> None:
        """Take pixels and objects as they were after the edits taken in so far."""
        for plane in (base.labels, base.ignored):
            if plane is not None and plane.shape != self.shape:
                raise StaleChangeError(f"the base has the shape {plane.shape}")
        self._labels = base.labels
        self._hidden = {item.id: item for item in base.objects if item.origin is Origin.HIDDEN}
        shown = [item for item in base.objects if item.origin is not Origin.HIDDEN]
        self._objects = {item.id: item for item in shown}
        if base.ignored is not None:
            self._regions = IgnoredRegions.of(base.ignored, base.labels, self._objects)
        self.noted = sum(bool(item.note) for item in shown)
        self._tally = Counter((item.state, item.origin) for item in shown)
        ids = (item.id for edit in self._history for item in edit.change.objects)
        self._last_id = max([0, *ids, *self.known])

    def _step_back(self, stack: list[int], action: Action) -> Edit | None:
        """Revert the edit on top of the done or undone stack."""
        if not stack:
            return None
        self._refuse_if_read_only()
        reverted = self._history[stack[-1] - 1]
        change = reverted.change.inverse
        self._check(change, written=False)
        return self._carry_out(action, change, reverts=reverted.sequence)

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise ReadOnlyError(self.read_only)

    def _check(self, change: Change, *, written: bool) -> None:
        """Refuse a change that does not fit the pixels and objects."""
        planes = ((self._labels, change.patches), (self._regions.pixels, change.ignored))
        for pixels, patches in planes:
            for patch in patches:
                expected = patch.after if written else patch.before
                if not np.array_equal(pixels[patch.box.slices], expected):
                    raise StaleChangeError(
                        f"the pixels at {patch.box} changed since '{change.summary}' was prepared"
                    )
        for item in change.objects:
            if item.id > MAX_ID:
                raise ValueError(f"a cell's id cannot be above {MAX_ID}, as {item.id} is")
            if self._objects.get(item.id, self._hidden.get(item.id)) != item.before:
                raise StaleChangeError(
                    f"cell {item.id} changed since '{change.summary}' was prepared"
                )

    def _check_place(self, edit: Edit) -> None:
        """Refuse an edit that does not follow on the history."""
        stacks = {Action.UNDO: self._done, Action.REDO: self._undone}
        reverted = stacks[edit.action][-1:] if edit.action in stacks else [None]
        if edit.sequence != len(self._history) + 1 or reverted != [edit.reverts]:
            raise StaleChangeError(
                f"edit {edit.sequence} ({edit.action}) does not follow on edit "
                f"{len(self._history)}"
            )

    def _carry_out(self, action: Action, change: Change, reverts: int | None = None) -> Edit:
        """Write a change that fits; number, stamp and announce it."""
        shown = self._labels
        self._write(change)
        edit = Edit(
            sequence=len(self._history) + 1,
            action=action,
            change=change,
            reverts=reverts,
            time=datetime.now(UTC),
            author=self.author,
        )
        self._take_in(edit)
        # Only now, so that a listener that fails leaves nothing half-done
        if self._labels is not shown:
            self.promoted.emit()
        self.committed.emit(edit)
        return edit

    def _write(self, change: Change) -> None:
        """Write pixels and objects; cannot fail half-way for want of anything but memory."""
        self._last_id = max([self._last_id, *(item.id for item in change.objects)])
        if self.next_id > np.iinfo(self._labels.dtype).max:
            self._labels = self._labels.astype(np.uint32)
        for patch in change.patches:
            after = patch.after
            if self._regions.area:
                self._regions.follow_cells(patch.box, patch.before, after)
            self._labels[patch.box.slices] = after
        for patch in change.ignored:
            self._regions.write(patch.box, _plane(patch.before), _plane(patch.after), self._labels)
        for item in change.objects:
            self._hidden.pop(item.id, None)
            former = self._objects.get(item.id)
            if former is not None:
                self._tally[former.state, former.origin] -= 1
                self.noted -= bool(former.note)
            if item.after is None:
                self._objects.pop(item.id, None)
            elif item.after.origin is Origin.HIDDEN:
                self._objects.pop(item.id, None)
                self._hidden[item.id] = item.after
            else:
                self._objects[item.id] = item.after
                self._tally[item.after.state, item.after.origin] += 1
                self.noted += bool(item.after.note)
        self._regions.weigh(self._objects, (item.id for item in change.objects))

    def _take_in(self, edit: Edit) -> None:
        """Add an edit to the history and to the stack it belongs on."""
        self._history.append(edit)
        self._note_mark(edit)
        if edit.change.kind is EditKind.PLANT:
            self.plants.note(edit.change)
        said = edit.picture_note
        if said is not None:
            self.note = said
        if edit.action is Action.UNDO:
            self._done.pop()
            self._undone.append(edit.sequence)
        elif edit.action is Action.REDO:
            self._undone.pop()
            self._done.append(edit.sequence)
        else:
            self._done.append(edit.sequence)
            self._undone.clear()

    @property
    def _newest_but_notes(self) -> int | None:
        """Number of the newest edit in force that is more than a note."""
        changes = ((n, self._history[n - 1].change) for n in reversed(self._done))
        return next((n for n, change in changes if change.kind is not EditKind.NOTE), None)

    def _note_mark(self, edit: Edit) -> None:
        """Keep track of what is said of the picture as a whole."""
        undone = edit.action is Action.UNDO
        if _is_draft(edit.change):
            self._drafts += -1 if undone else 1
        elif _said_of_picture(edit.change):
            if undone:
                self._marks.pop()
            else:
                self._marks.append(edit.sequence)

    def _summary(self, stack: list[int]) -> str | None:
        return self._history[stack[-1] - 1].change.summary if stack else None


def _said_of_picture(change: Change) -> str:
    """What a change says of the whole picture; empty for nothing.

    A mask taken over as it was left, without its history, says what was said of it.
    """
    if change.kind is EditKind.DONE:
        return "done"
    if change.kind is EditKind.MARK:
        return str(change.details.get("mark", ""))
    state = change.details.get("state") if change.kind is EditKind.REPLACE else None
    return str(state) if state in ("done", "unsure") else ""


def _plane(pixels: Labels) -> Plane:
    """Pixels of an ignored region as they are kept: 0 or 1."""
    return (pixels > 0).astype(np.uint8)


def _is_draft(change: Change) -> bool:
    """Whether a change drafts cells: anew, or as they were left by a draft.

    What is planted under a draft counts as part of it.
    """
    if change.kind is EditKind.REPLACE:
        return change.details.get("state") in ("draft", "given")
    return change.kind is EditKind.DRAFT or (change.kind is EditKind.PLANT and change.continues)
