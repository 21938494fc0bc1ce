"""A comparison kept up to date by edits is the one that is made from scratch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.appearance import StateImage
from napari_fncells.core.colouring import ByArea, ByComparison, ByDoubt, Colouring
from napari_fncells.core.comparison import Agreement, Comparison
from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.ignore import left_out
from napari_fncells.core.matching import match_objects
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.state_codes import CLASSES, OUTLINE
from tests.core.random_shapes import drafted, random_box, random_cell, random_draft, region

SHAPE = (44, 52)


def some_edit(rng: np.random.Generator, document: Document) -> None:
    """A correction of any kind, by chance."""
    cells = sorted(document.cells, key=lambda c: c.id)
    kind = rng.choice(["add", "remove", "paint", "undo", "redo", "draft", "ignore"])
    change = None
    if kind == "add":
        change = changes.add_cell(document, region(*random_cell(rng, document.shape)))
    elif kind == "remove" and cells:
        change = changes.remove_cell(document, cells[int(rng.integers(len(cells)))])
    elif kind == "draft":
        change = apply_draft(document, random_draft(rng, document.shape), {})
    elif kind == "ignore":
        box = random_box(rng, document.shape)
        whole = np.ones((box.height, box.width), bool)
        change = changes.ignore_region(document, box, whole, ignored=bool(rng.random() < 0.7))
    elif kind in ("undo", "redo"):
        getattr(document, kind)()
    elif kind == "paint":
        box = random_box(rng, document.shape)
        before = document.labels[box.slices].copy()
        value = int(rng.choice([0, document.next_id, *(c.id for c in cells)]))
        document.labels[box.slices] = value
        painted = changes.stroke(document, box, before, "paint")
        if painted is not None:
            document.record(painted)
    if change is not None and not change.empty:
        document.commit(change)


def literal(document: Document, other: np.ndarray) -> Agreement:
    pred, truth = left_out(document.labels, other, document.ignored > 0)
    found = match_objects(pred, truth, "iou")
    return Agreement(found.tp, found.fp, found.fn)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_live_is_as_from_scratch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = random_draft(rng, SHAPE)
    other = np.where(rng.random(SHAPE) < 0.9, labels, 0).astype(np.uint16)
    document = drafted(labels)
    live = Comparison(document, other)
    image = StateImage(document)
    image.colour_by(ByComparison(live))
    document.committed.connect(image.take_in)
    for _ in range(8):
        some_edit(rng, document)
        anew = Comparison(document, other)
        assert live.agreement == anew.agreement == literal(document, other)
        for cell in document.cells:
            assert live.is_matched(cell.id) == anew.is_matched(cell.id)
        fresh = StateImage(document)
        fresh.colour_by(ByComparison(anew))
        np.testing.assert_array_equal(image.codes, fresh.codes)


def test_the_classes_are_what_they_say() -> None:
    labels = np.zeros(SHAPE, np.int32)
    labels[4:14, 4:14] = 1
    labels[4:14, 24:34] = 2
    other = np.zeros(SHAPE, np.uint16)
    other[5:14, 4:14] = 7
    other[24:34, 4:14] = 9
    document = drafted(labels)
    colouring = ByComparison(Comparison(document, other))
    assert colouring.titles == ("both (TP)", "extra (FP)", "missing (FN)")
    assert str(colouring.comparison.agreement) == "TP 1, FP 1, FN 1, F1 0.50"
    image = StateImage(document)
    image.colour_by(colouring)
    assert image.codes[9, 9] == CLASSES
    assert image.codes[9, 29] == CLASSES + 1
    assert image.codes[9, 24] == CLASSES + 1 + OUTLINE
    assert image.codes[24, 8] == CLASSES + 2 + OUTLINE
    assert image.codes[29, 9] == 0
    image.colour_by(None)
    np.testing.assert_array_equal(image.codes, StateImage(document).codes)


def test_a_missing_cell_is_outlined_within_another_one() -> None:
    labels = np.zeros(SHAPE, np.int32)
    labels[2:42, 2:42] = 1
    other = np.zeros(SHAPE, np.uint16)
    other[10:22, 10:22] = 1
    document = drafted(labels)
    image = StateImage(document)
    image.colour_by(ByComparison(Comparison(document, other)))
    assert image.codes[10, 15] == CLASSES + 2 + OUTLINE


def test_nothing_beside_nothing() -> None:
    document = Document(SHAPE)
    found = Comparison(document, np.zeros(SHAPE, np.uint16)).agreement
    assert str(found) == "TP 0, FP 0, FN 0, F1 –"
    with pytest.raises(UserError):
        Comparison(document, np.zeros((3, 4), np.uint16))


def test_areas_are_in_steps_of_two() -> None:
    labels = np.zeros((80, 80), np.int32)
    for n, side in enumerate((3, 8, 9, 10, 11, 12, 40)):
        top, left = (0, 0) if side == 3 else (40, 0) if side == 40 else (4 + 0, 12 * (n - 1))
        labels[top : top + side, left : left + side] = n + 1
    document = drafted(labels)
    colouring: Colouring = ByArea(document)
    found = [colouring.class_of(cell) for cell in sorted(document.cells, key=lambda c: c.area)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (0, 5)
    assert colouring.titles[0] == "below 25 px²"
    assert len(colouring.titles) == 6
    assert ByArea(document, pixel_size=0.5).titles[0] == "below 6.2 µm²"
    assert ByArea(Document(SHAPE)).titles


def test_doubts_by_fifths() -> None:
    labels = np.zeros(SHAPE, np.int32)
    labels[4:14, 4:14] = 1
    labels[4:14, 24:34] = 2
    document = drafted(labels)
    colouring = ByDoubt({1: 1.0})
    first, second = sorted(document.cells, key=lambda c: c.id)
    assert (colouring.class_of(first), colouring.class_of(second)) == (4, 0)
    image = StateImage(document)
    image.colour_by(colouring)
    changed = colouring.renew({1: 0.95, 2: 0.5})
    assert changed == {2}
    assert image.renew(changed) != []
    assert image.codes[9, 29] == CLASSES + 2
    assert colouring.outlines(Box.whole(SHAPE)) == []
