"""After a power cut the working files hold a whole earlier state or a whole later one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_fncells.io import atomic
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.working import WorkingFiles, encode, keep_conflict, read, write
from tests.io.power_loss import lay_out, recorded, states_after_a_cut
from tests.io.working.states import SHA256, equal, state_of
from tests.store.scribble import SHAPE


def region(rows: int) -> np.ndarray:
    ignored = np.zeros(SHAPE, bool)
    ignored[: 5 * rows] = True
    return ignored


STATES = [
    replace(state_of(seed, edits), ignored=region(seed))
    for seed, edits in ((1, 20), (2, 40), (3, 60))
]


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """One to work in, one to make again what a cut has left."""
    work, after = tmp_path / "fncells", tmp_path / "after"
    work.mkdir()
    after.mkdir()
    return work, after


def save(number: int, folder: Path) -> WorkingFiles:
    files = WorkingFiles.of(folder, "a.png", "Ada")
    write(encode(STATES[number], files), files, STATES[number])
    return files


@pytest.mark.parametrize("before", [None, 0])
def test_working_files(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, before: int | None
) -> None:
    work, after = folders
    if before is not None:
        save(before, work)
    with recorded(work, monkeypatch) as log:
        for number in (1, 2):
            save(number, work)
            log.mark(str(number))
    files = WorkingFiles.of(after, "a.png", "Ada")
    tried = mended = 0
    for marks, state in states_after_a_cut(log):
        lay_out(after, state)
        found = read(files, SHAPE, SHA256)
        tried += 1
        oldest = max([int(mark) for mark in marks], default=before)
        if found is None:
            assert oldest is None, "what counted as saved is gone"
            continue
        numbers = [n for n in range(3) if np.array_equal(found.state.labels, STATES[n].labels)]
        assert numbers, "pixels of no moment"
        assert oldest is None or numbers[0] >= oldest, "older than what counted as saved"
        if not found.note:
            assert equal(found.state, STATES[numbers[0]]), "a mixture shown as good"
        mended += bool(found.note)
    assert tried > 20
    assert mended, "labels of one moment and the record of another were tried"


def test_what_somebody_else_wrote_is_never_lost(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    work, after = folders
    files = save(0, work)
    theirs = [path.read_bytes() for path in files.paths]
    with recorded(work, monkeypatch) as log:
        keep_conflict(files, "host")
        save(1, work)
        log.mark("1")
    for _, state in states_after_a_cut(log):
        for data in theirs:
            assert data in state.values()
        lay_out(after, state)
        assert read(WorkingFiles.of(after, "a.png", "Ada"), SHAPE, SHA256) is not None


@pytest.mark.parametrize("replacing", [False, True])
def test_a_single_file(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, replacing: bool
) -> None:
    work, _ = folders
    old, new = b"the earlier one", b"the later one, which is longer"
    if replacing:
        (work / "a.json").write_bytes(old)
    with recorded(work, monkeypatch) as log:
        write_atomic(work / "a.json", new, replace=replacing)
        log.mark("saved")
    allowed = {old if replacing else None, new}
    for marks, state in states_after_a_cut(log):
        assert state.get("a.json") in ({new} if marks else allowed)


@pytest.mark.parametrize("left_out", ["_sync_file", "_sync_folder"])
def test_without_an_acknowledgement_of_the_disk_it_shows(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, left_out: str
) -> None:
    work, _ = folders
    (work / "a.json").write_bytes(b"old")
    monkeypatch.setattr(atomic, left_out, lambda _: None)
    with recorded(work, monkeypatch) as log:
        write_atomic(work / "a.json", b"newer", replace=True)
        log.mark("saved")
    bad = [s for m, s in states_after_a_cut(log) if m and s.get("a.json") != b"newer"]
    assert bad


def test_states_differ() -> None:
    assert not equal(STATES[0], replace(STATES[1]))
