from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi
from skimage.segmentation import expand_labels

from napari_fncells.core.offset import move_outlines
from napari_fncells.core.params import preset
from napari_fncells.core.score import score_map
from napari_fncells.core.segment import segment
from tests.core.naive import disk
from tests.pictures import cell_picture

SHAPE = (60, 80)


def two() -> np.ndarray:
    labels = np.zeros(SHAPE, np.int32)
    labels[disk(SHAPE, 30, 25, 12)] = 4
    labels[disk(SHAPE, 30, 52, 9)] = 9
    return labels


@pytest.mark.parametrize("offset", [1.0, 2.0, 3.5])
def test_outwards_is_every_free_pixel_within_the_distance(offset: float) -> None:
    labels = two()
    moved = move_outlines(labels, offset)
    np.testing.assert_array_equal(moved[labels > 0], labels[labels > 0])
    distance = ndi.distance_transform_edt(labels == 0)
    np.testing.assert_array_equal(moved > 0, distance <= offset)


def test_cells_that_meet_stay_apart() -> None:
    moved = move_outlines(two(), 8)
    assert set(np.unique(moved)) == {0, 4, 9}
    assert np.count_nonzero(moved == 4) > np.count_nonzero(two() == 4)
    touching = (moved[:, 1:] == 9) & (moved[:, :-1] == 4)
    assert touching.any()


@pytest.mark.parametrize("offset", [-1.0, -3.0])
def test_inwards_takes_that_much_off_each_cell(offset: float) -> None:
    labels = np.zeros(SHAPE, np.int32)
    labels[10:40, 10:40] = 2
    labels[10:40, 40:70] = 3
    moved = move_outlines(labels, offset)
    by = int(-offset)
    expected = np.zeros(SHAPE, np.int32)
    expected[10 + by : 40 - by, 10 + by : 40 - by] = 2
    expected[10 + by : 40 - by, 40 + by : 70 - by] = 3
    np.testing.assert_array_equal(moved, expected)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 10_000),
    offset=st.sampled_from([0.5, 1.0, 1.5, 3.0, 7.3, 10.0]),
    cells=st.integers(1, 8),
)
def test_cells_grow_alike_whether_together_or_group_by_group(
    seed: int, offset: float, cells: int
) -> None:
    rng = np.random.default_rng(seed)
    labels = np.zeros((260, 300), np.int32)
    for number in range(1, cells + 1):
        row, column = rng.integers(0, labels.shape[0]), rng.integers(0, labels.shape[1])
        labels[disk(labels.shape, int(row), int(column), int(rng.integers(1, 15)))] = 3 * number
    np.testing.assert_array_equal(
        move_outlines(labels, offset), expand_labels(labels, distance=offset)
    )


def test_nothing_to_move() -> None:
    labels = two()
    assert move_outlines(labels, 0) is labels
    empty = np.zeros(SHAPE, np.int32)
    for offset in (-2.0, 2.0):
        assert not move_outlines(empty, offset).any()


def test_a_draft_takes_the_offset() -> None:
    score = score_map(cell_picture(), preset("mean-sd").score)
    plain = segment(score, preset("mean-sd"))
    wider = segment(score, preset("mean-sd").with_settings({"outline_offset": 2}))
    np.testing.assert_array_equal(wider > 0, ndi.distance_transform_edt(plain == 0) <= 2)
