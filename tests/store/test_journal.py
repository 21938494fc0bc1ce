from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.document import Document
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.store.database import (
    BrokenJournalError,
    JournalLockedError,
    explain_write,
)
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.rows import Visit
from tests.store.scribble import SHAPE, scribble

HEADER = Header("a.png", "/somewhere", "Ada", "0" * 64, *SHAPE)


@pytest.fixture
def document() -> Document:
    document = Document(SHAPE, "Ada")
    scribble(document, np.random.default_rng(2), 40)
    return document


def test_what_is_appended_is_read(tmp_path: Path, document: Document) -> None:
    path = tmp_path / "j.sqlite"
    history = document.history
    journal = Journal.create(path, HEADER, history[:10])
    journal.append(history[10:11])
    journal.append(history[11:], [Visit("v", "now", "Ada", 2.5, "{}")], {"files": "[]"})
    journal.close()
    again = Journal.open(path)
    assert again.header == HEADER
    assert tuple(again.read()) == history
    assert (again.count, again.last()) == (len(history), len(history))
    assert again.digest == again.hash_of(len(history)) == journal.digest
    assert again.hash_of(0) == HEADER.digest
    assert again.visits() == [Visit("v", "now", "Ada", 2.5, "{}")]
    assert again.note("files") == "[]"
    again.append([], [Visit("v", "now", "Ada", 3.5, '{"a":1}')])
    assert [visit.active for visit in again.visits()] == [3.5]
    again.close()


def test_settings_of_the_file(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "j.sqlite", HEADER, [])
    connection = journal._connection
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("locking_mode", "journal_mode", "synchronous", "trusted_schema")
    }
    assert found == {
        "locking_mode": "exclusive",
        "journal_mode": "wal",
        "synchronous": 2,
        "trusted_schema": 0,
    }
    # No shared memory: the lock is this process's alone
    assert not (tmp_path / "j.sqlite-shm").exists()
    with pytest.raises(JournalLockedError):
        Journal.open(tmp_path / "j.sqlite")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite3.connect(tmp_path / "j.sqlite", timeout=0).execute("SELECT * FROM edit")
    journal.close()
    assert [p.name for p in tmp_path.iterdir()] == ["j.sqlite"]


def test_nothing_is_written_over(tmp_path: Path, document: Document) -> None:
    path = tmp_path / "j.sqlite"
    path.write_text("mine")
    with pytest.raises(FileExistsError):
        Journal.create(path, HEADER, document.history)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / ".j.sqlite.0123456789ab.new"
    for name in (left.name, f"{left.name}-wal"):
        (tmp_path / name).write_text("half")
    (tmp_path / ".other.sqlite.0123456789ab.new").write_text("not ours")
    Journal.create(tmp_path / "j.sqlite", HEADER, []).close()
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [".other.sqlite.0123456789ab.new", "j.sqlite"]


def test_the_log_of_a_journal_that_is_gone_is_not_taken_for_ours(
    tmp_path: Path, document: Document
) -> None:
    path = tmp_path / "j.sqlite"
    log = tmp_path / "j.sqlite-wal"
    old = Journal.create(path, HEADER, document.history[:5])
    old.append(document.history[5:9])
    kept = log.read_bytes()
    assert kept
    old.close()
    path.unlink()
    log.write_bytes(kept)
    new = Journal.create(path, HEADER, document.history)
    assert tuple(new.read()) == document.history
    new.close()
    (aside,) = tmp_path.glob("*other*")
    assert aside.read_bytes() == kept


def test_one_failed_append_leaves_the_old_state(tmp_path: Path, document: Document) -> None:
    journal = Journal.create(tmp_path / "j.sqlite", HEADER, document.history[:5])
    with pytest.raises(sqlite3.IntegrityError):
        journal.append([document.history[5], document.history[2]])
    assert (journal.count, journal.last()) == (5, 5)
    journal.append(document.history[5:])
    assert tuple(journal.read()) == document.history
    journal.close()


def test_deleted_and_replaced_files_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    journal = Journal.create(path, HEADER, [])
    assert journal.in_place
    path.rename(tmp_path / "moved")
    assert not journal.in_place
    path.write_text("another")
    assert not journal.in_place
    journal.close()


def test_a_file_without_leave_to_write(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    Journal.create(path, HEADER, []).close()
    path.chmod(stat.S_IRUSR)
    try:
        with path.open("ab"):
            pass
        pytest.skip("this user may write anything")
    except PermissionError:
        pass
    with pytest.raises(SaveError):
        Journal.open(path)


@pytest.mark.parametrize("content", [b"", b"text", b"SQLite format 3\0" + bytes(200)])
def test_files_that_are_no_journals_are_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "j.sqlite"
    path.write_bytes(content)
    with pytest.raises(BrokenJournalError):
        Journal.open(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("sqlite_code", "code"),
    [
        (sqlite3.SQLITE_FULL, SaveCode.DISK_FULL),
        (sqlite3.SQLITE_READONLY, SaveCode.READ_ONLY),
        (sqlite3.SQLITE_BUSY, SaveCode.IN_USE),
        (sqlite3.SQLITE_CANTOPEN, SaveCode.NO_PERMISSION),
        (sqlite3.SQLITE_IOERR_WRITE, SaveCode.IO),
        (sqlite3.SQLITE_CORRUPT, SaveCode.IO),
    ],
)
def test_errors_are_told_in_plain_words(tmp_path: Path, sqlite_code: int, code: SaveCode) -> None:
    error = sqlite3.OperationalError("cryptic")
    error.sqlite_errorcode = sqlite_code
    told = explain_write(error, tmp_path / "j.sqlite")
    assert told.code is code
    assert "was not saved" in told.sentence
    assert told.remedy
