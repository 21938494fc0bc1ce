"""One number per pixel out of a grey, colour or multi-channel picture."""

from __future__ import annotations

from functools import reduce

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.params import Channel

# ITU-R BT.709 weights, those of scikit-image's rgb2gray, which the authors' recipe used
_LUMINANCE = np.array([[0.2125, 0.7154, 0.0721]], dtype=np.float32)
_LARGE = 256
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
    if image.ndim not in (2, 3) or 0 in image.shape:
        raise ParameterError(
            f"A picture has the axes (Y, X) or (Y, X, C), not the shape {image.shape}.",
            "Choose one plane of it.",
        )
    if image.dtype.kind not in "biuf":
        raise ParameterError(
            f"A picture holds real numbers, not {image.dtype.name}.",
            "Convert it, e.g. to its absolute values.",
        )
    finite = _finite(image) if image.dtype.kind == "f" else image
    plane = finite if finite.ndim == 2 else _plane(finite, channel)
    return np.array(plane, dtype=np.float32, order="C")


def _finite(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Floating-point values as float32, those it cannot hold as 0."""
    with np.errstate(over="ignore"):
        values = image.astype(np.float32)
    # Far beyond any picture; squares and sums over a window stay finite
    values[~(np.abs(values) <= _LIMIT)] = 0.0
    return values


def _plane(image: NDArray[np.generic], channel: Channel) -> NDArray[np.generic]:
    """Reduce (Y, X, C) to (Y, X)."""
    channels = image.shape[2]
    if channels == 1:
        only: NDArray[np.generic] = image[..., 0]
        return only
    if channel == "auto":
        brightest: NDArray[np.generic] = image[..., brightest_channel(image)]
        return brightest
    if channel == "maximum":
        # Channel by channel: NumPy is slow along so short an axis
        return reduce(np.maximum, np.moveaxis(image, 2, 0))
    if channel == "pca":
        return _first_axis(image)
    if channels < 3:
        raise ParameterError(
            f"The picture has {channels} channels, so {channel!r} says nothing.",
            "Choose 'auto' or 'maximum'.",
        )
    if channel == "luminance":
        rgb = np.ascontiguousarray(image[..., :3], dtype=np.float32)
        return np.asarray(cv2.transform(rgb, _LUMINANCE)).reshape(image.shape[:2])
    colour: NDArray[np.generic] = image[..., _COLOURS[channel]]
    return colour


def _first_axis(image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Project (Y, X, C) onto the direction of colour that varies most; brighter is more.

    Weights are scaled to a sum of 1 in size, so that the result is in grey levels.
    """
    step = 4 if min(image.shape[:2]) >= _LARGE else 1
    sample = image[::step, ::step].reshape(-1, image.shape[2]).astype(np.float64)
    _, axes = np.linalg.eigh(np.cov(sample, rowvar=False, bias=True))
    weights = axes[:, -1]
    weights = weights / np.abs(weights).sum() * (1 if weights.sum() >= 0 else -1)
    return np.asarray(image.astype(np.float32) @ weights.astype(np.float32))


def brightest_channel(image: NDArray[np.generic]) -> int:
    """Index of the channel whose brightest stand highest above its median.

    By the 99th percentile, which noise and hot pixels leave alone, and the 99.9th, which a few
    cells in a large picture reach.
    """
    # Of a large picture every 4th pixel both ways is plenty for two percentiles
    step = 4 if min(image.shape[:2]) >= _LARGE else 1
    sample = _finite(image[::step, ::step].reshape(-1, image.shape[2]))
    low, high, highest = np.percentile(sample, [50, 99, 99.9], axis=0)
    return int(np.argmax(high + highest - 2 * low))
