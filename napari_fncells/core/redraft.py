"""A new draft over work already done: what the expert touched stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes, dense, label, present
from napari_fncells.core.pixels import change_pixels


def apply_draft(
    document: Document,
    labels: NDArray[np.integer],
    details: Mapping[str, Any],
    *,
    summary: str = "draft",
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
    ids, fresh = dense(labels)
    dropped = _repeated(fresh, ids.size, document)
    fresh = np.where(dropped, 0, np.arange(ids.size + 1, dtype=np.int32))[fresh]
    held = np.isin(document.labels, [cell.id for cell in document.cells if cell.touched])
    cut = present(fresh[held])
    fresh[held] = 0
    _keep_largest(fresh, cut)
    last = document.next_id - 1
    dtype = np.promote_types(document.labels.dtype, np.min_scalar_type(last + ids.size))
    numbers = np.arange(last, last + ids.size + 1).astype(dtype)
    numbers[0] = 0
    after = np.where(held, document.labels, numbers[fresh])
    # An empty draft is a result, too: the record names its method
    return change_pixels(
        document,
        Box.whole(document.shape),
        after,
        EditKind.DRAFT,
        summary=summary,
        details=details,
        drafted=True,
    )


def _repeated(fresh: NDArray[np.int32], count: int, document: Document) -> NDArray[np.bool_]:
    """Which of the new cells 1..count are a touched cell or a removed one over again.

    Returns
    -------
    ndarray
        (count + 1,) bool, by number.
    """
    areas = np.bincount(fresh.ravel(), minlength=count + 1)
    repeated = np.zeros(count + 1, dtype=bool)
    for cell in document.objects.values():
        if not cell.touched:
            continue
        footprint = cell.footprint
        former = (
            document.labels[cell.box.slices] == cell.id if footprint is None else footprint.mask
        )
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
