"""Parts of a picture cover it once, and reach as far as the network looks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.model.tiles import MULTIPLE, PIXELS_AT_ONCE, REACH, pad, parts

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


@pytest.mark.parametrize("shape", [(1200, 1600), (1704, 2272), (1, 1), (2048, 2048)])
def test_common_pictures_are_one_part(shape: tuple[int, int]) -> None:
    assert len(parts(shape)) == 1


def test_a_whole_slide() -> None:
    cut = parts((20_000, 20_000))
    seen = sum((r.stop - r.start) * (c.stop - c.start) for r, c in cut)
    assert seen < 1.3 * 20_000**2
    assert max((r.stop - r.start) * (c.stop - c.start) for r, c in cut) <= PIXELS_AT_ONCE


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
