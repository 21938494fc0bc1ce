"""Long jobs off the GUI thread, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils.notifications import show_error
from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.viewer.workspace import Steps


class ThreadRunner:
    """Runs one job at a time in a worker thread; a new one asks the running one to stop.

    Attributes
    ----------
    started
        Signal(str): title of the job that begins.
    stepped
        Signal(str): what the job does now, in words.
    ended
        Signal(): the job returned, failed or was cancelled.
    """

    started = Signal(str)
    stepped = Signal(str)
    ended = Signal()

    def __init__(self) -> None:
        self._worker: GeneratorWorker | None = None

    def __call__(self, title: str, steps: Steps, done: Callable[[Any], None]) -> None:
        """Run a job's steps in a thread, then `done` with its result in the GUI thread."""
        self.cancel()
        worker = create_worker(
            lambda: (yield from steps),
            _start_thread=False,
            _progress={"desc": title},
            _ignore_errors=True,  # not ignored: `_fail` tells them
        )
        worker.yielded.connect(self.stepped.emit)
        worker.returned.connect(lambda result: self._finish(worker, done, result))
        worker.errored.connect(lambda error: self._fail(worker, error))
        worker.aborted.connect(lambda: self._end(worker))
        self._worker = worker
        self.started.emit(title)
        worker.start()

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self._worker is not None

    def cancel(self) -> None:
        """Ask the running job to stop at its next step; its result is thrown away."""
        if self._worker is not None:
            self._worker.quit()
            self._end(self._worker)

    def _finish(self, worker: GeneratorWorker, done: Callable[[Any], None], result: Any) -> None:
        if worker is not self._worker:
            return
        try:
            done(result)
        except UserError as error:
            show_error(str(error))
        finally:
            self._end(worker)

    def _fail(self, worker: GeneratorWorker, error: BaseException) -> None:
        """Tell of what a job raised: one sentence where the user can mend it."""
        if worker is not self._worker:
            return
        self._end(worker)
        if not isinstance(error, UserError):
            raise error
        show_error(str(error))

    def _end(self, worker: GeneratorWorker) -> None:
        if worker is self._worker:
            self._worker = None
            self.ended.emit()
