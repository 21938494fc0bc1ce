"""Lines of light: processes of cells, fine beaded fibres and bright branching filaments."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.simulate.canvas import Canvas, Distractor, DistractorKind
from napari_fncells.core.simulate.fields import Points
from napari_fncells.core.simulate.placement import Region
from napari_fncells.core.simulate.soma import Soma

_STEP_PX = 0.6


def wander(
    rng: np.random.Generator, start: Points, heading: float, length_px: float, bend: float
) -> Points:
    """Return a smooth random path.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    start : (2,) float64
        First point (y, x).
    heading : float
        First direction (radians, from +x to +y).
    length_px : float
        Length of the path.
    bend : float
        How much the direction drifts (radians per square root of 100 px).

    Returns
    -------
    (N, 2) float64
        Points (y, x) 0.6 px apart.
    """
    number = max(int(length_px / _STEP_PX), 8)
    drift = rng.normal(0.0, bend * np.sqrt(_STEP_PX / 100.0), number)
    direction = heading + np.cumsum(drift) + rng.normal(0.0, 0.12, number)
    steps = np.stack([np.sin(direction), np.cos(direction)], axis=1) * _STEP_PX
    return np.asarray(start + np.cumsum(steps, axis=0), dtype=np.float64)


def add_processes(
    canvas: Canvas, rng: np.random.Generator, soma: Soma, y: float, x: float, length_px: float
) -> None:
    """Draw the tapering processes of a body at (y, x); `length_px` is their median length."""
    for tip in soma.tips:
        heading = float(np.arctan2(tip[0], tip[1]))
        length = float(np.clip(length_px * np.exp(rng.normal(0.0, 0.8)), 8.0, 420.0))
        # The path begins within the body so that both join without a gap.
        path = wander(rng, np.array([y, x]) + 0.72 * tip, heading, length, 0.45)
        along = np.linspace(0.0, 1.0, len(path))
        base = float(np.clip(soma.radius_px * rng.uniform(0.16, 0.4), 1.5, 9.0))
        widths = 0.8 + base * np.exp(-5.0 * along)
        peaks = soma.brightness * rng.uniform(0.12, 0.5) * np.exp(-2.8 * along) * (1.0 - along**4)
        focus = "sharp" if soma.blur_px < 1.5 else "near"
        if rng.uniform() < 0.25:
            focus = "far"
        _add_uneven_line(canvas, rng, focus, path, peaks, widths)
        if soma.granularity > 0.08:
            _add_beads(canvas, rng, path, peaks, 9.0, 0.8)


def add_neurites(
    canvas: Canvas, rng: np.random.Generator, region: Region, number: int, brightness: float
) -> None:
    """Draw `number` fine beaded fibres whose beads are about `brightness` grey levels."""
    common = rng.uniform(0.0, 2.0 * np.pi)
    for _ in range(number):
        heading = common + rng.normal(0.0, 0.9) + (np.pi if rng.uniform() < 0.5 else 0.0)
        length = float(np.clip(130.0 * np.exp(rng.normal(0.0, 0.75)), 20.0, 800.0))
        path = wander(rng, region.draw(), heading, length, rng.uniform(0.25, 0.8))
        along = np.linspace(0.0, 1.0, len(path))
        level = brightness * float(np.exp(rng.normal(0.0, 0.6)))
        peaks = level * np.sin(np.pi * np.clip(along, 0.02, 0.98)) ** 0.5
        focus = str(rng.choice(["sharp", "near", "far"], p=[0.4, 0.4, 0.2]))
        _add_uneven_line(canvas, rng, focus, path, 0.45 * peaks, np.full(len(path), 0.8))
        if focus != "far":
            _add_beads(canvas, rng, path, 2.2 * peaks, rng.uniform(7.0, 30.0), 1.0)
        _remember(canvas, "neurite", path)
    _add_loose_grains(canvas, rng, region, 7 * number, brightness)


def add_filaments(
    canvas: Canvas,
    rng: np.random.Generator,
    starts: list[tuple[float, float]],
    number: int,
    brightness: float,
) -> None:
    """Draw `number` bright branching filaments that leave the given places (y, x)."""
    for index in range(number):
        y, x = starts[index % len(starts)]
        heading = rng.uniform(0.0, 2.0 * np.pi)
        length = float(rng.uniform(110.0, 380.0))
        path = wander(rng, np.array([y, x]), heading, length, 0.6)
        _add_filament(canvas, rng, path, brightness * rng.uniform(0.5, 1.2), 4.0)
        for _ in range(int(rng.integers(0, 3))):
            fork = int(rng.integers(len(path) // 5, len(path)))
            step = path[fork] - path[fork - 5]
            turned = float(np.arctan2(step[0], step[1])) + rng.choice([-1.0, 1.0]) * 0.7
            branch = wander(rng, path[fork], turned, 0.5 * length, 0.8)
            _add_filament(canvas, rng, branch, brightness * rng.uniform(0.3, 0.7), 2.0)


def _add_loose_grains(
    canvas: Canvas, rng: np.random.Generator, region: Region, number: int, brightness: float
) -> None:
    """Draw bits of fibres that cross the plane: single grains and short rows of them."""
    for _ in range(number // 3):
        size = int(rng.integers(1, 6))
        heading = rng.uniform(0.0, 2.0 * np.pi)
        away = np.cumsum(rng.exponential(4.0, size))
        row = np.stack([away * np.sin(heading), away * np.cos(heading)], axis=1)
        places = region.draw() + row + rng.normal(0.0, 1.2, (size, 2))
        focus = "sharp" if rng.uniform() < 0.6 else "near"
        canvas.add_points(focus, places, 2.0 * brightness * rng.exponential(1.0, size))


def _add_filament(
    canvas: Canvas, rng: np.random.Generator, path: Points, peak: float, width: float
) -> None:
    """Draw one unbranched filament."""
    along = np.linspace(0.0, 1.0, len(path))
    peaks = peak * np.exp(-1.6 * along) * (1.0 - along**6)
    focus = str(rng.choice(["sharp", "near", "far"], p=[0.4, 0.4, 0.2]))
    _add_uneven_line(canvas, rng, focus, path, peaks, 0.8 + width * np.exp(-2.5 * along))
    _add_beads(canvas, rng, path, peaks, 12.0, 1.0)
    _remember(canvas, "filament", path)


def _add_uneven_line(
    canvas: Canvas,
    rng: np.random.Generator,
    focus: str,
    path: Points,
    peaks: Points,
    widths: Points,
) -> None:
    """Draw a line whose light varies along it as the fibre leaves and enters focus."""
    knots = max(len(path) // 25, 4)
    uneven = np.interp(
        np.linspace(0.0, knots - 1.0, len(path)), np.arange(knots), rng.normal(0.0, 0.6, knots)
    )
    jitter = rng.uniform(-0.5, 0.5, len(path))
    canvas.add_line(focus, path, peaks * np.exp(uneven), widths, jitter)


def _add_beads(
    canvas: Canvas,
    rng: np.random.Generator,
    path: Points,
    peaks: Points,
    spacing_px: float,
    scatter_px: float,
) -> None:
    """Put bright beads along a path, at random distances of `spacing_px` on average."""
    number = int(rng.poisson(len(path) * _STEP_PX / spacing_px))
    if number == 0:
        return
    index = rng.integers(0, len(path), number)
    places = path[index] + rng.normal(0.0, scatter_px, (number, 2))
    canvas.add_points("sharp", places, peaks[index] * rng.exponential(0.8, number))


def _remember(canvas: Canvas, kind: DistractorKind, path: Points) -> None:
    """Note the brightest stretch of a fibre as a possible mistake for a cell."""
    middle = path[len(path) // 3]
    if 0 <= middle[0] < canvas.shape[0] and 0 <= middle[1] < canvas.shape[1]:
        canvas.distractors.append(Distractor(kind, float(middle[0]), float(middle[1]), 9.0))
