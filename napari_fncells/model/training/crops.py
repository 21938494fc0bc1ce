"""Pieces of pictures to train on: chosen, turned, bent, and lit differently each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.model.training.params import LossParams
from napari_fncells.model.training.views import View

Plane = NDArray[np.float32]

_SCALES = (0.75, 1.35)
_AT_CELLS = 0.55
_AT_BRIGHT = 0.25
"""Shares of pieces around a cell, and around something bright that is none; the rest anywhere."""
_TRIES = 32
_BEND_CHANCE = 0.3
_BEND_PX = 4.0
_BEND_KNOTS = 5
_BLUR_CHANCE = 0.2
_NOISE_CHANCE = 0.3
_CLIP_CHANCE = 0.15
_REACH_SIGMAS = 3.0


class Batch(NamedTuple):
    """Pieces for one step.

    Attributes
    ----------
    values
        (N, Y, X) float32, as the network sees them.
    cells
        (N, Y, X) float32, share of cell.
    weights
        (N, Y, X) float32, what each pixel counts.
    """

    values: Plane
    cells: Plane
    weights: Plane


def draw_batch(
    rng: np.random.Generator,
    views: Sequence[View],
    side: int,
    loss: LossParams,
    reduction: int,
) -> Batch:
    """Cut a piece out of each picture.

    Parameters
    ----------
    rng
        All that is chance.
    views
        Pictures, one for each piece.
    side
        Of the pieces, in px that the network sees.
    loss
        For the weights.
    reduction
        Full-scale px to one that the network sees.
    """
    pieces = [_piece(rng, view, side) for view in views]
    weights = [_weights(cells, loss, reduction) for _, cells in pieces]
    return Batch(
        np.stack([values for values, _ in pieces]),
        np.stack([cells for _, cells in pieces]),
        np.stack(weights),
    )


def _piece(rng: np.random.Generator, view: View, side: int) -> tuple[Plane, Plane]:
    rows, columns = _grid(rng, _centre(rng, view), side)
    # Only what the piece reaches is read from the disk
    top, left = max(int(rows.min()) - 1, 0), max(int(columns.min()) - 1, 0)
    part = slice(top, int(rows.max()) + 3), slice(left, int(columns.max()) + 3)
    y, x = rows - top, columns - left

    def bent(plane: NDArray[np.generic]) -> Plane:
        source = np.ascontiguousarray(plane[part], dtype=np.float32)
        found = cv2.remap(source, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(found, dtype=np.float32)

    return _relit(rng, bent(view.values)), bent(view.cells) / np.float32(255)


def _centre(rng: np.random.Generator, view: View) -> tuple[int, int]:
    """A pixel to cut around: of a cell, of something bright that is none, or any."""
    height, width = view.cells.shape
    rows, columns = rng.integers(0, height, _TRIES), rng.integers(0, width, _TRIES)
    choice = rng.random()
    if choice < _AT_CELLS:
        found_rows, found_columns = np.nonzero(view.cells[::4, ::4] > 127)
        if len(found_rows):
            at = int(rng.integers(len(found_rows)))
            return int(found_rows[at]) * 4, int(found_columns[at]) * 4
    elif choice < _AT_CELLS + _AT_BRIGHT:
        light = np.where(view.cells[rows, columns] > 0, -1.0, view.values[rows, columns])
        at = int(np.argmax(light))
        return int(rows[at]), int(columns[at])
    return int(rows[0]), int(columns[0])


def _grid(rng: np.random.Generator, centre: tuple[int, int], side: int) -> tuple[Plane, Plane]:
    """Where in the picture each pixel of the piece comes from: turned, mirrored, scaled, bent."""
    scale = np.exp(rng.uniform(*np.log(_SCALES)))
    angle = rng.uniform(0, 2 * np.pi)
    mirror = rng.choice((-1.0, 1.0))
    # The pixel cut around lies anywhere in the middle half of the piece
    aside = rng.uniform(-side / 4, side / 4, 2)
    steps = np.arange(side, dtype=np.float32) - (side - 1) / 2
    y, x = np.meshgrid(steps + aside[0], (steps + aside[1]) * mirror, indexing="ij")
    rows = centre[0] + (np.cos(angle) * y - np.sin(angle) * x) * scale
    columns = centre[1] + (np.sin(angle) * y + np.cos(angle) * x) * scale
    if rng.random() < _BEND_CHANCE:
        knots = rng.normal(0.0, _BEND_PX / 2, (2, _BEND_KNOTS, _BEND_KNOTS)).astype(np.float32)
        rows = rows + cv2.resize(knots[0], (side, side), interpolation=cv2.INTER_CUBIC)
        columns = columns + cv2.resize(knots[1], (side, side), interpolation=cv2.INTER_CUBIC)
    return rows.astype(np.float32), columns.astype(np.float32)


def _relit(rng: np.random.Generator, values: Plane) -> Plane:
    """The piece under another lamp, with another camera, and in another focus."""
    values = np.maximum(values, 0) ** np.float32(np.exp(rng.normal(0.0, 0.1)))
    values = values * np.float32(np.exp(rng.normal(0.0, 0.2))) + np.float32(rng.normal(0, 0.015))
    if rng.random() < _BLUR_CHANCE:
        blurred = cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.3, 1.2)))
        values = np.asarray(blurred, dtype=np.float32)
    if rng.random() < _NOISE_CHANCE:
        noise = rng.standard_normal(values.shape, dtype=np.float32)
        values = values + noise * np.float32(rng.uniform(0.0, 0.03))
    if rng.random() < _CLIP_CHANCE:
        values = np.minimum(values, np.float32(rng.uniform(0.9, 1.6)))
    return np.ascontiguousarray(values, dtype=np.float32)


def _weights(cells: Plane, loss: LossParams, reduction: int) -> Plane:
    """What each pixel counts: see `LossParams`."""
    sigma = loss.near_sigma_px / reduction
    near = np.zeros(cells.shape, dtype=np.float32)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(
        (cells > 0.5).astype(np.uint8), connectivity=8
    )
    reach = int(_REACH_SIGMAS * sigma) + 1
    for number in range(1, count):
        left, top, width, height = boxes[number, :4]
        window = (
            slice(max(top - reach, 0), top + height + reach),
            slice(max(left - reach, 0), left + width + reach),
        )
        outside = (labels[window] != number).astype(np.uint8)
        distance = cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_5)
        near[window] += np.exp(distance**2 / np.float32(-2 * sigma**2))
    return np.asarray((1 + (loss.cell_weight - 1) * cells) * np.maximum(near, 1), dtype=np.float32)
