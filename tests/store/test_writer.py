from __future__ import annotations

import errno
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_fncells.core.document import Document
from napari_fncells.io.save_error import SaveCode, SaveError
from napari_fncells.session.keeping import Keeper
from napari_fncells.store import backlog
from napari_fncells.store.backlog import GROUP
from napari_fncells.store.header import Header
from napari_fncells.store.journal import Journal
from napari_fncells.store.ledger import Ledger
from napari_fncells.store.rows import Visit
from napari_fncells.store.writer import Writer
from tests.store.scribble import SHAPE, picture, scribble

HEADER = Header("a.png", "", "Ada", "0" * 64, *SHAPE)


class Gate(Ledger):
    """A ledger that waits to be let through, and fails where it is told to."""

    def __init__(self, path: Path, document: Document) -> None:
        super().__init__(path, HEADER, document.edits_since)
        self.open = threading.Event()
        self.arrived = threading.Event()
        self.batches: list[int] = []
        self.failures: list[BaseException] = []

    def write(self, most: int, visits: Sequence[Visit] = (), meta: Any = None) -> None:
        self.arrived.set()
        assert self.open.wait(20)
        if self.failures:
            raise self.failures.pop(0)
        before = self.saved
        super().write(most, visits, meta)
        self.batches.append(self.saved - before)


@pytest.fixture
def document() -> Document:
    return Document(SHAPE, "Ada")


@pytest.fixture
def gate(tmp_path: Path, document: Document) -> Gate:
    return Gate(tmp_path / "j.sqlite", document)


@pytest.fixture
def writer(gate: Gate, document: Document) -> Iterator[Writer]:
    writer = Writer(gate, 0)

    def issue(edit: Any) -> None:
        writer.issue(edit.sequence)

    document.committed.connect(issue)
    yield writer
    gate.open.set()
    writer.close(20, lambda: None)


def test_nobody_waits_for_the_disk(writer: Writer, gate: Gate, document: Document) -> None:
    scribble(document, np.random.default_rng(1), 200)
    assert gate.arrived.wait(20)
    scribble(document, np.random.default_rng(2), 100)
    assert writer.progress.issued == document.edit_count
    assert writer.progress.saved == 0
    gate.open.set()
    assert writer.flush(20)
    assert writer.progress.saved == document.edit_count


def test_groups_are_of_64_at_most_but_for_the_first(
    writer: Writer, gate: Gate, document: Document
) -> None:
    gate.open.set()
    scribble(document, np.random.default_rng(1), 5)
    assert writer.flush(20)
    scribble(document, np.random.default_rng(2), 300)
    assert writer.flush(20)
    assert max(gate.batches[1:]) <= GROUP


def test_edits_wait_for_company_but_not_for_long(
    writer: Writer, gate: Gate, document: Document
) -> None:
    gate.open.set()
    scribble(document, np.random.default_rng(1), 1)
    assert writer.flush(20)
    gate.arrived.clear()
    began = time.monotonic()
    scribble(document, np.random.default_rng(2), 1)
    assert gate.arrived.wait(20)
    assert 0.03 < time.monotonic() - began < 1


def test_a_failure_is_shown_and_mended(writer: Writer, gate: Gate, document: Document) -> None:
    gate.failures = [SaveError(SaveCode.DISK_FULL, gate.path, "It is full.", "Free it.")]
    scribble(document, np.random.default_rng(1), 5)
    gate.open.set()
    assert not writer.flush(20)
    assert writer.progress.error is not None
    assert writer.progress.error.code is SaveCode.DISK_FULL
    scribble(document, np.random.default_rng(2), 5)
    writer.retry()
    assert writer.flush(20)
    assert writer.progress.error is None
    assert writer.progress.saved == document.edit_count


