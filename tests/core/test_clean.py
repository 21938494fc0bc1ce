from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage as ndi

from napari_fncells.core.clean import clean_mask, drop_small, fill_holes
from napari_fncells.core.params import CleanUpParams
from tests.core.naive import EIGHT, disk

QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)
MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=14))


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
