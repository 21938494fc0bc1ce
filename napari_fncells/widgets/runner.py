"""Long jobs off the GUI thread, with progress and cancel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from napari.qt.threading import GeneratorWorker, create_worker
from napari.utils.notifications import show_error
from psygnal import Signal

from napari_fncells.core.errors import UserError
from napari_fncells.viewer.jobs import Steps


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
        worker = create_worker(_contained, steps, _start_thread=False, _progress={"desc": title})
        worker.yielded.connect(lambda words: self._step(worker, words))
        worker.returned.connect(lambda outcome: self._finish(worker, done, outcome))
        worker.aborted.connect(lambda: self._end(worker))
        # A job stopped half-way lets go of what it holds
        worker.finished.connect(lambda: steps.close())
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

    def _step(self, worker: GeneratorWorker, words: str) -> None:
        """Tell what the job does; a cancelled one may still have been on its way to say it."""
        if worker is self._worker:
            self.stepped.emit(words)

    def _finish(self, worker: GeneratorWorker, done: Callable[[Any], None], outcome: Any) -> None:
        """Hand on a job's result, or tell of its error: one sentence where one can mend it."""
        if worker is not self._worker:
            return
        try:
            if isinstance(outcome, _Failure):
                raise outcome.error
            done(outcome)
        except UserError as error:
            show_error(str(error))
        finally:
            self._end(worker)

    def _end(self, worker: GeneratorWorker) -> None:
        if worker is self._worker:
            self._worker = None
            self.ended.emit()


@dataclass(frozen=True)
class _Failure:
    """What a job raised."""

    error: Exception


def _contained(steps: Steps) -> Steps:
    """Run a job, its error being a result.

    Qt's worker takes every RuntimeError for the end of the program and would neither tell of
    it nor finish; torch and this package raise RuntimeErrors of their own.
    """
    try:
        return (yield from steps)
    except Exception as error:
        return _Failure(error)
