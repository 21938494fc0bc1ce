"""Outlines along the edges of pixels, and polygons drawn into pixels: one undoes the other.

Coordinates are (x, y) in px; the pixel in row r and column c covers [c, c + 1] x [r, r + 1]. A
pixel is inside a polygon where its centre is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes, label

Points = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Beyond this nothing is drawn any more; it keeps the arithmetic finite
_FAR = float(1 << 24)
# Crossings of edges with rows that are worked on at once
_AT_ONCE = 1 << 20
_MAX_CROSSINGS = 1 << 28


@dataclass(frozen=True, eq=False)
class Part:
    """A piece of an object: one ring around it, and one around each of its holes.

    Rings are (N, 2) float64 (x, y), not closed, without points on straight lines. Exteriors have
    a positive area by the shoelace formula, holes a negative one.
    """

    exterior: Points
    holes: tuple[Points, ...] = ()

    @property
    def rings(self) -> tuple[Points, ...]:
        """The exterior, then the holes."""
        return (self.exterior, *self.holes)


Parts = tuple[Part, ...]


def outlines(labels: Labels) -> dict[int, Parts]:
    """Outline every cell of (Y, X) labels; see `outline`. By id, in order."""
    return {
        number: outline(labels[box] == number, Box.of(box))
        for number, box in boxes(labels).items()
    }


def outline(mask: Mask, box: Box | None = None) -> Parts:
    """Outline an object along the edges of its pixels.

    Pieces that touch by corners alone are parts of their own, so that no ring meets itself: each
    part is a valid polygon, all together are a valid multipolygon.

    Parameters
    ----------
    mask
        (Y, X) bool.
    box
        Where in the picture the mask lies; at its top left corner where omitted.

    Returns
    -------
    tuple of Part
        From top to bottom; none for an empty mask.
    """
    # A rim, so that every edge lies between two pixels
    regions = np.pad(label(mask, 4), 1)
    corner, across, along = _corners(regions)
    origin = np.array((box.left, box.top) if box is not None else (0, 0), dtype=np.float64)
    outer: dict[int, Points] = {}
    inner: dict[int, list[Points]] = {}
    for ring in _rings(across, along):
        y, x = corner[ring[0]]
        inside = int(regions[y + 1, x + 1])  # the first corner is the ring's top left one
        points = corner[ring][:, ::-1] + origin
        if inside:
            outer[inside] = points
        else:
            around = int(regions[y, x + 1])
            inner.setdefault(around, []).append(np.roll(points[::-1], 1, axis=0))
    return tuple(Part(points, tuple(inner.get(number, ()))) for number, points in outer.items())


def fill(parts: Iterable[Sequence[ArrayLike]], shape: tuple[int, int]) -> tuple[Box, Mask]:
    """Draw polygons of any kind: the exact inverse of `outline` for its rings.

    A pixel belongs to a part where its centre lies within an odd number of the part's rings
    (those on an edge: where the object is to the right or below). All parts are united. Rings may
    cross themselves and others, be smaller than a pixel and lie outside the picture.

    Parameters
    ----------
    parts
        Each a sequence of rings: (N, 2) numbers (x, y), closed or not.
    shape
        (Y, X) of the picture.

    Returns
    -------
    box, mask
        Where in the picture, and (box.height, box.width) bool. The box holds what is drawn and
        need not be tight.

    Raises
    ------
    ValueError
        For points that are no finite pairs of numbers, and for rings too intricate to be drawn.
    """
    drawn = [[_finite(ring) for ring in part] for part in parts]
    box = _extent([ring for part in drawn for ring in part], shape)
    mask = np.zeros((box.height, box.width), dtype=bool)
    if not mask.size:
        return box, mask
    for part in drawn:
        mask |= _even_odd(part, box)
    return box, mask


def seamed(part: Part) -> Points:
    """One ring for a part with holes, for formats that know none.

    From the left of each hole a seam leads level to the ring beside it, and back on the same
    way. Drawn by even and odd, the ring has the pixels of the part.

    Returns
    -------
    ndarray
        (N, 2) float64 (x, y): the exterior itself where there are no holes.
    """
    ring = part.exterior
    # What a seam meets lies further left, so that it is joined already
    for hole in sorted(part.holes, key=lambda hole: float(hole[:, 0].min())):
        start = int(np.lexsort((hole[:, 1], hole[:, 0]))[0])
        x, y = hole[start]
        ends = np.roll(ring, -1, axis=0)
        low, high = np.minimum(ring[:, 1], ends[:, 1]), np.maximum(ring[:, 1], ends[:, 1])
        met = np.flatnonzero((low < high) & (low <= y) & (y <= high) & (ring[:, 0] <= x))
        edge = int(met[np.argmax(ring[met, 0])])
        meeting = (ring[edge, 0], y)
        around = np.concatenate([np.roll(hole, -start, axis=0), hole[start : start + 1]])
        ring = np.concatenate([ring[: edge + 1], [meeting], around, [meeting], ring[edge + 1 :]])
    repeated = (ring == np.roll(ring, 1, axis=0)).all(axis=1)
    kept: Points = ring[~repeated]
    return kept


def area_of(ring: ArrayLike) -> float:
    """Area of a ring in px², by the shoelace formula: negative where it runs the other way."""
    x, y = _finite(ring).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _corners(
    regions: NDArray[np.int32],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Corners of all rings, and what each is joined with.

    Every corner has one edge along the row and one along the column. Where two pixels meet by a
    corner alone, two corners lie at one place: around the pixels where these are of two regions,
    else around the gaps between them.

    Returns
    -------
    corner
        (N, 2) int64 (y, x), by rows.
    across, along
        (N,) int64: the corner at the other end of the edge in the row, and in the column.
    """
    filled = regions > 0
    a, b, c, d = (part.view(np.int8) for part in _quarters(filled))
    odd = (a ^ b ^ c ^ d).astype(bool)
    # Where one pixel of four is unlike the others, its edges lead right or left, down or up
    right, below = b != d, c != d
    pinched = (a == d) & (b == c) & (a != b)
    y, x = np.nonzero(odd)
    places = [np.stack([y, x, right[y, x], below[y, x]], axis=1)]
    if pinched.any():
        places.extend(_pinches(regions, pinched))
    nodes = np.concatenate(places).astype(np.int64)
    nodes = nodes[np.lexsort((nodes[:, 2], nodes[:, 1], nodes[:, 0]))]
    across = np.arange(len(nodes)) ^ 1
    by_column = np.lexsort((nodes[:, 3], nodes[:, 0], nodes[:, 1]))
    along = np.empty_like(across)
    along[by_column] = by_column[across]
    return nodes[:, :2], across, along


