"""Figures of all values of a plane, the same whether it is in memory or read part by part."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, fsum, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Readable(Protocol):
    """What is read by slices: a NumPy or dask array, a memory map, a zarr store."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(Y, X) or (Y, X, C)."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its values."""
        ...

    def __getitem__(self, key: Any, /) -> Any:
        """Part of it, by a tuple of slices."""
        ...


_BLOCK = 512
"""px; sums are taken over squares of this side, so that they come out the same however the plane
is read."""
_READ = 2048
"""px; side of the squares that are read at once."""
_IN_MEMORY = 1 << 26
"""Up to so many values are sorted at once; more are counted, part by part."""
_ENOUGH = 4_000_000
_HALF = np.uint32(1 << 31)


def step_for(shape: tuple[int, ...], most: int, least: int = 1) -> int:
    """Every so many-th pixel both ways leaves at most about `most` of a (Y, X) plane."""
    return max(least, ceil(sqrt(shape[0] * shape[1] / most)))


def rough_median(values: Readable) -> float:
    """Median of (Y, X) values, by every 4th pixel both ways or, of large planes, fewer."""
    step = step_for(values.shape, _ENOUGH, 4)
    return float(np.median(np.asarray(values[::step, ::step])))


def extremes(values: Readable) -> tuple[float, float]:
    """The lowest and the highest of (Y, X) values."""
    found = [(float(part.min()), float(part.max())) for part in _parts(values)]
    return min(low for low, _ in found), max(high for _, high in found)


def moments(values: Readable) -> tuple[float, float]:
    """Mean and standard deviation of (Y, X) values, in double precision."""
    counts, sums, squares = [], [], []
    for part in _parts(values):
        for top in range(0, part.shape[0], _BLOCK):
            for left in range(0, part.shape[1], _BLOCK):
                block = part[top : top + _BLOCK, left : left + _BLOCK].astype(np.float64)
                counts.append(block.size)
                sums.append(float(block.sum()))
                block -= sums[-1] / block.size
                squares.append(float(np.square(block, out=block).sum()))
    size = sum(counts)
    mean = fsum(sums) / size
    between = (n * (s / n - mean) ** 2 for n, s in zip(counts, sums, strict=True))
    return mean, sqrt((fsum(squares) + fsum(between)) / size)


def percentile(values: Readable, percent: float) -> float:
    """Percentile of (Y, X) float32 values, between two of them in proportion, as NumPy's."""
    size = values.shape[0] * values.shape[1]
    place = (size - 1) * percent / 100
    lower = floor(place)
    ranks = lower, min(lower + 1, size - 1)
    below, above = _counted(values, ranks) if size > _IN_MEMORY else _sorted(values, ranks)
    return below + (above - below) * (place - lower)


def _sorted(values: Readable, ranks: tuple[int, int]) -> tuple[float, float]:
    """The values of two ranks, from 0."""
    flat = np.partition(np.asarray(values[:, :], dtype=np.float32).ravel(), ranks)
    return float(flat[ranks[0]]), float(flat[ranks[1]])


def _counted(values: Readable, ranks: tuple[int, int]) -> tuple[float, float]:
    """The same by counting: first the upper halves of the values' bits, then the lower."""
    counts = np.zeros(1 << 16, dtype=np.int64)
    for part in _parts(values):
        counts += np.bincount(_ordered(part) >> np.uint32(16), minlength=1 << 16)
    ends = np.cumsum(counts)
    uppers = [int(np.searchsorted(ends, rank, side="right")) for rank in ranks]
    inner = {upper: np.zeros(1 << 16, dtype=np.int64) for upper in uppers}
    for part in _parts(values):
        bits = _ordered(part)
        for upper, lower in inner.items():
            found = bits[bits >> np.uint32(16) == upper] & np.uint32(0xFFFF)
            lower += np.bincount(found, minlength=1 << 16)
    values_found = []
    for rank, upper in zip(ranks, uppers, strict=True):
        rest = rank - int(ends[upper] - counts[upper])
        low = int(np.searchsorted(np.cumsum(inner[upper]), rest, side="right"))
        values_found.append(_value((upper << 16) | low))
    return values_found[0], values_found[1]


def _ordered(part: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Unsigned integers, flat, that are ordered as the float32 values are."""
    bits = np.ascontiguousarray(part, dtype=np.float32).view(np.uint32).ravel()
    return np.where(bits & _HALF, ~bits, bits | _HALF)


def _value(ordered: int) -> float:
    bits = np.uint32(ordered)
    return float((bits ^ _HALF if bits & _HALF else ~bits).view(np.float32))


def _parts(values: Readable) -> Iterator[NDArray[Any]]:
    rows, columns = values.shape
    for top in range(0, rows, _READ):
        for left in range(0, columns, _READ):
            yield np.asarray(values[top : top + _READ, left : left + _READ])
