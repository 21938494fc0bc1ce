"""Journals of the first format: read as they are, brought to the newest by the first write."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core import changes
from napari_fncells.core.geometry import Box
from napari_fncells.session.keeping import Keeper
from napari_fncells.store import database, schema
from napari_fncells.store.journal import Journal
from napari_fncells.store.place import place_of
from napari_fncells.store.salvage import salvage
from tests.store.make_fixture import FOLDER, SHAPE, fixture_image
from tests.store.scribble import same, scribble


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal of format 1 in its place."""
    path = place_of(fixture_image(), "Ada", tmp_path).journal
    path.parent.mkdir(parents=True)
    shutil.copyfile(FOLDER / "journal-1.sqlite", path)
    return path


@pytest.fixture
def keeper(journal: Path, tmp_path: Path) -> Iterator[Keeper]:
    keeper = opened(tmp_path)
    yield keeper
    keeper.close()


def opened(root: Path) -> Keeper:
    return Keeper.open(fixture_image(), "Ada", root)


def format_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return database.format_of(connection)


def test_looking_does_not_change_its_format(journal: Path, keeper: Keeper) -> None:
    keeper.close()
    assert format_of(journal) == 1


def test_regions_and_notes_are_added_to_it(journal: Path, keeper: Keeper, tmp_path: Path) -> None:
    document = keeper.document
    earlier = document.history
    assert earlier
    mask = np.ones((6, 9), bool)
    document.commit(changes.ignore_region(document, Box(3, 4, 9, 13), mask))
    document.commit(changes.note(document, "out of focus"))
    document.commit(changes.note(document, "a doublet", next(document.cells)))
    document.undo()
    keeper.close()
    assert format_of(journal) == 2
    again = opened(tmp_path)
    assert again.notes == ()
    assert same(again.document, document)
    assert again.document.history[: len(earlier)] == earlier
    assert (again.document.note, again.document.noted) == ("out of focus", 0)
    assert again.document.ignored_area == 54
    again.close()


def test_upgraded_and_new_journals_are_alike(journal: Path, keeper: Keeper) -> None:
    scribble(keeper.document, np.random.default_rng(3), 5)
    keeper.close()
    with closing(sqlite3.connect(journal)) as connection:
        found = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL"))
    assert found == schema.TABLES


@pytest.mark.parametrize("statement", range(len(schema.UPGRADES[1]) + 1))
def test_an_upgrade_that_is_cut_short_leaves_the_old_format(
    journal: Path, statement: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As a crash within the transaction: all of it, the edits included, or nothing."""
    steps = (*schema.UPGRADES[1][:statement], "INSERT INTO nowhere VALUES (1)")
    monkeypatch.setitem(schema.UPGRADES, 1, steps)
    kept = Journal.open(journal)
    edits = kept.read()
    with pytest.raises(sqlite3.Error):
        kept.append(edits[:1])
    kept.close()
    assert format_of(journal) == 1
    monkeypatch.undo()
    monkeypatch.setenv("FNCELLS_DATA_DIR", str(tmp_path))
    again = Journal.open(journal)
    assert again.read() == edits
    again.close()


def test_what_can_be_salvaged_of_it(journal: Path) -> None:
    whole = Journal.open(journal)
    edits = whole.read()
    whole.close()
    found = salvage(journal, SHAPE)
    assert found.whole
    assert found.edits == edits
    # Its first page destroyed: that of a new journal stands in
    data = bytearray(journal.read_bytes())
    data[:4096] = bytes(4096)
    journal.write_bytes(data)
    assert salvage(journal, SHAPE).edits == edits


def test_old_snapshots_are_used(journal: Path) -> None:
    kept = Journal.open(journal)
    rows = kept.snapshots()
    assert rows
    assert all((row.ignored, row.note) == (b"", "") for row in rows)
    kept.close()
