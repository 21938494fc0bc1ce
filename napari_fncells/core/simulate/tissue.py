"""The section itself: its ground light, where it ends, its holes and its bright edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from napari_fncells.core.simulate.canvas import Canvas, Distractor
from napari_fncells.core.simulate.fields import (
    Plane,
    Points,
    blur,
    deposit,
    enlarge,
    noise_field,
    smooth_step,
)
from napari_fncells.core.simulate.params import SimulationParams

# Masks of holes and shadows are drawn at a quarter of the size: their borders are soft anyway.
_COARSE = 4


@dataclass(frozen=True)
class Tissue:
    """What the cells lie in.

    Attributes
    ----------
    present : (Y, X) float32
        1 in tissue, 0 in holes and outside the section.
    free : (Y, X) float32
        1 where cells may lie: tissue without the bright stripe.
    ground : (Y, X) float32
        Light of the ground (grey levels), before the camera.
    stripe : (Y, X) float32
        Light of the bright edge (grey levels); 0 without one.
    illumination : (Y, X) float32
        Relative brightness of the lamp, mean about 1.
    """

    present: Plane
    free: Plane
    ground: Plane
    stripe: Plane
    illumination: Plane


def make_tissue(rng: np.random.Generator, params: SimulationParams, canvas: Canvas) -> Tissue:
    """Return the section; rims of holes and the stripe's threads are added to the canvas.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    params : SimulationParams
        What the section has.
    canvas : Canvas
        Receives light of rims and the note of the stripe.

    Returns
    -------
    Tissue
        Fields of the picture's shape.
    """
    shape = params.shape
    present = np.ones(shape, np.float32)
    free = np.ones(shape, np.float32)
    stripe = np.zeros(shape, np.float32)
    illumination = _illumination(rng, shape, params.illumination_unevenness)
    level = params.ground_level * float(np.exp(rng.normal(0.0, params.ground_spread)))
    ground = level * _mottling(rng, shape, params.ground_texture)
    ground *= _shadows(rng, shape, params.dark_speck_count * params.area_ratio)
    if params.tissue_edge or params.stripe:
        depth = _edge_depth(rng, shape, deep=params.stripe)
        present = smooth_step(depth, 14.0 if params.stripe else 40.0)
        free = smooth_step(depth - 30.0, 10.0)
        if params.stripe:
            width = min(rng.uniform(55.0, 110.0), min(shape) / 7.0)
            stripe = _stripe(rng, depth, width)
            free = smooth_step(depth - np.float32(width) - 35.0, 10.0)
            _note_stripe(rng, canvas, depth, width)
    holes = _holes(rng, params, canvas)
    present = np.asarray(present * holes, np.float32)
    return Tissue(present, np.asarray(free * holes, np.float32), ground, stripe, illumination)


def _illumination(rng: np.random.Generator, shape: tuple[int, int], unevenness: float) -> Plane:
    """Return a slow slope with broad unevenness, mean about 1."""
    rows = np.linspace(-1.0, 1.0, shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1.0, 1.0, shape[1], dtype=np.float32)[None, :]
    angle = rng.uniform(0.0, 2.0 * np.pi)
    slope = np.float32(np.sin(angle)) * rows + np.float32(np.cos(angle)) * columns
    falling = 0.45 * slope - 0.22 * (rows**2 + columns**2)
    broad = noise_field(rng, shape, max(min(shape) / 7.0, 4.0))
    field = 1.0 + unevenness * (falling + 0.15 + 0.25 * broad)
    return np.asarray(np.clip(field, 0.12, None), dtype=np.float32)


def _mottling(rng: np.random.Generator, shape: tuple[int, int], amount: float) -> Plane:
    """Return the relative light of neuropil: grains of several sizes, skewed to the bright."""
    total = np.zeros(shape, np.float32)
    for scale, weight in ((2.5, 0.8), (5.0, 0.9), (11.0, 0.7), (26.0, 0.6)):
        total += np.float32(weight * amount) * noise_field(rng, shape, scale)
    return np.asarray(np.exp(total), dtype=np.float32)


def _shadows(rng: np.random.Generator, shape: tuple[int, int], number: float) -> Plane:
    """Return the ground's loss at unlabelled cells: soft dark dots in loose groups."""
    small = (shape[0] // _COARSE + 1, shape[1] // _COARSE + 1)
    total = np.zeros(small, np.float32)
    for sigma, share in ((1.3, 0.7), (2.2, 0.3)):
        count = int(rng.poisson(number * share))
        dots = np.zeros(small, np.float32)
        depth = rng.gamma(3.0, 0.1, count) * (2.0 * np.pi * sigma**2)
        deposit(dots, rng.uniform(0.0, 1.0, (count, 2)) * small, depth)
        total += blur(dots, sigma)
    groups = np.exp(0.25 * noise_field(rng, small, 16.0))
    return enlarge(np.asarray(np.exp(-total * groups), np.float32), shape)


def _edge_depth(rng: np.random.Generator, shape: tuple[int, int], *, deep: bool) -> Plane:
    """Return the signed distance (px) into the tissue from a curved edge near a corner or side."""
    height, width = shape
    size = float(min(shape))
    # The direction from the centre to where the tissue ends.
    outwards = rng.choice([-1.0, 1.0]) * rng.uniform(0.25, 0.9)
    if rng.uniform() < 0.5:
        outwards = np.pi - outwards
    rows = (np.arange(height, dtype=np.float32) - np.float32(height / 2))[:, None]
    columns = (np.arange(width, dtype=np.float32) - np.float32(width / 2))[None, :]
    sine, cosine = np.float32(np.sin(outwards)), np.float32(np.cos(outwards))
    along = columns * cosine + rows * sine
    across = rows * cosine - columns * sine
    farthest = abs(cosine) * width / 2 + abs(sine) * height / 2
    cut = rng.uniform(0.32, 0.48) * size if deep else rng.uniform(0.12, 0.3) * size
    bend = np.float32(rng.uniform(-0.1, 0.35) / size)
    uneven = noise_field(rng, shape, size / 16.0) * np.float32(0.014 * size)
    fine = noise_field(rng, shape, max(size / 90.0, 2.0)) * np.float32(2.5)
    depth = (farthest - cut) - along - bend * across**2 + uneven + fine
    return np.asarray(depth, dtype=np.float32)


def _stripe(rng: np.random.Generator, depth: Plane, width: float) -> Plane:
    """Return the light of a thick band along the edge: mottled, with threads on its inner side."""
    shape = (depth.shape[0], depth.shape[1])
    inside = depth - np.float32(width) * (1.0 + 0.12 * noise_field(rng, shape, 0.35 * width))
    band = smooth_step(depth, 22.0) * (1.0 - smooth_step(inside, 0.6 * width))
    mottle = np.exp(0.22 * noise_field(rng, shape, 5.0) + 0.28 * noise_field(rng, shape, 20.0))
    # Where a smooth field crosses zero there is a thread: together they make a net.
    net = np.exp(-((noise_field(rng, shape, 4.5) / 0.2) ** 2))
    net += np.exp(-((noise_field(rng, shape, 8.0) / 0.13) ** 2))
    net *= np.exp(0.8 * noise_field(rng, shape, 9.0) - 0.5)
    inner = smooth_step(depth - np.float32(0.55 * width), 0.5 * width)
    inner = inner * (1.0 - smooth_step(depth - np.float32(1.25 * width), 0.4 * width))
    level = rng.uniform(95.0, 150.0)
    light = level * (band * mottle * (1.0 - 0.45 * inner) + 0.5 * inner * net * mottle)
    return blur(np.asarray(light, np.float32), 1.2)


def _note_stripe(rng: np.random.Generator, canvas: Canvas, depth: Plane, width: float) -> None:
    """Note a few places on the stripe."""
    rows, columns = np.nonzero(np.abs(depth[::8, ::8] - 0.5 * width) < 6.0)
    if rows.size == 0:
        return
    for index in rng.integers(0, rows.size, 4):
        place = (float(8 * rows[index]), float(8 * columns[index]))
        canvas.distractors.append(Distractor("stripe", place[0], place[1], 0.4 * width))


def _holes(rng: np.random.Generator, params: SimulationParams, canvas: Canvas) -> Plane:
    """Return 1 outside and 0 inside vessels and clefts; some vessels get a bright wall."""
    shape = params.shape
    number = int(rng.poisson(params.dark_hole_count * params.area_ratio))
    small = (shape[0] // _COARSE + 1, shape[1] // _COARSE + 1)
    left = np.ones(small, np.float32)
    for _ in range(number):
        outline = _hole_outline(rng) + rng.uniform(0.0, 1.0, 2) * shape
        mask = np.zeros(small, np.uint8)
        corners = np.rint(outline[:, ::-1] * (16.0 / _COARSE)).astype(np.int32)
        cv2.fillPoly(mask, [corners], (255,), lineType=cv2.LINE_AA, shift=4)
        softness = float(rng.uniform(0.8, 4.5))
        soft = blur(np.asarray(mask, np.float32) / np.float32(255.0), softness)
        left *= 1.0 - np.float32(rng.uniform(0.75, 0.98)) * soft
        if softness < 2.0 and rng.uniform() < 0.6:
            _add_wall(canvas, rng, outline, params.ground_level)
    return enlarge(left, shape)


def _hole_outline(rng: np.random.Generator) -> Points:
    """Return the outline (120, 2; y, x) of a round vessel or a long cleft, around 0."""
    angles = np.linspace(0.0, 2.0 * np.pi, 120, endpoint=False)
    ratio = rng.uniform(1.0, 1.6) if rng.uniform() < 0.5 else rng.uniform(2.0, 5.0)
    radius = rng.uniform(18.0, 65.0)
    reach = radius * np.ones_like(angles)
    for wave in range(2, 15):
        reach *= 1.0 + rng.normal(0.0, 0.3 / wave) * np.cos(wave * angles + rng.uniform(0, 6.3))
    x, y = reach * np.cos(angles) * np.sqrt(ratio), reach * np.sin(angles) / np.sqrt(ratio)
    y = y + rng.normal(0.0, 0.07) * x**2 / radius
    turned = (x + 1j * y) * np.exp(1j * rng.uniform(0.0, 2.0 * np.pi))
    return np.stack([turned.imag, turned.real], axis=1)


def _add_wall(
    canvas: Canvas, rng: np.random.Generator, outline: Points, ground_level: float
) -> None:
    """Draw the faint wall of a vessel along its outline."""
    closed = np.vstack([outline, outline[:1]])
    lengths = np.hypot(*np.diff(closed, axis=0).T)
    distance = np.concatenate([[0.0], np.cumsum(lengths)])
    where = np.linspace(0.0, distance[-1], int(distance[-1] / 0.6) + 2)
    path = np.stack([np.interp(where, distance, closed[:, axis]) for axis in (0, 1)], axis=1)
    peaks = np.full(len(path), min(rng.uniform(0.4, 1.4) * ground_level, 12.0))
    canvas.add_line("far", path, peaks, np.full(len(path), 4.0), rng.uniform(-0.5, 0.5, len(path)))
