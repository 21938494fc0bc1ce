"""Work that blocks, as a job that can be watched and stopped at any moment."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator
from threading import Event, Thread
from typing import TypeVar

from napari_fncells.io.datasets.progress import Progress

Result = TypeVar("Result")
Tell = Callable[[Progress], None]

_HEARTBEAT_S = 0.2
_PATIENCE_S = 1.0


class StoppedError(Exception):
    """The work was asked to stop, and did."""


def in_background(work: Callable[[Tell, Event], Result]) -> Generator[Progress, None, Result]:
    """Run work in a thread of its own; yields what it tells, and at least five times a second.

    Closing the generator asks the work to stop.

    Parameters
    ----------
    work
        Called with what takes its progress and an event that asks it to stop, upon which it
        raises `StoppedError`.

    Returns
    -------
    object
        What the work returned. What it raised is raised here.
    """
    told: queue.SimpleQueue[Progress | None] = queue.SimpleQueue()
    stop = Event()
    results: list[Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(told.put, stop))
        except BaseException as error:
            errors.append(error)
        finally:
            told.put(None)

    # A daemon: a server that says nothing must not keep the program from ending
    thread = Thread(target=run, daemon=True, name="fncells download")
    thread.start()
    last = Progress("Connecting")
    try:
        while True:
            try:
                step = told.get(timeout=_HEARTBEAT_S)
            except queue.Empty:
                yield last
                continue
            if step is None:
                break
            last = step
            yield last
    finally:
        stop.set()
        thread.join(_PATIENCE_S)
    if errors:
        raise errors[0]
    return results[0]
