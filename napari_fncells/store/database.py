"""SQLite as the journal uses it: how a file is opened, and what its errors mean."""

from __future__ import annotations

import errno
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_fncells.io.save_error import SaveCode, SaveError, explain_os_error
from napari_fncells.store.schema import APPLICATION_ID, FORMAT, TABLES_OF, UPGRADES

connection_class: type[sqlite3.Connection] = sqlite3.Connection
"""The one way to the disk of all journals; tests put one here whose calls fail."""

_MAGIC = b"SQLite format 3\0"
_CHECK_SECONDS = 0.25
_CANNOT_WRITE = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_AUTH,
}
_BY_CODE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_AUTH: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY,
    sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_TOOBIG: errno.EFBIG,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
    sqlite3.SQLITE_IOERR: errno.EIO,
}


class JournalLockedError(Exception):
    """Another window holds the journal."""


class BrokenJournalError(Exception):
    """The file is no journal, or a damaged one."""


class NewerJournalError(Exception):
    """The file was written by a later version of this program."""


def connect(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """Open a journal's file for this process alone.

    Raises
    ------
    sqlite3.Error
        Whatever SQLite says; `classified` gives it its meaning.
    """
    mode = "rwc" if create else "rw"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=0,
        isolation_level=None,
        check_same_thread=False,
        factory=connection_class,
    )
    try:
        _set_up(connection)
    except BaseException:
        close_quietly(connection)
        raise
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA trusted_schema=OFF")
    # Before WAL: then no memory is shared, and a second process is told that it is locked
    connection.execute("PRAGMA locking_mode=EXCLUSIVE")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA journal_size_limit=4194304")
    if sys.platform == "darwin":
        connection.execute("PRAGMA fullfsync=1")
        connection.execute("PRAGMA checkpoint_fullfsync=1")


def close_quietly(connection: sqlite3.Connection) -> None:
    """Close a connection that is of no more use."""
    with suppress(sqlite3.Error, OSError):
        connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of what is done within, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def check_start(path: Path) -> None:
    """Refuse a file that does not begin as a journal does, before SQLite touches it.

    Raises
    ------
    BrokenJournalError
        As it is.
    OSError
        Where it cannot be read.
    """
    if path.is_dir():
        raise BrokenJournalError("a folder lies in its place")
    with path.open("rb") as stream:
        start = stream.read(100)
    if not start:
        raise BrokenJournalError("it is empty")
    if not start.startswith(_MAGIC) or start[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise BrokenJournalError("it is no journal of this program")


def check_file(connection: sqlite3.Connection) -> None:
    """Refuse a file that is no whole journal of a format that is known.

    Raises
    ------
    BrokenJournalError, NewerJournalError
        As it is.
    """
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise BrokenJournalError("it is no journal of this program")
    version = format_of(connection)
    if version > FORMAT:
        raise NewerJournalError(f"its format is {version}, this version knows {FORMAT}")
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema").fetchall()
    own = [(kind, name, sql) for kind, name, sql in found if sql is not None]
    known = TABLES_OF.get(version, {})
    if sorted(own) != sorted(("table", name, sql) for name, sql in known.items()):
        raise BrokenJournalError("its tables are not those of a journal")
    _quick_check(connection)


def format_of(connection: sqlite3.Connection) -> int:
    """Format that a file says it is of."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring a file to the newest format; to be called within a transaction."""
    for version in range(format_of(connection), FORMAT):
        for statement in UPGRADES[version]:
            connection.execute(statement)


def _quick_check(connection: sqlite3.Connection) -> None:
    """SQLite's own check, given up after a moment: the hash chain proves the rest."""
    end = time.monotonic() + _CHECK_SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > end, 100_000)
    try:
        row = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        return
    finally:
        connection.set_progress_handler(None, 0)
    if row is None or row[0] != "ok":
        raise BrokenJournalError(f"SQLite finds: {row and row[0]}")


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def classified(error: sqlite3.Error | OSError, path: Path) -> Exception:
    """What an error met while opening or reading means: locked, not writable, or broken."""
    if isinstance(error, OSError):
        return explain_os_error(error, path)
    code = _code(error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return JournalLockedError(str(error))
    if code in _CANNOT_WRITE and not path.is_dir():
        return explain_write(error, path)
    return BrokenJournalError(str(error))


@contextmanager
def meaning(path: Path) -> Iterator[None]:
    """Give errors of SQLite and the system, met while reading a journal, their meaning.

    Raises
    ------
    JournalLockedError, BrokenJournalError, SaveError
        As it is.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise classified(error, path) from error


def explain_write(error: BaseException, path: Path) -> SaveError:
    """Say in plain words why a journal could not be written."""
    if isinstance(error, SaveError):
        return error
    if isinstance(error, OSError):
        return explain_os_error(error, path)
    if isinstance(error, JournalLockedError):
        return explain_os_error(OSError(errno.EBUSY, str(error)), path)
    number = _BY_CODE.get(_code(error)) if isinstance(error, sqlite3.Error) else None
    if number == errno.EACCES and not path.parent.is_dir():
        number = errno.ENOENT
    if number is not None:
        return explain_os_error(OSError(number, str(error)), path)
    return SaveError(
        SaveCode.IO,
        path,
        f"{path} was not saved: {error or type(error).__name__}.",
        "Your work is kept in memory meanwhile. Save it elsewhere.",
    )
