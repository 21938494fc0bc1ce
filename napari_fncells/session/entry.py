"""One picture in a list: how far the work on it is, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from napari_fncells.io.working_record import WorkingSummary, WorkState


class EntryState(StrEnum):
    """How far the work on a picture is, as a list tells it."""

    NEW = "new"
    GIVEN = "as given"
    """A mask that was there before, not touched."""
    DRAFT = "draft"
    IN_WORK = "in work"
    UNSURE = "unsure"
    DONE = "done"
    PROBLEM = "problem"


_STATES = {
    WorkState.NEW: EntryState.NEW,
    WorkState.GIVEN: EntryState.GIVEN,
    WorkState.DRAFT: EntryState.DRAFT,
    WorkState.IN_WORK: EntryState.IN_WORK,
    WorkState.UNSURE: EntryState.UNSURE,
    WorkState.DONE: EntryState.DONE,
}

UNTOUCHED = frozenset((EntryState.NEW, EntryState.GIVEN, EntryState.DRAFT))
"""States of pictures that no expert has put work into yet."""


@dataclass(frozen=True)
class OtherWork:
    """What another annotator has done on the picture."""

    annotator: str
    state: EntryState


@dataclass(frozen=True)
class Entry:
    """One picture of a queue.

    Attributes
    ----------
    path
        The picture.
    summary
        State, counts and time of the annotator's own work; None where there is none.
    time
        When that was last written, UTC.
    others
        Work of other annotators.
    given
        A mask that was there before, from which work begins; None where there is none.
    problem
        What is wrong with the picture or its files, in a sentence; empty where all is well.
    waiting
        Whether its mask files are yet to be written: it does not count as done until then.
    """

    path: Path
    summary: WorkingSummary | None = None
    time: datetime | None = None
    others: tuple[OtherWork, ...] = ()
    given: Path | None = None
    problem: str = ""
    waiting: bool = False

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name

    @property
    def state(self) -> EntryState:
        """How far the work is."""
        if self.problem:
            return EntryState.PROBLEM
        found = EntryState.NEW if self.summary is None else _STATES[self.summary.state]
        if found is EntryState.DONE and self.waiting:
            return EntryState.IN_WORK
        if found is EntryState.NEW and self.given is not None:
            return EntryState.GIVEN
        return found

    @property
    def seconds(self) -> float:
        """Time at work on it."""
        return 0.0 if self.summary is None else self.summary.active_seconds

    @property
    def cells(self) -> int | None:
        """Cells in its mask; None where there is no mask."""
        return None if self.summary is None else self.summary.final

    @property
    def noted(self) -> bool:
        """Whether there is a note on it, or on a cell of it."""
        return self.summary is not None and bool(self.summary.note or self.summary.noted)

    @property
    def annotators(self) -> tuple[str, ...]:
        """The others who worked on it."""
        return tuple(other.annotator for other in self.others)


def state_of(summary: WorkingSummary | None) -> EntryState:
    """State by what a record says."""
    return EntryState.NEW if summary is None else _STATES[summary.state]
