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
from napari_fncells.io.atomic import write_atomic
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
from napari_fncells.io.working_record import WorkingImage, WorkingSummary, WorkState
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
        ignored=document.ignored > 0 if document.ignored_area else None,
        note=document.note,
    )


def save(state: WorkingState, folder: Path, annotator: str = "Ada") -> WorkingFiles:
    files = WorkingFiles.of(folder, "a.png", annotator)
    encoded = encode(state, files)
    write(encoded, files, state)
    assert files.hashes == encoded.hashes
    return files


def equal(one: WorkingState, other: WorkingState) -> bool:
    planes = ((one.labels, other.labels), (one.ignored, other.ignored))
    same = all(np.array_equal(a, b) for a, b in planes)
    return same and replace(one, labels=other.labels, ignored=other.ignored) == other


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
    assert record["format"] == "fncells-work/4"
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
        write(encode(state_of(2), files), files, state)
    assert files.hashes == before


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


# -- ignored regions and notes -----------------------------------------------------------------


def region_state(ignored: np.ndarray | None, note: str = "") -> WorkingState:
    return replace(state_of(), ignored=ignored, note=note)


def some_region() -> np.ndarray:
    ignored = np.zeros(SHAPE, bool)
    ignored[3:20, 5:31] = True
    ignored[40, 7] = True
    return ignored


def test_any_program_reads_the_regions(tmp_path: Path) -> None:
    files = save(region_state(some_region(), "out of focus"), tmp_path)
    assert files.ignored.name == "a.png.Ada.ignored.png"
    with PilImage.open(files.ignored) as image:
        assert image.mode == "1"
        np.testing.assert_array_equal(np.asarray(image.convert("L")) == 255, some_region())
    record = json.loads(files.record.read_text(encoding="utf-8"))
    assert record["note"] == "out of focus"
    assert record["ignored"]["name"] == files.ignored.name
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert (found.note, found.state.note) == ("", "out of focus")
    np.testing.assert_array_equal(found.state.ignored, some_region())


def test_no_file_where_nothing_is_ignored(tmp_path: Path) -> None:
    files = save(region_state(None), tmp_path)
    assert not files.ignored.exists()
    assert files.hashes[2] == ""


def test_regions_that_are_gone_leave_an_empty_file(tmp_path: Path) -> None:
    save(region_state(some_region()), tmp_path)
    files = save(region_state(None), tmp_path)
    with PilImage.open(files.ignored) as image:
        assert not np.asarray(image).any()
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert (found.note, found.state.ignored) == ("", None)


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

    monkeypatch.setattr(working, "write_atomic", stop)
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


@pytest.mark.parametrize("note", ["}", '"}, "summary": {', "é" * 2000, "a b", "\\", "🙂" * 200])
def test_a_glance_tells_of_notes(tmp_path: Path, note: str) -> None:
    summary = WorkingSummary(
        state=WorkState.IN_WORK, note=WorkingSummary.excerpt(note), noted=2, ignored=4
    )
    image = WorkingImage(name="n" * 250, sha256=SHA256, height=SHAPE[0], width=SHAPE[1])
    state = replace(region_state(None, note), summary=summary, image=image, annotator="Ω" * 60)
    seen = glance(save(state, tmp_path, "Ω" * 60))
    assert seen is not None
    assert seen.summary == summary
    assert seen.summary.note.rstrip("…") in note
    assert len(seen.summary.note) <= 100


def test_a_note_too_long_in_a_file_is_cut(tmp_path: Path) -> None:
    files = save(region_state(None), tmp_path)
    record = json.loads(files.record.read_bytes())
    record["note"] = record["cells"][0]["note"] = "x" * 10_000
    files.record.write_text(json.dumps(record))
    found = read(files, SHAPE, SHA256)
    assert found is not None
    assert len(found.state.note) == len(found.state.objects[0].note) == 2000