def test_it_tries_again_by_itself(
    writer: Writer, gate: Gate, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_delay", 0.01)
    gate.failures = [OSError(errno.EIO, "broken")] * 3
    gate.open.set()
    scribble(document, np.random.default_rng(1), 5)
    with writer._changed:
        assert writer._changed.wait_for(lambda: writer.progress.saved >= 5, 20)
    assert writer.progress.error is None
    assert gate.failures == []


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), ValueError("what?")])
def test_the_thread_outlives_everything(
    writer: Writer, gate: Gate, document: Document, error: BaseException
) -> None:
    gate.failures = [error]
    gate.open.set()
    scribble(document, np.random.default_rng(1), 5)
    assert not writer.flush(20)
    assert writer.progress.error is not None
    assert writer.flush(20)


def test_a_flush_does_not_wait_for_ever(writer: Writer, document: Document) -> None:
    scribble(document, np.random.default_rng(1), 1)
    assert not writer.flush(0.05)


def test_effort_alone_makes_no_journal(writer: Writer, gate: Gate, document: Document) -> None:
    gate.open.set()
    writer.note_visit(Visit("a", "now", "Ada", 1.0, "{}"))
    writer.note("files", "[]")
    assert writer.flush(20)
    assert not gate.path.exists()
    scribble(document, np.random.default_rng(1), 1)
    assert writer.flush(20)
    writer.note_visit(Visit("a", "now", "Ada", 2.0, "{}"))
    assert writer.flush(20)
    writer.close(20, lambda: None)
    journal = Journal.open(gate.path)
    assert journal.visits() == [Visit("a", "now", "Ada", 2.0, "{}")]
    assert journal.note("files") == "[]"
    journal.close()


def test_edits_are_written_while_a_snapshot_is_drawn(
    tmp_path: Path, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A snapshot of many tiles holds no edit up."""
    ledger = Gate(tmp_path / "j.sqlite", document)
    ledger.open.set()
    drawn, go = threading.Event(), threading.Event()

    def endless() -> Iterator[None]:
        while not go.is_set():
            drawn.set()
            go.wait(0.001)  # the time that a tile takes
            yield

    monkeypatch.setattr(Gate, "costly", property(lambda _: not go.is_set()))
    monkeypatch.setattr(ledger, "snapshot", endless)
    writer = Writer(ledger, 0)
    scribble(document, np.random.default_rng(1), 3)
    writer.issue(document.edit_count)
    assert drawn.wait(20)
    scribble(document, np.random.default_rng(2), 3)
    writer.issue(document.edit_count)
    with writer._changed:
        done = writer._changed.wait_for(lambda: writer.progress.saved == document.edit_count, 20)
    go.set()
    assert done
    assert writer.close(20, lambda: None)


EXIT = """
import sys
from pathlib import Path
import numpy as np
from napari_fncells.io.images import read_image
from napari_fncells.session.keeping import Keeper
from tests.store.scribble import scribble
keeper = Keeper.open(read_image(sys.argv[1]), "Ada", Path(sys.argv[2]))
scribble(keeper.document, np.random.default_rng(1), 30)
print(keeper.document.edit_count, keeper.state.saved)
del keeper
"""


def test_a_process_that_just_ends_saves_what_it_has(tmp_path: Path) -> None:
    image = picture(tmp_path / "pictures")
    done = subprocess.run(
        [sys.executable, "-c", EXIT, str(image.path), str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
    )
    issued, saved = map(int, done.stdout.split())
    assert saved < issued
    keeper = Keeper.open(image, "Ada", tmp_path / "data")
    assert keeper.document.edit_count == issued
    keeper.close()


def test_a_keeper_that_is_forgotten_goes_on_saving(tmp_path: Path) -> None:
    image = picture(tmp_path / "pictures")
    keeper = Keeper.open(image, "Ada", tmp_path / "data")
    document, writer = keeper.document, keeper._writer
    assert writer is not None
    del keeper
    scribble(document, np.random.default_rng(1), 10)
    assert writer.flush(20)
    assert writer.progress.saved == document.edit_count
    assert writer.close(20, lambda: None)


def test_the_figures_of_the_promise() -> None:
    assert backlog.GROUP == 64
    assert backlog.GROUP_SECONDS == 0.05
