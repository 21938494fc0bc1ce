"""One cell body: its outline, its light, and the grains in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.simulate.fields import Plane, Points, blur, noise_field
from napari_fncells.core.simulate.params import SimulationParams

_ANGLES = np.linspace(0.0, 2.0 * np.pi, 96, endpoint=False)
_TILE_PX = 512


@dataclass(frozen=True)
class Soma:
    """A cell body before it has a place.

    Attributes
    ----------
    outline : (96, 2) float64
        Points (y, x) around the centre, px.
    tips : (P, 2) float64
        Where its processes leave it, (y, x) around the centre, px.
    radius_px : float
        Radius of the disc of equal area.
    brightness : float
        Mean light of the body above the ground (grey levels).
    blur_px : float
        Standard deviation of its blur.
    granularity, nucleus : float
        Share of light in grains; share of light lost at the nucleus.
    """

    outline: Points
    tips: Points
    radius_px: float
    brightness: float
    blur_px: float
    granularity: float
    nucleus: float

    @property
    def reach_px(self) -> float:
        """Distance of the farthest outline point from the centre."""
        return float(np.hypot(self.outline[:, 0], self.outline[:, 1]).max())

    def extent(self, direction: float) -> float:
        """Return how far (px) the body reaches towards `direction` (radians, from +x to +y)."""
        along = self.outline[:, 0] * np.sin(direction) + self.outline[:, 1] * np.cos(direction)
        return float(along.max())


@dataclass(frozen=True)
class RenderedSoma:
    """A body drawn into a patch.

    Attributes
    ----------
    light : (h, w) float32
        Grey levels above the ground, blurred.
    depth : (h, w) float32
        Signed distance to the steepest edge (px), positive inside.
    grains : (N, 2) float64
        Places (y, x) of bright grains in the picture.
    grain_peaks : (N,) float64
        Their light (grey levels).
    top, left : int
        Place of the patch in the picture.
    """

    light: Plane
    depth: Plane
    grains: Points
    grain_peaks: Points
    top: int
    left: int


class Texture:
    """Two grainy fields, made once a picture, from which every body takes a random piece."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._fine = noise_field(rng, (_TILE_PX, _TILE_PX), 1.3)
        self._coarse = noise_field(rng, (_TILE_PX, _TILE_PX), 4.5)

    def piece(self, shape: tuple[int, ...]) -> tuple[Plane, Plane]:
        """Return (fine, coarse) fields (h, w) float32 from a random place."""
        top, left = self._rng.integers(0, _TILE_PX, 2)
        rows = (np.arange(shape[0]) + top) % _TILE_PX
        columns = (np.arange(shape[1]) + left) % _TILE_PX
        index = np.ix_(rows, columns)
        return self._fine[index], self._coarse[index]


def make_soma(
    rng: np.random.Generator, params: SimulationParams, median_area_px: float, brightness: float
) -> Soma:
    """Return a random body.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    params : SimulationParams
        Shape and spread of the cells.
    median_area_px : float
        Median area of this picture's cells.
    brightness : float
        Light of this body above the ground (grey levels).

    Returns
    -------
    Soma
        The body.
    """
    area = median_area_px * float(np.exp(rng.normal(0.0, params.cell_area_spread)))
    area = float(np.clip(area, 90.0, 9500.0))
    # The marked outline lies `outline_offset_px` off the body's edge; aim at the marked area.
    radius = max(float(np.sqrt(area / np.pi)) - params.outline_offset_px, 4.0)
    outline, tips = _make_outline(rng, params, radius)
    spread = float(np.exp(rng.normal(0.0, params.focus_blur_spread)))
    blur_px = min(max(params.focus_blur_px * spread, 0.6), 6.0)
    # Grains are finer than bodies: a blur that leaves a body whole washes them out.
    grainy = float(rng.uniform() ** 0.8) * min(1.0, 2.0 / blur_px)
    return Soma(
        outline=outline,
        tips=tips,
        radius_px=radius,
        brightness=brightness,
        blur_px=blur_px,
        granularity=params.granularity * grainy,
        nucleus=params.nucleus_dimming * float(rng.uniform() ** 1.3),
    )


