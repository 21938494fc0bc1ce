"""The mask files of a picture at work: written beside it, never over what others wrote."""

from __future__ import annotations

import threading
from collections.abc import Callable

from napari_fncells.core.attention.clean import CleanMask
from napari_fncells.io.printable import printable
from napari_fncells.io.save_error import explain_os_error
from napari_fncells.io.working import WorkingFiles, WorkingState, encode, write
from napari_fncells.io.working_record import WorkingImage
from napari_fncells.session.summary import summary_of
from napari_fncells.session.visits import Visits
from napari_fncells.store.mask_files import NOTE_KEY, FilesKept, keep_foreign, one_at_a_time
from napari_fncells.store.opened import Opened
from napari_fncells.store.writer import Writer

_WAIT_SECONDS = 30.0


class MaskWriting:
    """Writes the mask files of one picture, as it is known from the journal.

    Parameters
    ----------
    opened
        The picture's work.
    image
        The picture, as the files name it.
    writer
        The journal's.
    visits
        What effort goes into the files.
    tell
        Takes what the user should know, in sentences.
    """

    def __init__(
        self,
        opened: Opened,
        image: WorkingImage,
        writer: Writer,
        visits: Visits,
        tell: Callable[[str], None],
    ) -> None:
        self.kept = FilesKept.of(opened)
        self._opened = opened
        self._image = image
        self._writer = writer
        self._visits = visits
        self._tell = tell
        self._busy = threading.Lock()

    def job(self) -> Callable[[], None]:
        """Take the mask as it is now; what is returned writes it, in any thread."""
        place, document = self._opened.place, self._opened.document
        if place.working is None or document.edit_count == self.kept.edits:
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
            effort=self._visits.efforts,
            summary=summary_of(document, self._visits.seconds),
            ignored=document.ignored > 0 if document.ignored_area else None,
            note=document.note,
        )
        names = WorkingFiles.of(place.working, place.name, place.annotator)
        return lambda: self._write(state, names)

    def _write(self, state: WorkingState, names: WorkingFiles) -> None:
        with self._busy:
            # Another job may have been faster with newer pixels
            if state.edits > self.kept.edits:
                self._replace(state, names)

    def _replace(self, state: WorkingState, names: WorkingFiles) -> None:
        # The journal first: the files must never be ahead of it but for a failing disk
        self._writer.flush(_WAIT_SECONDS)
        encoded = encode(state, names)
        try:
            names.labels.parent.mkdir(exist_ok=True)
        except OSError as error:
            raise explain_os_error(error, names.labels) from error
        with one_at_a_time(names.labels):
            note = keep_foreign(names, self.kept)
            if note:
                self._tell(note)
            # Noted before: files that a crash leaves half-way are then known to be ours
            kept = self.kept = self.kept.about_to_write(encoded.hashes)
            self._writer.note(NOTE_KEY, kept.text)
            self._writer.flush(_WAIT_SECONDS)
            write(encoded, names, state)
        self.kept = kept.written(state.edits)
        if self._opened.reservation is not None:
            self._opened.reservation.touch()
