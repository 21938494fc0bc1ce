"""How far the work on the pictures of a queue is, as the list of them shows it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from napari_fncells.io.working_record import WorkState
from napari_fncells.session.bookmark import Bookmark
from napari_fncells.session.queue import Queue
from napari_fncells.session.summary import summary_of
from napari_fncells.viewer.pictures import Picture

if TYPE_CHECKING:
    from napari_fncells.viewer.queueing import Queueing
    from napari_fncells.viewer.workspace import Workspace


class QueueProgress:
    """Notes in the queue what is done to its pictures in this window.

    Parameters
    ----------
    workspace
        The window's.
    queueing
        Knows the queue and which picture is looked at.
    """

    def __init__(self, workspace: Workspace, queueing: Queueing) -> None:
        self._workspace = workspace
        self._queueing = queueing
        self._noted: tuple[str, int] = ("", -1)
        self._unwritten: set[str] = set()

    @property
    def unwritten(self) -> Set[str]:
        """Names of pictures whose mask files may be behind their journals."""
        return self._unwritten

    def begin(self, queue: Queue, bookmark: Bookmark, first: str | None) -> None:
        """Catch up with the mask files that were behind when the folder was left.

        Parameters
        ----------
        queue
            The pictures of the folder.
        bookmark
            Where one stopped.
        first
            The picture to begin with, whose files follow by themselves.
        """
        behind = {n for n in bookmark.unwritten if n in queue.entries and n != first}
        self._unwritten = behind
        for name in behind:
            queue.note(name, queue.entries[name].summary, waiting=True)
            self._workspace.saving.catch_up(queue.folder.resolve() / name, queue.annotator)

    def note_current(self) -> None:
        """Note the picture on the screen, where anything was done since."""
        picture = self._workspace.current
        name, session = self._queueing.name_of(picture), self._workspace.session
        if picture is None or name is None or session is None:
            return
        now = name, session.document.edit_count
        if now != self._noted:
            self._noted = now
            self.note(picture)

    def note_anew(self) -> None:
        """Note the picture on the screen: the window knows more of it than its files do."""
        self._noted = ("", -1)
        self.note_current()

    def note(self, picture: Picture) -> None:
        """Show how far the work on a picture is."""
        name, queue = self._queueing.name_of(picture), self._queueing.queue
        session, keeper = picture.session, picture.keeper
        if queue is None or name is None or session is None or keeper is None:
            return
        document = session.document
        if keeper.state.read_only or not document.edit_count:
            return
        summary = summary_of(document, session.effort.active_seconds)
        # As on the screen: the counts of the files would tell of what is planted
        summary = summary.model_copy(update=asdict(document.counts))
        # Of one that is on the screen the files follow soon; 'done' waits for them
        said = summary.state is WorkState.DONE
        behind = name in self._unwritten or (said and _files_behind(picture))
        queue.note(name, summary, waiting=behind)

    def left(self, picture: Picture) -> None:
        """Take note that a picture was left whose mask files are yet to be written."""
        name, queue = self._queueing.name_of(picture), self._queueing.queue
        if queue is not None and name is not None:
            self._unwritten.add(name)
            queue.note(name, queue.entries[name].summary, waiting=True)

    def written(self, path: Path, author: str, *, written: bool) -> bool:
        """Take note that mask files were written, or could not be.

        Returns
        -------
        bool
            Whether they are those of a picture of the queue that is not on the screen.
        """
        queue = self._queueing.queue
        if queue is None or path.parent != queue.folder.resolve() or author != queue.annotator:
            return False
        entry = queue.entries.get(path.name)
        if entry is None:
            return False
        if written:
            self._unwritten.discard(path.name)
        else:
            self._unwritten.add(path.name)
        if path.name == self._queueing.current:
            self.note_anew()
            return False
        queue.note(path.name, entry.summary, waiting=not written)
        return True


def _files_behind(picture: Picture) -> bool:
    keeper = picture.keeper
    if keeper is None or keeper.path is None:
        return False
    state = keeper.state
    return state.files_edits != state.issued
