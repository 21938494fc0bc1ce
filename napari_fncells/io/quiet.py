"""Keep what a TIFF reader logs off the terminal while one of our reads runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_collecting: ContextVar[list[str] | None] = ContextVar("collecting", default=None)


class _Filter(logging.Filter):
    """Collects records of the reading thread; drops those of its helper threads."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._active = 0

    def enter(self, change: int) -> None:
        with self._lock:
            self._active += change

    def filter(self, record: logging.LogRecord) -> bool:
        messages = _collecting.get()
        if messages is not None:
            messages.append(record.getMessage())
            return False
        helper = record.threadName is not None and record.threadName.startswith("ThreadPool")
        return not (self._active and helper)


_filter = _Filter()


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect what tifffile logs in this thread instead of letting it reach a handler."""
    logging.getLogger("tifffile").addFilter(_filter)
    messages: list[str] = []
    token = _collecting.set(messages)
    _filter.enter(+1)
    try:
        yield messages
    finally:
        _filter.enter(-1)
        _collecting.reset(token)