def _pinches(regions: NDArray[np.int32], pinched: Mask) -> Iterator[NDArray[np.int64]]:
    """The two corners at each place where pixels meet by a corner alone."""
    y, x = np.nonzero(pinched)
    a, b, c, d = (part[y, x] for part in _quarters(regions))
    falling = a > 0  # the pixels lie top left and bottom right
    one = np.where(falling, a == d, b == c)  # both of one region: around the gaps
    diagonal = falling ^ one
    for below in (0, 1):
        right = np.where(diagonal, below, 1 - below)
        yield np.stack([y, x, right, np.full_like(y, below)], axis=1)


def _quarters(array: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Pixels above left, above right, below left and below right of every inner corner."""
    return array[:-1, :-1], array[:-1, 1:], array[1:, :-1], array[1:, 1:]


def _rings(across: NDArray[np.int64], along: NDArray[np.int64]) -> Iterator[list[int]]:
    """Follow edges, along rows and columns in turn; each ring from its first corner rightwards."""
    rows, columns = across.tolist(), along.tolist()
    seen = bytearray(len(rows))
    for start in range(len(rows)):
        if seen[start]:
            continue
        ring: list[int] = []
        at = start
        while not seen[at]:
            end = rows[at]
            seen[at] = seen[end] = 1
            ring += (at, end)
            at = columns[end]
        yield ring


def _finite(ring: ArrayLike) -> Points:
    points = np.asarray(ring, dtype=np.float64)
    if points.size == 0:
        return points.reshape(0, 2)
    if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError("a ring is a sequence of pairs of finite numbers")
    return np.clip(points, -_FAR, _FAR)


def _extent(rings: Sequence[Points], shape: tuple[int, int]) -> Box:
    """Box of rings, as far as it lies in the picture."""
    filled = [ring for ring in rings if len(ring)]
    if not filled:
        return Box(0, 0, 0, 0)
    low = np.floor(np.min([ring.min(axis=0) for ring in filled], axis=0)).astype(int)
    high = np.ceil(np.max([ring.max(axis=0) for ring in filled], axis=0)).astype(int)
    return Box(int(low[1]), int(low[0]), int(high[1]), int(high[0])).clip_to(Box.whole(shape))


def _even_odd(rings: Sequence[Points], box: Box) -> Mask:
    """Pixels of the box whose centres lie within an odd number of rings."""
    starts = [np.concatenate([ring, ring[:1]]) for ring in rings if len(ring)]
    if not starts:
        return np.zeros((box.height, box.width), dtype=bool)
    begin = np.concatenate([ring[:-1] for ring in starts]) - (box.left, box.top)
    end = np.concatenate([ring[1:] for ring in starts]) - (box.left, box.top)
    # Rows whose centres lie between the ends of an edge, the lower end left out
    ends = np.stack([begin[:, 1], end[:, 1]])
    first = np.clip(np.ceil(ends.min(axis=0) - 0.5), 0, box.height).astype(np.int64)
    last = np.clip(np.ceil(ends.max(axis=0) - 0.5), 0, box.height).astype(np.int64)
    rows = last - first
    if int(rows.sum()) > _MAX_CROSSINGS:
        raise ValueError("the rings are too intricate")
    width = box.width + 1
    turns = np.zeros(box.height * width, dtype=np.uint8)
    crossing = np.flatnonzero(rows > 0)
    for edges in _chunks(crossing, rows[crossing]):
        count = rows[edges]
        which = np.repeat(edges, count)
        row = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + first[which]
        x0, y0 = begin[which].T
        x1, y1 = end[which].T
        x = x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
        column = np.clip(np.ceil(x - 0.5), 0, box.width).astype(np.int64)
        np.bitwise_xor.at(turns, row * width + column, 1)
    inside: Mask = np.bitwise_xor.accumulate(turns.reshape(box.height, width), axis=1)[:, :-1] > 0
    return inside


def _chunks(edges: NDArray[np.int64], rows: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Edges in groups of about `_AT_ONCE` crossings."""
    total = np.cumsum(rows)
    at = 0
    while at < len(edges):
        done = int(total[at - 1]) if at else 0
        end = max(at + 1, int(np.searchsorted(total, done + _AT_ONCE, side="right")))
        yield edges[at:end]
        at = end
