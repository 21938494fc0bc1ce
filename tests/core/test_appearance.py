from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import appearance, changes
from napari_fncells.core.appearance import StateImage
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import CellObject, ObjectState
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.state_codes import CANDIDATE, CODES, OUTLINE, SELECTED, draft_codes
from tests.core.random_shapes import random_box, random_draft

SHAPE = (40, 52)


def judged(document: Document, cell: CellObject, state: ObjectState) -> Change:
    from dataclasses import replace

    return Change(EditKind.JUDGE, (), (ObjectChange(cell, replace(cell, state=state)),), "judge")


def naive_codes(document: Document, selected: int | None) -> np.ndarray:
    """Codes written out pixel by pixel; dashed outlines are left to the caller."""
    labels = document.labels.astype(np.int64)
    rows, columns = labels.shape
    codes = np.zeros(labels.shape, np.uint8)
    for row in range(rows):
        for column in range(columns):
            i = labels[row, column]
            near = labels[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3]
            if i == 0:
                continue
            edge = bool((near != i).any())
            codes[row, column] = CODES[document.objects[int(i)].state] + (OUTLINE if edge else 0)
            if edge and i == selected:
                codes[row, column] = SELECTED
    return codes


def undashed(codes: np.ndarray) -> np.ndarray:
    """Codes without what is drawn in dashes."""
    plain = codes.copy()
    plain[plain == CODES[ObjectState.REMOVED] + OUTLINE] = 0
    plain[plain == CANDIDATE] = 0
    plain[plain == CODES[ObjectState.UNSURE] + OUTLINE] = CODES[ObjectState.UNSURE]
    return plain


