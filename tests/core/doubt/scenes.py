"""Cells of known shapes in light of known kinds."""

from __future__ import annotations

import cv2
import numpy as np

from napari_fncells.core.doubt.features import NAMES, measure
from napari_fncells.core.doubt.sight import Scores, Sight
from napari_fncells.core.doubt.windows import Shape
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes

SHAPE = (120, 160)


def disk(labels: np.ndarray, i: int, row: int, column: int, axes: tuple[int, int]) -> None:
    """Draw an ellipse of an id."""
    drawn = np.zeros(labels.shape, np.uint8)
    cv2.ellipse(drawn, (column, row), axes, 0, 0, 360, 1, -1)
    labels[drawn > 0] = i


def lit(labels: np.ndarray, height: float = 100.0, blur: float = 1.0) -> np.ndarray:
    """Light of cells of one height on a noisy ground, uint8."""
    rng = np.random.default_rng(3)
    light = cv2.GaussianBlur((labels > 0).astype(np.float32) * height, (0, 0), blur)
    return np.clip(light + rng.normal(20, 2, labels.shape), 0, 255).astype(np.uint8)


def measured(
    labels: np.ndarray, plane: np.ndarray, scores: Scores | None = None
) -> dict[int, dict[str, float]]:
    """What is measured of each cell, by id and name."""
    shapes = [Shape(Box.of(box), i) for i, box in boxes(labels).items()]
    rows = measure(Sight.of(plane, scores), labels, shapes)
    return {
        shape.id: dict(zip(NAMES, row.tolist(), strict=True))
        for shape, row in zip(shapes, rows, strict=True)
    }
