"""A picture as the network wants it: three channels of fractions of full scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blur import reduced
from napari_fncells.core.distribution import step_for
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.intensity import brightest_channel
from napari_fncells.model.card import ModelCard, Normalisation

Window = tuple[slice, slice]

_SAMPLE_STEP = 4
"""Of each so many rows and columns one is looked at, at least."""
_SAMPLE = 4_000_000
_STRIP = 256
"""Rows."""
_LARGE = 256
_CAMERA_BITS = (8, 10, 12, 14, 16)
_LIMIT = 1e6
_SMALL_BYTES = 2


@dataclass(frozen=True, eq=False)
class NetworkInput:
    """A picture, and how any part of it is given to a network.

    Attributes
    ----------
    pixels
        (Y, X) or (Y, X, C), any real dtype.
    channels
        Indices of the three channels; the same one thrice for a grey picture.
    white
        Grey value that becomes 1.
    reduction
        Sides of the blocks of pixels whose means the network sees.
    """

    pixels: NDArray[Any]
    channels: tuple[int, int, int]
    white: float
    reduction: int = 1

    @classmethod
    def of(cls, pixels: NDArray[Any], card: ModelCard) -> Self:
        """Look at a picture once, as the card of a model asks.

        Parameters
        ----------
        pixels
            (Y, X) or (Y, X, C) array of any real or boolean dtype.
        card
            Which channels and which scale.

        Raises
        ------
        ParameterError
            For an array of another dimension or kind.
        """
        if pixels.ndim not in (2, 3) or 0 in pixels.shape or pixels.dtype.kind not in "biuf":
            raise ParameterError(
                f"A picture has the axes (Y, X) or (Y, X, C) and real numbers, not the shape "
                f"{pixels.shape} and {pixels.dtype.name}.",
                "Choose one plane of it.",
            )
        planes = pixels[..., np.newaxis] if pixels.ndim == 2 else pixels
        channels = _channels(planes, card)
        white = _white(planes, channels, card.normalisation)
        return cls(planes, channels, white, card.reduction)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns that the network sees."""
        rows, columns = self.pixels.shape[:2]
        return -(-rows // self.reduction), -(-columns // self.reduction)

    def window(self, window: Window) -> NDArray[np.float32]:
        """A part of what the network sees, (3, Y, X) float32.

        What is no finite number counts as 0.

        Parameters
        ----------
        window
            Rows and columns within `shape`.
        """
        part = self.pixels[tuple(in_picture(side, self.reduction) for side in window)]
        planes = {channel: self._seen(part[..., channel]) for channel in set(self.channels)}
        return np.stack([planes[channel] for channel in self.channels])

    def _seen(self, plane: NDArray[Any]) -> NDArray[np.float32]:
        if plane.dtype.kind in "biu" and plane.dtype.itemsize <= _SMALL_BYTES:
            # Small whole numbers are finite: the mean may come first
            values = plane.astype(np.float32)
            values = reduced(values, self.reduction) if self.reduction > 1 else values
            values /= np.float32(self.white)
            return values
        with np.errstate(over="ignore", invalid="ignore"):
            values = plane.astype(np.float32) / np.float32(self.white)
        values[~(np.abs(values) <= _LIMIT)] = 0.0
        return reduced(values, self.reduction) if self.reduction > 1 else values


def in_picture(side: slice, reduction: int) -> slice:
    """The pixels of a picture that a range of a network's pixels stands for."""
    return slice(side.start * reduction, side.stop * reduction)


def _channels(planes: NDArray[Any], card: ModelCard) -> tuple[int, int, int]:
    count = planes.shape[2]
    if card.channels == "stained" or count == 2:
        # Two stains are no red and green: the one with cells, as in drafts by threshold
        chosen = brightest_channel(planes)
        return chosen, chosen, chosen
    return (0, 0, 0) if count == 1 else (0, 1, 2)


def _white(
    planes: NDArray[Any], channels: tuple[int, int, int], normalisation: Normalisation
) -> float:
    """Grey value that the network sees as 1."""
    full = _full_scale(planes)
    if normalisation.method == "full_scale":
        return full
    sample = _sample(planes)[..., sorted(set(channels))].max(axis=2)
    with np.errstate(over="ignore"):
        values = sample[np.isfinite(sample)].astype(np.float64)
    if not values.size:
        return full
    level = float(np.percentile(values, normalisation.percentile))
    return max(level, normalisation.floor * _used_scale(planes, values, full)) or full


def _used_scale(planes: NDArray[Any], values: NDArray[np.float64], full: float) -> float:
    """Full scale of the camera: often 10, 12 or 14 bits kept in 16."""
    if planes.dtype.kind not in "iu":
        return full
    scales = (float(2**bits - 1) for bits in _CAMERA_BITS)
    return min(full, next((scale for scale in scales if scale >= values.max()), full))


def _full_scale(planes: NDArray[Any]) -> float:
    """Largest value that the type can hold; of fractions 1, or the largest where above that."""
    if planes.dtype.kind == "b":
        return 1.0
    if planes.dtype.kind != "f":
        return float(np.iinfo(planes.dtype).max)
    # Strip by strip: the picture may be larger than memory
    strips = (planes[top : top + _STRIP] for top in range(0, planes.shape[0], _STRIP))
    return max(1.0, *(float(np.max(p, initial=0, where=np.isfinite(p))) for p in strips))


def _sample(planes: NDArray[Any]) -> NDArray[Any]:
    """Of a large picture some of its pixels, which are plenty for a percentile."""
    step = step_for(planes.shape, _SAMPLE, _SAMPLE_STEP) if min(planes.shape[:2]) >= _LARGE else 1
    return planes[::step, ::step]
