"""The queue: the pictures of a folder, how far each is, and which comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from psygnal import Signal

from napari_fncells.io.working_record import WorkingSummary
from napari_fncells.session.entry import Entry, EntryState
from napari_fncells.session.listing import Listing, list_folder

SortBy = Literal["name", "state", "cells", "time", "changed"]

SORT_TITLES: dict[SortBy, str] = {
    "name": "Name",
    "state": "State",
    "cells": "Cells",
    "time": "Time spent",
    "changed": "Last changed",
}

_ORDER = {state: number for number, state in enumerate(EntryState)}
_FINISHED = frozenset((EntryState.DONE, EntryState.PROBLEM))


@dataclass(frozen=True)
class View:
    """Which pictures of a queue are shown, and in which order.

    Attributes
    ----------
    states
        Those in these states; all where None.
    search
        Those with this in their name or in an annotator's; case does not count.
    sort
        By what.
    descending
        The largest first.
    """

    states: frozenset[EntryState] | None = None
    search: str = ""
    sort: SortBy = "name"
    descending: bool = False


@dataclass(frozen=True)
class Progress:
    """How far a queue is.

    Attributes
    ----------
    done, total
        Pictures.
    seconds_left
        At the pace so far; None where there is none yet.
    """

    done: int
    total: int
    seconds_left: float | None = None

    def __str__(self) -> str:
        words = f"{self.done:,} of {self.total:,} done"
        if self.done == self.total or self.seconds_left is None:
            return words
        return f"{words}, about {duration_in_words(self.seconds_left)} left at your pace"


class Queue:
    """The pictures of a folder in a window.

    It is used by one thread; only `scan` may be called from another.

    Parameters
    ----------
    folder
        The folder.
    annotator
        Whose work is shown.
    root
        The data folder, where it is not the usual one.
    find_given
        Gives the masks that were there before, by picture; looked for once.

    Attributes
    ----------
    changed
        Signal(): other pictures are there or shown, or their order is another one.
    entry_changed
        Signal(str): more is known of the picture of this name; places are the same.

    Raises
    ------
    ImageReadError
        The folder cannot be listed.
    """

    changed = Signal()
    entry_changed = Signal(str)

    def __init__(
        self,
        folder: Path,
        annotator: str = "",
        root: Path | None = None,
        find_given: Callable[[list[Path]], Mapping[Path, Path]] | None = None,
    ) -> None:
        self.folder = folder
        self.annotator = annotator
        self._root = root
        self._find_given = find_given
        self._view = View()
        self._listing = Listing(())
        self._entries: dict[str, Entry] = {}
        self._order: list[str] = []
        self._shown: list[str] = []
        self._places: dict[str, int] = {}
        # Kept up to date, as every edit of a picture asks for them, of however many
        self._tally = Counter[EntryState]()
        self._timed, self._seconds = 0, 0.0
        self.take(self.scan())

    # -- what there is ---------------------------------------------------------------------

    @property
    def entries(self) -> Mapping[str, Entry]:
        """Every picture by its name, in the order of names."""
        return self._entries

    @property
    def shown(self) -> list[str]:
        """Names of the pictures shown, in order. Not to be changed."""
        return self._shown

    @property
    def view(self) -> View:
        """Which are shown, and how."""
        return self._view

    @property
    def counts(self) -> Counter[EntryState]:
        """Pictures by state. Not to be changed."""
        return self._tally

    @property
    def progress(self) -> Progress:
        """How far the queue is."""
        done, total = self._tally[EntryState.DONE], len(self._entries)
        left = sum(n for state, n in self._tally.items() if state not in _FINISHED)
        pace = self._seconds / self._timed if self._timed else None
        return Progress(done, total, None if pace is None else pace * left)

    def place(self, name: str) -> int | None:
        """Place of a picture among those shown, or None."""
        return self._places.get(name)

    def neighbour(self, name: str | None, by: int) -> str | None:
        """The picture shown so many places after one (before it, if negative), or None.

        One that is not shown, because it just became done, say, still has its place.
        """
        if not self._shown:
            return None
        if name is None or name not in self._entries:
            return self._shown[0 if by > 0 else -1]
        place = self._places.get(name)
        if place is None:
            place = self._place_if_shown(name)
            index = place + by - 1 if by > 0 else place + by
        else:
            index = place + by
        return self._shown[index] if 0 <= index < len(self._shown) else None

    # -- what one can do -------------------------------------------------------------------

    def show(self, view: View) -> None:
        """Show others, or in another order."""
        if view != self._view:
            self._view = view
            self._arrange()
            self.changed.emit()

    def note(self, name: str, summary: WorkingSummary | None, *, waiting: bool = False) -> None:
        """Take in how far the work on a picture is, as the window that works on it knows.

        Parameters
        ----------
        name
            The picture's.
        summary
            State, counts and time.
        waiting
            Whether its mask files are yet to be written.
        """
        entry = self._entries.get(name)
        if entry is not None:
            self._put(replace(entry, summary=summary, waiting=waiting, problem=""))

    def note_problem(self, name: str, problem: str) -> None:
        """Take in what is wrong with a picture; an empty sentence where nothing is."""
        entry = self._entries.get(name)
        if entry is not None:
            self._put(replace(entry, problem=problem))

    def scan(self) -> Listing:
        """Look at the folder again. Records that did not change are not read again."""
        return list_folder(
            self.folder, self.annotator, self._root, self._listing, self._find_given
        )

    def take(self, listing: Listing) -> bool:
        """Show what a scan found; whether anything is other than before.

        What the window knows better stays: a picture whose files are yet to be written.
        """
        if listing.entries == self._listing.entries and self._entries:
            self._listing = listing
            return False
        fresh = {}
        for entry in listing.entries:
            known = self._entries.get(entry.name)
            if known is not None and known.waiting:
                entry = replace(entry, summary=known.summary, waiting=True)
            if known is not None and known.problem and not entry.problem and not entry.summary:
                entry = replace(entry, problem=known.problem)
            fresh[entry.name] = entry
        former, shown = self._entries, self._shown
        self._listing, self._entries = listing, fresh
        self._tally.clear()
        self._timed, self._seconds = 0, 0.0
        for entry in fresh.values():
            self._count(entry, 1)
        self._arrange()
        other = [name for name, entry in fresh.items() if former.get(name) != entry]
        if self._shown == shown and former.keys() == fresh.keys():
            for name in other:
                self.entry_changed.emit(name)
        else:
            self.changed.emit()
        return bool(other) or former.keys() != fresh.keys()

    # -- how it is done --------------------------------------------------------------------

    def _put(self, entry: Entry) -> None:
        if self._entries[entry.name] == entry:
            return
        shown = entry.name in self._places
        self._count(self._entries[entry.name], -1)
        self._entries[entry.name] = entry
        self._count(entry, 1)
        self.entry_changed.emit(entry.name)
        # The place stays as long as the picture is looked at: a list must not jump under the
        # hand. Only what is filtered out goes, or comes.
        if self._fits(entry) != shown:
            self._arrange()
            self.changed.emit()

    def _count(self, entry: Entry, by: int) -> None:
        state = entry.state
        self._tally[state] += by
        if state is EntryState.DONE and entry.seconds > 0:
            self._timed += by
            self._seconds += by * entry.seconds

    def _fits(self, entry: Entry) -> bool:
        view = self._view
        if view.states is not None and entry.state not in view.states:
            return False
        if not view.search:
            return True
        wanted = view.search.casefold()
        return any(wanted in text.casefold() for text in (entry.name, *entry.annotators))

    def _arrange(self) -> None:
        entries = list(self._entries.values())
        if self._view.sort != "name":
            entries.sort(key=_sort_key(self._view.sort))
        if self._view.descending:
            entries.reverse()
        self._order = [entry.name for entry in entries]
        self._shown = [entry.name for entry in entries if self._fits(entry)]
        self._places = {name: place for place, name in enumerate(self._shown)}

    def _place_if_shown(self, name: str) -> int:
        """How many of those shown come before a picture that is not."""
        before = 0
        for other in self._order:
            if other == name:
                return before
            before += other in self._places
        return before


def duration_in_words(seconds: float) -> str:
    """Return '3 h 10 min', '40 min' or '1 min': as exactly as an estimate can be."""
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 600:
        minutes = 10 * round(minutes / 10)
        hours, rest = divmod(minutes, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(minutes / 60):,} h"


def _sort_key(sort: SortBy) -> Callable[[Entry], Any]:
    keys: dict[SortBy, Callable[[Entry], Any]] = {
        "state": lambda e: _ORDER[e.state],
        "cells": lambda e: -1 if e.cells is None else e.cells,
        "time": lambda e: e.seconds,
        "changed": lambda e: 0.0 if e.time is None else e.time.timestamp(),
    }
    return keys[sort]
