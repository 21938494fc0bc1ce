"""However a journal is damaged: never an exception, never an empty mask in silence."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, EditKind
from napari_fncells.io.images import Image
from napari_fncells.session.keeping import Keeper
from napari_fncells.store import tiles
from napari_fncells.store.folder_notes import identity_note
from tests.store.scribble import picture, same, scribble

IN_FILES = 90
EDITS = 160


@dataclass
class Worked:
    """A picture with a journal, closed; mask files of an earlier moment beside it."""

    folder: Path
    image: Image
    journal: Path
    document: Document
    in_files: np.ndarray

    def copy(self, to: Path) -> Worked:
        shutil.copytree(self.folder, to)
        assert self.image.path is not None
        image = Image(
            self.image.pixels, to / "pictures" / "cells.png", "cells.png", self.image.sha256
        )
        # At its new path the copy is the original
        folders = to / "data" / "folders"
        (note,) = folders.glob("*.path")
        note.write_text(str(to / "pictures"))
        next(folders.glob("*.uuid")).unlink()
        identity_note(to / "data", to / "pictures").write_text(note.stem)
        journal = to / self.journal.relative_to(self.folder)
        return Worked(to, image, journal, self.document, self.in_files)

    def open(self) -> Keeper:
        return Keeper.open(self.image, "Ada", self.folder / "data")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Worked:
    folder = tmp_path_factory.mktemp("original")
    image = picture(folder / "pictures")
    rng = np.random.default_rng(12)
    usual = tiles._MOST_EDITS
    tiles._MOST_EDITS = 50
    try:
        keeper = Keeper.open(image, "Ada", folder / "data")
        scribble(keeper.document, rng, IN_FILES)
        keeper.save_files()
        in_files = keeper.document.labels.copy()
        keeper.close(files=False)
        keeper = Keeper.open(image, "Ada", folder / "data")
        scribble(keeper.document, rng, EDITS - IN_FILES)
        keeper.close(files=False)
    finally:
        tiles._MOST_EDITS = usual
    journal = keeper.state.place
    assert not journal.with_name(journal.name + "-wal").exists()
    return Worked(folder, image, journal, keeper.document, in_files)


@pytest.fixture
def damaged(original: Worked, quick_disk: Path) -> Callable[[], Worked]:
    count = 0

    def another() -> Worked:
        nonlocal count
        count += 1
        return original.copy(quick_disk / str(count))

    return another


def state_after(history: tuple[Edit, ...], shape: tuple[int, int]) -> Document:
    return Document.replay(shape, history)


def check_recovered(work: Worked, *, broken: bytes | None = None) -> str:
    """Open, look at what came of it, go on working; the way it was recovered."""
    keeper = work.open()
    document, whole = keeper.document, work.document
    notes = " ".join(keeper.notes)
    if same(document, whole) and not notes:
        keeper.close(files=False)
        return "untouched"
    assert notes
    assert not keeper.state.read_only
    adopted = [e for e in document.history if e.change.kind is EditKind.REPLACE][-1:]
    adopted = [e for e in adopted if e.change.summary.startswith("recover")]
    kept = len(document.history) - len(adopted)
    assert document.history[:kept] == whole.history[:kept]
    assert document.labels.any(), notes
    if adopted:
        number = adopted[0].change.details["edits"]
        assert number >= IN_FILES
        expected = state_after(whole.history[:number], whole.shape)
        assert np.array_equal(document.labels, expected.labels)
        assert dict(document.objects) == dict(expected.objects)
        assert np.array_equal(document.ignored, expected.ignored)
        assert document.note == expected.note
    else:
        # never older than the mask files
        assert kept >= IN_FILES
    (corrupt,) = [p for p in work.journal.parent.glob("*corrupt-*") if not p.name.endswith("-wal")]
    assert corrupt.name in notes
    if broken is not None:
        assert corrupt.read_bytes() == broken
    scribble(document, np.random.default_rng(5), 5)
    assert keeper.close(20, files=False)
    again = work.open()
    assert same(document, again.document), again.notes
    assert again.notes == ()
    again.close(files=False)
    if kept == len(whole.history):
        return "all"
    return adopted[0].change.details["source"] if adopted else "prefix"


def drop_snapshots(work: Worked) -> None:
    """As though the process had been killed before it made one."""
    connection = sqlite3.connect(work.journal)
    connection.execute("DELETE FROM snapshot")
    connection.execute("DELETE FROM tile")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("snapshots", [True, False], ids=["snapshots", "none"])
def test_every_page_destroyed(damaged: Callable[[], Worked], snapshots: bool) -> None:
    outcomes: list[str] = []
    rng = np.random.default_rng(1)
    pages = damaged().journal.stat().st_size // 4096
    for page in range(pages):
        work = damaged()
        if not snapshots:
            drop_snapshots(work)
        data = bytearray(work.journal.read_bytes())
        data[page * 4096 : (page + 1) * 4096] = rng.bytes(4096)
        work.journal.write_bytes(data)
        outcomes.append(check_recovered(work, broken=bytes(data)))
    assert outcomes[0] == "all"  # the first page is the same in all journals
    assert ("the last snapshot" if snapshots else "prefix") in outcomes
    print({kind: outcomes.count(kind) for kind in set(outcomes)}, "of", pages, "pages")


@pytest.mark.parametrize("where", ["header", "schema"])
def test_the_start_overwritten(damaged: Callable[[], Worked], where: str) -> None:
    work = damaged()
    data = bytearray(work.journal.read_bytes())
    area = slice(0, 100) if where == "header" else slice(100, 4096)
    data[area] = bytes(area.stop - area.start)
    work.journal.write_bytes(data)
    assert check_recovered(work, broken=bytes(data)) == "all"


def test_every_truncation(damaged: Callable[[], Worked]) -> None:
    size = damaged().journal.stat().st_size
    for length in sorted({0, 1, 15, 99, 100, 101, 4095, 4096, 8192, *range(4096, size, 30_011)}):
        work = damaged()
        data = work.journal.read_bytes()[:length]
        work.journal.write_bytes(data)
        assert check_recovered(work, broken=data) != "untouched"


def test_bits_flipped(damaged: Callable[[], Worked]) -> None:
    rng = np.random.default_rng(3)
    outcomes = []
    for _ in range(60):
        work = damaged()
        data = bytearray(work.journal.read_bytes())
        place = int(rng.integers(0, len(data) * 8))
        data[place // 8] ^= 1 << place % 8
        work.journal.write_bytes(data)
        outcomes.append(check_recovered(work))
    assert len(set(outcomes)) > 1, outcomes


STATEMENTS = {
    "row missing": ["DELETE FROM edit WHERE seq = 120"],
    "first row missing": ["DELETE FROM edit WHERE seq = 1"],
    "last row missing": [f"DELETE FROM edit WHERE seq = {EDITS}"],
    "last rows missing": ["DELETE FROM edit WHERE seq > 130", "DELETE FROM patch WHERE seq > 130"],
    "patch missing": ["DELETE FROM patch WHERE seq = (SELECT max(seq) FROM patch)"],
    "patches missing": ["DELETE FROM patch"],
    "edits missing": ["DELETE FROM edit"],
    "summary changed": ["UPDATE edit SET summary = 'nothing' WHERE seq = 150"],
    "time changed": ["UPDATE edit SET time = '2020-01-01T00:00:00+00:00' WHERE seq = 140"],
    "hash changed": ["UPDATE edit SET hash = zeroblob(32) WHERE seq = 130"],
    "pixels changed": ["UPDATE patch SET after = before WHERE seq = 110"],
    "no header": ["DELETE FROM meta"],
    "another type": ["UPDATE edit SET objects = 7 WHERE seq = 100"],
    "number for text": ["UPDATE edit SET summary = 7, author = x'ff' WHERE seq = 101"],
    "bad text": ["UPDATE edit SET summary = CAST(x'ff' AS TEXT) WHERE seq = 101"],
    "trigger": ["CREATE TRIGGER t AFTER INSERT ON edit BEGIN DELETE FROM patch; END"],
    "view": ["CREATE VIEW v AS SELECT * FROM edit"],
    "table gone": ["DROP TABLE patch"],
    "edit is a view": [
        "ALTER TABLE edit RENAME TO other",
        "CREATE VIEW edit AS SELECT * FROM other",
    ],
    "another table": ["CREATE TABLE mine (x)"],
    "all is gone": [f"DROP TABLE {name}" for name in ("edit", "patch", "tile", "snapshot")],
    "foreign": ["PRAGMA application_id = 1"],
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_tampered_tables(damaged: Callable[[], Worked], case: str) -> None:
    work = damaged()
    connection = sqlite3.connect(work.journal)
    for statement in STATEMENTS[case]:
        connection.execute(statement)
    connection.commit()
    connection.close()
    assert check_recovered(work) != "untouched"


def test_damaged_snapshots_cost_nothing(damaged: Callable[[], Worked]) -> None:
    for statement in (
        "UPDATE snapshot SET objects = zeroblob(9)",
        "UPDATE tile SET data = zeroblob(50)",
        "DELETE FROM tile",
        "UPDATE snapshot SET sequence = sequence + 1000",
        "UPDATE snapshot SET dtype = 'uint32'",
    ):
        work = damaged()
        connection = sqlite3.connect(work.journal)
        connection.execute(statement)
        connection.commit()
        connection.close()
        assert check_recovered(work) == "untouched"


def test_something_else_in_its_place(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    work.journal.unlink()
    work.journal.mkdir()
    assert check_recovered(work) == "the mask files"
    work = damaged()
    work.journal.write_text("a text")
    assert check_recovered(work, broken=b"a text") == "the mask files"
    work = damaged()
    work.journal.unlink()
    foreign = sqlite3.connect(work.journal)
    foreign.execute("CREATE TABLE edit (seq INTEGER PRIMARY KEY, x)")
    foreign.execute("INSERT INTO edit VALUES (1, 2)")
    foreign.commit()
    foreign.close()
    assert check_recovered(work, broken=work.journal.read_bytes()) == "the mask files"


def test_a_deleted_working_folder_loses_nothing(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    shutil.rmtree(work.folder / "pictures" / "fncells")
    for _ in range(2):
        keeper = work.open()
        assert same(keeper.document, work.document)
        assert keeper.notes == ()
        scribble(keeper.document, np.random.default_rng(8), 3)
        work.document = keeper.document
        assert keeper.close()
    names = {file.name for file in (work.folder / "pictures" / "fncells").iterdir()}
    assert work.document.ignored_area
    ends = (".json", ".labels.tif", ".ignored.png")
    assert names == {"folder.json", *(f"cells.png.Ada{end}" for end in ends)}


def test_nothing_recovered_is_said(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    for file in (work.folder / "pictures" / "fncells").glob("cells*"):
        file.unlink()
    work.journal.write_bytes(b"")
    for _ in range(2):
        keeper = work.open()
        assert "Nothing could be recovered" in " ".join(keeper.notes)
        assert not keeper.document.labels.any()
        keeper.close()


def test_mask_files_are_used_where_they_are_newer(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    keeper = work.open()
    scribble(keeper.document, np.random.default_rng(6), 9)
    assert keeper.close()
    work.journal.write_bytes(work.journal.read_bytes()[:100])
    again = work.open()
    assert np.array_equal(again.document.labels, keeper.document.labels)
    assert dict(again.document.objects) == dict(keeper.document.objects)
    assert "the mask files" in " ".join(again.notes)
    assert f"{again.state.files_time:%M:%S}" in " ".join(again.notes)
    again.close()


def test_a_journal_put_back_to_an_earlier_state(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    earlier = work.journal.read_bytes()
    keeper = work.open()
    scribble(keeper.document, np.random.default_rng(6), 9)
    assert keeper.close()
    work.journal.write_bytes(earlier)
    again = work.open()
    assert np.array_equal(again.document.labels, keeper.document.labels)
    assert "ahead of it" in " ".join(again.notes)
    assert again.flush(20)
    assert again.close()


def test_a_log_left_by_a_killed_process_needs_no_word(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    keeper = work.open()
    scribble(keeper.document, np.random.default_rng(6), 9)
    assert keeper.flush(20)
    copy = work.folder / "copy.sqlite"
    log = keeper.state.place.with_name(keeper.state.place.name + "-wal")
    shutil.copyfile(keeper.state.place, copy)
    shutil.copyfile(log, copy.with_name("copy.sqlite-wal"))
    keeper.close(files=False)
    shutil.copyfile(copy, work.journal)
    shutil.copyfile(copy.with_name("copy.sqlite-wal"), log)
    again = work.open()
    assert same(again.document, keeper.document)
    assert again.notes == ()
    again.close(files=False)


def test_a_newer_format_is_left_alone(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    connection = sqlite3.connect(work.journal)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    before = work.journal.read_bytes()
    keeper = work.open()
    assert "newer version" in keeper.state.read_only
    assert np.array_equal(keeper.document.labels, work.in_files)
    keeper.close()
    assert work.journal.read_bytes() == before


def test_damaged_mask_files_and_no_journal(damaged: Callable[[], Worked]) -> None:
    work = damaged()
    work.journal.unlink()
    labels = work.folder / "pictures/fncells/cells.png.Ada.labels.tif"
    data = labels.read_bytes()
    labels.write_bytes(data[: len(data) // 2])
    keeper = work.open()
    assert "could not be read" in " ".join(keeper.notes)
    scribble(keeper.document, np.random.default_rng(1), 3)
    assert keeper.close()
    (kept,) = labels.parent.glob("*conflict*.labels.tif")
    assert kept.read_bytes() == data[: len(data) // 2]
