"""What annotations draw: polygons, boxes, ellipses, runs; and how they become one label image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, unsigned
from napari_fncells.core.polygons import Points, area_of, fill
from napari_fncells.core.rle import drawn
from napari_fncells.io.importers.annotations.base import Shape, refused
from napari_fncells.io.read_error import ReadCode

# Cells side by side cover a picture once, and edges cross each row a few times
_MOST_COVERED = 64
_ALWAYS_FINE = 1 << 26
_ELLIPSE_POINTS = 256

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Figure:
    """An object in a file, to be drawn.

    Attributes
    ----------
    draw
        Its pixels in a picture of a shape: the box, and (box.height, box.width) bool.
    area
        About how many px² it has: of two that overlap, the smaller one lies on top.
    low, high
        Corners (x, y) of a box that holds it.
    edges
        Rows that its edges cross, each counted: how long it takes to be drawn.
    """

    draw: Callable[[Shape], tuple[Box, Mask]]
    area: float
    low: tuple[float, float]
    high: tuple[float, float]
    edges: float = 0.0

    def work(self, shape: Shape) -> float:
        """Pixels and crossings that drawing it in a picture takes."""
        height = min(self.high[1], shape[0]) - max(self.low[1], 0) + 1
        width = min(self.high[0], shape[1]) - max(self.low[0], 0) + 1
        return max(height, 0) * max(width, 0) + self.edges


def polygons(parts: Sequence[Sequence[ArrayLike]]) -> Figure:
    """Polygons of one object, drawn by pixel centres: see `core.polygons.fill`.

    Parameters
    ----------
    parts
        Each a sequence of rings of (N, 2) finite numbers (x, y); rings of one part cut holes.

    Raises
    ------
    ValueError
        No ring has a point.
    """
    points = [np.asarray(ring, dtype=np.float64).reshape(-1, 2) for part in parts for ring in part]
    every = np.concatenate(points) if points else np.zeros((0, 2))
    if not len(every):
        raise ValueError("an outline without a point")
    edges = sum(float(np.abs(np.diff(ring[:, 1], append=ring[:1, 1])).sum()) for ring in points)
    return Figure(
        lambda shape: fill(parts, shape),
        sum(abs(sum(area_of(ring) for ring in part)) for part in parts),
        (float(every[:, 0].min()), float(every[:, 1].min())),
        (float(every[:, 0].max()), float(every[:, 1].max())),
        edges,
    )


def rectangle(left: float, top: float, right: float, bottom: float) -> Figure:
    """A box between the edges of pixels."""
    return polygons([[[(left, top), (right, top), (right, bottom), (left, bottom)]]])


def ellipse(x: float, y: float, across: float, down: float, turned: float = 0.0) -> Figure:
    """An ellipse by its centre and half axes, turned by an angle in radians from x to y."""
    turn = np.linspace(0, 2 * math.pi, _ELLIPSE_POINTS, endpoint=False)
    u, v = across * np.cos(turn), down * np.sin(turn)
    cos, sin = math.cos(turned), math.sin(turned)
    return polygons([[np.stack([x + u * cos - v * sin, y + u * sin + v * cos], axis=1)]])


def of_neighbours(ring: Points) -> bool:
    """Whether each point is a whole pixel, and the next its neighbour or itself.

    Where that holds for all outlines of a picture, they are contours through border pixels, with
    none left out, as FNC v2 is released with.
    """
    steps = np.abs(np.roll(ring, -1, axis=0) - ring).max(axis=1)
    return bool((ring % 1 == 0).all() and (steps <= 1).all())


def outlined(rings: Sequence[Points], *, on_pixels: bool) -> Figure:
    """An object by the rings of its parts, whose points lie on pixels or between them."""
    return contours(rings) if on_pixels else polygons([[ring] for ring in rings])


def contours(rings: Sequence[Points]) -> Figure:
    """Contours through the centres of border pixels, as OpenCV finds them, borders included."""
    whole = [np.rint(ring).astype(np.int32) for ring in rings]
    every = np.concatenate(whole)
    low, high = every.min(axis=0), every.max(axis=0)

    def draw(shape: Shape) -> tuple[Box, Mask]:
        box = Box(int(low[1]), int(low[0]), int(high[1]) + 1, int(high[0]) + 1)
        box = box.clip_to(Box.whole(shape))
        canvas = np.zeros((box.height, box.width), dtype=np.uint8)
        if canvas.size:
            for ring in whole:
                cv2.fillPoly(canvas, [ring], 1, offset=(-box.left, -box.top))
        return box, canvas.astype(bool)

    area = sum(abs(area_of(ring)) for ring in rings)
    rows = sum(float(np.abs(np.diff(ring[:, 1])).sum()) for ring in whole)
    return Figure(draw, area, (low[0], low[1]), (high[0] + 1, high[1] + 1), rows)


def runs(lengths: NDArray[np.int64], size: Shape) -> Figure:
    """Runs of pixels as COCO counts them, of a picture of a size; see `core.rle`."""
    area = float(np.asarray(lengths)[1::2].sum())
    # The columns from the first to the last of its pixels, whole
    first = int(lengths[0]) // max(size[0], 1) if len(lengths) else 0
    behind = int(lengths[-1]) if len(lengths) % 2 else 0
    last = size[1] - behind // max(size[0], 1)
    return Figure(lambda _: drawn(lengths, size), area, (first, 0), (last, size[0]), len(lengths))


def composed(
    path: Path, figures: Sequence[Figure], shape: Shape
) -> tuple[Labels, tuple[str, ...]]:
    """Draw objects into one label image, numbered from 1 in their order.

    Parameters
    ----------
    path
        The file that they are in, for errors.
    figures
        Where two overlap, the smaller one keeps the pixels.
    shape
        (Y, X) of the picture.

    Returns
    -------
    labels, notes
        (Y, X) uint16 or uint32; how many overlap or could not be drawn, in sentences.

    Raises
    ------
    ImageReadError
        Drawing them would take too long.
    """
    work = sum(figure.work(shape) for figure in figures)
    if not work <= _MOST_COVERED * shape[0] * shape[1] + _ALWAYS_FINE:
        problem = "holds too many and too large outlines for a picture of this size"
        raise refused(path, problem, "", ReadCode.TOO_LARGE)
    canvas = np.zeros(shape, dtype=np.uint32)
    overlap: set[int] = set()
    empty: set[int] = set()
    order = sorted(range(len(figures)), key=lambda at: (-figures[at].area, at))
    for at in order:
        try:
            box, mask = figures[at].draw(shape)
        except ValueError as error:
            raise refused(path, f"breaks its format: {error}", "", ReadCode.DAMAGED) from error
        below = canvas[box.slices][mask]
        if not below.size:
            empty.add(at)
            continue
        covered = np.unique(below[below > 0]).tolist()
        if covered:
            overlap |= {at, *(number - 1 for number in covered)}
        canvas[box.slices][mask] = at + 1
    return _numbered(canvas, len(figures), overlap, empty)


def _numbered(
    canvas: NDArray[np.uint32], count: int, overlap: set[int], empty: set[int]
) -> tuple[Labels, tuple[str, ...]]:
    left = np.bincount(canvas.ravel(), minlength=count + 1)[1:] > 0
    table: Labels = np.zeros(count + 1, dtype=unsigned(int(left.sum())))
    table[1:][left] = np.arange(1, int(left.sum()) + 1)
    under = count - int(left.sum()) - len(empty)
    notes = []
    if overlap:
        notes.append(f"{len(overlap)} objects overlap: the smaller ones kept the shared pixels.")
    if under:
        notes.append(f"{under} of them lie wholly under others and were left out.")
    if empty:
        notes.append(f"{len(empty)} outlines hold no pixel of the picture and were left out.")
    labels: Labels = table[canvas]
    return labels, tuple(notes)
