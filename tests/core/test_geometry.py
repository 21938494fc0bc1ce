from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_fncells.core.geometry import Box

QUICK = settings(max_examples=100, deadline=None, derandomize=True, database=None)
NUMBERS = st.integers(-20, 40)
BOXES = st.tuples(NUMBERS, NUMBERS, st.integers(0, 30), st.integers(0, 30)).map(
    lambda t: Box(t[0], t[1], t[0] + t[2], t[1] + t[3])
)
SHAPES = st.tuples(st.integers(1, 20), st.integers(1, 20))


def paint(box: Box) -> np.ndarray:
    """A big canvas with the box's pixels; row and column 0 of the picture at (50, 50)."""
    canvas = np.zeros((150, 150), bool)
    moved = box.shifted(50, 50)
    canvas[moved.slices] = True
    return canvas


def test_sides_and_centre() -> None:
    box = Box(2, 3, 5, 10)
    assert (box.height, box.width) == (3, 7)
    assert box.centre == (3.0, 6.0)
    assert Box(2, 3, 4, 4).centre == (2.5, 3.0)
    assert np.zeros((20, 20))[box.slices].shape == (3, 7)
    assert Box.whole((4, 9)) == Box(0, 0, 4, 9)
    assert Box.of((slice(1, 4), slice(2, 3))) == Box(1, 2, 4, 3)
    assert Box.square(10, 20, 3) == Box(7, 17, 14, 24)


@QUICK
@given(BOXES, SHAPES)
def test_clip_is_the_part_inside(box: Box, shape: tuple[int, int]) -> None:
    clipped = box.clip(shape)
    assert clipped.height >= 0
    assert clipped.width >= 0
    inside = paint(box)[50 : 50 + shape[0], 50 : 50 + shape[1]]
    found = np.zeros(shape, bool)
    found[clipped.slices] = True
    np.testing.assert_array_equal(found, inside)


@QUICK
@given(BOXES, BOXES)
def test_what_two_have_in_common(one: Box, other: Box) -> None:
    both = paint(one) & paint(other)
    assert one.overlaps(other) == other.overlaps(one) == both.any()
    if both.any():
        assert one.clip_to(other).shifted(50, 50) == Box.around(both)


@QUICK
@given(BOXES, BOXES)
def test_union_is_the_smallest_that_holds_both(one: Box, other: Box) -> None:
    union = one.union(other)
    assert union == other.union(one)
    assert union.union(one) == union
    if min(one.height, one.width, other.height, other.width) > 0:
        assert union.shifted(50, 50) == Box.around(paint(one) | paint(other))


@QUICK
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9)))
def test_around_is_tight(mask: np.ndarray) -> None:
    box = Box.around(mask)
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        assert box is None
    else:
        assert box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        assert all(type(side) is int for side in box)


def test_within() -> None:
    picture = np.arange(400).reshape(20, 20)
    outer, inner = Box(3, 4, 18, 17), Box(5, 9, 8, 12)
    cut = picture[outer.slices]
    np.testing.assert_array_equal(cut[inner.within(outer)], picture[inner.slices])
