"""Keeping the work on a picture: every edit in the journal, the mask files beside the picture."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from napari_fncells.core.attention.clean import CleanMask, attention_of
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, EditKind
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.save_error import SaveError, explain_os_error
from napari_fncells.io.working import (
    WorkingFiles,
    WorkingState,
    encode,
    write,
)
from napari_fncells.io.working_record import WorkingImage, WorkingSummary, WorkState
from napari_fncells.store.codec import encode_details
from napari_fncells.store.elsewhere import remember
from napari_fncells.store.mask_files import NOTE_KEY, FilesKept, keep_foreign, one_at_a_time
from napari_fncells.store.opened import Opened
from napari_fncells.store.place import place_of
from napari_fncells.store.recovery import open_place
from napari_fncells.store.reservation import Taken
from napari_fncells.store.rows import Visit
from napari_fncells.store.writer import Writer

_WAIT_SECONDS = 30.0

GIVEN = "given"
"""Method of a draft that is a mask which was there before."""


@dataclass(frozen=True)
class SaveState:
    """How safe the work is.

    Attributes
    ----------
    issued
        Number of the last edit made.
    saved
        Number of the last edit that survives a crash.
    error
        Why edits cannot be saved at present, or None. They are in memory and go on being tried.
    read_only
        Why nothing may be changed, in a sentence; empty where it may.
    place
        The journal.
    files_time
        When the mask files beside the picture were last written; None for never.
    files_edits
        Number of the last edit that is in them.
    """

    issued: int
    saved: int
    error: SaveError | None
    read_only: str
    place: Path
    files_time: datetime | None
    files_edits: int

    @property
    def settled(self) -> bool:
        """Whether everything that was done is safe: the only time to show 'saved'."""
        return self.saved == self.issued and self.error is None


class Keeper:
    """Keeps the document of one picture safe while it is open.

    Every method may be called from any thread; `files_job` and what edits the document from
    one and the same.

    Attributes
    ----------
    document
        Pixels, objects and history as they were left. To be edited by whoever opened it.
    """

    def __init__(self, image: Image, opened: Opened) -> None:
        self.document: Document = opened.document
        self._opened = opened
        self._notes = [printable(note) for note in opened.notes]
        if self.document.read_only:
            self.document.read_only = printable(self.document.read_only)
        self._image = WorkingImage(
            name=printable(opened.place.name),
            sha256=opened.place.image_sha256,
            height=image.pixels.shape[0],
            width=image.pixels.shape[1],
        )
        self._writer: Writer | None = None
        self._closed = False
        self._writing_files = threading.Lock()
        self._visit_id, self._began = uuid4().hex, datetime.now(UTC)
        self._visits = {visit.id: visit for visit in opened.visits}
        self._files = FilesKept.of(opened)
        if not self.document.read_only:
            self._start(opened)

    @classmethod
    def open(
        cls, image: Image, author: str = "", root: Path | None = None, *, take_over: bool = False
    ) -> Self:
        """Open the work on a picture, or begin it. Writes nothing but a lock.

        Parameters
        ----------
        image
            The picture.
        author
            The annotator; each has a history of their own.
        root
            Folder of the journals; the platform's where None.
        take_over
            Whether to work on the picture even though somebody else on another computer is at
            it, by what they left in the folder.
        """
        place = place_of(image, author, root)
        rows, columns = image.pixels.shape[:2]
        opened = open_place(place, (rows, columns), take_over=take_over)
        try:
            return cls(image, opened)
        except BaseException:
            if opened.journal is not None:
                opened.journal.close()
            opened.release()
            raise

    # -- what there is ---------------------------------------------------------------------

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know, in sentences; more may come while the work goes on."""
        later = self._writer.notes if self._writer else []
        return tuple(self._notes) + tuple(
            printable(note) for note in (*later, *self._opened.later)
        )

    @property
    def taken(self) -> Taken | None:
        """Who else is at the picture, where it is only shown because of that."""
        return self._opened.taken

    @property
    def author(self) -> str:
        """The annotator."""
        return self._opened.place.annotator

    @property
    def path(self) -> Path | None:
        """The picture's file, None where it has none that is the user's."""
        place = self._opened.place
        return None if place.folder is None else place.folder / place.name

    @property
    def efforts(self) -> tuple[dict[str, Any], ...]:
        """What `note_effort` was told at each earlier visit, as JSON values."""
        others = (visit for visit in self._visits.values() if visit.id != self._visit_id)
        return tuple(_effort(visit) for visit in others)

    @property
    def state(self) -> SaveState:
        """How safe the work is; cheap enough to be asked many times a second."""
        files = self._files
        if self._writer is None:
            count = self.document.edit_count
            return SaveState(
                count,
                count,
                None,
                self.document.read_only,
                self._opened.place.journal,
                files.time,
                files.edits,
            )
        progress = self._writer.progress
        return SaveState(
            progress.issued,
            progress.saved,
            progress.error,
            self.document.read_only,
            progress.path,
            files.time,
            files.edits,
        )

    # -- the journal -----------------------------------------------------------------------

    def flush(self, timeout: float = _WAIT_SECONDS) -> bool:
        """Wait until everything is safe.

        Returns
        -------
        bool
            Whether it is; False at once where the disk refuses.
        """
        return self._writer is None or self._writer.flush(timeout)

    def retry(self) -> None:
        """Try again now to save what could not be saved."""
        if self._writer is not None:
            self._writer.retry()

    def save_elsewhere(self, folder: Path, timeout: float = _WAIT_SECONDS) -> Path:
        """Write the whole history into a folder and keep the journal there from now on.

        The old journal stays as it is.

        Returns
        -------
        Path
            The new journal.

        Raises
        ------
        SaveError
            Where it cannot be written there; it then goes on in its old place.
        """
        if self._writer is None:
            raise explain_os_error(PermissionError(13, "read-only"), folder)
        new = _free_name(folder, self._opened.place.journal.stem.removesuffix(".fncells"))
        if not self._writer.move(new, timeout):
            error = self._writer.progress.error
            self._writer.move(None, timeout)
            raise error or explain_os_error(TimeoutError(110, "the disk did not answer"), new)
        if not remember(self._opened.place, new):
            self._notes.append(
                f"That the journal lies at {new} could not be noted anywhere: choose 'save "
                "elsewhere' again before you close this picture."
            )
        return new

    def note_effort(self, facts: Mapping[str, Any]) -> None:
        """Keep the effort of this visit: `active_seconds` and whatever else, as JSON values.

        Written along with the next edits; the last call of a visit counts.
        """
        visit = Visit(
            self._visit_id,
            self._began.isoformat(),
            printable(self._opened.place.annotator),
            float(facts.get("active_seconds", 0.0)),
            encode_details({k: v for k, v in facts.items() if k != "active_seconds"}),
        )
        self._visits[visit.id] = visit
        if self._writer is not None:
            self._writer.note_visit(visit)

    def close(
        self, timeout: float = _WAIT_SECONDS, *, files: bool = True, abandon: bool = False
    ) -> bool:
        """Save everything, write the mask files and let other windows have the picture.

        To be called when nobody edits the document any more, which is read-only afterwards.

        Parameters
        ----------
        timeout
            How long to wait for the disk, in s.
        files
            Whether to write the mask files, too, where they are not up to date.
        abandon
            Whether to close even though not everything is saved: the user's word.

        Returns
        -------
        bool
            Whether everything is saved. Where it is not, and nobody said `abandon`, the
            picture stays open and nothing is lost.

        Raises
        ------
        SaveError
            Where the mask files could not be written; the journal holds all, and is closed.
        """
        if self._closed:
            return True
        saved = self.flush(timeout)
        if not saved and not abandon:
            return False
        self._closed = True
        if self._writer is None:
            self._opened.release()
            return True
        self.document.committed.disconnect(self._issue)
        try:
            if files:
                self.files_job()()
        finally:
            self.document.read_only = self.document.read_only or (
                f"{self._image.name} was put away. Open it again to go on."
            )
            self._writer.close(timeout, self._opened.release)
        return saved

    # -- the mask files --------------------------------------------------------------------

    def save_files(self) -> None:
        """Write the mask files beside the picture.

        Raises
        ------
        SaveError
            The files are as they were.
        """
        self.files_job()()

    def files_job(self) -> Callable[[], None]:
        """Take the mask as it is now; what is returned writes it, in any thread.

        To be called in the thread that edits. The job raises `SaveError`; it does nothing
        where the files are up to date, or the picture has none.
        """
        place, writer = self._opened.place, self._writer
        document = self.document
        if place.working is None or writer is None or document.edit_count == self._files.edits:
            return lambda: None
        # Nothing that is planted gets into a file
        clean = CleanMask(document)
        state = WorkingState(
            labels=clean.labels(),
            objects=clean.objects,
            done=document.done,
            edits=document.edit_count,
            journal=self._opened.header.lineage,
            image=self._image,
            annotator=printable(place.annotator),
            effort=tuple(_effort(visit) for visit in self._visits.values()),
            summary=summary_of(document, sum(v.active for v in self._visits.values())),
            ignored=document.ignored > 0 if document.ignored_area else None,
            note=document.note,
        )
        names = WorkingFiles.of(place.working, place.name, place.annotator)
        return lambda: self._write_files(state, names, writer)

    def _write_files(self, state: WorkingState, names: WorkingFiles, writer: Writer) -> None:
        with self._writing_files:
            # Another job may have been faster with newer pixels
            if state.edits > self._files.edits:
                self._replace_files(state, names, writer)

    def _replace_files(self, state: WorkingState, names: WorkingFiles, writer: Writer) -> None:
        # The journal first: the files must never be ahead of it but for a failing disk
        writer.flush(_WAIT_SECONDS)
        encoded = encode(state, names)
        try:
            names.labels.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise explain_os_error(error, names.labels) from error
        with one_at_a_time(names.labels):
            note = keep_foreign(names, self._files)
            if note:
                self._notes.append(note)
            # Noted before: files that a crash leaves half-way are then known to be ours
            kept = self._files = self._files.about_to_write(encoded.hashes)
            writer.note(NOTE_KEY, kept.text)
            writer.flush(_WAIT_SECONDS)
            write(encoded, names, state)
        self._files = kept.written(state.edits)
        if self._opened.reservation is not None:
            self._opened.reservation.touch()

    def _start(self, opened: Opened) -> None:
        writer = Writer(
            opened.ledger(), self.document.edit_count, eager=opened.eager, error=opened.error
        )

        # No method of ours: the document then keeps the writer alive, whoever forgets the keeper
        def issue(edit: Edit) -> None:
            writer.issue(edit.sequence)

        self.document.committed.connect(issue)
        self._writer, self._issue = writer, issue
        if opened.journal is None:
            for visit in self._visits.values():
                self._writer.note_visit(visit)


