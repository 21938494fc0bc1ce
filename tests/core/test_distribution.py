from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import distribution
from napari_fncells.core.distribution import extremes, moments, percentile, rough_median, step_for

VALUES = np.random.default_rng(0).normal(3, 50, (1300, 700)).astype(np.float32)


def test_figures_are_those_of_numpy() -> None:
    double = VALUES.astype(np.float64)
    assert extremes(VALUES) == (VALUES.min(), VALUES.max())
    np.testing.assert_allclose(moments(VALUES), (double.mean(), double.std()), rtol=1e-12)
    for percent in (0, 2, 50, 99.4, 100):
        assert percentile(VALUES, percent) == pytest.approx(np.percentile(double, percent))
    assert rough_median(VALUES) == np.median(VALUES[::4, ::4])


def test_moments_do_not_depend_on_how_much_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = moments(VALUES)
    monkeypatch.setattr(distribution, "_READ", 512)
    assert moments(VALUES) == whole


def test_moments_of_large_equal_values_are_exact() -> None:
    assert moments(np.full((600, 30), 1e7 + 3, np.float32)) == (1e7 + 3, 0.0)


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    values=st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1),
    percent=st.floats(0, 100),
)
def test_counting_finds_what_sorting_finds(values: list[float], percent: float) -> None:
    plane = np.array([values], np.float32)
    place = (plane.size - 1) * percent / 100
    ranks = int(place), min(int(place) + 1, plane.size - 1)
    assert distribution._counted(plane, ranks) == distribution._sorted(plane, ranks)


def test_steps_leave_no_more_than_wanted() -> None:
    assert step_for((1200, 1600), 400_000) == 3
    assert step_for((10, 10), 400_000) == 1
    assert step_for((10, 10), 400_000, 4) == 4
    assert step_for((20_000, 20_000), 4_000_000, 4) == 10
