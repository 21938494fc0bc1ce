"""States to be written and read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.io.working import WorkingFiles, WorkingState, encode, write
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


# -- ignored regions and notes -----------------------------------------------------------------


def region_state(ignored: np.ndarray | None, note: str = "") -> WorkingState:
    return replace(state_of(), ignored=ignored, note=note)


def some_region() -> np.ndarray:
    ignored = np.zeros(SHAPE, bool)
    ignored[3:20, 5:31] = True
    ignored[40, 7] = True
    return ignored
