"""Pictures whose cells are known exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def disks(
    shape: tuple[int, int],
    cells: list[tuple[float, float, float]],
    *,
    light: float = 60.0,
    ground: float = 10.0,
    noise: float = 1.0,
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Bright disks (row, column, radius) with soft rims on a noisy ground, and their labels."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    picture = np.random.default_rng(0).normal(ground, noise, shape)
    labels = np.zeros(shape, dtype=np.int32)
    for number, (row, column, radius) in enumerate(cells, start=1):
        distance = np.hypot(rows - row, columns - column)
        picture += light / (1 + np.exp((distance - radius) / 1.5))
        labels[distance <= radius] = number
    return picture.astype(np.float32), labels


def grid(shape: tuple[int, int], radius: float, step: int) -> list[tuple[float, float, float]]:
    """Disks in rows and columns."""
    return [
        (float(row), float(column), radius)
        for row in range(step // 2, shape[0] - step // 4, step)
        for column in range(step // 2, shape[1] - step // 4, step)
    ]


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))
