"""The one thread that writes a journal: callers never wait for the disk."""

from __future__ import annotations

import atexit
import logging
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import Enum, auto
from pathlib import Path

from napari_fncells.io.save_error import SaveError
from napari_fncells.store.backlog import GROUP, Backlog, Progress
from napari_fncells.store.database import explain_write
from napari_fncells.store.ledger import Ledger
from napari_fncells.store.rows import Visit

logger = logging.getLogger(__name__)

_FIRST_RETRY_SECONDS = 0.5
_LONGEST_RETRY_SECONDS = 30.0
_EXIT_SECONDS = 5.0


class _Task(Enum):
    WRITE = auto()
    SNAPSHOT = auto()
    END = auto()


class Writer:
    """Brings the edits of one picture onto the disk, in groups, in a thread of its own.

    Parameters
    ----------
    ledger
        The file. Belongs to the writer's thread from the first edit on.
    issued
        Number of the last edit there is.
    eager
        Whether edits that are there now and not in the file are to be written at once; else
        they are safe elsewhere, and wait for the first new one.
    error
        Why the file cannot be written, where that is known already.
    """

    def __init__(
        self, ledger: Ledger, issued: int, *, eager: bool = False, error: SaveError | None = None
    ) -> None:
        self._ledger = ledger
        self._changed = threading.Condition()
        safe = ledger.saved if eager or ledger.saved else issued
        self._backlog = Backlog(Progress(issued, safe, error, ledger.path), began=ledger.saved > 0)
        self._urgent = False
        self._stopping = False
        self._stop_by = 0.0
        self._thread: threading.Thread | None = None
        self._retry_at = 0.0
        self._delay = _FIRST_RETRY_SECONDS
        self._snapshot: Iterator[None] | None = None
        self._last_drawn = False
        self._finished: Callable[[], None] = lambda: None
        self._last_chance: Callable[[], None] = lambda: None
        if eager and issued > ledger.saved:
            self.issue(issued)

    # -- for any thread ----------------------------------------------------------------------

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        return self._backlog.progress

    @property
    def notes(self) -> list[str]:
        """What happened to the file, in sentences for the user."""
        return list(self._ledger.notes)

    def issue(self, sequence: int) -> None:
        """Tell of an edit that was made."""
        with self._changed:
            self._backlog.issue(sequence)
            self._start()
            self._changed.notify_all()

    def note_visit(self, visit: Visit) -> None:
        """Write effort along with the next edits, or soon where the journal exists."""
        with self._changed:
            self._backlog.note_visit(visit)
            self._wake_for_notes()

    def note(self, key: str, value: str) -> None:
        """Keep a text in the journal, once there is one."""
        with self._changed:
            self._backlog.note(key, value)
            self._wake_for_notes()

    def flush(self, timeout: float) -> bool:
        """Write what there is at once and wait for it.

        Returns
        -------
        bool
            Whether the disk acknowledged all of it in time; False at once where it refuses.
        """
        with self._changed:
            if not self._backlog.settled:
                self._urge()
                self._changed.wait_for(lambda: not self._urgent or self._thread is None, timeout)
            return self._backlog.settled

    def retry(self) -> None:
        """Try again now to write what could not be written."""
        with self._changed:
            if not self._backlog.settled:
                self._urge()

    def move(self, path: Path | None, timeout: float) -> bool:
        """Write the whole history to another place and go on there.

        Parameters
        ----------
        path
            The journal to be; None for the place that it came from.
        timeout
            How long to wait, in s.

        Returns
        -------
        bool
            Whether all of it is there. Where not, `progress.error` says why, and it goes on
            being tried.
        """
        with self._changed:
            self._backlog.began = True
            self._backlog.moving = (path,)
            self._urge()
            self._changed.wait_for(lambda: not self._urgent or self._thread is None, timeout)
            return self._backlog.settled

    def close(self, timeout: float, finished: Callable[[], None]) -> bool:
        """Write what there is and a last snapshot, close the file and end the thread.

        Parameters
        ----------
        timeout
            How long to wait for it, in s; what is under way goes on after that.
        finished
            Called when the file is closed, in whatever thread that is.

        Returns
        -------
        bool
            Whether every edit is on the disk.
        """
        with self._changed:
            self._finished = finished
            self._stopping = True
            self._stop_by = time.monotonic() + timeout
            if self._ledger.behind:
                self._start()
            thread = self._thread
            self._urgent = True
            self._changed.notify_all()
        if thread is None:
            self._end()
        else:
            thread.join(timeout)
        return self.progress.saved == self.progress.issued

    # -- within the lock ---------------------------------------------------------------------

    def _wake_for_notes(self) -> None:
        if self._backlog.began:
            self._start()
            self._changed.notify_all()

    def _urge(self) -> None:
        self._start()
        self._urgent = True
        self._changed.notify_all()

    def _start(self) -> None:
        if self._thread is not None:
            return
        # A daemon, lest a dead disk keeps the process from ending; hence the last chance
        self._thread = threading.Thread(target=self._run, name="fncells-journal", daemon=True)
        self._last_chance = _last_chance(self)
        atexit.register(self._last_chance)
        self._thread.start()

    def _next(self) -> _Task | float | None:
        """What to do now, or for how long to wait for something to do; None for ever."""
        now = time.monotonic()
        if self.progress.error is not None or not self._backlog.up_to_date:
            return self._next_write(now)
        self._urgent = False
        self._changed.notify_all()
        if self._stopping and now > self._stop_by:
            return _Task.END  # the edits are safe without a last snapshot
        if self._stopping and not self._last_drawn and self._snapshot is None:
            self._last_drawn = True
            self._snapshot = self._ledger.snapshot()
        if self._snapshot is not None:
            return _Task.SNAPSHOT
        return _Task.END if self._stopping else None

    def _next_write(self, now: float) -> _Task | float:
        if self._urgent:
            return _Task.WRITE
        if self.progress.error is not None:
            if self._stopping:
                return _Task.END
            return _Task.WRITE if now >= self._retry_at else self._retry_at - now
        left = self._backlog.seconds_left(now)
        if self._stopping or left <= 0:
            return _Task.WRITE
        return left if self._snapshot is None else _Task.SNAPSHOT

    # -- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._changed:
                task = self._next()
                if not isinstance(task, _Task):
                    self._changed.wait(task)
                    continue
            if task is _Task.END:
                break
            try:
                if task is _Task.WRITE:
                    self._write()
                else:
                    self._draw()
            except BaseException as error:
                # Whatever it is, the thread goes on: it is the only way to the disk
                self._failed(error)
        self._end()

    def _write(self) -> None:
        with self._changed:
            portion = self._backlog.portion()
        if portion.moving is not None:
            self._snapshot = None
            self._ledger.move(*portion.moving)
        self._ledger.write(GROUP, list(portion.visits.values()), portion.meta)
        with self._changed:
            self._backlog.written(portion)
            self._delay = _FIRST_RETRY_SECONDS
            self._show(None)
        if self._snapshot is None and self._ledger.costly:
            self._snapshot = self._ledger.snapshot()

    def _draw(self) -> None:
        """Do a step of the snapshot."""
        if self._snapshot is not None and next(self._snapshot, self) is self:
            self._snapshot = None

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, SaveError):
            logger.warning("the journal could not be written", exc_info=error)
        self._snapshot = None
        with self._changed:
            self._backlog.moving = None
            self._urgent = False
            self._retry_at = time.monotonic() + self._delay
            self._delay = min(2 * self._delay, _LONGEST_RETRY_SECONDS)
            self._show(explain_write(error, self._ledger.path))

    def _show(self, error: SaveError | None) -> None:
        ledger, issued = self._ledger, self.progress.issued
        self._backlog.progress = Progress(issued, ledger.saved, error, ledger.path)
        if self._backlog.up_to_date:
            self._urgent = False
        self._changed.notify_all()

    def _end(self) -> None:
        self._snapshot = None
        self._ledger.let_go()
        atexit.unregister(self._last_chance)
        with self._changed:
            self._thread = None
            self._urgent = False
            self._changed.notify_all()
        try:
            self._finished()
        except BaseException as error:
            logger.warning("the journal's locks were not given back in order", exc_info=error)


def _last_chance(writer: Writer) -> Callable[[], None]:
    """What gives a writer a moment at the end of the process, without keeping it alive."""
    known = weakref.ref(writer)

    def flush() -> None:
        alive = known()
        if alive is not None:
            with suppress(Exception):
                alive.flush(_EXIT_SECONDS)

    return flush
