"""Small pictures with cells in known places, for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from napari_fncells.core.params import CleanUpParams, CutoffParams, DraftParams, ScoreParams

SHAPE = (200, 240)
# (row, column, radius, brightness) of each cell
CELLS = ((50, 60, 14, 120), (60, 150, 16, 160), (140, 90, 15, 140), (150, 190, 13, 60))

# A draft's settings that find all four; with an amount of 2.5, the bright three
SETTINGS = DraftParams(
    score=ScoreParams(smoothing=2.5),
    cutoff=CutoffParams(method="mean_sd", amount=1.0),
    clean_up=CleanUpParams(
        opening=7, hole_area=600, min_area=300, split="distance", split_depth=2.5
    ),
)


def cell_picture(cells: tuple[tuple[int, int, int, int], ...] = CELLS) -> NDArray[np.uint8]:
    """Yellow cells on a dark, slightly noisy ground: (200, 240, 3) uint8."""
    rng = np.random.default_rng(7)
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    light = rng.normal(8, 1.5, SHAPE)
    for row, column, radius, brightness in cells:
        distance = np.hypot(rows - row, columns - column)
        light += brightness / (1 + np.exp((distance - radius) / 1.5))
    red = np.clip(light, 0, 255)
    return np.stack([red, red * 0.6, red * 0.02], axis=-1).astype(np.uint8)


def save_picture(folder: Path, name: str = "cells.png") -> Path:
    """Write the picture as a file."""
    path = folder / name
    Image.fromarray(cell_picture()).save(path)
    return path
