"""What can still be read of a journal that is damaged, or that cannot be opened to write."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from napari_fncells.core.cell_mask import Base
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, StaleChangeError
from napari_fncells.store.codec import BrokenRowError
from napari_fncells.store.database import (
    BrokenJournalError,
    NewerJournalError,
    check_file,
    close_quietly,
    connect,
)
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.rows import (
    SnapshotRow,
    no_collection,
    read_edits,
    read_snapshots,
    read_tile,
)
from napari_fncells.store.tiles import base_of

logger = logging.getLogger(__name__)

_PAGE = 4096


@dataclass
class Salvage:
    """What was read.

    Attributes
    ----------
    header
        What the journal belongs to, where that could be read.
    edits
        From the first on, as far as the chain of hashes proves them.
    digest
        Hash of the last of them.
    copied
        Whether the file could be read at all.
    whole
        Whether nothing is missing or damaged.
    snapshot
        The newest snapshot that lies beyond the edits, or None.
    snapshot_time
        When it was made, ISO 8601.
    """

    header: Header | None = None
    edits: list[Edit] = field(default_factory=list)
    digest: bytes = b""
    copied: bool = False
    whole: bool = False
    snapshot: Base | None = None
    snapshot_time: str = ""


def salvage(path: Path, shape: tuple[int, int]) -> Salvage:
    """Read a copy of a journal as far as it goes; the file itself is not touched.

    Parameters
    ----------
    path
        The journal, or what lies in its place.
    shape
        (Y, X) of the picture.
    """
    found = Salvage()
    with suppress(OSError), tempfile.TemporaryDirectory(prefix="fncells-") as folder:
        copy = Path(folder) / "journal.sqlite"
        shutil.copyfile(path, copy)
        found.copied = True
        log = path.with_name(f"{path.name}-wal")
        if log.exists():
            shutil.copyfile(log, copy.with_name(f"{copy.name}-wal"))
        first_try = _read_copy(copy, shape)
        if first_try.header is None and not first_try.edits:
            graft_first_page(copy)
            first_try = _read_copy(copy, shape)
        found = replace(first_try, copied=True)
    return found


def _read_copy(copy: Path, shape: tuple[int, int]) -> Salvage:
    found = Salvage()
    try:
        connection = connect(copy)
    except sqlite3.Error as error:
        logger.info("nothing of %s can be read: %s", copy, error)
        return found
    try:
        _read(connection, found, shape)
    finally:
        close_quietly(connection)
    return found


def graft_first_page(copy: Path) -> None:
    """Put the first page of a new journal in place of one that is destroyed.

    It holds the file's header and where the tables begin, which is the same in all journals.
    """
    fresh = copy.with_name("fresh.sqlite")
    Journal.create(fresh, Header("", "", "", "", 1, 1), []).close()
    page = bytearray(fresh.read_bytes()[:_PAGE])
    size = copy.stat().st_size
    page[28:32] = (size // _PAGE).to_bytes(4, "big")
    with copy.open("r+b") as stream:
        stream.write(page)


def _read(connection: sqlite3.Connection, found: Salvage, shape: tuple[int, int]) -> None:
    sound = _is_sound(connection)
    # Only tables are read: a view of that name could run anything
    tables = _tables(connection)
    head = ""
    first = None
    if "meta" in tables:
        with suppress(sqlite3.Error, KeyError, ValueError, TypeError):
            texts = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            head = texts.get("head", "")
            found.header = Header.from_texts(texts)
    if "edit" in tables and "patch" in tables:
        with suppress(sqlite3.Error):
            first = connection.execute("SELECT prev_hash FROM edit WHERE seq = 1").fetchone()
        genesis = bytes(first[0]) if first and isinstance(first[0], bytes) else b""
        if found.header is not None and first is not None and genesis != found.header.digest:
            sound = False
        if first is None and found.header is not None:
            genesis = found.header.digest
        found.digest = genesis
        try:
            with no_collection():
                found.digest = read_edits(connection, genesis, found.edits)
        except (BrokenRowError, TypeError, sqlite3.Error) as error:
            logger.info("the journal can be read up to edit %d: %s", len(found.edits), error)
            sound = False
    found.whole = sound and head == f"{len(found.edits)} {found.digest.hex()}"
    if {"snapshot", "tile"} <= tables and not found.whole:
        _find_snapshot(connection, found, shape)


def _is_sound(connection: sqlite3.Connection) -> bool:
    try:
        check_file(connection)
    except (BrokenJournalError, NewerJournalError, sqlite3.Error):
        return False
    return True


def _tables(connection: sqlite3.Connection) -> set[str]:
    try:
        rows = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {row[0] for row in rows.fetchall()}
    except sqlite3.Error:
        return set()


def _find_snapshot(connection: sqlite3.Connection, found: Salvage, shape: tuple[int, int]) -> None:
    with suppress(sqlite3.Error):
        for row in read_snapshots(connection):
            if not isinstance(row.sequence, int) or row.sequence <= len(found.edits):
                continue
            chain = None
            with suppress(sqlite3.Error):
                chain = connection.execute(
                    "SELECT hash FROM edit WHERE seq = ?", (row.sequence,)
                ).fetchone()
            with suppress(BrokenRowError, sqlite3.Error):
                read = partial(read_tile, connection)
                found.snapshot = base_of(row, shape, chain and chain[0], read)
                found.snapshot_time = row.time
                return


def rebuild(
    shape: tuple[int, int],
    edits: Sequence[Edit],
    author: str,
    snapshots: Iterable[tuple[SnapshotRow, Callable[[], Base]]] = (),
) -> tuple[Document, SnapshotRow | None]:
    """Rebuild a document from as many of the edits as fit on one another.

    Parameters
    ----------
    shape
        (Y, X) of the picture.
    edits
        The history.
    author
        Name for the edits to come.
    snapshots
        Where to begin, the newest first; one that is damaged is passed over.

    Returns
    -------
    Document
        Its `edit_count` says how many edits fitted.
    SnapshotRow or None
        The snapshot it was begun from.
    """
    for row, read in snapshots:
        with suppress(BrokenRowError, StaleChangeError), no_collection():
            return Document.replay(shape, edits, author, base=read()), row
        logger.warning("snapshot %s is damaged and was passed over", row.sequence)
    fitting = list(edits)
    while True:
        taken = 0

        def counted(some: Sequence[Edit] = fitting) -> Iterable[Edit]:
            nonlocal taken
            for edit in some:
                taken += 1
                yield edit

        try:
            return Document.replay(shape, counted(), author), None
        except (StaleChangeError, ValueError, IndexError, TypeError, zlib.error) as error:
            logger.warning("edit %d does not fit: %s", taken, error)
            fitting = fitting[: taken - 1]
