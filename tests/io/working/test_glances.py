from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from napari_fncells.io.working import WorkingFiles, glance, read
from napari_fncells.io.working_record import WorkingImage, WorkingSummary, WorkState
from tests.io.working.states import SHA256, region_state, save, state_of
from tests.store.scribble import SHAPE


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
