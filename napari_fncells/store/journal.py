"""A journal: one SQLite file that holds the whole history of one picture's mask."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from napari_fncells.core.edits import Edit
from napari_fncells.io.atomic import sync_name
from napari_fncells.store import schema
from napari_fncells.store.aside import LOGS, free_name
from napari_fncells.store.codec import BrokenRowError, EncodedEdit, encode_edit
from napari_fncells.store.database import (
    BrokenJournalError,
    check_file,
    check_start,
    close_quietly,
    connect,
    meaning,
    transaction,
    upgrade,
)
from napari_fncells.store.header import Header
from napari_fncells.store.rows import (
    SnapshotRow,
    Visit,
    no_collection,
    read_edits,
    read_snapshots,
    read_tile,
)

_HEAD = "head"  # key of the last edit's number and hash: tells when the last rows are missing


class Journal:
    """An open journal. Used by one thread at a time; held by this process alone.

    Attributes
    ----------
    path
        The file.
    header
        What it belongs to.
    count
        Number of the last edit in it.
    digest
        Hash of the last edit in it.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, header: Header) -> None:
        self.path = path
        self.header = header
        self.count = 0
        self.digest = header.digest
        self._connection = connection
        self._file = _identity(path)

    @classmethod
    def create(
        cls, path: Path, header: Header, edits: Sequence[Edit], visits: Iterable[Visit] = ()
    ) -> Self:
        """Make a new journal that holds the edits from the start; whole or not at all.

        Raises
        ------
        sqlite3.Error, OSError
            Nothing has the journal's name then.
        """
        _remove_unfinished(path)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")
        try:
            connection = connect(temporary, create=True)
            try:
                _make_tables(connection)
                journal = cls(temporary, connection, header)
                journal.append(edits, visits, header.as_texts())
            finally:
                # Closing moves everything from the write-ahead log into the file
                connection.close()
            if os.path.lexists(path):
                raise FileExistsError(17, "a file of that name exists", str(path))
            # A log whose journal is gone would be taken for this one's
            for log in (path.with_name(path.name + end) for end in LOGS):
                if os.path.lexists(log):
                    log.rename(free_name(log, "other"))
            temporary.rename(path)
        except BaseException:
            _remove_unfinished(path)
            raise
        sync_name(path)
        found = cls.open(path)
        found.count, found.digest = journal.count, journal.digest
        return found

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a journal to read and write it, and keep all others out.

        Raises
        ------
        JournalLockedError, BrokenJournalError, NewerJournalError, SaveError
            As it is; the last where it could be read but not written.
        """
        with meaning(path):
            check_start(path)
            connection = connect(path)
            try:
                check_file(connection)
                # Proves, too, that it can be written
                with transaction(connection):
                    header = _read_header(connection)
            except BaseException:
                close_quietly(connection)
                raise
        return cls(path, connection, header)

    @property
    def in_place(self) -> bool:
        """Whether the file still has its name, rather than having been deleted or replaced."""
        return self._file == _identity(self.path)

    def read(self) -> list[Edit]:
        """Every edit, proved by the chain of hashes.

        Raises
        ------
        BrokenJournalError
            Where anything is missing or not as it was written.
        """
        edits: list[Edit] = []
        try:
            with meaning(self.path), no_collection():
                meta = self._meta()
                self.digest = read_edits(self._connection, self.header.digest, edits)
        except (BrokenRowError, TypeError) as error:
            raise BrokenJournalError(str(error)) from error
        self.count = len(edits)
        if meta.get(_HEAD) != self._head:
            raise BrokenJournalError(f"edits after number {self.count} are missing")
        return edits

    def hash_of(self, sequence: int) -> bytes | None:
        """Hash of an edit by its number; that of the header for 0."""
        if sequence == 0:
            return self.header.digest
        row = self._connection.execute(
            "SELECT hash FROM edit WHERE seq = ?", (sequence,)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def last(self) -> int:
        """Number of the last edit in the file."""
        return self._connection.execute("SELECT max(seq) FROM edit").fetchone()[0] or 0

    def append(
        self,
        edits: Sequence[Edit],
        visits: Iterable[Visit] = (),
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """Add edits in one transaction; on return the disk has them.

        Raises
        ------
        sqlite3.Error
            Nothing was added then.
        """
        encoded: list[EncodedEdit] = []
        digest = self.digest
        for edit in edits:
            encoded.append(encode_edit(edit, digest))
            digest = encoded[-1].digest
        count = edits[-1].sequence if edits else self.count
        texts = {**(meta or {}), _HEAD: f"{count} {digest.hex()}"}
        with transaction(self._connection):
            upgrade(self._connection)
            self._connection.executemany(schema.INSERT_EDIT, [e.row for e in encoded])
            self._connection.executemany(
                schema.INSERT_PATCH, [patch for e in encoded for patch in e.patches]
            )
            self._connection.executemany(schema.INSERT_VISIT, [v.values for v in visits])
            self._connection.executemany(schema.INSERT_META, list(texts.items()))
        self.count, self.digest = count, digest

    def note(self, key: str) -> str | None:
        """A text kept beside the header."""
        return self._meta().get(key)

    def visits(self) -> list[Visit]:
        """Effort, by the start of the visits."""
        rows = self._connection.execute(
            "SELECT id, started, author, active, facts FROM visit ORDER BY started"
        ).fetchall()
        return [Visit(*row) for row in rows]

    def add_tile(self, digest: bytes, dtype: str, data: bytes) -> None:
        """Keep a tile for a snapshot to come."""
        self._connection.execute(schema.INSERT_TILE, (digest, dtype, data))

    def add_snapshot(self, snapshot: SnapshotRow, keep: int, unused: Iterable[bytes]) -> None:
        """Add a snapshot whose tiles are there; drop all but the newest `keep` of them."""
        with transaction(self._connection):
            upgrade(self._connection)
            self._connection.execute(schema.INSERT_SNAPSHOT, snapshot.values)
            self._connection.execute(
                "DELETE FROM snapshot WHERE sequence NOT IN "
                "(SELECT sequence FROM snapshot ORDER BY sequence DESC LIMIT ?)",
                (keep,),
            )
            self._connection.executemany(
                "DELETE FROM tile WHERE digest = ?", [(digest,) for digest in unused]
            )

    def snapshots(self) -> list[SnapshotRow]:
        """Snapshots, the newest first."""
        return read_snapshots(self._connection)

    def tile(self, digest: bytes) -> tuple[str, bytes] | None:
        """The dtype and the packed labels of a tile."""
        return read_tile(self._connection, digest)

    def tile_digests(self) -> set[bytes]:
        """Digests of all tiles kept."""
        rows = self._connection.execute("SELECT digest FROM tile").fetchall()
        return {bytes(row[0]) for row in rows}

    def close(self) -> None:
        """Close the file. What the disk has acknowledged is safe whatever comes of this."""
        close_quietly(self._connection)

    @property
    def _head(self) -> str:
        return f"{self.count} {self.digest.hex()}"

    def _meta(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT key, value FROM meta").fetchall())


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id={schema.APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={schema.FORMAT}")
    with transaction(connection):
        for statement in schema.TABLES.values():
            connection.execute(statement)


def _read_header(connection: sqlite3.Connection) -> Header:
    texts = dict(connection.execute("SELECT key, value FROM meta").fetchall())
    try:
        return Header.from_texts(texts)
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenJournalError("it does not say which picture it belongs to") from error


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _remove_unfinished(path: Path) -> None:
    """Clear away what a process that was killed while it made a journal left behind."""
    with suppress(OSError):
        for left in path.parent.iterdir():
            if left.name.startswith(f".{path.name}.") and ".new" in left.name:
                with suppress(OSError):
                    left.unlink()
