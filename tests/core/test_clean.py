from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage as ndi

from napari_fncells.core.clean import (
    drop_cells,
    drop_pieces,
    drop_small,
    fill_holes,
    smooth_mask,
)
from napari_fncells.core.params import CleanUpParams
from napari_fncells.core.roundness import roundness
from tests.core.naive import EIGHT, disk

QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)
MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=14))


def clean_mask(mask: np.ndarray, params: CleanUpParams) -> np.ndarray:
    return drop_pieces(smooth_mask(mask, params), params)


def literal_fill(mask: np.ndarray, max_area: int) -> np.ndarray:
    filled = mask.copy()
    regions, count = ndi.label(~mask)  # 4-connected
    for k in range(1, count + 1):
        hole = regions == k
        border = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
        if not border and hole.sum() < max_area:
            filled |= hole
    return filled


def literal_drop(mask: np.ndarray, min_area: int) -> np.ndarray:
    kept = np.zeros_like(mask)
    regions, count = ndi.label(mask, EIGHT)
    for k in range(1, count + 1):
        if (regions == k).sum() >= min_area:
            kept |= regions == k
    return kept


def literal_open(mask: np.ndarray, radius: int) -> np.ndarray:
    """Opening of a mask whose border pixels go on for ever."""
    shape = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2).astype(bool)
    far = np.pad(mask, 4 * radius + 1, mode="edge")
    inner = slice(4 * radius + 1, -4 * radius - 1)
    return ndi.binary_dilation(ndi.binary_erosion(far, shape), shape)[inner, inner]


@QUICK
@given(MASKS, st.integers(0, 30))
def test_fill_holes(mask: np.ndarray, area: int) -> None:
    np.testing.assert_array_equal(fill_holes(mask, area), literal_fill(mask, area))


@QUICK
@given(MASKS, st.integers(0, 30))
def test_drop_small(mask: np.ndarray, area: int) -> None:
    np.testing.assert_array_equal(drop_small(mask, area), literal_drop(mask, area))


@QUICK
@given(MASKS, st.integers(1, 3))
def test_opening(mask: np.ndarray, radius: int) -> None:
    opened = clean_mask(mask, CleanUpParams(opening=radius))
    np.testing.assert_array_equal(opened, literal_open(mask, radius))


@QUICK
@given(MASKS, st.integers(0, 2), st.integers(0, 12), st.integers(0, 12))
def test_clean_up_fills_then_opens_then_drops(
    mask: np.ndarray, opening: int, hole: int, small: int
) -> None:
    before = mask.copy()
    found = clean_mask(mask, CleanUpParams(opening=opening, hole_area=hole, min_area=small))
    expected = literal_fill(mask, hole)
    if opening:
        expected = literal_open(expected, opening)
    np.testing.assert_array_equal(found, literal_drop(expected, small))
    np.testing.assert_array_equal(mask, before)


def test_a_cell_cut_by_the_side_stays_whole() -> None:
    mask = disk((60, 60), 0, 30, 12)
    opened = clean_mask(mask, CleanUpParams(opening=6))
    assert opened.sum() > 0.95 * mask.sum()
    assert opened[0, 20:40].all()


def test_opening_cuts_a_thin_process_off() -> None:
    mask = disk((60, 60), 30, 20, 12)
    mask[29:32, 30:58] = True
    opened = clean_mask(mask, CleanUpParams(opening=4))
    assert not opened[:, 40:].any()
    assert opened[30, 20]


def test_the_limits_are_as_described() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:7, 2:7] = True
    mask[4, 4:6] = False
    assert fill_holes(mask, 3).sum() == 25
    assert fill_holes(mask, 2).sum() == 23
    assert drop_small(mask, 23).any()
    assert not drop_small(mask, 24).any()


def test_closing_closes_gaps_and_leaves_the_border() -> None:
    mask = np.zeros((60, 80), bool)
    mask[20:40, 0:38] = mask[20:40, 42:80] = True
    closed = smooth_mask(mask, CleanUpParams(closing=3))
    assert closed[30, 38:42].all()
    assert not closed[:17].any()
    assert (closed | ~mask).all()


def test_roundness_of_known_shapes() -> None:
    for radius in (4, 8, 20, 60):
        assert roundness(disk((150, 150), 75, 75, radius)) > 0.87
    square = np.zeros((60, 60), bool)
    square[10:50, 10:50] = True
    assert abs(roundness(square) - np.pi / 4) < 0.05
    bar = np.zeros((20, 120), bool)
    bar[8:12, 5:115] = True
    assert roundness(bar) < 0.15
    assert roundness(np.ones((1, 1), bool)) == 1
    assert roundness(np.ones((1, 3), bool)) == 1


def test_cells_are_left_out_by_size_roundness_and_border() -> None:
    labels = np.zeros((80, 120), np.int32)
    labels[disk(labels.shape, 40, 40, 10)] = 4
    labels[disk(labels.shape, 0, 90, 9)] = 5
    labels[60:63, 10:100] = 7
    labels[10:13, 10:13] = 9
    for params, left in (
        ({}, {4, 5, 7, 9}),
        ({"min_area": 10}, {4, 5, 7}),
        ({"max_area": 300}, {5, 7, 9}),
        ({"max_area": 300, "min_area": 10}, {5, 7}),
        ({"roundness": 0.5}, {4, 5, 9}),
        ({"border": True}, {4, 7, 9}),
    ):
        found = drop_cells(labels, CleanUpParams(**params))
        assert set(np.unique(found)) - {0} == left, params
        assert (found[found > 0] == labels[found > 0]).all()


def test_many_holes_are_filled_like_few() -> None:
    mask = np.ones((200, 300), bool)
    mask[2:-2:4, 2:-2:4] = False
    mask[50:90, 50:90] = False
    np.testing.assert_array_equal(fill_holes(mask, 5), literal_fill(mask, 5))
    few = np.ones((60, 70), bool)
    few[10:20, 10:20] = few[12:18, 40:60] = False
    few[14:16, 44:50] = True
    few[15, 46] = False
    for limit in (2, 50, 101, 1000):
        np.testing.assert_array_equal(fill_holes(few, limit), literal_fill(few, limit))


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 10_000), radius=st.integers(1, 6))
def test_opening_piece_by_piece_is_opening(seed: int, radius: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros((70, 90), bool)
    for _ in range(int(rng.integers(1, 12))):
        mask |= disk(
            mask.shape, *(int(v) for v in rng.integers(-3, 90, 2)), int(rng.integers(1, 18))
        )
    for _ in range(int(rng.integers(0, 6))):
        mask &= ~disk(
            mask.shape, *(int(v) for v in rng.integers(0, 70, 2)), int(rng.integers(1, 9))
        )
    mask ^= rng.random(mask.shape) < 0.02
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    padded = np.pad(mask.astype(np.uint8), radius, mode="edge")
    expected = cv2.morphologyEx(padded, cv2.MORPH_OPEN, kernel)[radius:-radius, radius:-radius]
    found = smooth_mask(mask, CleanUpParams(opening=radius))
    np.testing.assert_array_equal(found, expected > 0)
