"""Parts of a picture cover it once, and reach as far as the network looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.model.memory import LARGE_PART, LEAST_PART, ONE_PIECE, pixels_at_once
from napari_fncells.model.tiles import MULTIPLE, REACH, pad, parts, read_pixels, recut

SIDES = st.integers(1, 3000)


@given(SIDES, SIDES, st.integers(1, 2_000_000))
def test_each_pixel_counts_once(height: int, width: int, at_once: int) -> None:
    cut = parts((height, width), at_once)
    rows = {row for row, _ in cut}
    columns = {column for _, column in cut}
    assert len(cut) == len(rows) * len(columns)
    for spans, side in ((rows, height), (columns, width)):
        ordered = sorted(spans, key=lambda span: span.first)
        assert [s.first for s in ordered] == [0, *(s.last for s in ordered[:-1])]
        assert ordered[-1].last == side


@given(SIDES, SIDES, st.integers(1, 2_000_000))
def test_parts_reach_far_enough_and_begin_in_step(height: int, width: int, at_once: int) -> None:
    for row, column in parts((height, width), at_once):
        for span, side in ((row, height), (column, width)):
            assert span.start % MULTIPLE == 0
            assert span.start == 0 or span.first - span.start == REACH
            assert span.stop == side or span.stop - span.last == REACH
            assert span.first < span.last


@given(SIDES, SIDES, st.integers(400_000, 4_000_000))
def test_parts_are_no_larger_than_asked(height: int, width: int, at_once: int) -> None:
    for row, column in parts((height, width), at_once):
        assert (row.stop - row.start) * (column.stop - column.start) <= at_once


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(90_000, 900_000), st.integers(2, 5))
def test_smaller_parts_count_for_the_same(
    height: int, width: int, at_once: int, smaller: int
) -> None:
    for part in parts((height, width), at_once):
        counted = np.zeros((height, width), np.uint8)
        for rows, columns in recut(part, at_once // smaller):
            counted[rows.kept, columns.kept] += 1
            for span, whole, side in zip((rows, columns), part, (height, width), strict=True):
                assert whole.start <= span.start <= max(0, span.first - REACH)
                assert min(side, span.last + REACH) <= span.stop <= whole.stop
        expected = np.zeros_like(counted)
        expected[part[0].kept, part[1].kept] = 1
        np.testing.assert_array_equal(counted, expected)


def test_the_least_parts_cannot_be_cut() -> None:
    (part,) = parts((3 * REACH, 3 * REACH), 10**6)
    assert recut(part, 1) == [part]


GIGA = 1 << 30


@pytest.mark.parametrize("shape", [(1200, 1600), (1704, 2272), (1, 1), (2048, 2048)])
def test_common_pictures_are_one_part(shape: tuple[int, int]) -> None:
    assert len(parts(shape, pixels_at_once(shape, 8 * GIGA))) == 1


def test_a_whole_slide() -> None:
    shape = (20_000, 20_000)
    cut = parts(shape, pixels_at_once(shape, 64 * GIGA))
    assert sum(map(read_pixels, cut)) < 1.35 * 20_000**2
    assert max(map(read_pixels, cut)) <= LARGE_PART


def test_little_memory_makes_small_parts() -> None:
    shape = (1200, 1600)
    assert pixels_at_once(shape, GIGA) < pixels_at_once(shape, 2 * GIGA) < ONE_PIECE
    assert pixels_at_once(shape, 0) == LEAST_PART


@given(st.integers(1, 20), st.integers(1, 20))
def test_mirrored_to_multiples(height: int, width: int) -> None:
    values = np.random.default_rng(0).random((3, height, width), dtype=np.float32)
    padded = pad(values)
    assert padded.shape[1] % MULTIPLE == padded.shape[2] % MULTIPLE == 0
    assert padded.shape[1] < height + MULTIPLE
    np.testing.assert_array_equal(padded[:, :height, :width], values)
    assert set(np.unique(padded)) == set(np.unique(values))


def test_a_mirror_leaves_out_the_edge_itself() -> None:
    values = np.arange(6, dtype=np.float32).reshape(1, 1, 6)
    np.testing.assert_array_equal(pad(values)[0, 0], [0, 1, 2, 3, 4, 5, 4, 3])
