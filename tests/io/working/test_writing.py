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

from napari_fncells.io.save_error import SaveError
from napari_fncells.io.working import encode, read, write, writing
from tests.io.working.states import SHA256, equal, region_state, save, some_region, state_of
from tests.store.scribble import SHAPE


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


def test_what_does_not_read_back_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of()
    files = save(state, tmp_path)
    before = files.hashes
    monkeypatch.setattr(writing.tifffile, "imread", lambda _: state.labels + 1)
    with pytest.raises(SaveError, match="read back"):
        write(encode(state_of(2), files), files, state)
    assert files.hashes == before


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
