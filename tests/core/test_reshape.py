from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.reshape import SmoothParams, resize_cell, smooth_cell
from tests.core.naive import disk, ids_of, pieces
from tests.core.random_shapes import added, drafted, region

SHAPE = (60, 60)


def resize(document: Document, i: int, box: Box, mask: np.ndarray | None = None) -> None:
    document.commit(resize_cell(document, document.objects[i], region(box, mask)))


def test_resize_out_and_in() -> None:
    document = drafted(np.pad(np.ones((10, 10), np.uint16), 20))
    resize(document, 1, Box(15, 15, 35, 35))
    assert document.objects[1].area == 400
    assert document.objects[1].state is ObjectState.EDITED
    assert document.history[-1].change.details == {"level": 1.0}
    resize(document, 1, Box(24, 24, 26, 26))
    assert document.objects[1].box == Box(24, 24, 26, 26)
    assert resize_cell(document, document.objects[1], region(Box(24, 24, 26, 26))) is None


def test_resize_leaves_others_their_ground_and_takes_no_island_beyond() -> None:
    document = Document(SHAPE)
    added(document, Box(20, 20, 30, 30))
    added(document, Box(10, 32, 40, 34))
    resize(document, 1, Box(18, 18, 32, 40))
    assert document.objects[1].box == Box(18, 18, 32, 32)
    assert document.objects[2].area == 60
    assert pieces(document.labels == 1) == 1


def test_a_region_in_pieces_that_nothing_cuts_is_taken_as_it_is() -> None:
    document = Document(SHAPE)
    added(document, Box(20, 20, 30, 30))
    mask = np.ones((10, 10), bool)
    mask[:, 5] = False
    resize(document, 1, Box(20, 20, 30, 30), mask)
    assert document.objects[1].area == 90


def test_a_cell_may_not_vanish() -> None:
    document = Document(SHAPE)
    added(document, Box(20, 20, 30, 30))
    added(document, Box(40, 40, 50, 50))
    cell = document.objects[1]
    for box in (Box(42, 42, 48, 48), Box(-9, -9, -2, -2), Box(70, 70, 80, 80)):
        with pytest.raises(UserError, match="Nothing would be left"):
            resize_cell(document, cell, region(box))
    empty = Region(Box(20, 20, 21, 21), np.zeros((1, 1), bool), 0.0)
    with pytest.raises(UserError, match="Nothing would be left"):
        resize_cell(document, cell, empty)


def test_a_region_that_reaches_out_of_the_picture_is_clipped() -> None:
    document = Document(SHAPE)
    added(document, Box(0, 0, 10, 10))
    resize(document, 1, Box(-5, -5, 15, 15))
    assert document.objects[1].area == 225
    added(document, Box(55, 55, 60, 60))
    resize(document, 2, Box(50, 50, 70, 70))
    assert document.objects[2].area == 100


def smooth(document: Document, i: int = 1) -> bool:
    change = smooth_cell(document, document.objects[i])
    if change is not None:
        document.commit(change)
    return change is not None


def roughness(mask: np.ndarray) -> int:
    padded = np.pad(mask, 1)
    return sum(int((padded != np.roll(padded, 1, axis)).sum()) for axis in (0, 1))


def ragged(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:60, :60]
    return np.hypot(rows - 30, columns - 30) + rng.normal(0, 1.2, SHAPE) < 15


def test_smooth_fills_holes_drops_specks_and_keeps_the_area() -> None:
    mask = disk(SHAPE, 30, 30, 15)
    mask[28:31, 28:33] = False
    mask[5:8, 5:8] = True
    document = drafted(mask.astype(np.uint16))
    assert smooth(document)
    found = document.labels == 1
    assert found[28:31, 28:33].all()
    assert not found[:10, :10].any()
    assert found.sum() == disk(SHAPE, 30, 30, 15).sum()
    assert document.objects[1].state is ObjectState.EDITED
    assert document.history[-1].change.kind is EditKind.SMOOTH


@pytest.mark.parametrize("seed", range(5))
def test_smooth_makes_a_ragged_outline_shorter(seed: int) -> None:
    mask = ragged(seed)
    document = drafted(mask.astype(np.uint16))
    smooth(document)
    found = document.labels == 1
    assert roughness(found) < 0.8 * roughness(mask)
    assert (found & mask).sum() / (found | mask).sum() > 0.85
    assert pieces(found) == 1


def test_smooth_leaves_neighbours_and_a_cell_in_a_hole() -> None:
    labels = ragged().astype(np.uint16)
    labels[disk(SHAPE, 30, 30, 4)] = 2
    labels[:, 40:44] = 3
    document = drafted(labels)
    before = document.labels.copy()
    smooth(document)
    for i in (2, 3):
        np.testing.assert_array_equal(document.labels == i, before == i)
    assert abs(document.objects[1].area - (before == 1).sum()) < 0.1 * (before == 1).sum()


def test_smooth_at_the_border_of_the_picture_does_not_round_it_off() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[0:20, 0:60] = 1
    document = drafted(labels)
    assert not smooth(document)
    corner = np.zeros(SHAPE, np.uint16)
    corner[0:20, 0:20] = 1
    document = drafted(corner)
    smooth(document)
    np.testing.assert_array_equal(document.labels[:18, :18], corner[:18, :18])


@pytest.mark.parametrize("side", [1, 2, 3])
def test_tiny_cells_live(side: int) -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10 : 10 + side, 10 : 10 + side] = 1
    document = drafted(labels)
    smooth(document)
    assert document.objects[1].area == side * side


def test_pieces_that_are_no_specks_stay() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[5:15, 5:15] = labels[30:38, 30:38] = 1
    document = drafted(labels)
    smooth(document)
    assert pieces(document.labels == 1) == 2
    assert document.objects[1].area == 164


def test_a_thin_neck_is_not_smoothed_through() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:30, 5:25] = labels[20, 25:40] = labels[10:30, 40:58] = 1
    document = drafted(labels)
    area = document.objects[1].area
    smooth(document)
    assert pieces(document.labels == 1) == 1
    assert document.objects[1].area == area


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from([0.02, 0.08, 0.3]))
def test_smooth_keeps_area_pieces_and_neighbours(seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.uint16)
    for i in (2, 3, 1):
        row, column, radius = rng.uniform((0, 0, 3), (60, 60, 18))
        rows, columns = np.mgrid[:60, :60]
        distance = np.hypot(rows - row, columns - column) + rng.normal(0, 1, SHAPE)
        labels[(distance < radius) & (labels == 0)] = i
    if 1 not in ids_of(labels):
        return
    document = Document(SHAPE)
    document.commit(changes.replace_labels(document, labels))
    change = smooth_cell(document, document.objects[1], SmoothParams(share=share))
    if change is None:
        return
    document.commit(change)
    found = document.labels == 1
    for i in (2, 3):
        np.testing.assert_array_equal(document.labels == i, labels == i)
    assert found.any()
    assert pieces(found) <= pieces(labels == 1)
