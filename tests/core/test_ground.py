"""Grounds and blobs against slow or library versions."""

from __future__ import annotations

from typing import get_args

import cv2
import numpy as np
import pytest
from skimage.feature import blob_log
from skimage.filters import gaussian as skimage_gaussian
from skimage.morphology import opening
from skimage.restoration import ellipsoid_kernel, rolling_ball

from napari_fncells.core.blobs import blob_response, sigmas
from napari_fncells.core.blur import gaussian, wide_gaussian
from napari_fncells.core.ground import ground
from napari_fncells.core.intensity import intensity
from napari_fncells.core.params import BlobMethod, Channel, GroundMethod, ScoreParams
from napari_fncells.core.score import is_flat, score_map
from tests.core.naive import disk

GROUNDS = get_args(GroundMethod)


def scene(shape: tuple[int, int] = (160, 200)) -> np.ndarray:
    """A slope, some noise, one cell of 20 px across."""
    rng = np.random.default_rng(3)
    rows, columns = np.indices(shape)
    plane = 20 + 0.1 * rows + 0.05 * columns + rng.normal(0, 0.5, shape)
    plane[disk(shape, 80, 100, 10)] += 80
    return gaussian(plane.astype(np.float32), 2)


@pytest.mark.parametrize("sigma", [5, 16, 25, 60, 200])
def test_the_wide_gaussian_is_nearly_the_exact_one(sigma: float) -> None:
    plane = scene((300, 420))
    exact = skimage_gaussian(plane, sigma, mode="nearest", truncate=4, preserve_range=True)
    found = wide_gaussian(plane, sigma)
    np.testing.assert_allclose(found, exact, atol=0.006 * np.ptp(plane))
    if sigma < 50:  # else all of it is near the border
        inner = (slice(3 * sigma, -3 * sigma), slice(3 * sigma, -3 * sigma))
        np.testing.assert_allclose(found[inner], exact[inner], atol=1e-3 * np.ptp(plane))
    np.testing.assert_allclose(wide_gaussian(plane, sigma, exact=True), exact, atol=1e-3)


@pytest.mark.parametrize("method", GROUNDS)
@pytest.mark.parametrize("exact", [False, True])
def test_a_cell_stands_above_its_ground(method: GroundMethod, exact: bool) -> None:
    plane = scene()
    level = ground(plane, 30, method, exact=exact)
    assert level.dtype == np.float32
    assert level.shape == plane.shape
    above = plane - level
    assert above[80, 100] > 65
    away = np.hypot(*(np.indices(plane.shape) - np.array([80, 100])[:, None, None])) > 40
    assert np.abs(np.median(above[away])) < 3
    assert above[away].std() < 3


def test_the_top_hat_is_that_of_scikit_image() -> None:
    plane = scene()
    footprint = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19))
    expected = opening(plane, footprint)
    np.testing.assert_allclose(ground(plane, 9, "top_hat", exact=True)[15:-15, 15:-15],
                               expected[15:-15, 15:-15], atol=1e-4)  # fmt: skip


def test_the_rolling_ball_is_that_of_scikit_image_and_knows_no_bits() -> None:
    plane = scene()
    span = float(np.ptp(plane.astype(np.float64)))
    kernel = ellipsoid_kernel((19, 19), 2 * 9 * span / 256)
    found = ground(plane, 9, "rolling_ball", exact=True)
    np.testing.assert_allclose(found, rolling_ball(plane, kernel=kernel), atol=1e-3)
    deep = ground(plane * np.float32(257), 9, "rolling_ball", exact=True)
    np.testing.assert_allclose(deep / 257, found, atol=1e-2)


@pytest.mark.parametrize("method", ["dog", "log"])
def test_blobs_answer_at_their_own_size(method: BlobMethod) -> None:
    for diameter in (14, 30, 60):
        plane = np.zeros((220, 220), np.float32)
        plane[disk(plane.shape, 110, 110, diameter / 2)] = 50
        answers = {
            size: float(blob_response(plane, size, size, method)[110, 110])
            for size in (7, 14, 30, 60, 120)
        }
        assert max(answers, key=lambda size: answers[size]) == diameter
    found = blob_response(plane, 10, 90, method)
    assert found.min() == 0
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert abs(row - 110) <= 3
    assert abs(column - 110) <= 3


