"""How a picture is shown: brightness, black level, gamma and channel; never its own pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal
from pydantic import Field

from napari_fncells.core.contrast import (
    GAMMA,
    brightened,
    brightest,
    contrast_limits,
    white_point,
)
from napari_fncells.core.params import Params
from napari_fncells.io.images import Image
from napari_fncells.viewer.pictures import (
    KEY,
    LayerData,
    colour_layer_data,
    facts_of,
    image_layer_data,
    image_of,
    is_picture,
)

Limits = tuple[float, float]

Channel = Literal["colour", "brightest", "red", "green", "blue"]

CHANNEL_TITLES: dict[Channel, str] = {
    "colour": "Colour",
    "brightest": "Brightest channel, grey",
    "red": "Red, grey",
    "green": "Green, grey",
    "blue": "Blue, grey",
}

_PLACES = {"red": 0, "green": 1, "blue": 2}
# A channel without light is not stretched until its noise looks like cells
_LEAST_WHITE = 1 / 16


class DisplayParams(Params):
    """How pictures are shown."""

    brightness: Annotated[
        float,
        Field(
            ge=-2,
            le=5,
            description="Each step up doubles the light; 0 shows the brightest 0.1 % as white.",
            json_schema_extra={"unit": "stops", "step": 0.1},
        ),
    ] = 0.0
    black: Annotated[
        float,
        Field(
            ge=0,
            le=0.9,
            description="Part of the range, from its dark end, that is shown black.",
            json_schema_extra={"step": 0.01},
        ),
    ] = 0.0
    gamma: Annotated[
        float,
        Field(
            ge=0.2,
            le=2,
            description="Exponent of the curve: 1 is linear, less lifts what is dim.",
            json_schema_extra={"step": 0.05},
        ),
    ] = GAMMA
    channel: Annotated[
        Channel,
        Field(
            description="What is shown of a colour picture.",
            json_schema_extra={"titles": CHANNEL_TITLES},
        ),
    ] = "colour"

    @property
    def white(self) -> float:
        """Light that is shown white, as a fraction of the picture's own white point."""
        return float(2**-self.brightness)

    def limits(self, own: Limits) -> Limits:
        """Light shown black and light shown white, from the picture's own ground and white."""
        low, high = own
        span = (high - low) * self.white
        return low + self.black * span, low + span


@dataclass(frozen=True)
class Rendered:
    """A picture ready to be put on the screen.

    Attributes
    ----------
    layer
        Data of its layer.
    params
        By which it is shown.
    own
        Ground and white of the picture, by channel.
    """

    layer: LayerData
    params: DisplayParams
    own: dict[Channel, Limits]


