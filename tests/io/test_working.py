from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from napari_fncells.core.document import Document
from napari_fncells.core.objects import ObjectState
from napari_fncells.io import working
from napari_fncells.io.save_error import SaveError
from napari_fncells.io.working import (
    WorkingFileError,
    WorkingFiles,
    WorkingState,
    encode,
    glance,
    keep_conflict,
    read,
    write,
)
from napari_fncells.io.working_record import WorkingImage
from tests.store.scribble import SHAPE, scribble

SHA256 = "a" * 64


def state_of(seed: int = 1, edits: int = 80) -> WorkingState:
    document = Document(SHAPE, "Ada")
    scribble(document, np.random.default_rng(seed), edits)
    return WorkingState(
        labels=document.labels,
        objects=tuple(document.objects.values()),
        done=document.done,
        edits=document.edit_count,
        journal="0123",
        image=WorkingImage(name="a.png", sha256=SHA256, height=SHAPE[0], width=SHAPE[1]),
        annotator="Ada",
        effort=({"id": "x", "active_seconds": 2.5},),
    )


def save(state: WorkingState, folder: Path, annotator: str = "Ada") -> WorkingFiles:
    files = WorkingFiles.of(folder, "a.png", annotator)
    encoded = encode(state, files)
    write(encoded, files, state.labels)
    assert files.hashes == encoded.hashes
    return files


def equal(one: WorkingState, other: WorkingState) -> bool:
    return np.array_equal(one.labels, other.labels) and replace(one, labels=other.labels) == other


@settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_written_is_read(tmp_path: Path, seed: int) -> None:
    state = state_of(seed)
    found = read(save(state, tmp_path), SHAPE, SHA256)
    assert found is not None
    assert found.note == ""
    assert equal(found.state, state)
    assert found.state.labels.dtype == state.labels.dtype


def test_large_ids(tmp_path: Path) -> None:
    state = state_of()
    labels = state.labels.astype(np.uint32)
    labels[0, 0] = 70_000
    found = read(save(replace(state, labels=labels), tmp_path), SHAPE, SHA256)
    assert found is not None
    assert found.state.labels.dtype == np.uint32
    assert found.state.labels[0, 0] == 70_000


def test_names(tmp_path: Path) -> None:
    names = {
        WorkingFiles.of(tmp_path, name, annotator).labels.name
        for name in ("cell.png", "cell.tif")
        for annotator in ("", "Ada", "Zoë Ω")
    }
    assert len(names) == 6
    assert "cell.png.labels.tif" in names
    assert "cell.png.Ada.labels.tif" in names
    for annotator in ("../x", "a/b", "a\\b", "..", "a:b", "x" * 300):
        files = WorkingFiles.of(tmp_path, "a.png", annotator)
        assert files.labels.parent == files.record.parent == tmp_path
        assert "/" not in files.labels.name
        assert len(files.labels.name) < 120


def test_tifffile_and_json_alone_are_enough(tmp_path: Path) -> None:
    """As docs/saving.md shows it."""
    state = state_of(3)
    files = save(state, tmp_path)
    labels = tifffile.imread(files.labels)
    np.testing.assert_array_equal(labels, state.labels)
    record = json.loads(files.record.read_text(encoding="utf-8"))
    assert record["format"] == "fncells-work/2"
    removed = [cell for cell in record["cells"] if cell["state"] == "removed"]
    assert removed
    for cell in removed:
        top, left, bottom, right = cell["box"]
        inside = np.arange(len(cell["place"])) % 2 == 1
        mask = np.repeat(inside, cell["place"]).reshape(bottom - top, right - left)
        known = next(item for item in state.objects if item.id == cell["id"])
        assert known.footprint is not None
        np.testing.assert_array_equal(mask, known.footprint.mask)
    for cell in record["cells"]:
        if cell["state"] != "removed":
            assert (labels == cell["id"]).sum() == cell["area"]


def test_other_programs_read_the_labels(tmp_path: Path) -> None:
    state = state_of(3)
    with PilImage.open(save(state, tmp_path).labels) as image:
        np.testing.assert_array_equal(np.asarray(image), state.labels)


def test_copies_kept_in_one_second_do_not_take_each_others_place(tmp_path: Path) -> None:
    files = save(state_of(1), tmp_path)
    first = keep_conflict(files, "far-2026")
    theirs = files.labels.read_bytes()
    save(state_of(2), tmp_path)
    second = keep_conflict(files, "far-2026")
    assert {path.name for path in first}.isdisjoint(path.name for path in second)
    assert first[0].read_bytes() == theirs
    assert second[0].read_bytes() == files.labels.read_bytes()


