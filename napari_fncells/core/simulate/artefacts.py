"""Bright things that are no cells: smears out of focus, debris, dust, the macaroni blob."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from napari_fncells.core.simulate.canvas import Canvas, Distractor
from napari_fncells.core.simulate.fibres import wander
from napari_fncells.core.simulate.fields import Plane, Points, blur, noise_field, smooth_step
from napari_fncells.core.simulate.params import SimulationParams
from napari_fncells.core.simulate.placement import Region
from napari_fncells.core.simulate.soma import Soma, Texture, make_soma, render_soma


def add_smears(
    canvas: Canvas,
    rng: np.random.Generator,
    params: SimulationParams,
    somata: list[tuple[Soma, float, float]],
    region: Region,
    median_area_px: float,
    number: int,
) -> None:
    """Draw `number` cells out of focus, none of them on a true cell.

    Parameters
    ----------
    canvas : Canvas
        Receives their light and notes.
    rng : numpy.random.Generator
        Source of randomness.
    params : SimulationParams
        Shape and brightness of cells.
    somata : list of (Soma, y, x)
        True cells, to keep away from.
    region : Region
        Where cells gather.
    median_area_px : float
        Median area of this picture's cells.
    number : int
        How many to draw.
    """
    texture = Texture(rng)
    taken = [(y, x, 1.2 * soma.radius_px) for soma, y, x in somata]
    for _ in range(number):
        # Twice as blurred is about half as bright: the light is the same.
        sigma = float(5.0 + rng.gamma(1.6, 2.0))
        peak = params.cell_brightness * float(np.exp(rng.normal(-1.25, 0.5))) * 6.0 / sigma
        soma = make_soma(rng, params, median_area_px, min(peak, 0.28 * params.cell_brightness))
        soma = replace(soma, blur_px=sigma, granularity=0.0, nucleus=0.0)
        y, x = region.draw()
        if any(np.hypot(y - b, x - c) < reach + soma.radius_px for b, c, reach in taken):
            continue
        taken.append((float(y), float(x), 0.8 * soma.radius_px))
        drawn = render_soma(rng, soma, float(y), float(x), texture)
        canvas.add_patch(drawn.light, drawn.top, drawn.left)
        size = soma.radius_px + 0.5 * sigma
        canvas.distractors.append(Distractor("out_of_focus", float(y), float(x), size))


def add_debris(
    canvas: Canvas, rng: np.random.Generator, number: int, brightness: float, shape: Points
) -> None:
    """Draw `number` compact specks and patches of dust anywhere in `shape` (Y, X)."""
    for _ in range(number):
        place = rng.uniform(0.0, 1.0, 2) * shape
        if rng.uniform() < 0.6:
            radius = float(np.clip(2.6 * np.exp(rng.normal(0.0, 0.55)), 1.2, 8.5))
            _add_speck(canvas, rng, place, radius, brightness * float(np.exp(rng.normal(0, 0.8))))
        else:
            radius = float(rng.uniform(5.0, 14.0))
            grains = int(rng.integers(6, 45))
            places = place + rng.normal(0.0, 0.55 * radius, (grains, 2))
            canvas.add_points("sharp", places, 0.45 * brightness * rng.exponential(0.6, grains))
        note = Distractor("debris", float(place[0]), float(place[1]), radius)
        canvas.distractors.append(note)


def _add_speck(
    canvas: Canvas, rng: np.random.Generator, place: Points, radius: float, peak: float
) -> None:
    """Draw one irregular speck: a few overlapping discs, crisp or slightly soft."""
    size = int(4.0 * radius) + 12
    mask = np.zeros((2 * size, 2 * size), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        at = np.rint((size + rng.normal(0.0, 0.35 * radius, 2)) * 16.0).astype(int)
        part = int(radius * rng.uniform(0.6, 1.0) * 16.0)
        cv2.circle(mask, (int(at[1]), int(at[0])), part, (255,), -1, lineType=cv2.LINE_AA, shift=4)
    light = blur(np.asarray(mask, np.float32) / np.float32(255.0), rng.uniform(0.8, 2.2))
    top, left = int(place[0]) - size, int(place[1]) - size
    canvas.add_patch(np.asarray(light * peak, np.float32), top, left)


def add_macaroni(canvas: Canvas, rng: np.random.Generator, tissue: Plane) -> None:
    """Draw a curled tube of free fluorophore: bright walls, a paler middle, a crisp border."""
    shape = canvas.shape
    scale = min(1.0, min(shape) / 400.0)
    thickness = rng.uniform(20.0, 32.0) * scale
    place = _tissue_place(rng, tissue)
    length = rng.uniform(130.0, 230.0) * scale
    path = wander(rng, place, rng.uniform(0.0, 2.0 * np.pi), length, 0.25)
    # A steady turn on top of the drift curls it.
    turn = np.linspace(0.0, rng.choice([-1.0, 1.0]) * rng.uniform(1.6, 3.0), len(path))
    steps = np.diff(path, axis=0, prepend=path[:1])
    rotated = (steps[:, 1] + 1j * steps[:, 0]) * np.exp(1j * turn)
    path = place + np.stack([np.cumsum(rotated.imag), np.cumsum(rotated.real)], axis=1)

    margin = int(thickness) + 16
    low = np.floor(path.min(axis=0)).astype(int) - margin
    size = np.ceil(path.max(axis=0)).astype(int) + margin - low
    mask = np.zeros((int(size[0]), int(size[1])), np.uint8)
    corners = np.rint((path - low)[:, ::-1] * 16.0).astype(np.int32)
    cv2.polylines(mask, [corners], False, (255,), int(thickness), cv2.LINE_AA, 4)
    inside = (mask > 127).astype(np.uint8)
    depth = np.asarray(cv2.distanceTransform(inside, cv2.DIST_L2, 5), dtype=np.float32)
    depth -= np.asarray(cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5), dtype=np.float32)
    wall = np.exp(-(((depth - 0.25 * thickness) / (0.14 * thickness)) ** 2))
    grain = np.exp(0.15 * noise_field(rng, mask.shape, 2.5))
    grain *= np.exp(0.3 * noise_field(rng, mask.shape, 11.0))
    ragged = smooth_step(depth - 1.5 - 1.5 * noise_field(rng, mask.shape, 5.0), 3.0)
    body = ragged * (0.55 + 0.6 * wall) * grain * rng.uniform(130.0, 210.0)
    canvas.add_patch(blur(np.asarray(body, np.float32), 1.5), int(low[0]), int(low[1]))
    middle = path[len(path) // 2]
    note = Distractor("macaroni", float(middle[0]), float(middle[1]), 0.5 * length)
    canvas.distractors.append(note)


def add_hair(canvas: Canvas, rng: np.random.Generator, brightness: float) -> None:
    """Draw a thin faint arc: a hair or the rim of a bubble on the glass."""
    shape = canvas.shape
    radius = rng.uniform(0.12, 0.4) * min(shape)
    centre = rng.uniform(0.0, 1.0, 2) * shape
    angles = rng.uniform(0.0, 2.0 * np.pi) + np.arange(0.0, rng.uniform(1.0, 3.5), 0.6 / radius)
    path = centre + radius * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    number = len(path)
    peaks = brightness * (0.6 + 0.4 * np.sin(3.0 * angles))
    canvas.add_line("near", path, peaks, np.full(number, 2.0), rng.uniform(-0.5, 0.5, number))


def _tissue_place(rng: np.random.Generator, tissue: Plane) -> Points:
    """Return a place (y, x) in tissue, the picture's middle where chance finds none."""
    for _ in range(40):
        place = rng.uniform(0.15, 0.85, 2) * tissue.shape
        if tissue[int(place[0]), int(place[1])] > 0.9:
            return np.asarray(place, dtype=np.float64)
    return np.array(tissue.shape, dtype=np.float64) / 2.0
