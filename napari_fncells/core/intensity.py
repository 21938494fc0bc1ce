"""One number per pixel out of a grey, colour or multi-channel picture."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.distribution import Readable, step_for
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import Channel

Pixels = NDArray[Any]
Plane = NDArray[np.float32]

# ITU-R BT.709 weights, those of scikit-image's rgb2gray, which the authors' recipe used
_LUMINANCE = np.array([[0.2125, 0.7154, 0.0721]], dtype=np.float32)
_LARGE = 256
_SAMPLE = 4_000_000
_LIMIT = 1e18
_COLOURS: dict[str, int] = {"red": 0, "green": 1, "blue": 2}


def intensity(image: NDArray[np.generic], channel: Channel = "auto") -> NDArray[np.float32]:
    """Reduce a picture to one float32 plane, in grey levels of the picture.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C) array of any real or boolean dtype.
    channel
        'auto' takes the channel whose brightest per cent stands highest above its median,
        which is the stained one for a single fluorophore. 'luminance' weighs red, green and
        blue as the eye does. 'maximum' is the largest of all channels. 'pca' is the mixture of
        channels that varies most over the picture, scaled to their grey levels.

    Returns
    -------
    ndarray
        (Y, X) float32; NaN, infinity and what lies beyond 1e18 become 0, so that no filter
        spreads them.

    Raises
    ------
    ParameterError
        For an array of another dimension or kind, or a colour that the picture has no
        channel for.
    """
    return reader(image, channel)(image)


def reader(image: Readable, channel: Channel = "auto") -> Callable[[Pixels], Plane]:
    """How any part of a picture is reduced to one plane, chosen from the whole of it.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C); only a sample is read.
    channel
        See `intensity`.

    Returns
    -------
    callable
        Takes a part of the picture, (y, x) or (y, x, C), and returns its (y, x) float32 plane.

    Raises
    ------
    ParameterError
        As `intensity` does.
    """
    if len(image.shape) not in (2, 3) or 0 in image.shape:
        raise ParameterError(
            f"A picture has the axes (Y, X) or (Y, X, C), not the shape {image.shape}.",
            "Choose one plane of it.",
        )
    if image.dtype.kind not in "biuf":
        raise ParameterError(
            f"A picture holds real numbers, not {image.dtype.name}.",
            "Convert it, e.g. to its absolute values.",
        )
    mix = _mixture(image, channel) if len(image.shape) == 3 else None

    def read(part: Pixels) -> Plane:
        finite = _finite(part) if part.dtype.kind == "f" else part
        plane = finite if mix is None else mix(finite)
        return np.array(plane, dtype=np.float32, order="C")

    return read


def _finite(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Floating-point values as float32, those it cannot hold as 0."""
    with np.errstate(over="ignore"):
        values = image.astype(np.float32)
    # Far beyond any picture; squares and sums over a window stay finite
    values[~(np.abs(values) <= _LIMIT)] = 0.0
    return values


def _mixture(image: Readable, channel: Channel) -> Callable[[Pixels], Pixels]:
    """What reduces finite (y, x, C) parts of a (Y, X, C) picture to (y, x)."""
    channels = image.shape[2]
    if channels == 1:
        return lambda part: part[..., 0]
    if channel == "auto":
        brightest = brightest_channel(image)
        return lambda part: part[..., brightest]
    if channel == "maximum":
        # Channel by channel: NumPy is slow along so short an axis
        return lambda part: reduce(np.maximum, np.moveaxis(part, 2, 0))
    if channel == "pca":
        weights = _first_axis(image)
        return lambda part: _weighted(part, weights)
    if channels < 3:
        raise ParameterError(
            f"The picture has {channels} channels, so {channel!r} says nothing.",
            "Choose 'auto' or 'maximum'.",
        )
    if channel == "luminance":
        return lambda part: _weighted(part[..., :3], _LUMINANCE)
    colour = _COLOURS[channel]
    return lambda part: part[..., colour]


def _weighted(part: Pixels, weights: NDArray[np.float32]) -> Plane:
    """Weighted sum over the channels."""
    colours = np.ascontiguousarray(part, dtype=np.float32)
    return np.asarray(cv2.transform(colours, weights), np.float32).reshape(part.shape[:2])


def _first_axis(image: Readable) -> NDArray[np.float32]:
    """Direction of colour that varies most over a (Y, X, C) picture; brighter is more.

    (1, C) weights, scaled to a sum of 1 in size, so that the result is in grey levels.
    """
    sample = _sample(image).astype(np.float64)
    _, axes = np.linalg.eigh(np.cov(sample, rowvar=False, bias=True))
    weights = axes[:, -1]
    weights = weights / np.abs(weights).sum() * (1 if weights.sum() >= 0 else -1)
    return np.asarray(weights[None], dtype=np.float32)


def brightest_channel(image: Readable) -> int:
    """Index of the channel whose brightest stand highest above its median.

    By the 99th percentile, which noise and hot pixels leave alone, and the 99.9th, which a few
    cells in a large picture reach.
    """
    low, high, highest = np.percentile(_sample(image), [50, 99, 99.9], axis=0)
    return int(np.argmax(high + highest - 2 * low))


def _sample(image: Readable) -> NDArray[np.float32]:
    """Finite values of every so many-th pixel of a (Y, X, C) picture, as (N, C)."""
    # Of a large picture every 4th pixel both ways is plenty for two percentiles
    step = step_for(image.shape, _SAMPLE, 4) if min(image.shape[:2]) >= _LARGE else 1
    return _finite(np.asarray(image[::step, ::step]).reshape(-1, image.shape[2]))
