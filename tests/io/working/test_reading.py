from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from napari_fncells.core.document import Document
from napari_fncells.core.objects import ObjectState
from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.working import (
    WorkingFileError,
    WorkingFiles,
    encode,
    glance,
    read,
    write,
    writing,
)
from tests.io.working.states import SHA256, equal, region_state, save, some_region, state_of
from tests.store.scribble import SHAPE, scribble


def test_none_is_none(tmp_path: Path) -> None:
    assert read(WorkingFiles.of(tmp_path, "a.png"), SHAPE, SHA256) is None
    assert glance(WorkingFiles.of(tmp_path, "a.png")) is None


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


@pytest.mark.parametrize("kill_after", [1, 2])
def test_a_crash_between_the_files_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill_after: int
) -> None:
    old = region_state(some_region(), "old")
    files = save(old, tmp_path)
    labels = old.labels.copy()
    labels[-5:, -5:] = int(labels.max()) + 1
    new = replace(old, labels=labels, ignored=~some_region(), note="new")
    written = []

    def stop(path: Path, *args: object, **kwargs: object) -> None:
        if len(written) == kill_after:
            raise KeyboardInterrupt
        written.append(path)
        write_atomic(path, *args, **kwargs)

    monkeypatch.setattr(writing, "write_atomic", stop)
    with pytest.raises(KeyboardInterrupt):
        write(encode(new, files), files, new)
    assert files.record not in written
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert "changed after" in found.note
    # What is on the disk counts, the record knows of it nothing more
    np.testing.assert_array_equal(found.state.labels, labels)
    expected = some_region() if kill_after == 1 else ~some_region()
    np.testing.assert_array_equal(found.state.ignored, expected)
    assert (found.state.note, found.state.done, found.state.journal) == ("old", False, "")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is missing: the ignored regions are lost"),
        (b"", "no PNG"),
        (b"\x89PNG\r\n\x1a\n", "no PNG"),
        ("cut", "damaged"),
        ("size", "pixels, the picture"),
        ("colour", "colours"),
        ("other", "was changed after"),
    ],
)
def test_regions_that_cannot_be_read_cost_no_cell(
    tmp_path: Path, content: bytes | str | None, words: str
) -> None:
    state = region_state(some_region())
    files = save(state, tmp_path)
    if content is None:
        files.ignored.unlink()
    elif isinstance(content, bytes):
        files.ignored.write_bytes(content)
    elif content == "cut":
        files.ignored.write_bytes(files.ignored.read_bytes()[:60])
    else:
        shape = {"size": (SHAPE[0], SHAPE[1] + 1), "colour": (*SHAPE, 3), "other": SHAPE}[content]
        PilImage.fromarray(np.full(shape, 7, np.uint8)).save(files.ignored)
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert words in found.note
    np.testing.assert_array_equal(found.state.labels, state.labels)
    assert set(found.state.objects) == set(state.objects)
    lost = content != "other"
    assert (found.state.ignored is None) == lost


def test_files_of_format_2(tmp_path: Path) -> None:
    """As the version before regions and notes wrote them."""
    state = replace(region_state(None), objects=tuple(
        replace(item, note="") for item in state_of().objects
    ))  # fmt: skip
    files = save(state, tmp_path)
    record = json.loads(files.record.read_bytes())
    record["format"] = "fncells-work/2"
    del record["ignored"], record["note"]
    record["summary"] = {"state": "done", "final": 3}
    for cell in record["cells"]:
        del cell["note"]
    files.record.write_text(json.dumps(record, indent=1))
    found, seen = read(files, SHAPE, SHA256), glance(files)
    assert found is not None
    assert seen is not None
    assert found.note == ""
    assert equal(replace(found.state, summary=None), state)
    assert seen.summary is not None
    assert (seen.summary.final, seen.summary.note, seen.summary.ignored) == (3, "", 0)


def test_a_note_too_long_in_a_file_is_cut(tmp_path: Path) -> None:
    files = save(region_state(None), tmp_path)
    record = json.loads(files.record.read_bytes())
    record["note"] = record["cells"][0]["note"] = "x" * 10_000
    files.record.write_text(json.dumps(record))
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert len(found.state.note) == len(found.state.objects[0].note) == 2000
