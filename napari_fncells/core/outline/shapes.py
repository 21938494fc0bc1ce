"""Closed outlines of a fixed number of points, many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

POINTS = 48
"""Points of an outline."""
_FINE = 4  # bits after the point in which OpenCV fills polygons


@dataclass(frozen=True)
class Outlines:
    """Outlines in a view.

    Attributes
    ----------
    points
        (n, POINTS, 2) float32: (row, column) in pixels of the view.
    counts
        (n,) float32: how many like it each one stands for.
    """

    points: NDArray[np.float32]
    counts: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def areas(self) -> NDArray[np.float32]:
        """(n,) areas, in pixels of the view."""
        return np.abs(_signed_areas(self.points))

    @cached_property
    def normals(self) -> NDArray[np.float32]:
        """(n, POINTS, 2) outward vectors of length 1."""
        return outward(self.points)

    @cached_property
    def shares(self) -> NDArray[np.float32]:
        """(n, POINTS) share of the perimeter that belongs to each point."""
        steps = self._steps
        both: NDArray[np.float32] = steps + np.roll(steps, 1, axis=1)
        return both / (2 * self.perimeters[:, None])

    @cached_property
    def perimeters(self) -> NDArray[np.float32]:
        """(n,) lengths, in pixels of the view."""
        total: NDArray[np.float32] = np.maximum(self._steps.sum(axis=1), 1e-3)
        return total

    @cached_property
    def _steps(self) -> NDArray[np.float32]:
        ahead = np.roll(self.points, -1, axis=1) - self.points
        steps: NDArray[np.float32] = np.hypot(ahead[..., 0], ahead[..., 1])
        return steps

    def along(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n,) means of (n, POINTS) values along the outlines, by length."""
        mean: NDArray[np.float32] = (values * self.shares).sum(axis=1)
        return mean

    def masks(self, size: int) -> NDArray[np.float32]:
        """(n, size, size) float32: share of each pixel that lies inside."""
        filled = np.zeros((len(self), size, size), np.uint8)
        fixed = np.round(self.points[:, :, ::-1] * (1 << _FINE)).astype(np.int32)
        for mask, polygon in zip(filled, fixed, strict=True):
            cv2.fillPoly(mask, [polygon[:, None]], 255, cv2.LINE_AA, _FINE)
        return filled.astype(np.float32) / np.float32(255)


def outward(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Outward unit normals of (n, POINTS, 2) outlines."""
    tangent = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1)
    length = np.maximum(np.hypot(tangent[..., 0], tangent[..., 1]), np.float32(1e-6))
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], axis=-1) / length[..., None]
    turn = np.where(_signed_areas(points) < 0, np.float32(-1), np.float32(1))
    return np.asarray(normal * turn[:, None, None], dtype=np.float32)


def outline_of(mask: NDArray[np.bool_]) -> NDArray[np.float32] | None:
    """(POINTS, 2) smooth outline of a mask of one piece, None for less than a few pixels."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    longest = max(contours, key=len, default=None)
    if longest is None or len(longest) < 4:
        return None
    corners = longest[:, 0, ::-1].astype(np.float32)
    closed = np.vstack([corners, corners[:1]])
    steps = np.hypot(*np.diff(closed, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(POINTS) * (along[-1] / POINTS)
    points = np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], axis=1)
    points = rounded(points[None].astype(np.float32))
    # A contour runs through the middles of the border pixels, half a pixel inside
    around = points + np.float32(0.5) * outward(points)
    return np.asarray(around[0], dtype=np.float32)


def rounded(points: NDArray[np.float32], axis: int = 1) -> NDArray[np.float32]:
    """Closed curves smoothed by a step of 1 2 1."""
    before, after = np.roll(points, 1, axis=axis), np.roll(points, -1, axis=axis)
    smooth = (before + np.float32(2) * points + after) / np.float32(4)
    return np.asarray(smooth, dtype=np.float32)


def _signed_areas(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n,) areas by the shoelace formula, the sign telling the sense of rotation."""
    rows, columns = points[..., 0], points[..., 1]
    cross = columns * np.roll(rows, -1, axis=1) - np.roll(columns, -1, axis=1) * rows
    signed: NDArray[np.float32] = cross.sum(axis=1) / np.float32(2)
    return signed
