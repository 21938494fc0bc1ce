"""Going through the pictures of a folder: which comes next, got ready before it is asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import finalize

from psygnal import Signal

from napari_fncells.core.attention.choose import Planting, seed_of
from napari_fncells.core.errors import UserError
from napari_fncells.core.params.attention import AttentionParams
from napari_fncells.session.entry import EntryState
from napari_fncells.session.fetching import Fetched, Prefetch, Wish
from napari_fncells.session.mask_place import lacks_place, place_notice
from napari_fncells.session.pairs import find_given
from napari_fncells.session.queue import Queue, View
from napari_fncells.store.working_folder import choose_working_folder
from napari_fncells.viewer.bookmarking import Bookmarking
from napari_fncells.viewer.folder_watch import FolderWatch
from napari_fncells.viewer.pictures import Picture
from napari_fncells.viewer.queue_drafting import QueueDrafting
from napari_fncells.viewer.queue_progress import QueueProgress

if TYPE_CHECKING:
    from napari_fncells.viewer.workspace import Workspace

_CAMERA_S = 5.0
_WRITTEN_S = 1.0  # after files of another picture were written, to look what they tell


class Queueing:
    """Joins a window's pictures with the queue of their folder.

    Parameters
    ----------
    workspace
        The window's.

    Attributes
    ----------
    changed
        Signal(): there is another queue, or something else is known of the folder.
    moved
        Signal(): another picture is looked at.
    queue
        The pictures of the folder opened last, or None.
    drafts
        How its pictures are drafted.
    """

    changed = Signal()
    moved = Signal()

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.queue: Queue | None = None
        self._bookmarking = Bookmarking(workspace)
        self.drafts = QueueDrafting(workspace, self, self._bookmarking)
        self._progress = QueueProgress(workspace, self)
        self._prefetch = Prefetch(workspace.display.render, workspace.scorer)
        self._watch = FolderWatch()
        self._camera_due = 0.0
        self._returning = False
        self._given = True
        workspace.saving.written.connect(self._on_written)
        self.drafts.changed.connect(self._drafts_changed)
        self.drafts.advanced.connect(self._want_neighbours)
        self.drafts.ended.connect(self.changed.emit)
        self._finalizer = finalize(self, _shut_down, self._prefetch, self._watch)

    # -- what there is ---------------------------------------------------------------------

    @property
    def current(self) -> str | None:
        """Name of the picture that is looked at, where it is one of the queue."""
        return self.name_of(self._workspace.current)

    @property
    def attention(self) -> AttentionParams | None:
        """Settings of the attention check in this folder; None where it is off."""
        return self._bookmarking.now.attention

    def planting_for(self, picture: Picture) -> Planting | None:
        """How errors are planted in a picture; None where the check is off."""
        name = self.name_of(picture)
        if self.queue is None or name is None or self.attention is None:
            return None
        seed = seed_of(str(self.queue.folder), name, self.queue.annotator)
        return Planting(seed, self.attention)

    @property
    def notice(self) -> str:
        """What is to be known of the folder, in a sentence; empty for one like any other."""
        return "" if self.queue is None else place_notice(self.queue.folder, self._root)

    @property
    def lacks_place(self) -> bool:
        """Whether there is no place for the mask files yet."""
        return self.queue is not None and lacks_place(self.queue.folder, self._root)

    def name_of(self, picture: Picture | None) -> str | None:
        """A picture's name in the queue; None where it is none of it."""
        if self.queue is None or picture is None or picture.path is None:
            return None
        name = picture.path.name
        if picture.path.parent != self.queue.folder or name not in self.queue.entries:
            return None
        return name

    # -- what one can do -------------------------------------------------------------------

    def open(self, folder: Path, *, given: bool = True) -> str | None:
        """Queue the pictures of a folder; returns the one to begin with, None for no picture.

        Parameters
        ----------
        folder
            The folder.
        given
            Whether masks that are there are what work begins from.

        Raises
        ------
        UserError
            Where it cannot be listed.
        """
        finder = _given_once() if given else None
        queue = Queue(folder, self._workspace.author, self._root, finder)
        self._given = given
        if not queue.entries:
            return None
        self.remember()
        self._prefetch.forget()
        self.queue = queue
        self._bookmarking.open(folder)
        bookmark = self._bookmarking.now
        queue.show(bookmark.view)
        name = bookmark.picture if bookmark.picture in queue.entries else None
        self._progress.begin(queue, bookmark, name)
        self.changed.emit()
        return name or queue.shown[0] if queue.shown else name or next(iter(queue.entries))

    def follow(self, folder: Path) -> None:
        """Queue the pictures of a folder that napari opened; goes to where one stopped."""
        if self.queue is not None and self.queue.folder == folder:
            return
        with suppress(UserError):
            self._returning = self.open(folder) is not None

    def turn_to(self, picture: Picture) -> None:
        """Queue the pictures of the folder that one of another folder lies in."""
        path, queue = picture.path, self.queue
        if path is not None and queue is not None and path.parent != queue.folder:
            with suppress(UserError):
                self.open(path.parent, given=self._given)

    def next_after(self, picture: Picture | None, by: int) -> str | None:
        """Name of the picture so many places after one, among those shown."""
        name = self.name_of(picture)
        if self.queue is None or name is None:
            return None
        return self.queue.neighbour(name, by)

    def show(self, view: View) -> None:
        """Show other pictures, or in another order."""
        if self.queue is None:
            return
        self._bookmarking.show(view)
        self.queue.show(view)
        self._want_neighbours()

    def set_attention(self, share: float | None) -> None:
        """Plant errors for this share of the cells in drafts from now on; None for none.

        What is planted already is taken out when its picture is done.
        """
        params = None if share is None else AttentionParams(share=share)
        if params != self.attention:
            self._bookmarking.change(attention=params)
            picture = self._workspace.current
            if picture is not None and picture.session is not None:
                picture.session.attention = self.planting_for(picture)
            self.remember()
            self.changed.emit()

    def choose_place(self, folder: Path | None) -> None:
        """Let the mask files of the queue go to another folder; None for the usual one.

        Raises
        ------
        SaveError
            Where nothing can be written there.
        """
        if self.queue is not None:
            choose_working_folder(self.queue.folder, folder, self._root)
            self._workspace.saving.retry()
            self._watch.soon()
            self.changed.emit()

    def part_chosen(self, folder: Path) -> None:
        """Take note that other parts of the files of a folder are looked at."""
        self._prefetch.forget()
        queue = self.queue
        if queue is None or queue.folder != folder:
            return
        for entry in list(queue.entries.values()):
            if entry.state is EntryState.PROBLEM:
                queue.note_problem(entry.name, "")
        self.changed.emit()

    def change_annotator(self) -> None:
        """List the pictures of the queue with the work of the workspace's annotator."""
        if self.queue is not None:
            folder, self.queue = self.queue.folder, None
            with suppress(UserError):
                self.open(folder, given=self._given)

    # -- on the way to a picture -----------------------------------------------------------

    def wish_for(self, picture: Picture) -> Wish | None:
        """What is wanted of a picture of the queue; None for another picture."""
        name = self.name_of(picture)
        if self.queue is None or name is None:
            return None
        entry = self.queue.entries[name]
        if entry.state is EntryState.GIVEN and entry.summary is None:
            return Wish(entry.path, given=entry.given)
        new = entry.state is EntryState.NEW
        return Wish(entry.path, self.drafts.settings if new and self.drafts.on else None)

    def ready(self, wish: Wish) -> Fetched | None:
        """A picture that was got ready ahead of time, or None."""
        return self._prefetch.take(wish)

    def steps(self, wish: Wish) -> Any:
        """Get a picture ready now."""
        return self._prefetch.steps(wish)

    def arrived(self, picture: Picture) -> None:
        """Take note that a picture is on the screen; get those ready that may come next."""
        name = self.name_of(picture)
        if name is None:
            return
        if self.queue is not None and self.queue.entries[name].state is EntryState.PROBLEM:
            self.queue.note_problem(name, "")
        self._bookmarking.change(picture=name, camera=None)
        self.remember()
        self._progress.note_current()
        self._want_neighbours()
        self.moved.emit()

    def failed(self, wish: Wish, error: UserError) -> None:
        """Take note that a picture cannot be read."""
        if self.queue is not None:
            self.queue.note_problem(wish.path.name, str(error))

    def left(self, picture: Picture, *, behind: bool) -> None:
        """Take note that a picture was left; `behind`: its mask files are yet to be written."""
        if behind:
            self._progress.left(picture)

    def going(self, picture: Picture) -> None:
        """Take in the last state of a picture before it is left."""
        self._progress.note(picture)

    # -- what goes on by itself ------------------------------------------------------------

    def watch(self) -> None:
        """Follow the work on the picture and what others change; several times a second."""
        queue = self.queue
        if queue is None:
            return
        if self._returning:
            self._returning = False
            self._go_back()
        self._progress.note_current()
        self.drafts.show_drafted()
        self._look_again(queue)
        now = time.monotonic()
        if now >= self._camera_due:
            self._camera_due = now + _CAMERA_S
            self._note_camera()
            self.remember()

    def remember(self) -> None:
        """Write down where one is, in the background."""
        if self.queue is not None:
            self._bookmarking.remember(self.queue, self._progress.unwritten)

    def camera(self) -> tuple[float, float, float] | None:
        """Where the camera was when the picture was left the last time, once."""
        return self._bookmarking.now.camera

    def rest(self) -> None:
        """Get nothing ready any more, until another picture is shown; forget no work."""
        self._prefetch.forget()

    def close(self) -> None:
        """Remember where one is, and end what goes on."""
        if self.queue is not None:
            self._note_camera()
            self.remember()
        self._finalizer()

    # -- how it is done --------------------------------------------------------------------

    @property
    def _root(self) -> Path | None:
        return self._workspace.saving.root

    def _go_back(self) -> None:
        """Go to where one stopped, once napari is done with opening the folder."""
        name = self._bookmarking.now.picture
        if name and name != self.current:
            self._workspace.navigation.go_to_name(name)

    def _want_neighbours(self) -> None:
        """Get those ready that may come next: forwards first, then back."""
        queue, name = self.queue, self.current
        if queue is None or name is None:
            return
        names = [queue.neighbour(name, by) for by in (1, -1, 2)]
        pictures = [self._workspace.navigation.picture_named(n) for n in names if n is not None]
        wishes = [self.wish_for(picture) for picture in pictures if picture is not None]
        self._prefetch.want([wish for wish in wishes if wish is not None])

    def _drafts_changed(self) -> None:
        self._want_neighbours()
        self.changed.emit()

    def _on_written(self, path: Path, author: str, written: bool) -> None:
        if self._progress.written(path, author, written=written):
            self._watch.soon(_WRITTEN_S)

    def _look_again(self, queue: Queue) -> None:
        """Show what changed in the folder."""
        with suppress(Exception):
            listing = self._watch.look(queue)
            if listing is not None and queue.take(listing):
                self._workspace.list_paths([entry.path for entry in listing.entries])
                self._progress.note_anew()

    def _note_camera(self) -> None:
        if self.current is not None:
            self._bookmarking.note_camera()


def _given_once() -> Callable[[list[Path]], Mapping[Path, Path]]:
    """Looks for masks that were there before whenever other pictures are there."""
    known: list[tuple[list[Path], Mapping[Path, Path]]] = []

    def find(paths: list[Path]) -> Mapping[Path, Path]:
        if not known or known[0][0] != paths:
            known[:] = [(paths, find_given(paths))]
        return known[0][1]

    return find


def _shut_down(prefetch: Prefetch, watch: FolderWatch) -> None:
    prefetch.close()
    watch.close()