def test_none_is_none(tmp_path: Path) -> None:
    assert read(WorkingFiles.of(tmp_path, "a.png"), SHAPE, SHA256) is None
    assert glance(WorkingFiles.of(tmp_path, "a.png")) is None


def test_a_glance(tmp_path: Path) -> None:
    state = state_of()
    found = glance(save(state, tmp_path))
    assert found is not None
    assert (found.journal, found.edits, found.done) == ("0123", state.edits, state.done)
    finished = glance(save(replace(state, done=not state.done), tmp_path, "Bob"))
    assert finished is not None
    assert finished.done is not state.done
    read_back = read(WorkingFiles.of(tmp_path, "a.png", "Ada"), SHAPE, None)
    assert read_back is not None
    assert found.time == read_back.time


def test_another_picture(tmp_path: Path) -> None:
    files = save(state_of(), tmp_path)
    with pytest.raises(WorkingFileError, match="another content"):
        read(files, SHAPE, "b" * 64)
    with pytest.raises(WorkingFileError, match="picture has"):
        read(files, (SHAPE[0] + 1, SHAPE[1]), SHA256)


@pytest.mark.parametrize("cut", [0, 10, 200, -1])
def test_damaged_labels(tmp_path: Path, cut: int) -> None:
    files = save(state_of(), tmp_path)
    data = files.labels.read_bytes()
    files.labels.write_bytes(data[: len(data) // 2 if cut < 0 else cut])
    with pytest.raises(WorkingFileError, match="could not be read"):
        read(files, SHAPE, SHA256)


def test_missing_labels(tmp_path: Path) -> None:
    files = save(state_of(), tmp_path)
    files.labels.unlink()
    with pytest.raises(WorkingFileError, match="missing"):
        read(files, SHAPE, SHA256)


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"format": "other"}', b"\xff\xfe"])
def test_labels_whose_record_is_lost_keep_their_pixels(
    tmp_path: Path, content: bytes | None
) -> None:
    state = state_of()
    files = save(state, tmp_path)
    if content is None:
        files.record.unlink()
    else:
        files.record.write_bytes(content)
    found = read(files, SHAPE, SHA256)
    assert found is not None
    np.testing.assert_array_equal(found.state.labels, state.labels)
    living = {(o.id, o.box, o.area) for o in state.objects if o.alive}
    assert {(o.id, o.box, o.area) for o in found.state.objects} == living
    assert "states of the cells are lost" in found.note


@pytest.mark.parametrize(
    "change",
    [
        {"box": [0, 0, 0, 5]},
        {"id": 0},
        {"state": "dead"},
        {"place": [1, 2, 3]},
        {"place": [-1, 10_000]},
        {"more": 1},
    ],
)
def test_cells_that_make_no_sense_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    files = save(state_of(), tmp_path)
    record = json.loads(files.record.read_bytes())
    record["cells"][0].update(change)
    files.record.write_text(json.dumps(record))
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert "could not be read" in found.note


def test_labels_newer_than_their_record(tmp_path: Path) -> None:
    """As a crash between the two writes leaves them."""
    state = state_of(1, 80)
    files = save(state, tmp_path)
    record = files.record.read_bytes()
    document = Document.replay(SHAPE, [])
    scribble(document, np.random.default_rng(1), 80)
    scribble(document, np.random.default_rng(9), 6)
    newer = replace(state, labels=document.labels, objects=tuple(document.objects.values()))
    save(newer, tmp_path)
    files.record.write_bytes(record)
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert "was changed after" in found.note
    np.testing.assert_array_equal(found.state.labels, document.labels)
    before = {item.id: item for item in state.objects}
    alive = {item.id: item for item in document.cells}
    for item in found.state.objects:
        if item.state is not ObjectState.REMOVED:
            assert (item.box, item.area) == (alive[item.id].box, alive[item.id].area)
            if before.get(item.id) == alive[item.id]:
                assert item == alive[item.id]


def test_what_does_not_read_back_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of()
    files = save(state, tmp_path)
    before = files.hashes
    monkeypatch.setattr(working.tifffile, "imread", lambda _: state.labels + 1)
    with pytest.raises(SaveError, match="read back"):
        write(encode(state_of(2), files), files, state.labels)
    assert files.hashes == before


def test_conflict_copies(tmp_path: Path) -> None:
    files = save(state_of(), tmp_path)
    before = files.labels.read_bytes(), files.record.read_bytes()
    copies = keep_conflict(files, "host/../x-2026")
    assert [copy.read_bytes() for copy in copies] == list(before)
    assert all(copy.parent == tmp_path and "conflict-host" in copy.name for copy in copies)
    assert copies[0].name.endswith(".labels.tif")
    files.record.unlink()
    assert len(keep_conflict(files, "again")) == 1
