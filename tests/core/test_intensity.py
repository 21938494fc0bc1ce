from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from skimage.color import rgb2gray

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.intensity import brightest_channel, intensity
from tests.core.naive import disk

RNG = np.random.default_rng(3)


def colours(channels: int = 3, dtype: Any = np.uint8) -> np.ndarray:
    return RNG.integers(0, 200, (30, 40, channels)).astype(dtype)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint8, np.uint16, np.float16, np.float64])
def test_grey_pictures_are_kept(dtype: Any) -> None:
    plane = RNG.integers(0, 2, (5, 6)).astype(dtype)
    values = intensity(plane)
    assert values.dtype == np.float32
    np.testing.assert_array_equal(values, plane.astype(np.float32))
    values[:] = 9
    assert plane.max() <= 1


def test_channels_by_name() -> None:
    image = colours()
    for index, name in enumerate(("red", "green", "blue")):
        np.testing.assert_array_equal(intensity(image, name), image[..., index])
    np.testing.assert_array_equal(intensity(image, "maximum"), image.max(axis=2))


def test_luminance_is_that_of_scikit_image() -> None:
    image = colours()
    np.testing.assert_allclose(intensity(image, "luminance"), rgb2gray(image) * 255, atol=1e-3)
    np.testing.assert_array_equal(
        intensity(np.dstack([image, image[..., :1]]), "luminance"), intensity(image, "luminance")
    )


@pytest.mark.parametrize("stained", [0, 1, 2, 4])
@pytest.mark.parametrize("shape", [(3, 3), (60, 90), (300, 300)])
def test_auto_takes_the_stained_channel(stained: int, shape: tuple[int, int]) -> None:
    image = np.full((*shape, 5), 100, np.uint8)
    image[..., 3] = 220  # bright all over
    image[: shape[0] // 3, : shape[1] // 3, stained] = 180
    assert brightest_channel(image) == stained
    np.testing.assert_array_equal(intensity(image), image[..., stained])


@pytest.mark.parametrize(
    ("stain", "wanted"),
    [((1, 0.6, 0.02), 0), ((1, 0.05, 0.02), 0), ((0.02, 1, 0.05), 1)],
    ids=["yellow", "red", "green"],
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float64])
def test_auto_sees_a_few_cells_among_noise(
    stain: tuple[float, ...], wanted: int, kind: Any
) -> None:
    rng = np.random.default_rng(4)
    shape = (600, 800)
    light = np.array([5, 5, 12]) + rng.normal(0, [2, 2, 3], (*shape, 3))
    for row, column in ((100, 200), (300, 500), (500, 100)):
        light[disk(shape, row, column, 12)] += 100 * np.array(stain)
    scale = {np.uint8: 1, np.uint16: 257, np.float64: 1 / 255}[kind]
    image = (np.clip(light, 0, 255) * scale).astype(kind)
    assert brightest_channel(image) == wanted
    grey = np.repeat(image[..., wanted, None], 3, axis=2)
    np.testing.assert_array_equal(intensity(grey), image[..., wanted].astype(np.float32))


def test_one_channel_is_itself_whatever_is_asked() -> None:
    image = colours(1)
    for channel in ("auto", "luminance", "maximum", "blue"):
        np.testing.assert_array_equal(intensity(image, channel), image[..., 0])


@pytest.mark.parametrize("channel", ["luminance", "red", "blue"])
def test_two_channels_have_no_colours(channel: Any) -> None:
    with pytest.raises(ParameterError, match=f"2 channels.*{channel}"):
        intensity(colours(2), channel)
    assert intensity(colours(2), "maximum").shape == (30, 40)


def test_what_is_not_finite_becomes_zero() -> None:
    plane = np.array([[1, np.nan, np.inf], [-np.inf, 1e300, -2.0]])
    np.testing.assert_array_equal(intensity(plane), [[1, 0, 0], [0, 0, -2]])
    assert np.isnan(plane[0, 1])


@pytest.mark.parametrize("channel", ["luminance", "maximum", "red", "auto"])
def test_one_channel_that_is_not_finite_leaves_the_others(channel: Any) -> None:
    image = colours(dtype=np.float64)
    expected = image.copy()
    image[3, 4, 1], image[5, 6, 2] = np.nan, np.inf
    expected[3, 4, 1], expected[5, 6, 2] = 0, 0
    np.testing.assert_array_equal(intensity(image, channel), intensity(expected, channel))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros(5),
        np.zeros(()),
        np.zeros((2, 2, 2, 2)),
        np.zeros((0, 5)),
        np.zeros((5, 0)),
        np.zeros((5, 5, 0)),
        np.zeros((5, 5), complex),
        np.zeros((5, 5), object),
        np.zeros((5, 5), "M8[s]"),
        np.full((5, 5), "a"),
    ],
    ids=lambda image: f"{image.shape}{image.dtype}",
)
def test_what_is_no_picture_is_refused(image: Any) -> None:
    with pytest.raises(ParameterError, match="picture"):
        intensity(image)
