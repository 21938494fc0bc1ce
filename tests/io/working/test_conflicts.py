from __future__ import annotations

from pathlib import Path

from napari_fncells.io.working import keep_conflict
from tests.io.working.states import save, state_of


def test_copies_kept_in_one_second_do_not_take_each_others_place(tmp_path: Path) -> None:
    files = save(state_of(1), tmp_path)
    first = keep_conflict(files, "far-2026")
    theirs = files.labels.read_bytes()
    save(state_of(2), tmp_path)
    second = keep_conflict(files, "far-2026")
    assert {path.name for path in first}.isdisjoint(path.name for path in second)
    assert first[0].read_bytes() == theirs
    assert second[0].read_bytes() == files.labels.read_bytes()


def test_conflict_copies(tmp_path: Path) -> None:
    files = save(state_of(), tmp_path)
    before = [path.read_bytes() for path in files.paths]
    copies = keep_conflict(files, "host/../x-2026")
    assert [copy.read_bytes() for copy in copies] == before
    assert all(copy.parent == tmp_path and "conflict-host" in copy.name for copy in copies)
    assert [copy.name.rpartition("-2026")[2] for copy in copies] == [
        ".labels.tif", ".json", ".ignored.png"
    ]  # fmt: skip
    files.record.unlink()
    files.ignored.unlink()
    assert len(keep_conflict(files, "again")) == 1
