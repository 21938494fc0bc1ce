"""How large the cells of a picture are, before any has been found."""

from __future__ import annotations

import cv2
import numpy as np

from napari_fncells.core.blur import Plane

_USUAL_DIAMETER = 30.0
_USUAL_SPREAD = 1.3
"""px, and the SD of its logarithm: how sizes of cells are spread over pictures."""
_STEPS = (1.6, 1.6 * 2 ** (1 / 3), 1.6 * 2 ** (2 / 3))
"""Sigmas within an octave, in px of the reduced picture."""
_OCTAVES = 5
_LEAST_SIDE = 12
_BRIGHTEST = 99.9
"""Per cent; where the strongest answers of a picture begin: those of its cells."""
_DIAMETER_PER_SIGMA = 2.35
"""Of a spot of Gaussian profile the width at half its height."""
_LARGE = 512


def typical_diameter(plane: Plane) -> float:
    """Diameter, in px, at which the brightest spots of a picture answer most.

    The answer is the smaller principal curvature of the blurred square root of the intensity,
    normalised by scale (Lindeberg 1998): it is small on fibres and edges, which bend one way
    only. The square root evens out the noise of light (Anscombe 1948). Sizes far from those of
    common cells need a stronger answer.

    Parameters
    ----------
    plane
        (Y, X) float32 intensities, not all alike.
    """
    factor = 2 if min(plane.shape) >= _LARGE else 1
    light = _rooted(reduced(plane, factor))
    sigmas: list[float] = []
    answers: list[float] = []
    for _ in range(_OCTAVES):
        if min(light.shape) < _LEAST_SIDE:
            break
        for sigma in _STEPS:
            sigmas.append(sigma * factor)
            answers.append(float(np.percentile(_roundness(light, sigma), _BRIGHTEST)))
        light = reduced(light, 2)
        factor *= 2
    if not sigmas:
        return _USUAL_DIAMETER
    diameters = _DIAMETER_PER_SIGMA * np.array(sigmas)
    odds = np.exp(-(np.log(diameters / _USUAL_DIAMETER) ** 2) / (2 * _USUAL_SPREAD**2))
    return _peak_of(diameters, np.array(answers) * odds)


def reduced(plane: Plane, factor: float) -> Plane:
    """A plane made smaller by a factor along each side; every pixel is the mean of its area."""
    if factor == 1:
        return plane
    size = max(round(plane.shape[1] / factor), 1), max(round(plane.shape[0] / factor), 1)
    small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32).reshape(size[1], size[0])


def _rooted(plane: Plane) -> Plane:
    low, high = (float(value) for value in np.percentile(plane, [0.1, 99.9]))
    above = np.clip(plane - np.float32(low), 0, None) / np.float32(max(high - low, 1e-30))
    rooted: Plane = np.sqrt(above, dtype=np.float32)
    return rooted


def _roundness(light: Plane, sigma: float) -> Plane:
    """Smaller of the two principal curvatures, downwards, times sigma²."""
    soft = cv2.GaussianBlur(light, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    right = cv2.Sobel(soft, cv2.CV_32F, 2, 0, ksize=3) / 4
    down = cv2.Sobel(soft, cv2.CV_32F, 0, 2, ksize=3) / 4
    mixed = cv2.Sobel(soft, cv2.CV_32F, 1, 1, ksize=3) / 4
    spread = np.sqrt(((right - down) / 2) ** 2 + mixed**2)
    return np.asarray(-(sigma**2) * ((right + down) / 2 + spread), dtype=np.float32)


def _peak_of(diameters: np.ndarray, answers: np.ndarray) -> float:
    """Where a parabola through the highest answer and its neighbours has its top."""
    best = int(answers.argmax())
    offset = 0.0
    if 0 < best < len(answers) - 1:
        before, top, after = answers[best - 1 : best + 2]
        bend = before - 2 * top + after
        offset = float((before - after) / (2 * bend)) if bend < 0 else 0.0
    return float(diameters[best] * 2 ** (offset / len(_STEPS)))
