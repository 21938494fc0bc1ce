from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.geometry import Box
from napari_fncells.core.path import as_points, box_of, drawn, enclosed, pixels_along, sampled
from napari_fncells.core.ray import heading, ids_under, reach_within
from tests.core.naive import winding
from tests.core.random_shapes import random_path

SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=100, deadline=None, derandomize=True, database=None)


def test_a_path_is_finite_pairs() -> None:
    assert as_points([]).shape == (0, 2)
    assert as_points([(1, 2)]).dtype == np.float64
    for wrong in ([1, 2], [(1, 2, 3)], [(np.nan, 1)], [(np.inf, 1)]):
        with pytest.raises(ValueError, match="path"):
            as_points(wrong)


@QUICK
@given(seed=SEEDS)
def test_samples_are_close_and_on_the_path(seed: int) -> None:
    path = random_path(np.random.default_rng(seed), (40, 40))
    points = sampled(path)
    np.testing.assert_allclose(points[[0, -1]], path[[0, -1]])
    assert np.hypot(*np.diff(points, axis=0).T).max() <= 0.5 + 1e-9
    length = np.hypot(*np.diff(path, axis=0).T).sum()
    assert np.hypot(*np.diff(points, axis=0).T).sum() == pytest.approx(length, rel=0.05)


def test_samples_of_a_point_and_of_a_path_that_stands_still() -> None:
    np.testing.assert_array_equal(sampled(as_points([(3, 4)])), [[3, 4]])
    np.testing.assert_array_equal(sampled(as_points([(3, 4), (3, 4)])), [[3, 4]])
    assert sampled(as_points([])).shape == (0, 2)
    still = sampled(as_points([(0, 0), (0, 0), (0, 2), (0, 2), (2, 2)]))
    assert still[-1].tolist() == [2, 2]
    assert len(still) == 9


@QUICK
@given(seed=SEEDS)
def test_pixels_share_sides(seed: int) -> None:
    path = random_path(np.random.default_rng(seed), (40, 40))
    pixels = pixels_along(path)
    steps = np.abs(np.diff(pixels, axis=0)).sum(axis=1)
    assert (steps == 1).all()
    np.testing.assert_array_equal(pixels[[0, -1]], np.round(path[[0, -1]]))
    points = sampled(path, 0.05)
    apart = np.hypot(*(pixels[:, None] - points[None]).transpose(2, 0, 1)).min(axis=1)
    assert apart.max() < 1.2


def test_drawn_keeps_to_its_box() -> None:
    pixels = pixels_along(as_points([(-2, 1), (4, 1)]))
    mask = drawn(pixels, Box(1, 0, 4, 3))
    np.testing.assert_array_equal(mask, [[0, 1, 0], [0, 1, 0], [0, 1, 0]])
    assert not drawn(pixels, Box(1, 2, 4, 5)).any()


@QUICK
@given(seed=SEEDS, even_odd=st.booleans())
def test_enclosed_is_the_winding_number(seed: int, even_odd: bool) -> None:
    path = random_path(np.random.default_rng(seed), (40, 30))
    turns = winding(path, (40, 30))
    expected = turns % 2 == 1 if even_odd else turns != 0
    found = enclosed(path, Box(0, 0, 40, 30), even_odd=even_odd)
    np.testing.assert_array_equal(found, expected)
    part = enclosed(path, Box(7, 9, 33, 20), even_odd=even_odd)
    np.testing.assert_array_equal(part, expected[7:33, 9:20])


def test_an_outline_through_pixels_takes_each_once() -> None:
    """Squares side by side share no pixel and leave none out."""
    box = Box(0, 0, 10, 10)
    total = sum(
        enclosed(as_points([(r, c), (r, c + 5), (r + 5, c + 5), (r + 5, c)]), box, even_odd=True)
        for r in (0, 5)
        for c in (0, 5)
    )
    assert (total == 1).all()


def test_box_of_a_path() -> None:
    assert box_of(as_points([(1.2, 3.0), (4.0, 7.5)])) == Box(1, 3, 5, 9)
    assert box_of(as_points([(2, 2)])) == Box(2, 2, 3, 3)


def test_heading_does_not_shake_with_the_hand() -> None:
    path = np.array([(0.0, x) for x in range(20)] + [(0.9, 19.2)])
    way = heading(path)
    assert np.hypot(*way) == pytest.approx(1)
    assert way[1] > 0.99
    np.testing.assert_array_equal(heading(as_points([(3, 3), (3, 3)])), [0, 0])
    np.testing.assert_allclose(heading(as_points([(3, 3), (3, 4)])), [0, 1])


def test_reach_and_ids_end_at_the_picture() -> None:
    labels = np.full((10, 10), 3, np.uint16)
    assert ids_under(labels, as_points([(-1, 0), (0, 0), (9.4, 9.4), (9.6, 3)])).tolist() == [
        0, 3, 3, 0,
    ]  # fmt: skip
    down = np.array([1.0, 0.0])
    assert reach_within(labels, 3, np.array([5.0, 5.0]), down, 50) == 4.5
    assert reach_within(labels, 3, np.array([5.0, 5.0]), down, 2) == 2
    assert reach_within(labels, 4, np.array([5.0, 5.0]), down, 50) == 0
    assert reach_within(labels, 3, np.array([5.0, 5.0]), np.zeros(2), 7) == 7