def _make_outline(
    rng: np.random.Generator, params: SimulationParams, radius: float
) -> tuple[Points, Points]:
    """Return (outline (96, 2), tips (P, 2)) of a body of about the disc's area."""
    ratio = 1.0 + (params.elongation - 1.0) * float(rng.gamma(3.0, 1.0 / 3.0))
    ratio = min(ratio, 4.5)
    long, short = np.sqrt(ratio), 1.0 / np.sqrt(ratio)
    reach = long * short / np.hypot(short * np.cos(_ANGLES), long * np.sin(_ANGLES))
    for wave in range(2, 7):
        amount = params.irregularity * rng.normal() * 2.0 / wave
        reach = reach * (1.0 + amount * np.cos(wave * _ANGLES + rng.uniform(0.0, 2.0 * np.pi)))
    leaving = _process_angles(rng, params.processes)
    for angle in leaving:
        away = np.angle(np.exp(1j * (_ANGLES - angle)))
        reach = reach + rng.uniform(0.15, 0.7) * np.exp(-((away / rng.uniform(0.16, 0.4)) ** 2))
    x, y = reach * np.cos(_ANGLES), reach * np.sin(_ANGLES)
    # A bent axis gives bean and banana shapes.
    y = y + rng.normal(0.0, 0.12) * x**2
    size = 0.5 * abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))))
    scale = radius * np.sqrt(np.pi / size)
    turn = rng.uniform(0.0, 2.0 * np.pi)
    rotated = (x + 1j * y) * np.exp(1j * turn) * scale
    outline = np.stack([rotated.imag, rotated.real], axis=1)
    index = [int(np.argmin(np.abs(np.angle(np.exp(1j * (_ANGLES - angle)))))) for angle in leaving]
    return outline, outline[index]


def _process_angles(rng: np.random.Generator, mean_number: float) -> list[float]:
    """Return where processes leave, in the body's own frame: mostly along its long axis."""
    number = min(int(rng.poisson(mean_number)), 6)
    angles = []
    for _ in range(number):
        if rng.uniform() < 0.6:
            angles.append(float(rng.choice([0.0, np.pi]) + rng.normal(0.0, 0.35)))
        else:
            angles.append(float(rng.uniform(0.0, 2.0 * np.pi)))
    return angles


def render_soma(
    rng: np.random.Generator, soma: Soma, y: float, x: float, texture: Texture
) -> RenderedSoma:
    """Draw a body at (y, x).

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    soma : Soma
        The body.
    y, x : float
        Its centre in the picture (px).
    texture : Texture
        Grainy fields shared by the picture's bodies.

    Returns
    -------
    RenderedSoma
        Its light, its depth and its grains.
    """
    margin = int(3.0 * soma.blur_px) + 8
    middle = np.array([y, x])
    low = np.floor(soma.outline.min(axis=0) + middle).astype(int) - margin
    high = np.ceil(soma.outline.max(axis=0) + middle).astype(int) + margin
    shape = (int(high[0] - low[0]), int(high[1] - low[1]))
    centre = middle - low
    soft_mask = _fill(soma.outline + centre, shape)
    inside = soft_mask >= 0.5
    depth_in = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    depth_out = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    depth = np.asarray(depth_in - depth_out, dtype=np.float32)

    nucleus = _nucleus(rng, soma, centre, shape)
    body = _body(rng, soma, depth, centre, texture) * soft_mask * (1.0 - soma.nucleus * nucleus)
    # Scaled so that `brightness` is the mean over the body after blurring.
    light = blur(np.asarray(body, np.float32), soma.blur_px)
    mean = float(light[inside].mean()) if inside.any() else 1.0
    light *= np.float32(soma.brightness * (1.0 - 0.55 * soma.granularity) / max(mean, 1e-6))
    grains, peaks = _grains(rng, soma, depth, nucleus)
    return RenderedSoma(light, depth, grains + low, peaks, int(low[0]), int(low[1]))


