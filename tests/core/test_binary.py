from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_fncells.core.binary import binary_mask, component_count, fragmented, touching_pairs
from tests.core.naive import disk, ids_of, pieces

QUICK = settings(max_examples=200, deadline=None, derandomize=True, database=None)
LABELS = arrays(
    st.sampled_from([np.uint16, np.uint32]),
    array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 0, 1, 2, 5, 60_000]),
)
SHAPE = (60, 90)


def literal_pairs(labels: np.ndarray) -> set[tuple[int, int]]:
    rows, columns = labels.shape
    return {
        tuple(sorted((int(labels[r, c]), int(labels[y, x]))))
        for r in range(rows)
        for c in range(columns)
        for y in range(max(r - 1, 0), min(r + 2, rows))
        for x in range(max(c - 1, 0), min(c + 2, columns))
        if labels[r, c] and labels[y, x] and labels[r, c] != labels[y, x]
    }


@QUICK
@given(LABELS)
def test_touching_pairs_are_those_found_pixel_by_pixel(labels: np.ndarray) -> None:
    found = touching_pairs(labels)
    assert set(found) == literal_pairs(labels)
    assert list(found) == sorted(found)
    assert all(type(i) is int for pair in found for i in pair)


@QUICK
@given(LABELS)
def test_with_a_gap_no_two_cells_touch(labels: np.ndarray) -> None:
    before = labels.copy()
    mask = binary_mask(labels, gap=True)
    left = np.where(mask, labels, 0)
    assert not mask[labels == 0].any()
    assert literal_pairs(left) == set()
    survivors = sum(pieces(left == i) for i in ids_of(left))
    assert component_count(mask) == pieces(mask) == survivors
    np.testing.assert_array_equal(labels, before)


@QUICK
@given(LABELS)
def test_the_gap_takes_only_pixels_beside_a_smaller_cell(labels: np.ndarray) -> None:
    mask = binary_mask(labels, gap=True)
    size = {i: int((labels == i).sum()) for i in ids_of(labels)}
    for row, column in np.argwhere((labels > 0) & ~mask):
        here = labels[row, column]
        window = labels[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        beside = {i for i in ids_of(window) if i != here}
        assert any((size[i], i) < (size[int(here)], int(here)) for i in beside)
    if size:
        smallest = min(size, key=lambda i: (size[i], i))
        assert mask[labels == smallest].all()


@QUICK
@given(LABELS)
def test_fragmented_cells_are_those_in_several_pieces(labels: np.ndarray) -> None:
    assert fragmented(labels) == tuple(
        sorted(i for i in ids_of(labels) if pieces(labels == i) > 1)
    )


@QUICK
@given(LABELS)
def test_without_a_gap_every_pixel_stays(labels: np.ndarray) -> None:
    np.testing.assert_array_equal(binary_mask(labels), labels > 0)
    assert component_count(binary_mask(labels)) == pieces(labels > 0)


def test_real_cells_keep_their_number_by_the_gap() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    for i, (row, column, radius) in enumerate(((30, 25, 14), (30, 50, 11), (14, 40, 9)), 1):
        labels[disk(SHAPE, row, column, radius)] = i
    assert len(touching_pairs(labels)) >= 2
    assert component_count(binary_mask(labels)) == 1
    assert component_count(binary_mask(labels, gap=True)) == 3


def test_the_larger_of_two_gives_the_pixels() -> None:
    labels = np.zeros((10, 30), np.uint16)
    labels[:, :10], labels[2:8, 10:14] = 7, 3
    gap = binary_mask(labels, gap=True)
    assert gap[labels == 3].all()
    np.testing.assert_array_equal(np.argwhere((labels == 7) & ~gap)[:, 1], 9)
    assert (gap[:, :9]).all()


def test_a_thin_piece_beside_a_smaller_cell_counts() -> None:
    """The gap would clear that piece; it is there all the same."""
    labels = np.zeros((12, 12), np.uint16)
    labels[:4, :4] = 1
    labels[8, 4] = 1
    labels[8:10, 5:7] = 2
    assert fragmented(labels) == (1,)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1)])
def test_small_pictures(shape: tuple[int, int]) -> None:
    labels = np.arange(1, shape[0] * shape[1] + 1, dtype=np.uint16).reshape(shape)
    assert len(touching_pairs(labels)) == labels.size - 1
    assert binary_mask(labels, gap=True).sum() >= 1
    empty = np.zeros(shape, np.uint16)
    assert touching_pairs(empty) == fragmented(empty) == ()
    assert component_count(binary_mask(empty, gap=True)) == 0


def test_huge_ids_need_little_memory() -> None:
    labels = np.zeros((8, 8), np.uint32)
    labels[:, :4], labels[:, 4:] = 4_294_967_294, 4_294_967_293
    assert touching_pairs(labels) == ((4_294_967_293, 4_294_967_294),)
    assert component_count(binary_mask(labels, gap=True)) == 2
    assert fragmented(labels) == ()
