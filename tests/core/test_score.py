from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy import ndimage as ndi
from skimage.color import rgb2gray
from skimage.filters import gaussian as skimage_gaussian

from napari_fncells.core.blur import gaussian
from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.ground import ground
from napari_fncells.core.params import CutoffParams, ScoreParams
from napari_fncells.core.score import background_statistics, is_flat, score_map
from napari_fncells.core.segment import draft
from tests.core.naive import disk
from tests.pictures import cell_picture

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("sigma", [0.3, 1, 2.5, 7, 50])
@pytest.mark.parametrize("shape", [(60, 71), (1, 50), (50, 1), (1, 1), (5, 9)])
def test_gaussian_is_that_of_scikit_image(sigma: float, shape: tuple[int, int]) -> None:
    plane = (RNG.random(shape) * 255).astype(np.float32)
    expected = skimage_gaussian(plane, sigma, mode="nearest", truncate=4, preserve_range=True)
    found = gaussian(plane, sigma)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("border", [cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT])
@pytest.mark.parametrize("sigma", [5, 9, 15, 16, 30])
@pytest.mark.parametrize("shape", [(240, 320), (241, 331), (257, 90), (3, 900)])
def test_however_it_is_done_the_blur_is_the_same(
    shape: tuple[int, int], sigma: float, border: int
) -> None:
    """In one call, in two passes or by transform; sides of small and of large prime factors."""
    plane = (RNG.random(shape) ** 4 * 255).astype(np.float32)
    mode = "reflect" if border == cv2.BORDER_REFLECT else "nearest"
    expected = ndi.gaussian_filter(plane.astype(np.float64), sigma, mode=mode, truncate=4)
    np.testing.assert_allclose(gaussian(plane, sigma, border=border), expected, atol=3e-4)


def test_gaussian_of_nothing_is_a_copy() -> None:
    plane = np.ones((4, 5), np.float32)
    blurred = gaussian(plane, 0)
    np.testing.assert_array_equal(blurred, plane)
    assert not np.shares_memory(blurred, plane)


@pytest.mark.parametrize("seed", range(4))
def test_the_authors_recipe_pixel_for_pixel(seed: int) -> None:
    """Rounding may decide a pixel that lies on the cutoff: one in 10,000 at most."""
    noise = np.random.default_rng(seed).integers(0, 9, (200, 240, 3), dtype=np.uint8)
    image = cell_picture() // 2 + noise
    smooth = skimage_gaussian(rgb2gray(image), 7, mode="nearest", truncate=4)
    expected = smooth > np.percentile(smooth, 97)
    found = draft(image, "fnc-v1-draft").labels > 0
    assert np.count_nonzero(found != expected) <= expected.size // 10_000
    assert 0.025 < found.mean() <= 0.03 + 1e-4


def test_score_map_says_what_it_is() -> None:
    image = cell_picture()
    plain = score_map(image, ScoreParams(smoothing=0))
    np.testing.assert_array_equal(plain.values, image[..., 0])
    assert plain.meaning == "smoothed grey level"
    assert plain.step == 1
    above = score_map(image / 255, ScoreParams(background=40))
    assert above.meaning == "grey levels above the ground"
    assert above.step == 0
    assert score_map(image).values.shape == image.shape[:2]


@pytest.mark.parametrize("sigma", [10.0, 40.0])
def test_ground_follows_a_slope_and_not_the_cells(sigma: float) -> None:
    slope = np.tile(np.linspace(20, 80, 300, dtype=np.float32), (200, 1))
    cells = disk((200, 300), 100, 150, 8)
    plane = slope + 150 * cells
    found = ground(plane, sigma)
    inner = (slice(40, 160), slice(60, 240))
    assert np.abs(found - slope)[inner][~cells[inner]].max() < 12
    assert (plane - found)[cells].min() > 130


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (7, 200), (8, 8), (9, 1000)])
def test_ground_of_odd_shapes(shape: tuple[int, int]) -> None:
    plane = np.full(shape, 40, np.float32)
    for sigma in (5, 16, 200):
        np.testing.assert_allclose(ground(plane, sigma), plane, rtol=1e-5)


def test_cutoffs() -> None:
    values = RNG.normal(10, 2, (100, 100)).astype(np.float32)
    wide = values.astype(np.float64)
    assert cutoff_of(values, CutoffParams(method="percentile", amount=97)) == pytest.approx(
        np.percentile(wide, 97)
    )
    assert cutoff_of(values, CutoffParams(method="percentile", amount=100)) == values.max()
    assert cutoff_of(values, CutoffParams(method="mean_sd", amount=2)) == pytest.approx(
        wide.mean() + 2 * wide.std()
    )


def test_the_ground_is_found_under_bright_cells() -> None:
    values = RNG.normal(10, 2, (600, 600)).astype(np.float32)
    values[:48] = 200
    mean, deviation = background_statistics(values)
    assert mean == pytest.approx(10, abs=0.1)
    assert deviation == pytest.approx(2, abs=0.1)
    cutoff = cutoff_of(values, CutoffParams(method="background_sd", amount=3))
    assert cutoff == pytest.approx(16, abs=0.3)


def test_the_ground_of_a_constant_picture() -> None:
    assert background_statistics(np.full((3, 3), 7, np.float32)) == (7, 0)
    assert background_statistics(np.full((1, 1), -7, np.float32)) == (-7, 0)


def test_flat_is_what_rounding_leaves() -> None:
    assert is_flat(np.full((3, 3), 0, np.float32))
    assert is_flat(np.full((3, 3), -0.1, np.float32))
    assert is_flat(np.array([[1.0, 1.000001]], np.float32))
    assert not is_flat(np.array([[65534, 65535]], np.float32))
    assert not is_flat(np.array([[0, 1e-20]], np.float32))


@pytest.mark.parametrize("value", [0.1, 1 / 3, 7.7, 1000, 60000, 1e-3, -5.5])
@pytest.mark.parametrize("background", [0.0, 5, 40, 300])
@pytest.mark.parametrize("smoothing", [0.0, 0.7, 2.5, 7])
def test_no_pixel_of_a_constant_picture_is_above_its_cutoff(
    value: float, background: float, smoothing: float
) -> None:
    """Rounding differs by place, and a cutoff of mean + k SD would follow it."""
    image = np.full((123, 77), value, np.float32)
    values = score_map(image, ScoreParams(smoothing=smoothing, background=background)).values
    for method, amount in (
        ("mean_sd", 0),
        ("mean_sd", 3),
        ("percentile", 50),
        ("background_sd", 3),
    ):
        assert not (values > cutoff_of(values, CutoffParams(method=method, amount=amount))).any()
