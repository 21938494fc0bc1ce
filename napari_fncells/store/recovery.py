"""How a picture's work is opened: whatever is there, never an empty mask in silence."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from napari_fncells.core.cell_mask import Base
from napari_fncells.core.document import Document
from napari_fncells.io.printable import printable
from napari_fncells.io.save_error import SaveError, explain_os_error
from napari_fncells.store.adoption import (
    adopt_files,
    begin_from_nameless,
    catch_up_with_files,
    local_time,
    read_files,
    show_files_only,
)
from napari_fncells.store.aside import set_aside, set_aside_before
from napari_fncells.store.database import (
    BrokenJournalError,
    JournalLockedError,
    NewerJournalError,
    meaning,
)
from napari_fncells.store.elsewhere import recall
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.locks import Claim, Owner
from napari_fncells.store.opened import Opened, reached_by
from napari_fncells.store.place import Place
from napari_fncells.store.rescue import show_unwritable, use_salvage
from napari_fncells.store.reservation import Reservation
from napari_fncells.store.rows import SnapshotRow
from napari_fncells.store.salvage import rebuild, salvage
from napari_fncells.store.tiles import base_of

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
            show_files_only(result, f"it is open in {owner.sentence_part}")
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
            show_files_only(result, f"it is open in {owner.sentence_part}")
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
            show_files_only(result, "it is open in another window")
        except NewerJournalError:
            show_files_only(result, "its journal was written by a newer version of this plugin")
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
        result.reached = reached_by(document, row, journal.count, journal.digest)
        result.visits = journal.visits()
        result.known_files = journal.note("files") or "[]"
        result.journal = journal
        catch_up_with_files(result)

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
            show_files_only(result, f"its journal cannot be read at present ({error.sentence})")
            return
        if isinstance(error, SaveError) and found.whole and found.header is not None:
            show_unwritable(result, found, error)
            return
        try:
            kept = set_aside(path, "corrupt")
        except OSError as problem:
            result.error = explain_os_error(problem, path)
            kept = path
        logger.warning("the journal %s could not be read: %s", path, error)
        use_salvage(result, found, f"could not be read ({error})", kept)

    def _begin(self) -> None:
        """No journal: go on from one that was set aside as broken, or from mask files."""
        result = self._result
        broken = set_aside_before(result.place.journal, "corrupt")
        if broken:
            found = salvage(broken[0], self._shape)
            if found.header is None or self._is_of_this_picture(found.header):
                use_salvage(result, found, "could not be read earlier", broken[0])
                return
        files = read_files(result)
        if files is None:
            begin_from_nameless(result)
            return
        adopt_files(result, files)
        result.notes.append(
            f"There is no journal of {result.place.name} here: begun from its mask files of "
            f"{local_time(files.time)}."
        )

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
        show_files_only(result, f"it is open with {taken.sentence_part}")
        return True

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
