"""How large the cells of a picture are."""

from __future__ import annotations

import cv2
import numpy as np

from napari_fncells.core.blur import Plane, gaussian

_SIGMAS = tuple(1.6 * 2 ** (third / 3) for third in range(3))
"""Of one octave, in px of its scale."""
_OCTAVES = 5
_DIAMETER = 2.35
"""Diameter of a soft-edged disk over the sigma at which it answers most."""
_USUAL = 30.0
_SPREAD = 1.3
"""px and SD of its logarithm: cells of fluorescence microscopy, a weak expectation that keeps
grain and illumination from being taken for cells."""
_STRONGEST = 99.9
"""Per cent; where the strongest answers of a picture begin: those of its cells."""
_LARGE = 512
"""px a side; from here on the finest octave is left out: it holds grain."""
_MANY = 250_000
"""px."""
_SMALL = 12
"""px a side; no octave is smaller."""


def typical_diameter(plane: Plane) -> float:
    """Diameter, in px, at which the strongest round spots of a picture answer most.

    The answer is the lesser of the two downward curvatures, normalised by scale (Lindeberg
    1998): a ridge, such as a fibre or the edge of the tissue, has only one and does not count.
    It is taken of the square root of the intensity, in which the noise of light is even
    (Anscombe 1948).

    Parameters
    ----------
    plane
        (Y, X) float32 intensities.
    """
    factor = 2 if min(plane.shape) >= _LARGE else 1
    octave = reduced(plane, factor)
    low, high = (float(value) for value in np.percentile(octave[::2, ::2], [0.1, 99.9]))
    if high <= low:
        return _USUAL
    octave = np.sqrt(np.maximum((octave - np.float32(low)) / np.float32(high - low), 0))
    sigmas: list[float] = []
    answers: list[float] = []
    for _ in range(_OCTAVES):
        if min(octave.shape) < _SMALL:
            break
        sigmas += [sigma * factor for sigma in _SIGMAS]
        answers += [_strongest(octave, sigma) for sigma in _SIGMAS]
        octave, factor = reduced(octave, 2), 2 * factor
    if not sigmas:
        return _USUAL
    diameters = _DIAMETER * np.array(sigmas)
    expected = np.exp(-(np.log(diameters / _USUAL) ** 2) / (2 * _SPREAD**2))
    weighed = np.array(answers) * expected
    best = int(weighed.argmax())
    return float(diameters[best] * 2 ** (_vertex(weighed.tolist(), best) / len(_SIGMAS)))


def reduced(plane: Plane, factor: float) -> Plane:
    """Shrink a plane by a factor of 1 or more; each pixel is the mean of what it stands for."""
    if factor == 1:
        return plane
    size = max(round(plane.shape[1] / factor), 1), max(round(plane.shape[0] / factor), 1)
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32).reshape(size[1], size[0])


def _strongest(octave: Plane, sigma: float) -> float:
    smooth = gaussian(octave, sigma)
    across = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3, scale=1 / 4)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3, scale=1 / 4)
    mixed = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3, scale=1 / 4)
    highest = (across + down) / 2 + cv2.magnitude((across - down) / 2, mixed)
    # Of a large smooth plane every other pixel both ways is plenty
    step = 2 if highest.size > _MANY else 1
    return -(sigma**2) * float(np.percentile(highest[::step, ::step], 100 - _STRONGEST))


def _vertex(values: list[float], at: int) -> float:
    """Where a parabola through the highest value and its neighbours is highest, in steps."""
    if not 0 < at < len(values) - 1:
        return 0.0
    before, here, after = values[at - 1 : at + 2]
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else (before - after) / (2 * bend)
