"""The journal as its writer sees it: whatever happens to the file, the history gets onto the disk.

A file that fails is closed; at the next attempt it is opened again and compared with the history
in memory. One that went missing or no longer fits is set aside, and the whole history is
written anew: nothing is ever written after something else's edits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_fncells.core.edits import Edit
from napari_fncells.store.aside import set_aside
from napari_fncells.store.codec import encode_edit
from napari_fncells.store.database import (
    BrokenJournalError,
    JournalLockedError,
    NewerJournalError,
    explain_write,
)
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.rows import Visit
from napari_fncells.store.tiles import Tail, snapshot_steps

logger = logging.getLogger(__name__)

History = Callable[[int], list[Edit]]
"""Gives the edits after a number; `Document.edits_since`."""


@dataclass(frozen=True)
class Reached:
    """How far a file holds a history.

    Attributes
    ----------
    count, digest
        Number and hash of its last edit.
    tail
        What it holds since its last snapshot.
    """

    count: int
    digest: bytes
    tail: Tail


class Ledger:
    """A history in memory and the file that follows it. Used by one thread at a time.

    Parameters
    ----------
    path
        Where the journal lies, or is to lie.
    header
        What it belongs to.
    history
        The edits.
    prepare
        Called once before anything is written: makes sure that the place is ours; gives the
        path to write to.
    journal
        The open journal, where there is one.
    reached
        What the file holds of the history.

    Attributes
    ----------
    saved
        Number of the last edit that the disk has acknowledged.
    notes
        What happened to the file, in sentences for the user.
    """

    def __init__(
        self,
        path: Path,
        header: Header,
        history: History,
        prepare: Callable[[], Path] | None = None,
        journal: Journal | None = None,
        reached: Reached | None = None,
    ) -> None:
        reached = reached or Reached(0, header.digest, Tail.empty(header.shape))
        self.path = self._home = path
        self._away = False
        self.header = header
        self.notes: list[str] = []
        self.saved = reached.count
        self._digest = reached.digest
        self._history = history
        self._prepare = prepare
        self._journal = journal
        self._tail = reached.tail

    @property
    def costly(self) -> bool:
        """Whether a snapshot should be made now."""
        return self._journal is not None and self._tail.costly

    @property
    def behind(self) -> bool:
        """Whether there are edits since the last snapshot."""
        return self._journal is not None and bool(self._tail.edits)

    def write(
        self, most: int, visits: Sequence[Visit] = (), meta: Mapping[str, str] | None = None
    ) -> None:
        """Bring edits that are not yet there, and these notes, onto the disk.

        Parameters
        ----------
        most
            So many edits at a time, so that the first of a backlog are acknowledged soon.
        visits, meta
            Written along with them.

        Raises
        ------
        SaveError
            What could not be written is still to be written.
        BaseException
            Anything else, after which the state is the same.
        """
        try:
            journal = self._open(visits)
            edits = self._history(self.saved)[:most]
            if edits or visits or meta:
                journal.append(edits, visits, meta)
                self._took(edits, journal)
        except BaseException as error:
            # Whether the disk has the edits is unknown now: the next attempt looks
            self.let_go()
            if isinstance(error, Exception):
                raise explain_write(error, self.path) from error
            raise

    def snapshot(self) -> Iterator[None]:
        """Write a snapshot in short steps.

        Raises
        ------
        SaveError
            The snapshot is not there; the history is.
        """
        if self._journal is None or not self._tail.edits:
            return
        try:
            yield from snapshot_steps(self._journal, self._tail, self._digest)
        except Exception as error:
            self.let_go()
            raise explain_write(error, self.path) from error

    def move(self, path: Path | None) -> None:
        """Go on in another place, or back at home (None): the whole history is to be there."""
        self.let_go()
        self._away = path is not None
        self.path = path or self._home
        self._restart()

    def let_go(self) -> None:
        """Close the file."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _open(self, visits: Sequence[Visit]) -> Journal:
        """The journal, opened or made where it is not; it then holds `saved` edits of ours."""
        if self._journal is not None and not self._journal.in_place:
            self.let_go()
        if self._prepare is not None and not self._away:
            self._home = self._prepare()
            self._prepare = None
            if self._home != self.path:
                self.let_go()
                self.path = self._home
        if self._journal is None:
            self._journal = self._reopen() or self._begin(visits)
        return self._journal

    def _reopen(self) -> Journal | None:
        """The file that is there, if it is ours; else set it aside."""
        if not self.path.exists():
            return None
        try:
            journal = Journal.open(self.path)
        except (JournalLockedError, NewerJournalError):
            raise
        except BrokenJournalError as error:
            self._put_aside("corrupt", f"could not be read any more ({error})")
            return None
        if self._continues(journal):
            return journal
        journal.close()
        self._put_aside("other", "holds other corrections")
        return None

    def _continues(self, journal: Journal) -> bool:
        """Whether a file holds our history as far as it goes, and all that counted as saved."""
        last = journal.last()
        if last < self.saved or journal.header != self.header:
            return False
        # From the last hash known to be saved: a file that differs before it ends in another one
        digest, found = self._digest, []
        for edit in self._history(self.saved)[: last - self.saved]:
            digest = encode_edit(edit, digest).digest
            found.append(edit)
        if self.saved + len(found) != last or journal.hash_of(last) != digest:
            return False
        # A commit whose acknowledgement was lost had come through
        journal.count, journal.digest = last, digest
        self._took(found, journal)
        return True

    def _begin(self, visits: Sequence[Visit]) -> Journal:
        """Make the file, holding the whole history."""
        self._restart()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        edits = self._history(0)
        journal = Journal.create(self.path, self.header, edits, visits)
        self._took(edits, journal)
        return journal

    def _restart(self) -> None:
        # `saved` falls back to 0: what is nowhere on a disk any more is not saved
        self.saved, self._digest = 0, self.header.digest
        self._tail = Tail.empty(self.header.shape)

    def _took(self, edits: Sequence[Edit], journal: Journal) -> None:
        self._tail.add(edits)
        self.saved, self._digest = journal.count, journal.digest

    def _put_aside(self, why: str, sentence: str) -> None:
        kept = set_aside(self.path, why)
        logger.warning("%s %s; kept as %s", self.path, sentence, kept)
        self.notes.append(
            f"The journal {self.path.name} {sentence}; it is kept as {kept.name}, and your work "
            "is saved in a new one."
        )