def _fill(points: Points, shape: tuple[int, int]) -> Plane:
    """Return the polygon (y, x) filled with 1, its border anti-aliased."""
    mask = np.zeros(shape, np.uint8)
    corners = np.rint(points[:, ::-1] * 16.0).astype(np.int32)
    cv2.fillPoly(mask, [corners], (255,), lineType=cv2.LINE_AA, shift=4)
    return np.asarray(mask, dtype=np.float32) / np.float32(255.0)


def _nucleus(
    rng: np.random.Generator, soma: Soma, centre: NDArray[np.float64], shape: tuple[int, int]
) -> Plane:
    """Return a soft disc (h, w) of about half the body's short axis, near its centre."""
    size = soma.radius_px * rng.uniform(0.38, 0.55)
    shift = rng.normal(0.0, 0.16 * soma.radius_px, 2)
    rows = (np.arange(shape[0]) - centre[0] - shift[0])[:, None] / size
    columns = (np.arange(shape[1]) - centre[1] - shift[1])[None, :] / (
        size * rng.uniform(0.8, 1.2)
    )
    return np.asarray(np.exp(-((rows**2 + columns**2) ** 2)), dtype=np.float32)


def _body(
    rng: np.random.Generator,
    soma: Soma,
    depth: Plane,
    centre: NDArray[np.float64],
    texture: Texture,
) -> Plane:
    """Return the unblurred light (h, w) of the body, about 1 in its middle."""
    dome = np.clip(depth / max(0.75 * soma.radius_px, 1.0), 0.0, 1.0)
    light = 0.2 + 0.8 * np.sin(0.5 * np.pi * dome) ** 1.3
    # One end is often brighter: labelled vesicles gather on one side.
    angle, slope = rng.uniform(0.0, 2.0 * np.pi), rng.normal(0.0, 0.4)
    rows = (np.arange(depth.shape[0]) - centre[0])[:, None] * np.sin(angle)
    columns = (np.arange(depth.shape[1]) - centre[1])[None, :] * np.cos(angle)
    tilt = np.exp(np.clip(slope * (rows + columns) / soma.radius_px, -1.2, 1.2))
    fine, coarse = texture.piece(depth.shape)
    fine_part = (0.08 + 0.3 * soma.granularity) * fine
    coarse_part = (0.16 + 0.4 * soma.granularity) * coarse
    grain = np.exp(fine_part + coarse_part)
    return np.asarray(light * tilt * grain, dtype=np.float32)


def _grains(
    rng: np.random.Generator, soma: Soma, depth: Plane, nucleus: Plane
) -> tuple[Points, Points]:
    """Return places (N, 2; y, x in the patch) and peaks (N,) of bright grains."""
    number = int(soma.granularity * np.pi * soma.radius_px**2 / 9.0)
    if number == 0 or soma.granularity < 0.04:
        return np.zeros((0, 2)), np.zeros(0)
    rim = np.exp(-np.abs(depth - 2.5) / (0.22 * soma.radius_px + 1.0))
    weight = np.where(depth > -2.5, 0.25 + rim, 0.0) * (1.0 - 0.8 * nucleus)
    total = np.cumsum(weight.ravel().astype(np.float64))
    picks = np.searchsorted(total, rng.uniform(0.0, total[-1], number))
    places = np.stack(np.unravel_index(picks, depth.shape), axis=1).astype(np.float64)
    places += rng.uniform(-0.5, 0.5, places.shape)
    peaks = soma.brightness * rng.gamma(0.8, 0.55, number) * (0.4 + soma.granularity)
    return places, peaks
