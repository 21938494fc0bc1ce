"""What of a picture a network sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_fncells.core.errors import ParameterError
from napari_fncells.model.card import Channels, ModelCard, Normalisation
from napari_fncells.model.channels import NetworkInput


def seen(
    pixels: NDArray[Any], channels: Channels = "rgb", **normalisation: Any
) -> NDArray[np.float32]:
    card = ModelCard(
        name="x",
        channels=channels,
        normalisation=Normalisation(**normalisation),
        sha256="0" * 64,
    )
    source = NetworkInput.of(pixels, card)
    found = source.window((slice(0, source.shape[0]), slice(0, source.shape[1])))
    assert found.dtype == np.float32
    assert found.shape == (3, *pixels.shape[:2])
    return found


def colours(count: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (20, 30, count), dtype=np.uint8)


def test_colours_as_the_authors_give_them() -> None:
    pixels = colours()
    np.testing.assert_allclose(seen(pixels), pixels.transpose(2, 0, 1) / 255, rtol=1e-6)


def test_grey_is_given_thrice() -> None:
    pixels = colours()[..., 0]
    for each in (*seen(pixels), *seen(pixels[..., np.newaxis])):
        np.testing.assert_allclose(each, pixels / 255, rtol=1e-6)


@pytest.mark.parametrize(("count", "channels"), [(2, "rgb"), (3, "stained"), (5, "stained")])
def test_the_stained_channel_is_given_thrice(count: int, channels: Channels) -> None:
    pixels = colours(count) // 9
    pixels[4:9, 4:9, 1] = 200
    for each in seen(pixels, channels):
        np.testing.assert_allclose(each, pixels[..., 1] / 255, rtol=1e-6)


def test_of_many_channels_the_first_three_count() -> None:
    pixels = colours(5)
    np.testing.assert_array_equal(seen(pixels), seen(pixels[..., :3]))


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [
        (np.uint8, 255, 1),
        (np.uint16, 65535, 1),
        (np.uint16, 13107, 0.2),
        (bool, True, 1),
        (np.float32, 0.25, 0.25),
        (np.float64, 300.0, 1),
        (np.int16, 32767, 1),
    ],
)
def test_full_scale(dtype: Any, value: Any, expected: float) -> None:
    pixels = np.zeros((9, 9), dtype)
    pixels[4, 4] = value
    found = seen(pixels)
    assert found[0, 4, 4] == pytest.approx(expected)
    assert np.count_nonzero(found) == 3


def test_a_percentile_with_a_floor() -> None:
    pixels = np.arange(101, dtype=np.uint8)[:, np.newaxis].repeat(3, axis=1)
    found = seen(pixels, method="percentile", percentile=90, floor=0.1)
    np.testing.assert_allclose(found[0], pixels / 90, rtol=1e-6)
    dark = seen(pixels // 20, method="percentile", percentile=90, floor=0.1)
    np.testing.assert_allclose(dark[0], pixels // 20 / 25.5, rtol=1e-6)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_the_floor_goes_by_what_the_camera_can_give(bits: int) -> None:
    pixels = np.zeros((60, 60), np.uint16)
    pixels[5, 5] = 2**bits - 1
    found = seen(pixels, method="percentile", percentile=90, floor=0.1)
    assert found.max() == pytest.approx(10, rel=1e-5)


def test_nothing_is_divided_by_zero() -> None:
    empty = np.zeros((9, 9), np.uint16)
    assert not seen(empty, method="percentile", floor=0).any()


@pytest.mark.parametrize("method", ["full_scale", "percentile"])
def test_what_is_no_finite_number_is_black(method: str) -> None:
    pixels = np.full((9, 9), 0.5)
    pixels[0, :4] = [np.nan, np.inf, -np.inf, 0.25]
    found = seen(pixels, method=method)
    assert np.isfinite(found).all()
    assert not found[:, 0, :3].any()
    assert found[0, 0, 3] > 0
    nothing = np.full((9, 9), np.nan, np.float32)
    assert not seen(nothing, method=method).any()


@pytest.mark.parametrize(
    "pixels", [np.zeros(5), np.zeros((0, 4)), np.zeros((2, 2, 2, 2)), np.zeros((3, 3), complex)]
)
def test_no_pictures(pixels: NDArray[Any]) -> None:
    with pytest.raises(ParameterError, match="shape"):
        seen(pixels)
