"""Curves by which pictures are shown."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.contrast import brightened, brightest, contrast_limits, white_point
from tests.pictures import cell_picture


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_black_and_white_are_at_the_limits_and_the_order_is_kept(dtype: type) -> None:
    ramp = np.arange(0, 120, dtype=dtype).reshape(8, 15)
    shown = brightened(np.stack([ramp] * 3, axis=-1), (20, 100), gamma=1.0)
    assert shown.dtype == np.uint8
    assert (shown[ramp <= 20] == 0).all()
    assert (shown[ramp >= 100] == 255).all()
    assert shown[ramp == 60] == pytest.approx(128, abs=1)
    assert (np.diff(shown[..., 0].ravel().astype(int)) >= 0).all()


def test_a_lower_gamma_lifts_what_is_dim() -> None:
    dim = np.full((4, 4, 3), 25, np.uint8)
    assert brightened(dim, (0, 100), gamma=1.0).max() == 64
    assert brightened(dim, (0, 100), gamma=0.5).max() == 128


def test_without_limits_the_brightest_become_white() -> None:
    picture = cell_picture()
    shown = brightened(picture)
    assert (shown.max(axis=-1) == 255).mean() >= 0.001
    assert shown[picture == 0].max(initial=0) == 0


def test_a_fourth_channel_is_not_shown() -> None:
    picture = np.dstack([cell_picture(), np.full((200, 240), 255, np.uint8)])
    np.testing.assert_array_equal(brightened(picture), brightened(cell_picture()))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_decide_the_white_point(value: float) -> None:
    picture = np.ones((10, 10, 3), np.float32)
    picture[0, 0] = value
    assert white_point(picture) == 1.0
    assert (brightened(picture)[1:] == 255).all()


def test_a_black_picture_stays_black() -> None:
    assert brightened(np.zeros((5, 5, 3), np.uint8)).max() == 0
    assert contrast_limits(np.zeros((5, 5))) == (0, 1)


def test_brightest_is_the_largest_of_three_channels() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (20, 30, 4)).astype(np.uint8)
    np.testing.assert_array_equal(brightest(picture), picture[..., :3].max(axis=-1))
