"""Faults at the n-th call that goes to the disk: of SQLite and of the system."""

from __future__ import annotations

import errno
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from napari_fncells.io import atomic
from napari_fncells.store import database

_SQLITE_CODES = {
    "ENOSPC": sqlite3.SQLITE_FULL,
    "EIO": sqlite3.SQLITE_IOERR,
    "EACCES": sqlite3.SQLITE_READONLY,
}
KINDS = ("ENOSPC", "EIO", "EACCES", "interrupt")
_OS_CALLS = ("open", "fsync", "link", "unlink", "replace", "rename", "mkdir")


def fault(kind: str, *, sqlite: bool) -> BaseException:
    """The error that a call of this sort ends with."""
    if kind == "interrupt":
        return KeyboardInterrupt()
    if sqlite:
        error = sqlite3.OperationalError(f"injected {kind}")
        error.sqlite_errorcode = _SQLITE_CODES[kind]
        return error
    number = getattr(errno, kind)
    return OSError(number, os.strerror(number))


class Faults:
    """Counts the calls of all threads; the n-th fails, before or after it has had its effect."""

    def __init__(self, at: int, kind: str, *, after: bool = False, last: bool = True) -> None:
        self.at = at
        self.kind = kind
        self.after = after
        self.last = last
        self.count = 0
        self.failed = ""
        self._lock = threading.Lock()

    def call(self, name: str, real: Callable[[], Any], *, sqlite: bool) -> Any:
        with self._lock:
            self.count += 1
            hit = self.count == self.at or (not self.last and self.count > self.at)
        if not hit:
            return real()
        self.failed = self.failed or name
        if self.after:
            real()
        raise fault(self.kind, sqlite=sqlite)


class _Connection(sqlite3.Connection):
    faults: Faults

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        whole = super().execute
        return self.faults.call(sql[:40], lambda: whole(sql, *parameters), sqlite=True)

    def executemany(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        whole = super().executemany
        return self.faults.call(sql[:40], lambda: whole(sql, *parameters), sqlite=True)


@contextmanager
def faulty(monkeypatch: pytest.MonkeyPatch, faults: Faults) -> Iterator[Faults]:
    """Let the calls fail within."""

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            return faults.call(name, lambda: real(*args, **kwargs), sqlite=False)

        return call

    with monkeypatch.context() as patch:
        kind = type("Connection", (_Connection,), {"faults": faults})
        patch.setattr(database, "connection_class", kind)
        for name in _OS_CALLS:
            patch.setattr(os, name, counted(name, getattr(os, name)))

        def opened(*args: Any, **kwargs: Any) -> Any:
            return faults.call("open", lambda: open(*args, **kwargs), sqlite=False)  # noqa: PTH123

        patch.setattr(atomic, "open", opened, raising=False)
        yield faults
        # Connections made within live on: their calls succeed from now on
        faults.at = -1
        faults.last = True