def test_blobs_are_where_scikit_image_finds_them() -> None:
    plane = scene()
    spots = blob_log(plane - plane.min(), min_sigma=5, max_sigma=12, num_sigma=6, threshold=5)
    found = blob_response(plane, 14, 34, "log")
    row, column = np.unravel_index(found.argmax(), found.shape)
    assert np.hypot(*(spots[0][:2] - (row, column))) <= 3


def test_sizes_looked_for_reach_from_end_to_end() -> None:
    for low, high in ((20, 20), (20, 21), (10, 200)):
        found = sigmas(low, high)
        assert found[0] == pytest.approx(low / np.sqrt(8))
        assert found[-1] == pytest.approx(high / np.sqrt(8))
        assert np.all(np.diff(np.log(found)) < np.log(1.41))


def test_local_contrast_makes_dim_parts_count() -> None:
    rng = np.random.default_rng(1)
    plane = rng.normal(0, 1, (200, 400)).astype(np.float32)
    plane[:, 200:] *= 6
    plane[disk(plane.shape, 100, 100, 8)] += 12
    plane[disk(plane.shape, 100, 300, 8)] += 72
    image = plane + np.float32(100)
    params = ScoreParams(smoothing=2, contrast=50)
    for exact in (False, True):
        values = score_map(image, params, exact=exact).values
        assert values[100, 100] == pytest.approx(values[100, 300], rel=0.25)
    assert "spreads" in score_map(image, params).meaning
    assert is_flat(score_map(np.full((30, 40), 5, np.uint8), params).values)


def test_the_colour_axis_is_that_of_the_cells() -> None:
    rng = np.random.default_rng(2)
    light = rng.gamma(1, 30, (90, 90, 1))
    image = light * np.array([0.7, 0.3, 0.0]) + rng.normal(0, 0.1, (90, 90, 3))
    plane = intensity(image, "pca")
    assert np.corrcoef(plane.ravel(), light.ravel())[0, 1] > 0.999
    np.testing.assert_array_equal(plane, intensity(image, "pca"))
    dark = intensity(-image, "pca")
    assert np.corrcoef(dark.ravel(), -light.ravel())[0, 1] > 0.999, "brighter is more"


ODD = {
    "constant": np.full((30, 40, 3), 9, np.uint8),
    "zero": np.zeros((30, 40), np.uint16),
    "saturated": np.full((30, 40), 65535, np.uint16),
    "nan": np.where(np.indices((30, 40))[0] % 3, 5.0, np.nan),
    "inf": np.where(np.indices((30, 40))[0] % 3, 5.0, np.inf),
    "one": np.ones((1, 1), np.uint8),
    "row": np.arange(40, dtype=np.uint8)[None],
    "bool": np.indices((30, 40))[0] > 15,
    "int8": (np.indices((30, 40))[0] - 15).astype(np.int8),
    "float": np.random.default_rng(0).random((30, 40)),
    "five": np.random.default_rng(0).integers(0, 255, (30, 40, 5), dtype=np.uint8),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize(
    "settings",
    [
        *({"channel": c} for c in get_args(Channel) if c in ("auto", "maximum", "pca")),
        {"smoothing": 50},
        *({"background": 1000, "ground": g} for g in GROUNDS),
        {"contrast": 1000},
        *({"blobs": b, "blob_max": 500} for b in ("dog", "log")),
    ],
    ids=str,
)
def test_no_picture_is_too_odd_for_a_score_map(name: str, settings: dict) -> None:
    values = score_map(ODD[name], ScoreParams(**settings)).values
    assert values.shape == ODD[name].shape[:2]
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    if name in ("constant", "zero", "saturated"):
        assert is_flat(values)