class Display:
    """Shows pictures by one set of parameters, in their own layers.

    A colour picture is shown by a brightened copy, which is made anew; a grey one by the
    contrast limits and the gamma of its layer.

    Attributes
    ----------
    changed
        Signal(DisplayParams): other parameters were set.
    """

    changed = Signal(DisplayParams)

    def __init__(self) -> None:
        self._params = DisplayParams()
        # The percentiles cost more than the picture; by layer and channel
        self._own: WeakKeyDictionary[Any, dict[Channel, Limits]]
        self._own = WeakKeyDictionary()
        # What a layer shows already, so that it is not worked out again: the array and how
        self._ready: WeakKeyDictionary[Any, tuple[int, DisplayParams]] = WeakKeyDictionary()

    @property
    def params(self) -> DisplayParams:
        """How pictures are shown now."""
        return self._params

    def set_params(self, params: DisplayParams, layer: Any = None) -> None:
        """Show pictures otherwise from now on, and a layer at once."""
        if params != self._params:
            self._params = params
            self.changed.emit(params)
        if layer is not None:
            self.show(layer)

    def render(self, image: Image) -> Rendered:
        """Make ready what is put on the screen of a picture; may be called in any thread."""
        params = self._params
        if image.pixels.ndim == 3 and image.pixels.shape[2] >= 3:
            shown, limits = _colour(image.pixels, params, None)
            return Rendered(colour_layer_data(image, shown), params, {params.channel: limits})
        layer = image_layer_data(image)
        return Rendered(layer, params, {"colour": layer[1]["contrast_limits"]})

    def forget(self, layer: Any) -> None:
        """Know nothing of a layer any more: it is to show another picture."""
        self._own.pop(layer, None)
        self._ready.pop(layer, None)

    def know(self, layer: Any, rendered: Rendered) -> None:
        """Take note that a layer shows what was made ready."""
        self._own[layer] = dict(rendered.own)
        if layer.rgb:
            self._ready[layer] = id(layer.data), rendered.params

    def show(self, layer: Any) -> None:
        """Show a picture's layer by the parameters.

        A layer that is no flat picture is left alone; so is one that was not opened by this
        plugin, as long as nothing was set.
        """
        known = "image" in facts_of(layer) or layer in self._own
        if not _is_flat(layer) or not (known or self._params != DisplayParams()):
            return
        if self._ready.pop(layer, None) == (id(layer.data), self._params):
            return
        if layer.rgb:
            self._show_colour(layer)
        else:
            self._show_grey(layer)

    def _show_colour(self, layer: Any) -> None:
        image = _original(layer)
        channel = self._params.channel
        own = self._own.setdefault(layer, {})
        shown, own[channel] = _colour(image.pixels, self._params, own.get(channel))
        _put(layer, shown)

    def _show_grey(self, layer: Any) -> None:
        own = self._own.setdefault(layer, {})
        if "colour" not in own:
            own["colour"] = contrast_limits(np.asarray(layer.data))
        layer.contrast_limits = self._params.limits(own["colour"])
        layer.gamma = self._params.gamma


def _colour(
    pixels: NDArray[np.generic], params: DisplayParams, own: Limits | None
) -> tuple[NDArray[np.uint8], Limits]:
    """A colour picture as it is shown, and its own ground and white, worked out where None."""
    light = _light(pixels, params.channel)
    if own is None:
        own = (0.0, _own_white(pixels, light))
    shown = brightened(light, params.limits(own), params.gamma)
    return (shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=-1)), own


def channels_of(layer: Any) -> tuple[Channel, ...]:
    """What can be chosen of a picture: nothing where it is grey."""
    return tuple(CHANNEL_TITLES) if _is_flat(layer) and layer.rgb else ()


def _is_flat(layer: Any) -> bool:
    """Whether a layer shows one plane."""
    if not is_picture(layer) or layer.multiscale:
        return False
    return bool(layer.data.ndim == (3 if layer.rgb else 2))


def _original(layer: Any) -> Image:
    """The picture of a layer, kept in its metadata before the layer shows a copy."""
    image = image_of(layer)
    if "image" not in facts_of(layer):
        layer.metadata = {**layer.metadata, KEY: {**facts_of(layer), "image": image}}
        layer.name = f"{layer.name} (brightened)"
    return image


def _light(pixels: NDArray[np.generic], channel: Channel) -> NDArray[np.generic]:
    """What is shown of a colour picture: three channels, or one as (Y, X)."""
    if channel == "colour":
        return pixels[..., :3]
    if channel == "brightest":
        return brightest(pixels)
    return pixels[..., _PLACES[channel]]


def _own_white(pixels: NDArray[np.generic], light: NDArray[np.generic]) -> float:
    return max(white_point(light), white_point(pixels[..., :3]) * _LEAST_WHITE)


def _put(layer: Any, shown: NDArray[np.uint8]) -> None:
    """Let a layer show a copy, in the memory of the last one where that is ours."""
    data = layer.data
    ours = isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.shape == shown.shape
    if not ours or not data.flags.writeable or np.may_share_memory(data, image_of(layer).pixels):
        layer.data = shown
        return
    np.copyto(data, shown)
    # Neither the extent nor the outline of the layer is another one
    layer.refresh(extent=False, highlight=False)