def summary_of(document: Document, seconds: float) -> WorkingSummary:
    """What a list of pictures shows of a mask, as it goes into files.

    Parameters
    ----------
    document
        The mask.
    seconds
        Time at work on it.
    """
    clean, attention = CleanMask(document), attention_of(document)
    return WorkingSummary(
        state=_state_of(document),
        active_seconds=round(seconds, 3),
        note=WorkingSummary.excerpt(document.note),
        noted=clean.noted,
        planted_found=attention.found,
        planted_missed=attention.missed,
        **asdict(clean.counts),
    )


def _state_of(document: Document) -> WorkState:
    if document.untouched:
        return WorkState.NEW
    if document.mark in (WorkState.DONE, WorkState.UNSURE):
        return WorkState(document.mark)
    if not document.drafted_only:
        return WorkState.IN_WORK
    drafts = (e.change for e in document.newest_in_force if e.change.kind is not EditKind.PLANT)
    details = next(drafts).details
    given = GIVEN in (details.get("method"), details.get("state"))
    return WorkState.GIVEN if given else WorkState.DRAFT


def _effort(visit: Visit) -> dict[str, Any]:
    facts: Any = {}
    with suppress(ValueError):
        facts = json.loads(visit.facts)
    return {
        "id": visit.id,
        "started": visit.started,
        "author": visit.author,
        "active_seconds": visit.active,
        **(facts if isinstance(facts, dict) else {}),
    }


def _free_name(folder: Path, stem: str) -> Path:
    number = 1
    found = folder / f"{stem}.fncells.sqlite"
    while os.path.lexists(found):
        number += 1
        found = folder / f"{stem}-{number}.fncells.sqlite"
    return found
