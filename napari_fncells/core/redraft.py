"""A new draft over work already done: what the expert touched stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.attention.clean import is_found
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind, ObjectChange, patches_between
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import Labels, boxes, dense, label, present
from napari_fncells.core.matching import match_objects
from napari_fncells.core.objects import CellObject, Origin
from napari_fncells.core.pixels import change_pixels


@dataclass(frozen=True)
class Standing:
    """What of a mask matters to a new draft, apart from the document: for other threads.

    Attributes
    ----------
    labels
        (Y, X) labels, a copy.
    touched
        Cells the expert touched, removed ones included.
    """

    labels: Labels
    touched: tuple[CellObject, ...]

    @classmethod
    def of(cls, document: Document) -> Self:
        """What there is now."""
        return cls(document.labels.copy(), _touched(document))

    @property
    def held(self) -> NDArray[np.bool_]:
        """(Y, X) pixels of touched cells."""
        return _held(self.labels, self.touched)


@dataclass(frozen=True)
class Effect:
    """What a new draft would do to the cells of a mask.

    Attributes
    ----------
    added, removed
        Cells that come and go.
    kept
        Cells that stay: those the expert touched, and those that the new draft has, too (IoU
        above 0.5).
    """

    added: int
    removed: int
    kept: int

    def __str__(self) -> str:
        return f"+{self.added} −{self.removed}, {self.kept} kept"


def effect_of(standing: Standing, labels: NDArray[np.integer]) -> tuple[Effect, NDArray[np.int32]]:
    """What putting a draft under the expert's work would do.

    Parameters
    ----------
    standing
        The mask as it is.
    labels
        (Y, X) instance labels of the new draft, any ids.

    Returns
    -------
    effect
        Counts.
    fitted
        (Y, X) int32 cells of the draft as they would be taken over; numbers above 0, with gaps.
    """
    held = standing.held
    fitted = _fitted(labels, standing.labels, standing.touched, held)
    former = np.where(held, 0, standing.labels)
    same = match_objects(fitted, former, "iou")
    touched = sum(cell.alive for cell in standing.touched)
    return Effect(same.fp, same.fn, touched + same.tp), fitted


def apply_draft(
    document: Document,
    labels: NDArray[np.integer],
    details: Mapping[str, Any],
    *,
    summary: str = "draft",
    ignored: NDArray[np.bool_] | None = None,
) -> Change:
    """Replace the untouched draft cells by those of a new draft.

    A new cell that overlaps a touched cell or a tombstone by more than half of the smaller of
    the two is dropped; elsewhere it gives way to touched cells, and the ground of tombstones
    is free. Of a new cell that is cut in pieces by this, the largest stays.

    Parameters
    ----------
    document
        Read, not written.
    labels
        (Y, X) instance labels of the new draft, any ids.
    details
        Method and parameters, for the history.
    summary
        In words, to follow 'Undo'.
    ignored
        (Y, X) regions that the draft leaves undecided; they are added to those there are.

    Returns
    -------
    Change
        Without pixels where the mask stays as it is.

    Raises
    ------
    ValueError
        For labels of another shape.
    """
    if labels.shape != document.shape:
        raise ValueError(f"the draft has the shape {labels.shape}, the picture {document.shape}")
    touched = _touched(document)
    held = _held(document.labels, touched)
    fresh = _fitted(labels, document.labels, touched, held)
    count = int(fresh.max(initial=0))
    last = document.next_id - 1
    dtype = np.promote_types(document.labels.dtype, np.min_scalar_type(last + count))
    numbers = np.arange(last, last + count + 1).astype(dtype)
    numbers[0] = 0
    after = np.where(held, document.labels, numbers[fresh])
    # An empty draft is a result, too: the record names its method
    change = change_pixels(
        document,
        Box.whole(document.shape),
        after,
        EditKind.DRAFT,
        summary=summary,
        details=details,
        drafted=True,
    )
    change = replace(change, objects=(*change.objects, *_hidden_given_up(document)))
    if ignored is None:
        return change
    regions = patches_between(
        Box.whole(document.shape), document.ignored, document.ignored | ignored.astype(np.uint8)
    )
    return replace(change, ignored=regions)


def _hidden_given_up(document: Document) -> tuple[ObjectChange, ...]:
    """Hidden cells forgotten that were not found: the new draft says what is there."""
    hidden = document.hidden.values()
    return tuple(ObjectChange(cell, None) for cell in hidden if not is_found(document, cell))


def _touched(document: Document) -> tuple[CellObject, ...]:
    # Where something planted was removed, nothing was said of the ground
    return tuple(
        cell
        for cell in document.objects.values()
        if cell.touched and (cell.alive or cell.origin is not Origin.PLANT)
    )


def _held(labels: Labels, touched: tuple[CellObject, ...]) -> NDArray[np.bool_]:
    """Pixels of touched cells."""
    held = np.zeros(labels.shape, dtype=bool)
    for cell in touched:
        if cell.alive:
            held[cell.box.slices] |= labels[cell.box.slices] == cell.id
    return held


def _fitted(
    labels: NDArray[np.integer],
    standing: Labels,
    touched: tuple[CellObject, ...],
    held: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Cells of a draft as they go under the work that stands; numbers above 0, with gaps."""
    ids, fresh = dense(labels)
    if not touched:
        return fresh
    dropped = _repeated(fresh, ids.size, standing, touched)
    fresh = np.where(dropped, 0, np.arange(ids.size + 1, dtype=np.int32))[fresh]
    cut = present(fresh[held])
    fresh[held] = 0
    _keep_largest(fresh, cut)
    return fresh


def _repeated(
    fresh: NDArray[np.int32], count: int, standing: Labels, touched: tuple[CellObject, ...]
) -> NDArray[np.bool_]:
    """Which of the new cells 1..count are a touched cell or a removed one over again.

    Returns
    -------
    ndarray
        (count + 1,) bool, by number.
    """
    areas = np.bincount(fresh.ravel(), minlength=count + 1)
    repeated = np.zeros(count + 1, dtype=bool)
    for cell in touched:
        footprint = cell.footprint
        former = standing[cell.box.slices] == cell.id if footprint is None else footprint.mask
        numbers, overlap = np.unique(fresh[cell.box.slices][former], return_counts=True)
        limit = np.minimum(areas[numbers], np.count_nonzero(former)) / 2
        repeated[numbers[overlap > limit]] = True
    repeated[0] = False
    return repeated


def _keep_largest(fresh: NDArray[np.int32], numbers: NDArray[np.int64]) -> None:
    """Leave of each clipped cell its largest 8-connected piece, of equal ones the topmost."""
    if numbers.size == 0:
        return
    found = boxes(fresh)
    for number in numbers.tolist():
        if number not in found:
            continue
        window = fresh[found[number]]
        mine = window == number
        pieces = label(mine)
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        largest = pieces[(sizes == sizes.max())[pieces]]
        window[mine & (pieces != largest[0])] = 0
