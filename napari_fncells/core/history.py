"""The history of a mask: its edits, those in force, and what they say of the whole picture."""

from __future__ import annotations

from collections.abc import Iterator

from napari_fncells.core.edits import Action, Change, Edit, EditKind, StaleChangeError


class History:
    """Every edit since the beginning, undos and redos included; nothing is ever taken out."""

    def __init__(self) -> None:
        self._edits: list[Edit] = []
        self._done: list[int] = []
        self._undone: list[int] = []
        # Those in force that say something of the picture, so that nobody has to look for them
        self._marks: list[int] = []
        self._drafts = 0

    def __len__(self) -> int:
        return len(self._edits)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All of them, oldest first."""
        return tuple(self._edits)

    def since(self, sequence: int) -> list[Edit]:
        """Edits with a higher number than that, oldest first."""
        return self._edits[sequence:]

    @property
    def in_force(self) -> Iterator[Edit]:
        """Edits that have not been taken back, oldest first."""
        return (self._edits[sequence - 1] for sequence in self._done)

    @property
    def newest_in_force(self) -> Iterator[Edit]:
        """Edits that have not been taken back, newest first."""
        return (self._edits[sequence - 1] for sequence in reversed(self._done))

    @property
    def to_undo(self) -> Edit | None:
        """The edit that is the next to be taken back."""
        return self._edits[self._done[-1] - 1] if self._done else None

    @property
    def to_redo(self) -> Edit | None:
        """The edit that is the next to be done again."""
        return self._edits[self._undone[-1] - 1] if self._undone else None

    @property
    def mark(self) -> str:
        """What the expert has said of the whole picture: 'done', 'unsure', 'open' or nothing.

        'done' holds as long as nothing but notes was changed since; the others until another
        is said.
        """
        if not self._marks:
            return ""
        said = _said_of_picture(self._edits[self._marks[-1] - 1].change)
        return "" if said == "done" and self._marks[-1] != self._newest_but_notes else said

    @property
    def drafted_only(self) -> bool:
        """Whether all that was done to the mask so far is to draft it."""
        return bool(self._done) and self._drafts == len(self._done)

    @property
    def untouched(self) -> bool:
        """Whether nothing is in force: never worked on, or all of it taken back."""
        return not self._done

    def check_place(self, edit: Edit) -> None:
        """Refuse an edit that does not follow on the others.

        Raises
        ------
        StaleChangeError
            Where its number is not the next, or it reverts another than the one that is due.
        """
        stacks = {Action.UNDO: self._done, Action.REDO: self._undone}
        reverted = stacks[edit.action][-1:] if edit.action in stacks else [None]
        if edit.sequence != len(self._edits) + 1 or reverted != [edit.reverts]:
            raise StaleChangeError(
                f"edit {edit.sequence} ({edit.action}) does not follow on edit {len(self._edits)}"
            )

    def add(self, edit: Edit) -> None:
        """Add an edit, and put it on the stack it belongs on."""
        self._edits.append(edit)
        self._note_mark(edit)
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
        changes = ((n, self._edits[n - 1].change) for n in reversed(self._done))
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


def _is_draft(change: Change) -> bool:
    """Whether a change drafts cells: anew, or as they were left by a draft.

    What is planted under a draft counts as part of it.
    """
    if change.kind is EditKind.REPLACE:
        return change.details.get("state") in ("draft", "given")
    return change.kind is EditKind.DRAFT or (change.kind is EditKind.PLANT and change.continues)
