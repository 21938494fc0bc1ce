"""How a picture's work is opened: whatever is there, never an empty mask in silence."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from napari_fncells.core.document import Base, Document
from napari_fncells.io.printable import printable
from napari_fncells.io.save_error import SaveError, explain_os_error
from napari_fncells.io.working import ReadBack, WorkingFileError, WorkingFiles, glance, read
from napari_fncells.io.working_record import WorkState
from napari_fncells.store.aside import set_aside, set_aside_before
from napari_fncells.store.codec import encode_details
from napari_fncells.store.database import (
    BrokenJournalError,
    JournalLockedError,
    NewerJournalError,
    meaning,
)
from napari_fncells.store.elsewhere import recall
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.ledger import Reached
from napari_fncells.store.locks import Claim, Owner
from napari_fncells.store.opened import Opened, adopt_state
from napari_fncells.store.place import Place
from napari_fncells.store.reservation import Reservation
from napari_fncells.store.rows import SnapshotRow, Visit
from napari_fncells.store.salvage import Salvage, rebuild, salvage
from napari_fncells.store.tiles import Tail, base_of, split_tiles

logger = logging.getLogger(__name__)


class _Opening:
    """The steps of opening one picture."""

    def __init__(self, place: Place, shape: tuple[int, int], *, take_over: bool) -> None:
        self._shape = shape
        self._take_over = take_over
        self._author = place.annotator
        self._result = Opened(place, Document(shape, place.annotator), self._new_header(place))

    def run(self) -> Opened:
        """Open it.

        Whatever happens to the files, there is a document in the end.
        """
        try:
            self._open()
        except BaseException:
            if self._result.journal is not None:
                self._result.journal.close()
            self._result.release()
            raise
        return self._result

    def _open(self) -> None:
        result = self._result
        owner = self._claim(result.place.lock)
        if owner is not None:
            self._show_files_only(f"it is open in {owner.sentence_part}")
            return
        if self._is_taken():
            return
        elsewhere = recall(result.place)
        if elsewhere is not None:
            if os.path.lexists(elsewhere):
                # No identity: it stays there, whatever becomes of the folder's
                result.place = replace(result.place, journal=elsewhere, identity=None)
            else:
                result.notes.append(f"The journal saved at {elsewhere} is not there now.")
        self._open_journal()
        begun = result.journal is not None or result.reached is not None or result.eager
        if not begun and not result.document.read_only:
            self._begin()

    def _open_journal(self) -> None:
        result = self._result
        path = result.place.journal
        if not os.path.lexists(path):
            return
        owner = self._claim(result.place.journal_lock)
        if owner is not None:
            self._show_files_only(f"it is open in {owner.sentence_part}")
            return
        try:
            journal = Journal.open(path)
            try:
                with meaning(path):
                    self._restore(journal)
            except BaseException:
                journal.close()
                raise
        except JournalLockedError:
            self._show_files_only("it is open in another window")
        except NewerJournalError:
            self._show_files_only("its journal was written by a newer version of this plugin")
        except (BrokenJournalError, SaveError) as error:
            self._recover(path, error)

    def _restore(self, journal: Journal) -> None:
        """The usual case: everything is there."""
        result = self._result
        edits = journal.read()
        if not self._is_of_this_picture(journal.header):
            journal.close()
            self._pass_over(len(edits))
            return
        snapshots = [
            (row, partial(_base, journal, row, self._shape)) for row in journal.snapshots()
        ]
        document, row = rebuild(self._shape, edits, self._author, snapshots)
        if document.edit_count < len(edits):
            raise BrokenJournalError(f"edit {document.edit_count + 1} does not fit")
        result.document = document
        result.header = journal.header
        result.reached = _reached(document, row, journal.count, journal.digest)
        result.visits = journal.visits()
        result.known_files = journal.note("files") or "[]"
        result.journal = journal
        self._catch_up_with_files()

    def _is_of_this_picture(self, header: Header) -> bool:
        return header.sha256 == self._result.place.image_sha256 and header.shape == self._shape

    def _pass_over(self, edits: int) -> None:
        """The picture's content is another one than the journal's: that is not ours to use."""
        result = self._result
        old = result.place.journal
        result.place = result.place.for_content()
        if not result.place.journal.exists():
            result.notes.append(
                f"{result.place.name} has changed since it was worked on: the {edits} "
                f"corrections of the earlier picture were not used; they are kept in {old}."
            )
        self._open_journal()

    def _recover(self, path: Path, error: Exception) -> None:
        """A journal that cannot be read, or not be written."""
        result = self._result
        found = salvage(path, self._shape)
        if found.header is not None and not self._is_of_this_picture(found.header):
            if isinstance(error, SaveError):
                result.error = error
            self._pass_over(len(found.edits))
            return
        if isinstance(error, SaveError) and not found.copied:
            self._show_files_only(f"its journal cannot be read at present ({error.sentence})")
            return
        if isinstance(error, SaveError) and found.whole and found.header is not None:
            self._show_unwritable(found, error)
            return
        try:
            kept = set_aside(path, "corrupt")
        except OSError as problem:
            result.error = explain_os_error(problem, path)
            kept = path
        logger.warning("the journal %s could not be read: %s", path, error)
        self._use(found, f"could not be read ({error})", kept)

    def _show_unwritable(self, found: Salvage, error: SaveError) -> None:
        result = self._result
        result.document, _ = rebuild(self._shape, found.edits, self._author)
        result.header = found.header or result.header
        result.error = error
        result.reached = _reached(result.document, None, len(found.edits), found.digest)

    def _use(self, found: Salvage, reason: str, kept: Path) -> None:
        """Go on from the newest of what could be salvaged and the mask files."""
        result = self._result
        document, _ = rebuild(self._shape, found.edits, self._author)
        result.document = document
        result.eager = True
        until = document.history[-1].time if document.edit_count else None
        reached = document.edit_count
        lineage = found.header.lineage if found.header else ""
        source = f"all {reached} edits"
        if found.snapshot is not None and found.snapshot.sequence > reached:
            reached = found.snapshot.sequence
            until = _time(found.snapshot_time)
            source = "the last snapshot"
            adopt_state(document, found.snapshot, source)
        files = self._read_files()
        if files is not None and _newer(files, lineage, reached, until):
            until, source = files.time, "the mask files"
            self._adopt_files(files)
        what = f"The journal of {result.place.name} {reason}; it is kept as {kept}."
        if until is None:
            result.notes.append(f"{what} Nothing could be recovered: the mask begins empty.")
        else:
            result.notes.append(
                f"{what} Recovered from {source}: your work up to {_local(until)}."
            )

    def _begin(self) -> None:
        """No journal: go on from one that was set aside as broken, or from mask files."""
        result = self._result
        broken = set_aside_before(result.place.journal, "corrupt")
        if broken:
            found = salvage(broken[0], self._shape)
            if found.header is None or self._is_of_this_picture(found.header):
                self._use(found, "could not be read earlier", broken[0])
                return
        files = self._read_files()
        if files is None:
            self._begin_from_nameless()
            return
        self._adopt_files(files)
        result.notes.append(
            f"There is no journal of {result.place.name} here: begun from its mask files of "
            f"{_local(files.time)}."
        )

    def _begin_from_nameless(self) -> None:
        """Go on from what was done before the annotator gave a name."""
        place = self._result.place
        if not place.annotator or place.working is None:
            return
        names = WorkingFiles.of(place.working, place.name)
        try:
            files = read(names, self._shape, place.image_sha256)
        except (WorkingFileError, OSError):
            return
        if files is None:
            return
        self._adopt_files(files)
        # They are not ours to replace: ours have the name
        self._result.files_hashes, self._result.files_edits = None, 0
        self._result.files_time = None
        self._result.notes.append(
            f"{place.name}: begun from the mask of {_local(files.time)}, made before a name was "
            "given; that one stays as it is."
        )

    def _catch_up_with_files(self) -> None:
        """Mask files that are ahead of their own journal: it was put back to an earlier state."""
        result = self._result
        names = self._file_names()
        seen = names and glance(names)
        if not seen or seen.journal != result.header.lineage:
            return
        result.files_time, result.files_edits = seen.time, seen.edits
        count = result.document.edit_count
        if seen.edits <= count:
            return
        files = self._read_files()
        if files is None:
            result.files_edits = 0
            return
        self._adopt_files(files)
        result.eager = result.document.edit_count > count
        result.notes.append(
            f"The journal of {result.place.name} ends at edit {count}, its mask files of "
            f"{_local(files.time)} are ahead of it: the mask was taken from them."
        )

    def _show_files_only(self, reason: str) -> None:
        """Read-only: the last mask files."""
        result = self._result
        files = self._read_files()
        name = result.place.name
        if files is None:
            what = "No mask has been saved yet: what you see is empty"
        else:
            self._adopt_files(files)
            what = f"You see the mask as saved at {_local(files.time)}"
        sentence = f"{name} can only be looked at here: {reason}. {what}."
        result.document.read_only = sentence
        result.notes.append(sentence)

    def _claim(self, path: Path) -> Owner | None:
        """Take a lock; the owner where another window has it."""
        claim = Claim(path)
        try:
            owner = claim.take()
        except OSError as error:
            self._result.error = explain_os_error(error, self._result.place.journal)
            return None
        if owner is None:
            self._result.claims.append(claim)
        return owner

    def _is_taken(self) -> bool:
        """Whether somebody else is at the picture, who is not to be disturbed unasked."""
        result = self._result
        working = result.place.working
        if working is None:
            return False
        result.reservation = Reservation(working, result.place.name, result.place.annotator)
        left = result.reservation.left_by_dead()
        if left is not None:
            result.notes.append(
                f"{result.place.name} was left without being closed, by the window of "
                f"{left.sentence_part}. What was saved is here."
            )
        taken = result.reservation.other()
        if taken is None:
            return False
        if self._take_over:
            result.reservation.take(over=True)
            return False
        result.taken = taken
        self._show_files_only(f"it is open with {taken.sentence_part}")
        return True

    def _file_names(self) -> WorkingFiles | None:
        place = self._result.place
        if place.working is None:
            return None
        return WorkingFiles.of(place.working, place.name, place.annotator)

    def _read_files(self) -> ReadBack | None:
        names = self._file_names()
        if names is None:
            return None
        try:
            files = read(names, self._shape, self._result.place.image_sha256)
        except (WorkingFileError, OSError) as error:
            self._result.notes.append(str(error))
            return None
        if files is not None and files.note:
            self._result.notes.append(files.note)
        return files

    def _adopt_files(self, files: ReadBack) -> None:
        result, state = self._result, files.state
        work = state.summary.state if state.summary is not None else None
        if state.done:
            work = WorkState.DONE
        ignored = None if state.ignored is None else state.ignored.astype(np.uint8)
        base = Base(state.edits, state.labels, state.objects, ignored, state.note)
        adopt_state(result.document, base, "the mask files", work)
        result.files_time = files.time
        result.files_edits = result.document.edit_count
        names = self._file_names()
        result.files_hashes = names.hashes if names else None
        result.visits = result.visits or _visits(state.effort)

    def _new_header(self, place: Place) -> Header:
        return Header(
            name=printable(place.name),
            folder=printable(str(place.folder or "")),
            annotator=printable(place.annotator),
            sha256=place.image_sha256,
            rows=self._shape[0],
            columns=self._shape[1],
        )


def open_place(place: Place, shape: tuple[int, int], *, take_over: bool = False) -> Opened:
    """Open the work on a picture.

    Parameters
    ----------
    place
        Where it is kept.
    shape
        (Y, X) of the picture.
    take_over
        Whether to work on it even if somebody else is at it.
    """
    return _Opening(place, shape, take_over=take_over).run()


def _base(journal: Journal, row: SnapshotRow, shape: tuple[int, int]) -> Base:
    return base_of(row, shape, journal.hash_of(row.sequence), journal.tile)


def _reached(document: Document, row: SnapshotRow | None, count: int, digest: bytes) -> Reached:
    tail = Tail.empty(document.shape)
    if row is not None:
        tail.digests = split_tiles(row.tiles)
        tail.ignored = split_tiles(row.ignored) or tail.ignored
    tail.objects = dict(document.known)
    tail.last_id = document.next_id - 1
    tail.add(document.history[row.sequence if row else 0 : count])
    tail.note = document.note
    return Reached(count, digest, tail)


def _visits(effort: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """Effort as mask files hold it."""
    own = {"id", "started", "author", "active_seconds"}
    return [
        Visit(
            str(facts.get("id", "")),
            str(facts.get("started", "")),
            str(facts.get("author", "")),
            float(facts.get("active_seconds", 0.0)),
            encode_details({k: v for k, v in facts.items() if k not in own}),
        )
        for facts in effort
    ]


def _newer(files: ReadBack, lineage: str, reached: int, until: datetime | None) -> bool:
    if until is None:
        return True
    if lineage and files.state.journal == lineage:
        return files.state.edits > reached
    return files.time > until


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return datetime.now(UTC)


def _local(time: datetime) -> str:
    return f"{time.astimezone():%Y-%m-%d %H:%M:%S}"
