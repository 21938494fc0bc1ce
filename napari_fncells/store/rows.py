"""Reading the rows of a journal, whole or damaged."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from napari_fncells.core.edits import Edit
from napari_fncells.store import schema
from napari_fncells.store.codec import BrokenRowError, Known, decode_edit
from napari_fncells.store.database import format_of


@dataclass(frozen=True)
class SnapshotRow:
    """A snapshot as it is stored; `tiles.py` gives it its meaning."""

    sequence: int
    time: str
    dtype: str
    tiles: bytes
    objects: bytes
    digest: bytes
    ignored: bytes = b""
    note: str = ""

    @property
    def values(self) -> tuple[Any, ...]:
        """The columns in order."""
        return (
            self.sequence,
            self.time,
            self.dtype,
            self.tiles,
            self.objects,
            self.digest,
            self.ignored,
            self.note,
        )


@dataclass(frozen=True)
class Visit:
    """Effort of one visit to the picture.

    Attributes
    ----------
    id
        Names the visit; a later row of the same id takes its place.
    started
        ISO 8601 in UTC.
    author
        Who.
    active
        Seconds at work.
    facts
        JSON of everything else, e.g. gestures.
    """

    id: str
    started: str
    author: str
    active: float
    facts: str

    @property
    def values(self) -> tuple[Any, ...]:
        """The columns in order."""
        return self.id, self.started, self.author, self.active, self.facts


def read_edits(connection: sqlite3.Connection, digest: bytes, into: list[Edit]) -> bytes:
    """Read edits one after the other into a list, as far as they can be proved.

    Parameters
    ----------
    connection
        A journal's.
    digest
        Hash that the first edit is chained to.
    into
        Gets the edits, so that those before a damaged one are there when this raises.

    Returns
    -------
    bytes
        Hash of the last edit.

    Raises
    ------
    BrokenRowError, sqlite3.Error
        At the first row that is not as it was written.
    """
    columns = schema.PATCH_COLUMNS_OF[_known_format(connection)]
    # Closed whatever happens: a statement left open would keep the file locked
    with (
        closing(
            connection.execute(f"SELECT {schema.EDIT_COLUMNS} FROM edit ORDER BY seq")
        ) as rows,
        closing(connection.execute(f"SELECT {columns} FROM patch ORDER BY seq, n")) as patches,
    ):
        return _join(rows, patches, digest, into)


def _join(rows: sqlite3.Cursor, patches: sqlite3.Cursor, digest: bytes, into: list[Edit]) -> bytes:
    known = Known()
    patch = patches.fetchone()
    for row in rows:
        if row[0] != len(into) + 1:
            raise BrokenRowError(f"edit {len(into) + 1} is missing")
        own = []
        while patch is not None and patch[0] <= row[0]:
            own.append(patch)
            patch = patches.fetchone()
        into.append(decode_edit(row, own, digest, known))
        digest = row[11]
    if patch is not None:
        raise BrokenRowError(f"edit {len(into) + 1} is missing")
    return digest


def read_snapshots(connection: sqlite3.Connection) -> list[SnapshotRow]:
    """Snapshots of a journal, the newest first."""
    columns = schema.SNAPSHOT_COLUMNS_OF[_known_format(connection)]
    rows = connection.execute(f"SELECT {columns} FROM snapshot ORDER BY sequence DESC").fetchall()
    return [SnapshotRow(*row) for row in rows]


def _known_format(connection: sqlite3.Connection) -> int:
    """Format by which a file is read: what it says, unless that is damaged."""
    version = format_of(connection)
    return version if version in schema.TABLES_OF else schema.FORMAT


def read_tile(connection: sqlite3.Connection, digest: bytes) -> tuple[str, bytes] | None:
    """The dtype and the packed labels of a tile."""
    row = connection.execute("SELECT dtype, data FROM tile WHERE digest = ?", (digest,)).fetchone()
    return None if row is None else (row[0], row[1])


_MUCH = 50_000
"""Objects whose search for cycles would be felt: some 10 ms."""


@contextmanager
def no_collection() -> Iterator[None]:
    """Without the search for cycles, which takes half the time where many objects are made.

    Where much is made within, it counts as old afterwards, as everything else then does:
    otherwise the first search would go through all of it, and hold every thread up for that
    long just when work begins.
    """
    was = gc.isenabled()
    gc.disable()
    before = gc.get_count()[0]
    try:
        yield
    finally:
        if was:
            much = gc.get_count()[0] - before > _MUCH
            if much and gc.get_freeze_count() == 0:
                gc.freeze()
                gc.unfreeze()
            gc.enable()
