"""What was on the screen, and the way over a picture part by part."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core.coverage import Coverage, sweep
from napari_fncells.core.geometry import Box
from napari_fncells.core.params.coverage import CoverageParams

PARAMS = CoverageParams(tile=10, seconds=1.0, zoom=0.5)
SIDES = st.integers(1, 95)


def test_squares_whose_middle_is_in_sight_long_enough_are_seen() -> None:
    coverage = Coverage((40, 35), PARAMS)
    coverage.note(Box(0, 0, 25, 35), 0.5, 0.6)
    assert coverage.share == 0
    coverage.note(Box(-5, -5, 25, 40), 3.0, 0.6)
    assert coverage.seen.tolist() == [[True] * 4] * 2 + [[False] * 4] * 2
    assert coverage.share == pytest.approx(0.5)
    assert coverage.is_seen(Box(3, 3, 25, 35))
    assert not coverage.is_seen(Box(3, 3, 26, 35))
    assert coverage.unseen() == [Box(20, 0, 40, 35)]


def test_from_too_far_off_nothing_is_seen() -> None:
    coverage = Coverage((40, 35), PARAMS)
    coverage.note(Box(0, 0, 40, 35), 0.49, 100)
    assert coverage.share == 0


def test_unseen_parts_come_largest_first() -> None:
    coverage = Coverage((30, 100), PARAMS)
    coverage.note(Box(0, 20, 30, 70), 1, 2)
    assert coverage.unseen() == [Box(0, 70, 30, 100), Box(0, 0, 30, 20)]


def test_a_picture_without_pixels_is_seen() -> None:
    assert Coverage((0, 5), PARAMS).share == 1


@given(SIDES, SIDES, st.lists(st.tuples(*[st.integers(-20, 120)] * 4), max_size=4))
def test_each_square_counts_by_itself(
    height: int, width: int, views: list[tuple[int, int, int, int]]
) -> None:
    coverage = Coverage((height, width), PARAMS)
    for view in views:
        coverage.note(Box(*view), 1.0, 1.5)
    seen = np.zeros((height, width), bool)
    for tile in Box.whole((height, width)).tiles(10):
        seen[tile.slices] = any(
            view[0] <= (tile.top + tile.bottom) / 2 < view[2]
            and view[1] <= (tile.left + tile.right) / 2 < view[3]
            for view in views
        )  # fmt: skip
    assert coverage.share == pytest.approx(seen.mean())
    covered = np.zeros_like(seen)
    for box in coverage.unseen():
        covered[box.slices] = True
    assert (seen | covered).all()


@given(SIDES, SIDES, st.integers(1, 120), st.integers(1, 120), st.floats(0, 0.5))
def test_a_sweep_leaves_nothing_unseen(
    height: int, width: int, rows: int, columns: int, overlap: float
) -> None:
    coverage = Coverage((height, width), PARAMS)
    for part in sweep((height, width), (rows, columns), overlap):
        coverage.note(part, 1, 2)
        assert coverage.is_seen(part)
    assert coverage.share == 1


@given(SIDES, SIDES, st.integers(1, 120), st.integers(1, 120), st.floats(0, 0.5))
def test_a_sweep_shows_every_pixel(
    height: int, width: int, rows: int, columns: int, overlap: float
) -> None:
    parts = sweep((height, width), (rows, columns), overlap)
    seen = np.zeros((height, width), bool)
    for part in parts:
        assert part == part.clip((height, width))
        assert (part.height, part.width) == (min(height, rows), min(width, columns))
        seen[part.slices] = True
    assert seen.all()
    for before, after in pairwise(parts):
        assert before.top == after.top or before.left == after.left


def test_what_was_seen_is_kept() -> None:
    coverage = Coverage((40, 35), PARAMS)
    coverage.note(Box(0, 0, 20, 35), 1, 1.2)
    kept = json.loads(json.dumps(coverage.as_mapping()))
    again = Coverage((40, 35), PARAMS)
    assert again.take_in(kept)
    assert np.array_equal(again.seen, coverage.seen)
    assert again.take_in(kept)
    assert again.seconds.max() == pytest.approx(2.4)


@pytest.mark.parametrize(
    "spoiled",
    [{}, {"shape": [35, 40]}, {"tile": 11}, {"tenths": "x"}, {"tenths": 5},
     {"tenths": "eJwDAAAAAAE="}],
)  # fmt: skip
def test_what_does_not_fit_is_left(spoiled: dict) -> None:
    coverage = Coverage((40, 35), PARAMS)
    facts = coverage.as_mapping() | spoiled if spoiled else {}
    assert not coverage.take_in(facts)
    assert not coverage.seconds.any()
