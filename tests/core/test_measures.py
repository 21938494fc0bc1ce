"""Measures of cells: against scikit-image, and kept up to date as if all were measured anew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import regionprops

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change
from napari_fncells.core.geometry import Box
from napari_fncells.core.judge import judge
from napari_fncells.core.measures import CellMeasures, Measures, measure_cell, planes_of
from napari_fncells.core.object_table import ObjectTable
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.redraft import apply_draft
from napari_fncells.core.steps import finish
from tests.core.random_shapes import random_box, random_cell, random_draft, region

SHAPE = (40, 48)


def pixels_of(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 255, (*SHAPE, 2), dtype=np.uint8)


def anew(document: Document, pixels: np.ndarray) -> dict[int, CellMeasures]:
    measures = Measures(document, planes_of(pixels))
    measures.update()
    return {cell.id: found for cell in document.cells if (found := measures.of(cell.id))}


def known(document: Document, measures: Measures) -> dict[int, CellMeasures | None]:
    return {cell.id: measures.of(cell.id) for cell in document.cells}


def any_change(document: Document, rng: np.random.Generator) -> Change | None:
    """Some edit of any kind; a stroke is painted first, as a brush does."""
    cells = list(document.cells)
    kind = rng.integers(0, 6)
    if kind == 0:
        return apply_draft(document, random_draft(rng, SHAPE), {})
    if kind == 1:
        return changes.add_cell(document, region(*random_cell(rng, SHAPE)))
    if kind == 2:
        box = random_box(rng, SHAPE)
        mask = np.ones((box.height, box.width), bool)
        return changes.ignore_region(document, box, mask, ignored=bool(rng.random() < 0.7))
    if kind == 3 and cells:
        return changes.remove_cells(document, cells[: int(rng.integers(1, 4))])
    if kind == 4 and cells:
        return judge(document, cells, ObjectState.UNSURE)
    gone = [cell for cell in document.objects.values() if not cell.alive]
    return changes.restore_cell(document, gone[0]) if gone else None


def step(document: Document, rng: np.random.Generator) -> None:
    roll = rng.random()
    if roll < 0.15:
        document.undo()
    elif roll < 0.25:
        document.redo()
    elif roll < 0.4:
        box = random_box(rng, SHAPE)
        before = document.labels[box.slices].copy()
        document.labels[box.slices] = rng.integers(0, document.next_id)
        change = changes.stroke(document, box, before, "paint")
        if change is not None:
            document.record(change)
    else:
        change = any_change(document, rng)
        if change is not None:
            document.commit(change)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_shapes_and_intensities_are_those_of_scikit_image(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, pixels = random_draft(rng, SHAPE).astype(np.uint16), pixels_of(seed)
    for cell in regionprops(labels, pixels):
        found = measure_cell(labels, cell.label, Box(*cell.bbox), planes_of(pixels))
        assert found.area == cell.area
        assert (found.y, found.x) == pytest.approx(cell.centroid, abs=1e-9)
        assert found.eccentricity == pytest.approx(cell.eccentricity, abs=1e-6)
        assert found.solidity == cell.solidity
        for channel, mean in zip(found.channels, cell.intensity_mean, strict=True):
            assert channel.mean == pytest.approx(mean)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_followed_edit_by_edit_is_as_measured_anew(seed: int) -> None:
    rng, pixels = np.random.default_rng(seed), pixels_of()
    document = Document(SHAPE)
    document.commit(apply_draft(document, random_draft(rng, SHAPE), {}))
    measures = Measures(document, planes_of(pixels))
    measures.update()
    table = ObjectTable(document, measures, 1, 0.5)
    behind: set[int] = set()

    def follow(edit) -> None:
        behind.update(document.ignored_cells ^ measures.left_out)
        measures.take_in(edit)
        behind.update(item.id for item in edit.change.objects)

    document.committed.connect(follow)
    for _ in range(8):
        step(document, rng)
        behind.update(measures.update())
        table.update(behind)
        behind.clear()
        assert known(document, measures) == anew(document, pixels)
        fresh = ObjectTable(document, measures, 1, 0.5)
        np.testing.assert_array_equal(table.ids, fresh.ids)
        for name, column in fresh.values.items():
            np.testing.assert_array_equal(table.column(name), column, err_msg=name)
        counted = {c.id for c in document.cells} - document.ignored_cells
        assert set(table.ids.tolist()) == counted


def two_cells() -> Document:
    document = Document(SHAPE)
    labels = np.zeros(SHAPE, np.int32)
    labels[5:15, 5:15], labels[25:35, 25:35] = 1, 2
    document.commit(apply_draft(document, labels, {}))
    return document


def test_an_edit_has_only_what_it_reaches_measured_again() -> None:
    document = two_cells()
    measures = Measures(document, planes_of(pixels_of()))
    measures.update()
    document.committed.connect(measures.take_in)
    document.commit(changes.add_cell(document, region(Box(16, 8, 18, 10))))
    assert sorted(measures.update()) == [1, 3]  # within the ring of the first
    document.commit(judge(document, document.cells, ObjectState.ACCEPTED))
    assert measures.stale == 0
    measures.touch(Box(20, 20, 21, 21))
    assert measures.update() == [2]


def test_what_an_edit_reached_while_it_was_measured_is_measured_again() -> None:
    document, pixels = two_cells(), pixels_of()
    measures = Measures(document, planes_of(pixels))
    document.committed.connect(measures.take_in)
    steps = measures.steps()
    next(steps)
    document.commit(changes.add_cell(document, region(Box(16, 8, 18, 10))))
    document.commit(changes.remove_cell(document, document.objects[2]))
    assert measures.put(finish(steps)) == []
    measures.update()
    assert known(document, measures) == anew(document, pixels)


def test_rows_say_what_is_known() -> None:
    document = two_cells()
    measures = Measures(document, planes_of(np.full(SHAPE, 7, np.uint8)))
    table = ObjectTable(document, measures)
    assert [table.text(0, k) for k in range(len(table.columns))] == [
        "1", "draft", "", "100", "", "", "", "", "",
    ]  # fmt: skip
    assert not table.update(measures.update())
    assert [table.text(1, k) for k in range(len(table.columns))] == [
        "2", "draft", "", "100", "7.0", "7", "0.0", "0.00", "1.00",
    ]  # fmt: skip
    assert table.row_of(2) == 1
    assert table.row_of(3) is None


def test_doubts_are_those_of_cells_still_to_be_decided_on() -> None:
    document = two_cells()
    table = ObjectTable(document, Measures(document, planes_of(pixels_of())))
    table.show_doubts(np.array([1, 2, 7]), np.array([0.25, 0.5, 1.0]))
    assert table.column("doubt").tolist() == [0.25, 0.5]
    document.commit(judge(document, [document.objects[1]], ObjectState.ACCEPTED))
    document.commit(changes.add_cell(document, region(Box(0, 0, 3, 3))))
    table.update([1, 3])
    assert [table.text(row, 2) for row in range(3)] == ["", "0.50", ""]
    table.show_doubts(np.array([3]), np.array([0.75]))
    assert np.isnan(table.column("doubt")).all()  # of an added cell nothing is left to decide
    table.show_doubts(np.empty(0, np.int64), np.empty(0))
    assert np.isnan(table.column("doubt")).all()
