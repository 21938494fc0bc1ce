"""Outlines along pixels' edges are valid polygons, and drawing them gives the pixels again."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from napari_fncells.core.geometry import Box
from napari_fncells.core.polygons import Part, area_of, fill, outline, outlines, seamed

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
LABELS = hnp.arrays(
    np.uint16,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=9),
    elements=st.sampled_from([0, 1, 2, 65535]),
)
PICTURES = {
    "one pixel": ["#"],
    "hole": ["####", "#..#", "####"],
    "hole in a hole": ["#####", "#...#", "#.#.#", "#...#", "#####"],
    "diagonal": ["#.", ".#"],
    "hole open by a corner": [".##", "#.#", "###"],
    "holes that touch": ["####", "#.##", "##.#", "####"],
    "full": ["###", "###"],
    "empty": ["..", ".."],
}


def drawn(rows: list[str]) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def whole(box: Box, mask: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    picture = np.zeros(shape, bool)
    picture[box.slices] = mask
    return picture


def redrawn(parts: tuple[Part, ...], shape: tuple[int, ...]) -> np.ndarray:
    return whole(*fill([part.rings for part in parts], shape), shape)


def check(mask: np.ndarray) -> None:
    parts = outline(mask)
    np.testing.assert_array_equal(redrawn(parts, mask.shape), mask)
    polygons = [shapely.Polygon(part.exterior, part.holes) for part in parts]
    assert all(polygon.is_valid for polygon in polygons)
    joined = shapely.MultiPolygon(polygons)
    assert joined.is_valid
    assert joined.area == mask.sum()
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]] + 0.5
    np.testing.assert_array_equal(shapely.contains_xy(joined, x, y), mask)
    for part in parts:
        assert area_of(part.exterior) > 0
        assert all(area_of(hole) < 0 for hole in part.holes)
        for ring in part.rings:
            steps = np.roll(ring, -1, axis=0) - ring
            assert (np.count_nonzero(steps, axis=1) == 1).all()
            # rows and columns in turn: no point on a straight line
            assert ((steps != 0) != (np.roll(steps, 1, axis=0) != 0)).all()


@pytest.mark.parametrize("rows", PICTURES.values(), ids=PICTURES)
def test_shapes(rows: list[str]) -> None:
    check(drawn(rows))


@given(MASKS)
@settings(max_examples=60, deadline=None)
def test_any_mask(mask: np.ndarray) -> None:
    check(mask)


@given(LABELS)
@settings(max_examples=30, deadline=None)
def test_any_labels(labels: np.ndarray) -> None:
    found = outlines(labels)
    assert list(found) == sorted(set(np.unique(labels).tolist()) - {0})
    for number, parts in found.items():
        np.testing.assert_array_equal(redrawn(parts, labels.shape), labels == number)


def test_parts_are_those_joined_by_edges() -> None:
    parts = {name: outline(drawn(rows)) for name, rows in PICTURES.items()}
    counts = {name: [len(part.holes) for part in found] for name, found in parts.items()}
    assert counts == {
        "one pixel": [0],
        "hole": [1],
        "hole in a hole": [1, 0],
        "diagonal": [0, 0],
        "hole open by a corner": [1],
        "holes that touch": [2],
        "full": [0],
        "empty": [],
    }


def test_points_are_the_corners_in_x_and_y() -> None:
    (part,) = outline(np.ones((2, 5), bool), Box(10, 20, 12, 25))
    np.testing.assert_array_equal(part.exterior, [[20, 10], [25, 10], [25, 12], [20, 12]])


RINGS = st.lists(
    st.tuples(st.floats(-5, 15), st.floats(-5, 15)),
    max_size=12,
)


@given(st.lists(RINGS, min_size=1, max_size=3), st.tuples(st.integers(1, 9), st.integers(1, 9)))
@settings(max_examples=60, deadline=None)
def test_foreign_rings_by_counting_crossings(
    rings: list[list[tuple[float, float]]], shape: tuple[int, int]
) -> None:
    expected = np.zeros(shape, bool)
    for row in range(shape[0]):
        for column in range(shape[1]):
            expected[row, column] = inside(rings, column + 0.5, row + 0.5)
    box, mask = fill([rings], shape)
    np.testing.assert_array_equal(whole(box, mask, shape), expected)


def inside(rings: list[list[tuple[float, float]]], x: float, y: float) -> bool:
    """The rule by the book: a ray from the left, one crossing after the other."""
    odd = False
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, ring[1:] + ring[:1], strict=True):
            if (y0 <= y) != (y1 <= y) and x0 + (y - y0) * (x1 - x0) / (y1 - y0) <= x:
                odd = not odd
    return odd


def with_pycocotools(rings: list[np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    codes = coco_mask.frPyObjects([ring.ravel().tolist() for ring in rings], *shape)
    return coco_mask.decode(coco_mask.merge(codes)).astype(bool)


@given(MASKS)
@settings(max_examples=100, deadline=None)
def test_seams_cut_holes_out_of_a_single_ring(mask: np.ndarray) -> None:
    parts = outline(mask)
    rings = [seamed(part) for part in parts]
    box, drawn = fill([[ring] for ring in rings], mask.shape)
    np.testing.assert_array_equal(whole(box, drawn, mask.shape), mask)
    for part, ring in zip(parts, rings, strict=True):
        assert area_of(ring) == sum(area_of(each) for each in part.rings)
        steps = np.roll(ring, -1, axis=0) - ring
        assert (np.count_nonzero(steps, axis=1) == 1).all()
    if rings:
        np.testing.assert_array_equal(with_pycocotools(rings, mask.shape), mask)


def test_parts_are_united_and_rings_of_a_part_cut_out() -> None:
    square, inner = [(0, 0), (6, 0), (6, 6), (0, 6)], [(2, 2), (4, 2), (4, 4), (2, 4)]
    assert fill([[square, inner]], (6, 6))[1].sum() == 32
    assert fill([[square], [inner]], (6, 6))[1].sum() == 36
    assert fill([[square, square]], (6, 6))[1].sum() == 0


def test_odd_rings() -> None:
    assert fill([], (5, 5))[1].size == 0
    assert not fill([[[]]], (5, 5))[1].any()
    assert not fill([[[(1, 1), (4, 4)]]], (5, 5))[1].any()
    assert not fill([[[(1.6, 1.6), (1.9, 1.6), (1.9, 1.9)]]], (5, 5))[1].any()
    assert fill([[[(50, 50), (60, 50), (60, 60)]]], (5, 5))[1].size == 0
    assert fill([[[(-1e300, -1e300), (1e300, -1e300), (1e300, 1e300), (-1e300, 1e300)]]], (5, 5))[
        1
    ].all()
    for bad in ([(0, 0), (np.nan, 1)], [(0, 0), (np.inf, 1)], [1, 2, 3], [(1, 2, 3)]):
        with pytest.raises(ValueError, match="finite"):
            fill([[bad]], (5, 5))


def test_thousands_of_points() -> None:
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    circle = np.stack([60 + 40 * np.cos(turn), 50 + 40 * np.sin(turn)], axis=1)
    box, mask = fill([[circle]], (100, 120))
    y, x = np.mgrid[:100, :120] + 0.5
    difference = whole(box, mask, (100, 120)) != (np.hypot(x - 60, y - 50) < 40)
    assert difference.sum() < 4
    zigzag = np.stack([np.tile([0, 100.0], 50_000), np.tile([0, 90.0, 3, 80], 25_000)], axis=1)
    assert fill([[zigzag]], (100, 120))[1].shape == (90, 100)


def test_too_intricate_is_refused() -> None:
    needle = np.tile([[0.0, 0.0], [1.0, 10_000.0]], (20_000, 1))
    with pytest.raises(ValueError, match="intricate"):
        fill([[needle]], (10_000, 10))
