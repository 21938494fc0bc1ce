"""The masks of a viewer's pictures, kept on disk while one works on them."""

from __future__ import annotations

import logging
import time
import weakref
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import Image
from napari_fncells.io.save_error import SaveError
from napari_fncells.session.background import write_mask_files
from napari_fncells.session.keeping import Keeper
from napari_fncells.session.save_state import SaveState
from napari_fncells.session.turns import Turns
from napari_fncells.store.place import file_of
from napari_fncells.store.working_folder import choose_working_folder

if TYPE_CHECKING:
    from napari_fncells.viewer.pictures import Picture

logger = logging.getLogger(__name__)

FLUSH_S = 2.0
"""How long leaving a picture waits for its last edits to reach the disk."""

_TURN_S = 5.0
"""How long opening a picture waits for another part of this window to let go of it."""

_IDLE_S = 5.0  # the working files are written once the mask has been still this long,
_AT_LEAST_S = 60.0  # and this often while it is not


class Saving:
    """Opens, watches and closes the keepers of pictures.

    Parameters
    ----------
    root
        Folder of the journals; the user's data folder where omitted.

    Attributes
    ----------
    root
        For pictures opened from now on.
    changed
        Signal(): what `state` tells of the current picture changed.
    told
        Signal(str): something about what is kept on disk that the user should know.
    written
        Signal(Path, str, bool): whether the mask files of a picture and annotator were written;
        told of the newest only where several are to be written one after the other.
    turns
        Which pictures are in hands, here or in a job.
    """

    changed = Signal()
    told = Signal(str)
    written = Signal(Path, str, bool)

    def __init__(self, root: Path | None = None) -> None:
        self.root = root
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fncells-files")
        self._keepers: list[Keeper] = []
        self.turns = Turns()
        # Pictures whose mask files could not be written, whose work they hold, and why
        self._unwritten: dict[Path, tuple[str, SaveError]] = {}
        self._files: Future[Any] | None = None
        # Of which picture, with how many edits, the files were written last, and when; of which
        # picture, after which edit, and when something was done last
        self._files_at: tuple[Keeper | None, int, float] = (None, 0, 0.0)
        self._edited: tuple[Keeper | None, int, float] = (None, 0, 0.0)
        self._shown: SaveState | None = None
        self._told: weakref.WeakKeyDictionary[Keeper, set[str]] = weakref.WeakKeyDictionary()
        # Filled by the thread that writes, emptied by the one that watches
        self._outcomes: deque[tuple[Path | None, str, Exception | None]] = deque()
        # How many writings of a picture's files, for an annotator, were not told of yet
        self._under_way = Counter[tuple[Path | None, str]]()
        self._left: deque[Keeper] = deque()
        self._finalizer = weakref.finalize(self, _close_all, self._keepers, self._pool)

    def open(self, image: Image, author: str, *, take_over: bool = False) -> Keeper:
        """The keeper of a picture, with its document as it was left."""
        path = file_of(image)
        if path is not None:
            # Put away just now, or drafted in the background: a moment
            self.turns.take(path, _TURN_S)
        try:
            keeper = Keeper.open(image, author, root=self.root, take_over=take_over)
        except BaseException:
            if path is not None:
                self.turns.give(path)
            raise
        self._keepers.append(keeper)
        return keeper

    def state(self, picture: Picture | None) -> SaveState | None:
        """How far a picture's mask is saved, or None where none was begun."""
        keeper = picture.keeper if picture is not None else None
        return keeper.state if keeper is not None else None

    def leave(self, picture: Picture) -> bool:
        """Let go of a picture once all of its edits are on disk; its files follow.

        Returns
        -------
        bool
            False where that could not be done: keeper and session stay in memory.
        """
        keeper = picture.keeper
        if keeper is None or keeper not in self._keepers:
            return True
        if not keeper.flush(FLUSH_S):
            return False
        picture.keeper = picture.session = None
        self._keepers.remove(keeper)
        if self._edited[0] is keeper:
            self._edited = (None, 0, 0.0)
        if self._files_at[0] is keeper:
            self._files_at = (None, 0, 0.0)
        self._submit(keeper.path, keeper.author, lambda: self._close(keeper))
        return True

    def later(self, job: Callable[[], object]) -> None:
        """Do something small in the thread that writes files; what goes wrong is logged."""

        def run() -> None:
            try:
                job()
            except Exception as error:
                logger.warning("%s", error)

        with suppress(RuntimeError):  # the window is closed
            self._pool.submit(run)

    def catch_up(self, path: Path, author: str) -> None:
        """Write the mask files of a picture that is not open, where they are behind."""
        job = partial(write_mask_files, path, author, self.turns, self.root)
        self._submit(path, author, job)

    def watch(self, picture: Picture | None) -> None:
        """Tell of a changed state; write the working files when it is time.

        To be called several times a second.
        """
        self._tell()
        state = self.state(picture)
        if state != self._shown:
            self._shown = state
            self.changed.emit()
        if picture is None or picture.keeper is None or state is None:
            return
        now, keeper = time.monotonic(), picture.keeper
        if (keeper, state.issued) != self._edited[:2]:
            self._edited = (keeper, state.issued, now)
        tried, count, moment = self._files_at
        if tried is not keeper:
            count, moment = 0, self._edited[2]
        still = now - self._edited[2] > _IDLE_S
        behind = state.issued not in (count, state.files_edits)
        if behind and (still or now - moment > _AT_LEAST_S) and state.settled:
            self.write(picture)

    def write(self, picture: Picture) -> None:
        """Write the working files of a picture that is open, unless that is under way."""
        keeper = picture.keeper
        if keeper is not None and not self._writing:
            self._files_at = (keeper, keeper.state.issued, time.monotonic())
            self._write(keeper)

    @property
    def unwritten(self) -> dict[Path, SaveError]:
        """Pictures whose mask files could not be written, and why; their journals have all."""
        return {path: error for path, (_, error) in self._unwritten.items()}

    def unsaved(self) -> list[Keeper]:
        """Keepers whose edits are not all on disk."""
        return [keeper for keeper in self._keepers if not keeper.state.settled]

    def flush(self) -> bool:
        """Wait for all edits to reach the disk; False where some could not."""
        flushed = [keeper.flush(FLUSH_S) for keeper in self._keepers]
        return all(flushed)

    def retry(self) -> None:
        """Try again now to save what could not be saved."""
        for keeper in self.unsaved():
            keeper.retry()
        opened = {keeper.path: keeper for keeper in self._keepers}
        for path, (author, _) in list(self._unwritten.items()):
            if path in opened:
                self._write(opened[path])
            else:
                self.catch_up(path, author)

    def save_elsewhere(self, folder: Path) -> None:
        """Keep what could not be saved in another folder from now on.

        Journals go there; so do the mask files of the folders in which they could not be written.

        Raises
        ------
        SaveError
            Where it cannot be written there, either.
        """
        for keeper in self.unsaved():
            keeper.save_elsewhere(folder)
        for pictures in {path.parent for path in self._unwritten}:
            choose_working_folder(pictures, folder, self.root)
        self.retry()

    def close(self) -> None:
        """Write all that is open and let go of it."""
        self._finalizer()

    @property
    def _writing(self) -> bool:
        return self._files is not None and not self._files.done()

    def _write(self, keeper: Keeper) -> None:
        self._files = self._submit(keeper.path, keeper.author, keeper.files_job())

    def _close(self, keeper: Keeper) -> None:
        try:
            keeper.close()
        finally:
            self._left.append(keeper)
            if keeper.path is not None:
                self.turns.give(keeper.path)

    def _submit(self, path: Path | None, author: str, job: Callable[[], object]) -> Future[None]:
        """Do something in the thread that writes files, and note what came of it."""

        def run() -> None:
            error = None
            try:
                job()
            except Exception as problem:
                logger.warning("the working files could not be written: %s", problem)
                error = problem
            self._outcomes.append((path, author, error))

        self._under_way[path, author] += 1
        return self._pool.submit(run)

    def _tell(self) -> None:
        """Tell what keepers and the writing thread have to say."""
        while self._outcomes:
            self._note_outcome(*self._outcomes.popleft())
        for keeper in self._keepers:
            self._tell_of(keeper)
        while self._left:
            # What came up while it was put away
            self._tell_of(self._left.popleft())

    def _note_outcome(self, path: Path | None, author: str, error: Exception | None) -> None:
        """Remember working files that could not be written; the journal has all."""
        self._under_way[path, author] -= 1
        if path is None:
            return
        known = self._unwritten.pop(path, None)
        if isinstance(error, SaveError):
            self._unwritten[path] = author, error
        elif error is not None:
            self.told.emit(f"{error} Nothing is lost: the journal has it all.")
        if error is not None or known is not None:
            self.changed.emit()
        if self._under_way[path, author]:
            return  # newer ones are on their way: these do not say that all is written
        del self._under_way[path, author]
        self.written.emit(path, author, error is None)

    def _tell_of(self, keeper: Keeper) -> None:
        for note in keeper.notes:
            told = self._told.setdefault(keeper, set())
            if note not in told:
                told.add(note)
                self.told.emit(note)


def _close_all(keepers: list[Keeper], pool: ThreadPoolExecutor) -> None:
    pool.shutdown(wait=True)
    while keepers:
        with suppress(UserError):
            keepers.pop().close(FLUSH_S, abandon=True)
