"""From light to an 8-bit colour picture: spectrum, clipping, noise and defective pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.simulate.fields import Plane, blur
from napari_fncells.core.simulate.params import Colour, SimulationParams


class _Channel(NamedTuple):
    """Light → grey levels of one channel, and its share of the noise.

    The level is `dye` x light of the dye + `tissue` x light of the ground - `loss`: tissue glows
    redder than the dye.
    """

    dye: float
    tissue: float
    loss: float
    noise: float


# Fitted to full-size real pictures; there, blue shows only on bright cells.
_SPECTRA: dict[Colour, tuple[_Channel, _Channel, _Channel]] = {
    "yellow": (
        _Channel(1.0, 1.0, 0.0, 1.0),
        _Channel(0.82, 0.66, 1.6, 0.84),
        _Channel(0.09, 0.05, 0.5, 0.36),
    ),
    "red": (
        _Channel(1.0, 1.0, 0.0, 0.75),
        _Channel(0.06, 0.02, 0.8, 0.15),
        _Channel(0.042, 0.02, 0.7, 0.12),
    ),
    "green": (
        _Channel(0.03, 0.0, 1.0, 0.2),
        _Channel(1.0, 1.0, 0.0, 1.0),
        _Channel(0.22, 0.01, 0.6, 0.4),
    ),
}
# Above this grey level the response bends over to 255.
_KNEE = 205.0
# Interpolation of the colour mosaic spreads the noise of a pixel over its neighbours (px).
_MOSAIC_BLUR_PX = 0.62
_SHARED_NOISE = 0.7


def expose(
    rng: np.random.Generator, params: SimulationParams, dye: Plane, tissue: Plane
) -> NDArray[np.uint8]:
    """Return the picture a camera takes.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    params : SimulationParams
        Colour, noise and defective pixels.
    dye, tissue : (Y, X) float32
        Light of the fluorophore and of the tissue's own glow (grey levels of the main channel).

    Returns
    -------
    (Y, X, 3) uint8
        RGB picture.
    """
    shape = (dye.shape[0], dye.shape[1])
    light = dye + tissue
    shared = _mosaic_noise(rng, shape)
    noise_sd = np.sqrt(np.float32(params.read_noise**2) + np.float32(params.shot_noise) * light)
    picture = np.empty((*shape, 3), np.uint8)
    for index, channel in enumerate(_SPECTRA[params.colour]):
        own = _mosaic_noise(rng, shape)
        noise = np.float32(np.sqrt(_SHARED_NOISE)) * shared
        noise += np.float32(np.sqrt(1.0 - _SHARED_NOISE)) * own
        signal = np.float32(channel.dye) * dye + np.float32(channel.tissue) * tissue
        signal -= np.float32(channel.loss)
        signal = _bend(signal) + np.float32(channel.noise) * noise_sd * noise
        picture[..., index] = np.clip(np.rint(signal), 0, 255)
    _add_hot_pixels(rng, picture, int(rng.poisson(params.hot_pixel_count * params.area_ratio)))
    return picture


def _mosaic_noise(rng: np.random.Generator, shape: tuple[int, int]) -> Plane:
    """Return noise (Y, X) of standard deviation 1, correlated between neighbours."""
    # A margin keeps the mirrored border, where the noise would be stronger, out of the picture.
    white = rng.standard_normal((shape[0] + 4, shape[1] + 4), dtype=np.float32)
    # The kernel's sum of squares gives the loss of amplitude; 5 taps hold all of it.
    taps = np.exp(-0.5 * (np.arange(-2, 3) / _MOSAIC_BLUR_PX) ** 2)
    taps /= taps.sum()
    smooth = blur(white, _MOSAIC_BLUR_PX)[2:-2, 2:-2]
    return np.asarray(smooth / np.float32((taps**2).sum()), dtype=np.float32)


def _bend(signal: Plane) -> Plane:
    """Return the signal with highlights bent over towards 255."""
    over = np.maximum(signal - np.float32(_KNEE), 0.0)
    span = np.float32(255.0 - _KNEE)
    bent = np.minimum(signal, np.float32(_KNEE)) + span * (1.0 - np.exp(-over / span))
    return np.asarray(bent, dtype=np.float32)


def _add_hot_pixels(rng: np.random.Generator, picture: NDArray[np.uint8], number: int) -> None:
    """Draw defective pixels as 3x3 crosses, whitish or blue, in place."""
    height, width = picture.shape[:2]
    for _ in range(number):
        y, x = int(rng.integers(1, height - 1)), int(rng.integers(1, width - 1))
        colour = np.array([1.0, 1.05, 0.85]) * rng.uniform(20.0, 160.0)
        if rng.uniform() < 0.4:
            colour = np.array([0.1, 0.05, 1.0]) * rng.uniform(25.0, 70.0)
        for dy, dx, share in (
            (0, 0, 1.0),
            (-1, 0, 0.45),
            (1, 0, 0.45),
            (0, -1, 0.45),
            (0, 1, 0.45),
        ):
            value = picture[y + dy, x + dx] + share * colour
            picture[y + dy, x + dx] = np.minimum(value, 255.0).astype(np.uint8)
