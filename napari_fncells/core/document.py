"""The document: pixels, objects and history of one picture's mask.

Nobody else writes the labels. A tool proposes a change (`core/changes.py`) and commits it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Self

from psygnal import Signal

from napari_fncells.core.attention.plants import Plants
from napari_fncells.core.cell_mask import Base, CellMask
from napari_fncells.core.edits import Action, Change, Edit, EditKind, StaleChangeError
from napari_fncells.core.errors import UserError
from napari_fncells.core.history import History
from napari_fncells.core.ignore import Plane
from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellCounts, CellObject, ObjectState


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
        self.plants = Plants()
        self._mask = CellMask(shape)
        self._history = History()

    @property
    def labels(self) -> Labels:
        """(Y, X) uint16, or uint32 after promotion; 0 = background. Not to be written.

        The dtype always holds `next_id`, too: a brush may paint with it.
        """
        return self._mask.labels

    @property
    def ignored(self) -> Plane:
        """(Y, X) uint8, 1 where a pixel is ignored, else 0. Not to be written."""
        return self._mask.regions.pixels

    @property
    def ignored_area(self) -> int:
        """Ignored pixels, in px²; 0 where there is no ignored region."""
        return self._mask.regions.area

    @property
    def ignored_cells(self) -> Set[int]:
        """Ids of the living cells with more than half of their area in ignored regions."""
        return self._mask.regions.cells

    @property
    def shape(self) -> tuple[int, int]:
        """(Y, X)."""
        rows, columns = self._mask.labels.shape
        return rows, columns

    @property
    def objects(self) -> Mapping[int, CellObject]:
        """Every known object by id, removed ones included."""
        return MappingProxyType(self._mask.objects)

    @property
    def cells(self) -> Iterator[CellObject]:
        """Objects that are in the mask."""
        return (cell for cell in self._mask.objects.values() if cell.alive)

    @property
    def counted(self) -> Iterator[CellObject]:
        """Objects that are in the mask and not ignored."""
        return (cell for cell in self.cells if cell.id not in self._mask.regions.cells)

    @property
    def hidden(self) -> Mapping[int, CellObject]:
        """Drafted cells that the attention check hides, by id; they are not among `objects`."""
        return MappingProxyType(self._mask.hidden)

    @property
    def known(self) -> Mapping[int, CellObject]:
        """`objects` and `hidden`."""
        return self._mask.known

    @property
    def attended(self) -> bool:
        """Whether the mask is not as it goes into files: something is planted or hidden."""
        return self._mask.attended

    @property
    def counts(self) -> CellCounts:
        """Cells by what became of them, as they are on the screen."""
        return self._mask.counts

    @property
    def states(self) -> Mapping[ObjectState, int]:
        """How many objects there are of each state, removed ones included."""
        return self._mask.states

    @property
    def noted(self) -> int:
        """How many objects, removed ones included, have a note."""
        return self._mask.noted

    @property
    def history(self) -> tuple[Edit, ...]:
        """Every edit since the document began, undos and redos included."""
        return self._history.edits

    @property
    def edit_count(self) -> int:
        """Edits in the history."""
        return len(self._history)

    @property
    def in_force(self) -> Iterator[Edit]:
        """Edits that have not been taken back, oldest first."""
        return self._history.in_force

    @property
    def newest_in_force(self) -> Iterator[Edit]:
        """Edits that have not been taken back, newest first."""
        return self._history.newest_in_force

    def edits_since(self, sequence: int) -> list[Edit]:
        """Edits with a higher number than that, undos and redos included, oldest first."""
        return self._history.since(sequence)

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
        return self._history.mark

    @property
    def drafted_only(self) -> bool:
        """Whether all that was done to the mask so far is to draft it."""
        return self._history.drafted_only

    @property
    def untouched(self) -> bool:
        """Whether nothing is in force: never worked on, or all of it taken back."""
        return self._history.untouched

    @property
    def next_id(self) -> int:
        """An id that no cell of this picture has ever had."""
        return self._mask.next_id

    @property
    def undo_summary(self) -> str | None:
        """What undo would take back, in words, or None where there is nothing."""
        return _summary(self._history.to_undo)

    @property
    def redo_summary(self) -> str | None:
        """What redo would do again, in words, or None where there is nothing."""
        return _summary(self._history.to_redo)

    def cell_at(self, row: int, column: int) -> CellObject | None:
        """The cell that covers a pixel, or None on background and outside the picture."""
        if not (0 <= row < self.shape[0] and 0 <= column < self.shape[1]):
            return None
        return self._mask.objects.get(int(self._mask.labels[row, column]))

    def is_alive(self, i: int) -> bool:
        """Whether an id belongs to a cell that is in the mask."""
        cell = self._mask.objects.get(i)
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
        self._mask.check(change, written=False)
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
        self._mask.check(change, written=True)
        return self._carry_out(Action.DO, change)

    def undo(self) -> Edit | None:
        """Take back the newest gesture in force; None where there is none.

        Edits that continue one another are taken back together, each by an edit of its own;
        the one returned takes back the first of them.
        """
        edit = self._step_back(self._history.to_undo, Action.UNDO)
        while edit is not None and edit.change.continues:
            edit = self._step_back(self._history.to_undo, Action.UNDO)
        return edit

    def redo(self) -> Edit | None:
        """Do again the gesture that was undone last; None where there is nothing.

        The edit returned does the first of it again.
        """
        first = self._step_back(self._history.to_redo, Action.REDO)
        while (after := self._history.to_redo) is not None and after.change.continues:
            self._step_back(after, Action.REDO)
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
            document._history.check_place(edit)
            if base is None or edit.sequence > base.sequence:
                document._mask.check(edit.change, written=False)
                document._mask.write(edit.change)
            document._take_in(edit)
            if base is not None and edit.sequence == base.sequence:
                known = (item.id for e in document._history.edits for item in e.change.objects)
                document._mask.begin_at(base, known)
        if base is not None and base.sequence > len(document._history):
            raise StaleChangeError(
                f"the base lies at edit {base.sequence}, the history ends at "
                f"{len(document._history)}"
            )
        return document

    def _step_back(self, reverted: Edit | None, action: Action) -> Edit | None:
        """Revert the edit that is the next to be undone or redone."""
        if reverted is None:
            return None
        self._refuse_if_read_only()
        change = reverted.change.inverse
        self._mask.check(change, written=False)
        return self._carry_out(action, change, reverts=reverted.sequence)

    def _refuse_if_read_only(self) -> None:
        if self.read_only:
            raise ReadOnlyError(self.read_only)

    def _carry_out(self, action: Action, change: Change, reverts: int | None = None) -> Edit:
        """Write a change that fits; number, stamp and announce it."""
        shown = self._mask.labels
        self._mask.write(change)
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
        if self._mask.labels is not shown:
            self.promoted.emit()
        self.committed.emit(edit)
        return edit

    def _take_in(self, edit: Edit) -> None:
        """Add an edit to the history, with what it says of the picture."""
        self._history.add(edit)
        if edit.change.kind is EditKind.PLANT:
            self.plants.note(edit.change)
        said = edit.picture_note
        if said is not None:
            self.note = said


def _summary(edit: Edit | None) -> str | None:
    return None if edit is None else edit.change.summary