def random_edit(document: Document, rng: np.random.Generator) -> None:
    cells = list(document.cells)
    choice = rng.integers(6)
    if choice == 0 or not cells:
        box = random_box(rng, SHAPE)
        mask = rng.random((box.height, box.width)) < 0.9
        change = changes.add_cell(document, Region(box, mask, 0.0))
        if change is not None:
            document.commit(change)
    elif choice == 1:
        document.commit(changes.remove_cell(document, cells[rng.integers(len(cells))]))
    elif choice == 2:
        state = rng.choice([ObjectState.ACCEPTED, ObjectState.UNSURE])
        cell = cells[rng.integers(len(cells))]
        document.commit(judged(document, cell, ObjectState(state)))
    elif choice == 3:
        document.commit(apply_draft(document, random_draft(rng, SHAPE), {}))
    else:
        (document.undo if choice == 4 else document.redo)()


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), part=st.booleans())
def test_following_the_edits_is_working_it_out_anew(seed: int, part: bool) -> None:
    follow_edits(seed, part)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_large_picture_is_worked_out_in_squares(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(appearance, "TILE", 16)
        follow_edits(seed, True)


def follow_edits(seed: int, part: bool) -> None:
    rng = np.random.default_rng(seed)
    document = Document(SHAPE)
    area = Box(5, 7, 33, 45) if part else Box.whole(SHAPE)
    image = StateImage(document, area)
    document.committed.connect(image.take_in)
    regions: dict[int, Region] = {}
    for _ in range(8):
        random_edit(document, rng)
        ids = [cell.id for cell in document.cells]
        image.select(int(rng.choice(ids)) if ids and rng.random() < 0.5 else None)
        regions = random_regions(rng, regions)
        image.show_candidates(regions)
        again = StateImage(document, area)
        again.select(image.selected)
        again.show_candidates(regions)
        np.testing.assert_array_equal(image.codes, again.codes)
        expected = naive_codes(document, image.selected)[area.slices]
        np.testing.assert_array_equal(undashed(image.codes), undashed(expected))


def random_regions(rng: np.random.Generator, known: dict[int, Region]) -> dict[int, Region]:
    """Some of those known, and new ones by numbers of their own."""
    kept = {number: region for number, region in known.items() if rng.random() < 0.7}
    for number in range(max(known, default=-1) + 1, max(known, default=-1) + 3):
        box = random_box(rng, SHAPE)
        kept[number] = Region(box, rng.random((box.height, box.width)) < 0.9, 0.0)
    return kept


def test_candidates_are_drawn_where_no_cells_are_and_only_they_are_drawn_anew() -> None:
    document = Document(SHAPE)
    document.commit(
        changes.add_cell(document, Region(Box(0, 0, 20, 20), np.ones((20, 20), bool), 0.0))
    )
    image = StateImage(document)
    without = image.codes.copy()
    regions = {
        n: Region(box, np.ones((box.height, box.width), bool), 0.0)
        for n, box in enumerate((Box(12, 12, 30, 30), Box(25, 38, 37, 50)))
    }
    boxes = image.show_candidates(regions)
    assert len(boxes) == 2
    drawn = image.codes == CANDIDATE
    assert drawn.any()
    assert not drawn[:20, :20].any()
    np.testing.assert_array_equal(image.codes[~drawn], without[~drawn])
    assert image.show_candidates(regions) == []
    [box] = image.show_candidates({1: regions[1]})
    assert box.bottom < 36
    image.show_candidates({})
    np.testing.assert_array_equal(image.codes, without)


def test_boxes_that_changed_hold_every_changed_code() -> None:
    document = Document(SHAPE)
    image = StateImage(document)
    before = image.codes.copy()
    boxes: list[Box] = []
    document.committed.connect(lambda edit: boxes.extend(image.take_in(edit)))
    change = changes.add_cell(document, Region(Box(10, 12, 20, 30), np.ones((10, 18), bool), 0.0))
    assert change is not None
    document.commit(change)
    told = np.zeros(SHAPE, bool)
    for box in boxes:
        told[box.slices] = True
    assert told.sum() < 1000
    assert (image.codes != before).any()
    assert not ((image.codes != before) & ~told).any()


def test_many_scattered_cells_are_worked_out_one_by_one() -> None:
    document = Document((4000, 4000))
    labels = np.zeros(document.shape, np.uint16)
    places = [(row, column) for row in range(5, 3900, 400) for column in range(5, 3900, 400)]
    for i, (row, column) in enumerate(places, start=1):
        labels[row : row + 4, column : column + 4] = i
    change = changes.replace_labels(document, labels)
    assert change is not None
    document.commit(change)
    image = StateImage(document)
    boxes: list[Box] = []
    document.committed.connect(lambda edit: boxes.extend(image.take_in(edit)))
    some = [document.objects[i] for i in range(1, 71)]
    document.commit(changes.remove_cells(document, some))
    np.testing.assert_array_equal(image.codes, StateImage(document).codes)
    assert sum(box.height * box.width for box in boxes) < 4000 * 4000 / 2


def test_a_removed_cell_is_drawn_in_dashes_where_nothing_is() -> None:
    document = Document(SHAPE)
    change = changes.add_cell(document, Region(Box(10, 12, 30, 40), np.ones((20, 28), bool), 0.0))
    assert change is not None
    document.commit(change)
    document.commit(changes.remove_cell(document, document.objects[1]))
    codes = StateImage(document).codes
    drawn = codes == CODES[ObjectState.REMOVED] + OUTLINE
    assert 20 < drawn.sum() < 2 * (20 + 28) * 2
    assert not drawn[13:27, 15:37].any()
    assert set(np.unique(codes)) == {0, CODES[ObjectState.REMOVED] + OUTLINE}


def test_codes_of_a_large_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = random_draft(np.random.default_rng(3), SHAPE)
    whole = draft_codes(labels)
    monkeypatch.setattr(appearance, "TILE", 16)
    np.testing.assert_array_equal(draft_codes(labels), whole)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
def test_codes_of_a_draft(dtype: type) -> None:
    labels = np.zeros((20, 20), dtype)
    labels[5:15, 5:15] = 7
    codes = draft_codes(labels)
    draft = CODES[ObjectState.DRAFT]
    assert (codes[7:13, 7:13] == draft).all()
    assert np.count_nonzero(codes == draft + OUTLINE) == 100 - 36


def test_ids_beyond_16_bits() -> None:
    document = Document(SHAPE)
    labels = np.zeros(SHAPE, np.uint32)
    labels[3:12, 3:12] = 70_000
    change = changes.replace_labels(document, labels)
    assert change is not None
    document.commit(change)
    assert document.labels.dtype == np.uint32
    image = StateImage(document)
    assert np.count_nonzero(image.codes) == 81


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_marked_cells_are_highlighted_through_every_edit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    document = Document(SHAPE)
    document.commit(apply_draft(document, random_draft(rng, SHAPE), {}))
    image = StateImage(document)
    document.committed.connect(image.take_in)
    for _ in range(4):
        random_edit(document, rng)
        marked = frozenset(i for i in document.objects if rng.random() < 0.5)
        before = image.codes.copy()
        boxes = image.mark(marked)
        fresh = StateImage(document)
        fresh.mark(marked)
        np.testing.assert_array_equal(image.codes, fresh.codes)
        found = set(np.unique(document.labels[image.codes == SELECTED]).tolist())
        assert found == {i for i in marked if document.is_alive(i)}
        for box in boxes:
            before[box.slices] = image.codes[box.slices]
        np.testing.assert_array_equal(before, image.codes)
    image.mark(frozenset())
    assert not (image.codes == SELECTED).any()
