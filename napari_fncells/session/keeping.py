"""Keeping the work on a picture: every edit in the journal, the mask files beside the picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit
from napari_fncells.io.images import Image
from napari_fncells.io.printable import printable
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.working_record import WorkingImage
from napari_fncells.session.mask_writing import MaskWriting
from napari_fncells.session.save_state import SaveState
from napari_fncells.session.visits import Visits
from napari_fncells.store.elsewhere import remember
from napari_fncells.store.opened import Opened
from napari_fncells.store.place import place_of
from napari_fncells.store.recovery import open_place
from napari_fncells.store.reservation import Taken
from napari_fncells.store.writer import Writer

_WAIT_SECONDS = 30.0


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
        self._masks: MaskWriting | None = None
        self._visits = Visits(opened.visits, opened.place.annotator)
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
        return self._visits.earlier

    @property
    def state(self) -> SaveState:
        """How safe the work is; cheap enough to be asked many times a second."""
        if self._writer is None or self._masks is None:
            count = self.document.edit_count
            return SaveState(
                count,
                count,
                None,
                self.document.read_only,
                self._opened.place.journal,
                self._opened.files_time,
                self._opened.files_edits,
            )
        files = self._masks.kept
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
        visit = self._visits.note(facts)
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
        return (lambda: None) if self._masks is None else self._masks.job()

    def _start(self, opened: Opened) -> None:
        writer = Writer(
            opened.ledger(), self.document.edit_count, eager=opened.eager, error=opened.error
        )

        # No method of ours: the document then keeps the writer alive, whoever forgets the keeper
        def issue(edit: Edit) -> None:
            writer.issue(edit.sequence)

        self.document.committed.connect(issue)
        self._writer, self._issue = writer, issue
        self._masks = MaskWriting(opened, self._image, writer, self._visits, self._notes.append)
        if opened.journal is None:
            for visit in self._visits:
                self._writer.note_visit(visit)


def _free_name(folder: Path, stem: str) -> Path:
    number = 1
    found = folder / f"{stem}.fncells.sqlite"
    while os.path.lexists(found):
        number += 1
        found = folder / f"{stem}-{number}.fncells.sqlite"
    return found
