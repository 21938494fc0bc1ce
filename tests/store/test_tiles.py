from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.core.changes import add_cell, replace_labels
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.store.codec import BrokenRowError
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.tiles import TILE, Tail, base_of, snapshot_steps
from tests.store.scribble import scribble

SHAPE = (TILE + 40, 2 * TILE + 7)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    header = Header("a.png", "", "", "0" * 64, *SHAPE)
    journal = Journal.create(tmp_path / "j.sqlite", header, [])
    yield journal
    journal.close()


class Recorder:
    """Journals what is done to a document, and makes snapshots."""

    def __init__(self, journal: Journal) -> None:
        self.document = Document(SHAPE)
        self.journal = journal
        self.tail = Tail.empty(SHAPE)

    def catch_up(self) -> None:
        edits = self.document.edits_since(self.journal.count)
        self.journal.append(edits)
        self.tail.add(edits)

    def snapshot(self) -> int:
        """The number of steps, the last one excluded: tiles drawn."""
        self.catch_up()
        return len(list(snapshot_steps(self.journal, self.tail, self.journal.digest)))

    def newest(self) -> Document:
        self.catch_up()
        row = self.journal.snapshots()[0]
        base = base_of(row, SHAPE, self.journal.hash_of(row.sequence), self.journal.tile)
        return Document.replay(SHAPE, self.document.history, base=base)

    def add(self, row: int, column: int) -> None:
        box = Box(row, column, row + 20, column + 20)
        change = add_cell(self.document, Region(box, np.ones((20, 20), bool), 1.0))
        assert change is not None
        self.document.commit(change)


def test_a_snapshot_and_the_edits_after_it_give_the_document(journal: Journal) -> None:
    recorder = Recorder(journal)
    rng = np.random.default_rng(4)
    for _ in range(6):
        scribble(recorder.document, rng, 25)
        recorder.snapshot()
        scribble(recorder.document, rng, 5)
        found = recorder.newest()
        np.testing.assert_array_equal(found.labels, recorder.document.labels)
        assert dict(found.objects) == dict(recorder.document.objects)
        assert found.next_id == recorder.document.next_id
    assert len(journal.snapshots()) == 2


def test_only_touched_tiles_are_drawn(journal: Journal) -> None:
    recorder = Recorder(journal)
    recorder.add(10, 10)
    recorder.add(10, TILE + 100)
    assert recorder.snapshot() == 2
    recorder.add(300, 300)
    assert recorder.snapshot() == 1
    recorder.add(TILE - 10, TILE - 10)  # over a corner
    assert recorder.snapshot() == 4
    while recorder.document.undo():
        pass
    recorder.snapshot()
    recorder.add(30, 30)
    recorder.snapshot()
    # those of the last two snapshots, one of them empty
    assert len(journal.tile_digests()) == 1


def test_edits_may_come_while_a_snapshot_is_drawn(journal: Journal) -> None:
    recorder = Recorder(journal)
    recorder.add(10, 10)
    recorder.add(10, TILE + 100)
    recorder.catch_up()
    steps = snapshot_steps(journal, recorder.tail, journal.digest)
    next(steps)
    recorder.add(100, TILE + 200)
    recorder.catch_up()
    for _ in steps:
        pass
    assert [edit.sequence for edit in recorder.tail.edits] == [3]
    np.testing.assert_array_equal(recorder.newest().labels, recorder.document.labels)


def test_promoted_labels(journal: Journal) -> None:
    recorder = Recorder(journal)
    recorder.add(10, 10)
    recorder.add(10, TILE + 100)
    recorder.snapshot()
    labels = recorder.document.labels.astype(np.int64)
    labels[400:420, 400:420] = 70_000
    change = replace_labels(recorder.document, labels)
    assert change is not None
    recorder.document.commit(change)
    recorder.snapshot()
    found = recorder.newest()
    assert found.labels.dtype == np.uint32
    np.testing.assert_array_equal(found.labels, recorder.document.labels)


def test_a_long_tail_is_costly() -> None:
    tail = Tail.empty(SHAPE)
    document = Document(SHAPE)
    scribble(document, np.random.default_rng(1), 499)
    tail.add(document.history[:499])
    assert not tail.costly
    tail.add(document.history[:1])
    assert tail.costly


def test_damage_is_noticed(journal: Journal) -> None:
    recorder = Recorder(journal)
    recorder.add(10, 10)
    recorder.snapshot()
    (row,) = journal.snapshots()
    chain = journal.hash_of(1)
    base_of(row, SHAPE, chain, journal.tile)
    with pytest.raises(BrokenRowError):
        base_of(row, SHAPE, bytes(32), journal.tile)
    with pytest.raises(BrokenRowError):
        base_of(row, (SHAPE[0] + TILE, SHAPE[1]), chain, journal.tile)
    with pytest.raises(BrokenRowError):
        base_of(row, SHAPE, chain, lambda _: None)
    with pytest.raises(BrokenRowError):
        base_of(row, SHAPE, chain, lambda _: ("uint16", b"x"))
