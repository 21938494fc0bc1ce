"""How pictures are shown, and that their own pixels never change."""

from __future__ import annotations

import time

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image as ImageLayer

from napari_fncells.io.images import Image
from napari_fncells.viewer.display import Display, DisplayParams, channels_of
from napari_fncells.viewer.pictures import image_layer_data, image_of
from tests.pictures import cell_picture


def layer_of(pixels: np.ndarray) -> ImageLayer:
    data, meta, _ = image_layer_data(Image(pixels, name="cells.png"))
    return ImageLayer(data, **meta)


def test_nothing_changes_at_first() -> None:
    layer = layer_of(cell_picture())
    before = layer.data.copy()
    Display().show(layer)
    np.testing.assert_array_equal(layer.data, before)


def test_a_stop_up_doubles_the_light() -> None:
    layer = layer_of(cell_picture())
    display = Display()
    display.set_params(DisplayParams(gamma=1.0), layer)
    plain = layer.data.astype(int)
    display.set_params(DisplayParams(gamma=1.0, brightness=1.0), layer)
    expected = np.minimum(2 * plain, 255)
    assert np.abs(layer.data - expected).max() <= 2


def test_black_clips_the_ground_away() -> None:
    layer = layer_of(cell_picture())
    Display().set_params(DisplayParams(black=0.3), layer)
    assert layer.data[0:20, 0:20].max() == 0
    assert layer.data[60, 150].max() > 0


@pytest.mark.parametrize(("channel", "place"), [("red", 0), ("green", 1), ("blue", 2)])
def test_one_channel_is_shown_grey(channel: str, place: int) -> None:
    picture = cell_picture()
    picture[10:20, 10:20] = 0
    picture[10:20, 10:20, place] = 200
    layer = layer_of(picture)
    Display().set_params(DisplayParams(channel=channel), layer)
    assert (layer.data == layer.data[..., :1]).all()
    assert (layer.data[10:20, 10:20] == 255).all()
    others = [name for name in ("red", "green", "blue") if name != channel]
    for other in others:
        Display().set_params(DisplayParams(channel=other), layer)
        assert (layer.data[10:20, 10:20] == 0).all()


def test_a_channel_without_light_stays_dark() -> None:
    picture = cell_picture()
    picture[..., 2] = np.random.default_rng(2).integers(0, 3, picture.shape[:2])
    layer = layer_of(picture)
    Display().set_params(DisplayParams(channel="blue", gamma=1.0), layer)
    assert layer.data.max() < 80


def test_the_original_is_never_changed_and_is_what_is_shown_again() -> None:
    picture = cell_picture()
    layer = layer_of(picture)
    first = layer.data.copy()
    display = Display()
    for brightness in (4.0, -2.0, 1.5):
        display.set_params(DisplayParams(brightness=brightness, channel="green"), layer)
    np.testing.assert_array_equal(image_of(layer).pixels, cell_picture())
    display.set_params(DisplayParams(), layer)
    np.testing.assert_array_equal(layer.data, first)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_grey_picture_gets_limits_and_gamma(dtype: type) -> None:
    plane = cell_picture()[..., 0].astype(dtype)
    layer = layer_of(plane)
    low, high = layer.contrast_limits
    display = Display()
    display.set_params(DisplayParams(brightness=1.0, gamma=0.8), layer)
    assert layer.contrast_limits == pytest.approx([low, low + (high - low) / 2])
    assert layer.gamma == 0.8
    display.set_params(DisplayParams(), layer)
    assert layer.contrast_limits == pytest.approx([low, high])
    np.testing.assert_array_equal(layer.data, plane)


def test_limits_stay_in_order_at_every_end() -> None:
    for brightness in (-2, 5):
        for black in (0, 0.9):
            params = DisplayParams(brightness=brightness, black=black)
            low, high = params.limits((10.0, 11.0))
            assert 10 <= low < high


def test_a_foreign_colour_layer_is_left_alone_until_something_is_set() -> None:
    picture = cell_picture()
    layer = ImageLayer(picture, rgb=True, name="mine")
    display = Display()
    display.show(layer)
    assert layer.data is picture
    display.set_params(DisplayParams(brightness=2.0), layer)
    assert layer.data.max() > picture.max()
    np.testing.assert_array_equal(picture, cell_picture())
    np.testing.assert_array_equal(image_of(layer).pixels, cell_picture())
    assert layer.name == "mine (brightened)"
    display.set_params(DisplayParams(brightness=1.0), layer)
    np.testing.assert_array_equal(picture, cell_picture())


def test_a_foreign_grey_layer_keeps_the_limits_its_owner_chose() -> None:
    layer = ImageLayer(cell_picture()[..., 0], contrast_limits=(3, 77))
    Display().show(layer)
    assert layer.contrast_limits == [3, 77]


def test_what_is_no_flat_picture_is_left_alone() -> None:
    stack = ImageLayer(np.zeros((3, 20, 20), np.uint8), contrast_limits=(0, 9))
    viewer = ViewerModel()
    labels = viewer.add_labels(np.zeros((20, 20), int))
    display = Display()
    for layer in (stack, labels):
        display.set_params(DisplayParams(brightness=2.0), layer)
        assert channels_of(layer) == ()
    assert stack.contrast_limits == [0, 9]


def test_channels_can_be_chosen_of_colour_pictures_alone() -> None:
    assert channels_of(layer_of(cell_picture()))[0] == "colour"
    assert channels_of(layer_of(cell_picture()[..., 0])) == ()


def test_a_change_is_told_once() -> None:
    display = Display()
    told: list[DisplayParams] = []
    display.changed.connect(told.append)
    display.set_params(DisplayParams(gamma=1.0))
    display.set_params(DisplayParams(gamma=1.0))
    assert told == [DisplayParams(gamma=1.0)]


@pytest.mark.parametrize("channel", ["colour", "brightest", "green"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_step_of_a_slider_is_quick(dtype: type, channel: str) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 90, (1200, 1600, 3)).astype(dtype)
    layer = layer_of(pixels)
    viewer = ViewerModel()
    viewer.add_layer(layer)
    display = Display()
    display.set_params(DisplayParams(channel=channel), layer)
    times, plain = [], []
    for step in range(1, 8):
        begun = time.perf_counter()
        np.power(pixels / 90, 0.45)
        plain.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        display.set_params(DisplayParams(channel=channel, brightness=step / 10), layer)
        times.append(time.perf_counter() - begun)
    assert min(times) < min(plain), (times, plain)
