"""From instance labels to a binary mask, and what is lost on the way."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as equal_regions

from napari_fncells.core.labels import Labels, Slices, dense, label

# Half of the 8 neighbours; the other half are the same pairs seen from the other side
_HALF = ((0, 1), (1, 0), (1, 1), (1, -1))
_HALF_WORD = np.uint64(32)


def binary_mask(labels: Labels, *, gap: bool = False) -> NDArray[np.bool_]:
    """Pixels that belong to any cell.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    gap
        Whether to clear a line one pixel wide between touching cells, so that they stay apart
        as 8-connected components. The larger cell of a pair gives the pixels.

    Returns
    -------
    ndarray
        (Y, X) bool.
    """
    mask: NDArray[np.bool_] = labels > 0
    if not gap:
        return mask
    # Rank cells by area: the one of higher rank gives way, so that no small cell is lost
    rank = _ranks(labels)
    cleared = np.zeros_like(mask)
    for here, there in neighbours(labels.shape):
        touching = _touching(rank, here, there)
        cleared[here] |= touching & (rank[here] > rank[there])
        cleared[there] |= touching & (rank[there] > rank[here])
    return mask & ~cleared


def touching_pairs(labels: Labels) -> tuple[tuple[int, int], ...]:
    """Pairs of cells that touch (8-connected), as (smaller id, larger id), in order."""
    return tuple(sorted(contacts(labels)))


def contacts(labels: Labels) -> dict[tuple[int, int], int]:
    """For each pair of touching cells, the places where their pixels lie side by side.

    Two pixels that touch by a side or a corner are one place.
    """
    found: dict[tuple[int, int], int] = {}
    for here, there in neighbours(labels.shape):
        touching = _touching(labels, here, there)
        both = np.stack([labels[here][touching], labels[there][touching]]).astype(np.uint64)
        both.sort(axis=0)
        # One number for a pair sorts faster than two
        coded, counts = np.unique((both[0] << _HALF_WORD) | both[1], return_counts=True)
        for code, count in zip(coded.tolist(), counts.tolist(), strict=True):
            pair = code >> 32, code & 0xFFFFFFFF
            found[pair] = found.get(pair, 0) + count
    return found


def component_count(mask: NDArray[np.bool_]) -> int:
    """Number of 8-connected components of a (Y, X) mask."""
    return int(label(mask).max(initial=0))


def fragmented(labels: Labels) -> tuple[int, ...]:
    """Ids of cells that consist of several 8-connected pieces."""
    ids, numbers = dense(labels)
    # Pieces of equal number, whatever lies beside them
    regions = equal_regions(numbers, connectivity=2)
    _, first = np.unique(regions, return_index=True)
    pieces = np.bincount(numbers.ravel()[first], minlength=ids.size + 1)
    return tuple(int(i) for i in ids[pieces[1:] > 1])


def _ranks(labels: Labels) -> NDArray[np.int32]:
    """Labels replaced by the cells' ranks by area, 1 = smallest; 0 = background."""
    ids, numbers = dense(labels)
    areas = np.bincount(numbers.ravel(), minlength=ids.size + 1)[1:]
    rank = np.zeros(ids.size + 1, dtype=np.int32)
    rank[1 + np.argsort(areas, kind="stable")] = np.arange(1, ids.size + 1, dtype=np.int32)
    ranked: NDArray[np.int32] = rank[numbers]
    return ranked


def _touching(labels: NDArray[np.integer], here: Slices, there: Slices) -> NDArray[np.bool_]:
    """Where two different cells lie side by side."""
    first, second = labels[here], labels[there]
    side_by_side: NDArray[np.bool_] = (first != second) & (first > 0) & (second > 0)
    return side_by_side


def neighbours(shape: tuple[int, ...]) -> Iterator[tuple[Slices, Slices]]:
    """Pairs of indices that lay an array over itself, shifted to each neighbour once."""
    rows, columns = shape
    for down, right in _HALF:
        here = slice(0, rows - down), slice(max(0, -right), columns - max(0, right))
        there = slice(down, rows), slice(max(0, right), columns + min(0, right))
        yield here, there
