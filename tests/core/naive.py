"""Slow, literal versions of what the core does, to compare with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from napari_fncells.core.document import Document
from napari_fncells.core.objects import CellObject, ObjectState, Origin

EIGHT = np.ones((3, 3), dtype=bool)

Array = NDArray[np.int64]


def ids_of(labels: NDArray[np.integer]) -> set[int]:
    return set(np.unique(labels).tolist()) - {0}


def expected_states(
    objects: Mapping[int, CellObject], before: Array, after: Array, *, drafted: bool
) -> dict[int, ObjectState]:
    """State of every object after its pixels went from `before` to `after`."""
    states = {i: cell.state for i, cell in objects.items()}
    for i in ids_of(before) | ids_of(after):
        if np.array_equal(before == i, after == i):
            continue
        if (after == i).any():
            origin = objects[i].origin if i in objects else None
            by_hand = ObjectState.EDITED if origin is Origin.DRAFT else ObjectState.ADDED
            states[i] = ObjectState.DRAFT if drafted else by_hand
        elif drafted:
            del states[i]
        else:
            states[i] = ObjectState.REMOVED
    return states


def redrafted(document: Document, draft: NDArray[np.integer]) -> Array:
    """Labels that a new draft leads to; every id and every pixel by itself."""
    labels = document.labels.astype(np.int64)
    touched = {i: labels == i for i, cell in document.objects.items() if cell.touched}
    for i, cell in document.objects.items():
        if cell.footprint is not None:
            touched[i] = np.zeros(labels.shape, dtype=bool)
            touched[i][cell.box.slices] = cell.footprint.mask
    living = np.isin(labels, [i for i, c in document.objects.items() if c.touched and c.alive])
    after = np.where(living, labels, 0)
    for number, i in enumerate(sorted(ids_of(draft)), start=document.next_id):
        mask = draft == i
        if any(
            2 * np.count_nonzero(mask & other) > min(mask.sum(), other.sum())
            for other in touched.values()
        ):
            continue
        clipped = mask & ~living
        if clipped.sum() < mask.sum():
            clipped = largest_piece(clipped)
        after[clipped] = number
    return after


def largest_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    regions, count = ndi.label(mask, EIGHT)
    if count == 0:
        return mask
    return regions == 1 + np.argmax([np.count_nonzero(regions == k) for k in range(1, count + 1)])


def pieces(mask: NDArray[np.bool_]) -> int:
    return int(ndi.label(mask, EIGHT)[1])


def disk(shape: tuple[int, int], row: float, column: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - row, columns - column) <= radius


def winding(polygon: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """How often a closed polygon goes around each pixel: the sum of the angles it is seen in."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    pixels = np.stack([rows, columns], axis=-1)[:, :, None]
    angles = np.arctan2(*np.moveaxis(polygon - pixels, -1, 0))
    turns = np.diff(angles, axis=-1, append=angles[..., :1])
    turns -= 2 * np.pi * np.round(turns / (2 * np.pi))
    return np.round(turns.sum(axis=-1) / (2 * np.pi)).astype(np.int64)


def undoubted(history: list[dict[int, CellObject]], i: int) -> ObjectState:
    """State of a cell, or the one before it was marked as unsure."""
    for objects in reversed(history):
        if i not in objects:
            break
        if objects[i].state not in (ObjectState.UNSURE, ObjectState.REMOVED):
            return objects[i].state
    raise AssertionError
