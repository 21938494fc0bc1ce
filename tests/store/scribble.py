"""Random work on a document: every kind of edit there is, reproducible by its seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PilImage

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, Edit, EditKind, ObjectChange
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.redraft import apply_draft
from napari_fncells.io.images import Image, read_image

SHAPE = (64, 80)


def picture(folder: Path, name: str = "cells.png", seed: int = 0) -> Image:
    """A picture on the disk, small and random."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
    PilImage.fromarray(pixels).save(folder / name)
    return read_image(folder / name)


def scribble(document: Document, rng: np.random.Generator, edits: int) -> None:
    """Make edits of random kinds until there are so many more."""
    end = document.edit_count + edits
    while document.edit_count < end:
        _ACTIONS[int(rng.choice(len(_ACTIONS), p=_WEIGHTS))](document, rng)


def same(one: Document, other: Document) -> bool:
    """Whether two documents cannot be told apart, their histories and stacks included."""
    return (
        one.labels.dtype == other.labels.dtype
        and np.array_equal(one.labels, other.labels)
        and dict(one.objects) == dict(other.objects)
        and np.array_equal(one.ignored, other.ignored)
        and (one.ignored_area, one.ignored_cells) == (other.ignored_area, other.ignored_cells)
        and (one.note, one.noted, one.counts) == (other.note, other.noted, other.counts)
        and one.history == other.history
        and list(one.in_force) == list(other.in_force)
        and (one.undo_summary, one.redo_summary) == (other.undo_summary, other.redo_summary)
        and one.next_id == other.next_id
        and one.done == other.done
    )


def _box(document: Document, rng: np.random.Generator) -> Box:
    height, width = (int(rng.integers(1, 15)) for _ in range(2))
    top = int(rng.integers(0, document.shape[0] - height))
    left = int(rng.integers(0, document.shape[1] - width))
    return Box(top, left, top + height, left + width)


def _commit(document: Document, change: Change | None) -> Edit | None:
    if change is None or (change.empty and change.kind is not EditKind.NOTE):
        return None
    return document.commit(change)


def _add(document: Document, rng: np.random.Generator) -> None:
    box = _box(document, rng)
    mask = rng.random((box.height, box.width)) < rng.choice([0.5, 1.0])
    _commit(document, changes.add_cell(document, Region(box, mask, 1.0)))


def _remove(document: Document, rng: np.random.Generator) -> None:
    cells = list(document.cells)
    if cells:
        document.commit(changes.remove_cell(document, cells[int(rng.integers(len(cells)))]))


def _restore(document: Document, rng: np.random.Generator) -> None:
    gone = [cell for cell in document.objects.values() if not cell.alive]
    if gone:
        _commit(document, changes.restore_cell(document, gone[int(rng.integers(len(gone)))]))


def _stroke(document: Document, rng: np.random.Generator) -> None:
    box = _box(document, rng)
    before = document.labels[box.slices].copy()
    value = int(rng.choice([0, document.next_id, *document.objects]))
    document.labels[box.slices][rng.random(before.shape) < 0.6] = value
    change = changes.stroke(document, box, before, "paint")
    if change is not None:
        document.record(change)


def _ignore(document: Document, rng: np.random.Generator) -> None:
    """Paint a region, or clear one."""
    box = _box(document, rng)
    before = document.ignored[box.slices].copy()
    document.ignored[box.slices][rng.random(before.shape) < 0.8] = rng.random() < 0.7
    change = changes.ignore_stroke(document, box, before, "paint")
    if change is not None:
        document.record(change)


def _note(document: Document, rng: np.random.Generator) -> None:
    """Write on a cell, or on the picture."""
    cells = list(document.objects.values())
    cell = cells[int(rng.integers(len(cells)))] if cells and rng.random() < 0.6 else None
    text = str(rng.choice(["", "bleached", "“α” 🙂\ntwo\tlines }", "x" * 300]))
    _commit(document, changes.note(document, text, cell))


def _carry_on(document: Document, rng: np.random.Generator) -> None:
    """A gesture of several edits, undone together."""
    _add(document, rng)
    for _ in range(2):
        box = _box(document, rng)
        change = changes.add_cell(document, Region(box, np.ones((box.height, box.width), bool), 1))
        if change is not None:
            document.commit(replace(change, continues=True))


def _replace(document: Document, rng: np.random.Generator) -> None:
    labels = document.labels.astype(np.int64)
    labels[_box(document, rng).slices] = int(rng.choice([0, document.next_id + 3]))
    _commit(document, changes.replace_labels(document, labels))


def _draft(document: Document, rng: np.random.Generator) -> None:
    labels = np.zeros(document.shape, dtype=np.int32)
    for i in range(1, int(rng.integers(2, 7))):
        labels[_box(document, rng).slices] = i
    details: dict[str, Any] = {"method": "auto", "params": {"a": [1, 2.5]}, "cutoff": None}
    _commit(document, apply_draft(document, labels, details))


def _judge(document: Document, rng: np.random.Generator, kind: EditKind = EditKind.JUDGE) -> None:
    state = ObjectState.UNSURE if kind is EditKind.JUDGE else ObjectState.ACCEPTED
    cells = [cell for cell in document.cells if rng.random() < 0.5 and cell.state is not state]
    items = tuple(ObjectChange(cell, replace(cell, state=state)) for cell in cells)
    document.commit(Change(kind, (), items, "judge cells — “α” 🙂\n\ttwo lines"))


def _done(document: Document, rng: np.random.Generator) -> None:
    _judge(document, rng, EditKind.DONE)


def _undo(document: Document, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 4))):
        document.undo()


def _redo(document: Document, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 3))):
        document.redo()


_ACTIONS = (
    _add, _remove, _restore, _stroke, _carry_on, _replace, _draft, _judge, _done, _undo, _redo,
    _ignore, _note,
)  # fmt: skip
_WEIGHTS = (0.24, 0.1, 0.05, 0.15, 0.05, 0.03, 0.03, 0.05, 0.03, 0.1, 0.05, 0.07, 0.05)
