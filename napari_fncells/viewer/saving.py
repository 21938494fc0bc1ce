"""The masks of a viewer's pictures, kept on disk while one works on them."""

from __future__ import annotations

import logging
import time
import weakref
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.io.images import Image
from napari_fncells.session.keeping import Keeper, SaveState

if TYPE_CHECKING:
    from napari_fncells.viewer.pictures import Picture

logger = logging.getLogger(__name__)

FLUSH_S = 2.0
"""How long leaving a picture waits for its last edits to reach the disk."""

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
    """

    changed = Signal()
    told = Signal(str)

    def __init__(self, root: Path | None = None) -> None:
        self.root = root
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fncells-files")
        self._keepers: list[Keeper] = []
        self._closing: list[tuple[Image, Future[Any]]] = []
        self._files: Future[Any] | None = None
        self._files_at = (0, 0.0)
        self._edited = (0, 0.0)
        self._shown: SaveState | None = None
        self._told: set[tuple[int, str]] = set()
        # Filled by the thread that writes, emptied by the one that watches
        self._failures: deque[str] = deque()
        self._left: deque[Keeper] = deque()
        self._finalizer = weakref.finalize(self, _close_all, self._keepers, self._pool)

    def open(self, image: Image, author: str) -> Keeper:
        """The keeper of a picture, with its document as it was left."""
        for other, done in self._closing:
            if other.path == image.path and other.name == image.name:
                wait([done])
        self._closing = [item for item in self._closing if not item[1].done()]
        keeper = Keeper.open(image, author, root=self.root)
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
        image = picture.session.image if picture.session is not None else None
        picture.keeper = picture.session = None
        self._keepers.remove(keeper)
        done = self._pool.submit(keeper.close)
        done.add_done_callback(self._note_failure)
        done.add_done_callback(lambda _done: self._left.append(keeper))
        if image is not None:
            self._closing.append((image, done))
        return True

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
        now = time.monotonic()
        if state.issued != self._edited[0]:
            self._edited = (state.issued, now)
        written, moment = self._files_at
        still = now - self._edited[1] > _IDLE_S
        due = state.issued != written and (still or now - moment > _AT_LEAST_S)
        if due and state.settled and not self._writing:
            self._files_at = (state.issued, now)
            self._write(picture.keeper.files_job())

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

    def save_elsewhere(self, folder: Path) -> None:
        """Keep what could not be saved in another folder from now on.

        Raises
        ------
        SaveError
            Where it cannot be written there, either.
        """
        for keeper in self.unsaved():
            keeper.save_elsewhere(folder)

    def close(self) -> None:
        """Write all that is open and let go of it."""
        self._finalizer()

    @property
    def _writing(self) -> bool:
        return self._files is not None and not self._files.done()

    def _write(self, job: Callable[[], None]) -> None:
        self._files = self._pool.submit(job)
        self._files.add_done_callback(self._note_failure)

    def _note_failure(self, done: Future[Any]) -> None:
        """Remember that working files could not be written; the journal has all."""
        error = done.exception()
        if error is not None:
            logger.warning("the working files could not be written: %s", error)
            self._failures.append(f"{error} Nothing is lost: the journal has it all.")

    def _tell(self) -> None:
        """Tell what keepers and the writing thread have to say."""
        while self._failures:
            self.told.emit(self._failures.popleft())
        for keeper in self._keepers:
            self._tell_of(keeper)
        while self._left:
            # What came up while it was put away
            self._tell_of(self._left.popleft())

    def _tell_of(self, keeper: Keeper) -> None:
        for note in keeper.notes:
            if (id(keeper), note) not in self._told:
                self._told.add((id(keeper), note))
                self.told.emit(note)


def _close_all(keepers: list[Keeper], pool: ThreadPoolExecutor) -> None:
    pool.shutdown(wait=True)
    while keepers:
        with suppress(UserError):
            keepers.pop().close(FLUSH_S, abandon=True)
