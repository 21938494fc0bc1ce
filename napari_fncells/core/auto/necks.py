"""Clumps of a level set, cut where they narrow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
_FINE = 256
_MOST = 65_535


def parts_at(
    place: Numbers, depth: NDArray[np.float32], shape: tuple[int, ...], limits: Sequence[float]
) -> tuple[Numbers, ...]:
    """Parts of a mask: as many as its depth below the outline has peaks.

    Two peaks are of one part where the neck between them is less than some px lower than the
    lower one. Parts are the basins of steepest ascent, joined over the highest necks first.

    Parameters
    ----------
    place
        (P,) flat indices of the pixels of a mask.
    depth
        (P,) how far each lies below the outline, in px.
    shape
        Of the plane that they lie in.
    limits
        In px: how deep a neck must be.

    Returns
    -------
    tuple of ndarray
        For each limit (P,) the part of each pixel, from 0.
    """
    if place.size == 0:
        return tuple(np.zeros(0, dtype=np.int64) for _ in limits)
    width = shape[1] + 2
    rows, columns = np.divmod(place, shape[1])
    at = (rows + 1) * width + columns + 1
    # Of 16 bits numpy sorts by radix
    order = np.argsort(np.minimum(depth * _FINE, _MOST).astype(np.uint16), kind="stable")
    rank = np.empty(at.size, dtype=np.int32)
    rank[order] = np.arange(at.size, dtype=np.int32)
    field = np.full((shape[0] + 2) * width, -1, dtype=np.int32)
    field[at] = rank
    offsets = np.array([1, width - 1, width, width + 1], dtype=np.int64)
    ahead = field[at[:, None] + offsets]
    highest = np.maximum(ahead.max(axis=1), field[at[:, None] - offsets].max(axis=1))
    summit = order[np.maximum(highest, rank)]
    while True:
        higher = summit[summit]
        if np.array_equal(higher, summit):
            break
        summit = higher
    tops, basin = np.unique(summit, return_inverse=True)
    edges = _necks(basin, ahead, order, depth)
    peaks = depth[tops].tolist()
    return tuple(_joined(peaks, edges, limit)[basin] for limit in limits)


def _necks(
    basin: Numbers, ahead: NDArray[np.int32], order: Numbers, depth: NDArray[np.float32]
) -> list[tuple[int, int, float]]:
    """Pairs of basins that touch, with the depth at the neck between them, deepest first."""
    here, towards = np.nonzero(ahead >= 0)
    there = order[ahead[here, towards]]
    apart = basin[here] != basin[there]
    here, there = here[apart], there[apart]
    if here.size == 0:
        return []
    low, high = np.minimum(basin[here], basin[there]), np.maximum(basin[here], basin[there])
    saddle = np.minimum(depth[here], depth[there])
    best = np.lexsort((high, low, -saddle))
    _, first = np.unique((low * (basin.max() + 1) + high)[best], return_index=True)
    chosen = best[np.sort(first)]
    pairs = low[chosen].tolist(), high[chosen].tolist(), saddle[chosen].tolist()
    return list(zip(*pairs, strict=True))


def _joined(peaks: list[float], edges: list[tuple[int, int, float]], limit: float) -> Numbers:
    """Number of the part of each basin, from 0."""
    root = list(range(len(peaks)))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for one, other, saddle in edges:
        first, second = find(one), find(other)
        if first == second:
            continue
        if peaks[first] < peaks[second]:
            first, second = second, first
        if peaks[second] - saddle < limit:
            root[second] = first
    roots = np.array([find(one) for one in range(len(peaks))])
    return np.unique(roots, return_inverse=True)[1]
