"""Work for a preview: off the GUI thread, and only the newest request counts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, Signal

from napari_fncells.core.errors import UserError


class LatestRunner(QObject):
    """Runs one piece of work after the other; what was asked for before the newest is left out.

    Attributes
    ----------
    busy
        Signal(bool): work began, or there is none left.
    """

    busy = Signal(bool)
    _ended = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="fncells-preview")
        self._newest = 0
        self._pending: Future[Any] | None = None
        self._ended.connect(self._take)
        # The thread must not outlive the window
        self.destroyed.connect(_shut_down(self._pool))

    def __call__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Do some work in the thread, then `done` with its result in the GUI thread."""
        self.cancel()
        number = self._newest
        self.busy.emit(True)
        self._pending = self._pool.submit(self._run, number, work, done)

    def cancel(self) -> None:
        """Leave out whatever has been asked for."""
        self._newest += 1
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _run(self, number: int, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        if number != self._newest:
            return
        try:
            result: Any = work()
        except Exception as error:
            result = _Failure(error)
        self._ended.emit(number, result, done)

    def _take(self, number: int, result: Any, done: Callable[[Any], None]) -> None:
        if number != self._newest:
            return
        self._pending = None
        self.busy.emit(False)
        if isinstance(result, _Failure):
            if not isinstance(result.error, UserError):
                raise result.error
            show_error(str(result.error))
            return
        done(result)


class _Failure:
    """What the work raised."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _shut_down(pool: ThreadPoolExecutor) -> Callable[..., None]:
    return lambda *_: pool.shutdown(wait=False, cancel_futures=True)
