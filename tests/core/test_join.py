from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from napari_fncells.core.changes import remove_cell, replace_labels, restore_cell
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Edit, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.join import JoinParams, join_cells
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.redraft import apply_draft
from tests.core.naive import EIGHT, disk, ids_of, pieces
from tests.core.random_shapes import added, drafted

SHAPE = (60, 120)


def join(document: Document, first: int, second: int, *path: tuple[float, float]) -> Edit:
    objects = document.objects
    change = join_cells(document, objects[first], objects[second], np.array(path))
    return document.commit(change)


def two(gap: float, radius: float = 15) -> Document:
    """Cells 1 and 2 on the middle row, with that much ground between."""
    labels = disk(SHAPE, 30, 30, radius).astype(np.uint16)
    labels[disk(SHAPE, 30, 30 + 2 * radius + gap, radius) & (labels == 0)] = 2
    return drafted(labels)


def test_touching_cells_gain_no_pixel() -> None:
    document = two(0)
    before = document.labels.copy()
    edit = join(document, 2, 1, (30, 60), (30, 30))
    assert edit.change.kind is EditKind.JOIN
    assert edit.change.summary == "join cells 2 and 1"
    np.testing.assert_array_equal(document.labels, np.where(before, 2, 0))
    assert set(document.objects) == {2}
    assert document.objects[2].state is ObjectState.EDITED
    document.undo()
    np.testing.assert_array_equal(document.labels, before)
    assert document.objects[1].state is ObjectState.DRAFT


def test_cells_that_touch_by_a_corner_touch() -> None:
    document = Document(SHAPE)
    added(document, Box(10, 10, 20, 20))
    added(document, Box(20, 20, 30, 30))
    join(document, 1, 2, (15, 15), (25, 25))
    assert document.objects[1].area == 200
    assert document.objects[1].state is ObjectState.ADDED


@pytest.mark.parametrize("gap", [2, 5, 12, 30])
def test_a_gap_is_bridged_about_as_wide_as_the_cells_are_there(gap: int) -> None:
    document = two(gap)
    before = document.labels.copy()
    join(document, 1, 2, (30, 30), (30, 60 + gap))
    joined = document.labels == 1
    assert pieces(joined) == 1
    assert joined[before > 0].all()
    middle = round(45 + gap / 2)
    assert 8 <= np.count_nonzero(joined[:, middle]) <= 22


def test_a_bridge_between_thin_cells_is_three_wide() -> None:
    document = Document(SHAPE)
    added(document, Box(30, 10, 31, 30))
    added(document, Box(30, 40, 31, 60))
    join(document, 1, 2, (30, 20), (30, 50))
    assert (document.labels[29:32, 32:38] == 1).all()
    assert not document.labels[28, 32:38].any()
    assert pieces(document.labels == 1) == 1


def test_ends_that_miss_are_led_on_to_the_cells() -> None:
    document = two(12)
    join(document, 1, 2, (30, 48), (30, 54))
    assert pieces(document.labels == 1) == 1


def test_pixels_and_the_border_of_the_picture() -> None:
    document = Document(SHAPE)
    added(document, Box(0, 0, 1, 1))
    added(document, Box(0, 20, 1, 21))
    join(document, 1, 2, (0, 0), (0, 20))
    assert pieces(document.labels == 1) == 1
    assert not document.labels[3:].any()


def test_a_stroke_out_of_the_picture_links_nothing() -> None:
    document = Document(SHAPE)
    added(document, Box(0, 0, 10, 10))
    added(document, Box(0, 40, 10, 50))
    with pytest.raises(UserError, match="lie between"):
        join(document, 1, 2, (5, 5), (-20, 25), (5, 45))


def test_no_bridge_over_a_third_cell() -> None:
    document = two(20)
    added(document, Box(0, 50, 60, 60))
    before = document.labels.copy()
    with pytest.raises(UserError, match="Cell 3 lies between cells 1 and 2"):
        join(document, 1, 2, (30, 30), (30, 80))
    np.testing.assert_array_equal(document.labels, before)


def test_a_bridge_gives_way_to_a_cell_beside_the_stroke() -> None:
    document = two(20)
    added(document, Box(0, 50, 29, 60))
    third = document.labels == 3
    join(document, 1, 2, (30, 30), (31, 80))
    np.testing.assert_array_equal(document.labels == 3, third)
    assert pieces(document.labels == 1) == 1


def test_a_stroke_around_a_third_cell_bridges_around_it() -> None:
    document = two(20, radius=8)
    added(document, Box(25, 40, 36, 50))
    join(document, 1, 2, (30, 30), (15, 45), (30, 66))
    assert pieces(document.labels == 1) == 1
    assert document.objects[3].area == 110


def test_too_far_apart() -> None:
    document = two(40, radius=5)
    objects = document.objects
    path = np.array([(30, 30), (30, 80)])
    with pytest.raises(UserError, match=r"4[01] px apart"):
        join_cells(document, objects[1], objects[2], path, JoinParams(max_gap=20))


def test_cells_in_pieces_stay_in_pieces() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:20, 10:20] = labels[40:50, 10:20] = 1
    labels[10:20, 30:40] = 2
    document = drafted(labels)
    join(document, 1, 2, (15, 15), (15, 35))
    assert pieces(document.labels == 1) == 2
    assert document.labels[15, 25] == 1


def test_a_later_draft_neither_revives_the_joined_cell_nor_wipes_it() -> None:
    document = two(4)
    draft = document.labels.copy()
    join(document, 1, 2, (30, 30), (30, 64))
    joined = document.labels.copy()
    document.commit(apply_draft(document, draft, {}))
    np.testing.assert_array_equal(document.labels, joined)
    assert set(document.objects) == {1}
    # Removed, it stays removed with all its ground
    document.commit(remove_cell(document, document.objects[1]))
    document.commit(apply_draft(document, draft, {}))
    assert not document.labels.any()
    document.commit(restore_cell(document, document.objects[1]))
    np.testing.assert_array_equal(document.labels, joined)


def test_ground_that_the_joined_cell_gave_up_is_free_for_a_draft() -> None:
    """A tombstone of the second cell would forbid it for ever."""
    document = two(4)
    draft = document.labels.copy()
    join(document, 1, 2, (30, 30), (30, 64))
    labels = document.labels.copy()
    labels[:, 47:] = 0
    document.commit(replace_labels(document, labels))
    document.commit(apply_draft(document, draft, {}))
    assert document.counts.final == 2
    assert document.cell_at(30, 64).state is ObjectState.DRAFT


def test_an_id_that_was_joined_away_is_not_given_again() -> None:
    document = two(0)
    join(document, 1, 2, (30, 30), (30, 60))
    assert added(document, Box(0, 0, 5, 5)) == 3


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_joined_cells_are_one_piece_wherever_they_lie(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.zeros(SHAPE, np.uint16)
    middles = rng.uniform((0, 0), (60, 80), (2, 2))
    for i, (row, column) in enumerate(middles, 1):
        labels[disk(SHAPE, row, column, rng.uniform(2, 14)) & (labels == 0)] = i
    if ids_of(labels) != {1, 2} or pieces(labels == 1) > 1 or pieces(labels == 2) > 1:
        return
    document = drafted(labels)
    path = middles + rng.normal(0, 1, (2, 2))
    join(document, 1, 2, *map(tuple, path))
    joined = document.labels == 1
    assert pieces(joined) == 1
    touching = (ndi.binary_dilation(labels == 1, EIGHT) & (labels == 2)).any()
    assert (joined.sum() == (labels > 0).sum()) == touching
