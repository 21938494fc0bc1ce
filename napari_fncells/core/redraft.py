"""A new draft over work already done: what the expert touched stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.changes import change_pixels
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import label
from napari_fncells.core.objects import Footprint


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
    kept = _touched(document)
    fresh = _numbered_after(labels, document.next_id - 1)
    _drop_overlapping(fresh, kept, document)
    clipped = (fresh > 0) & (kept > 0)
    cut = np.unique(fresh[clipped])
    fresh[clipped] = 0
    _keep_largest(fresh, cut)
    after = np.where(kept > 0, kept, fresh)
    dtype = np.promote_types(document.labels.dtype, np.min_scalar_type(int(after.max(initial=0))))
    # An empty draft is a result, too: the record names its method
    return change_pixels(
        document,
        Box.whole(document.shape),
        after.astype(dtype),
        EditKind.DRAFT,
        summary=summary,
        details=details,
        drafted=True,
    )


def _touched(document: Document) -> NDArray[np.int64]:
    """Labels of the touched cells alone."""
    ids = [cell.id for cell in document.cells if cell.touched]
    keep = np.zeros(max([document.next_id, *ids]) + 1, dtype=np.int64)
    keep[ids] = ids
    kept: NDArray[np.int64] = keep[document.labels]
    return kept


def _numbered_after(labels: NDArray[np.integer], last: int) -> NDArray[np.int64]:
    """Give the cells of a draft new ids, in order, from `last` + 1."""
    ids, index = np.unique(labels, return_inverse=True)
    table = np.zeros(ids.size, dtype=np.int64)
    cells = ids > 0
    table[cells] = np.arange(last + 1, last + 1 + np.count_nonzero(cells))
    return table[index].reshape(labels.shape)


def _drop_overlapping(
    fresh: NDArray[np.int64], kept: NDArray[np.int64], document: Document
) -> None:
    """Clear new cells that are a touched cell or a removed one over again."""
    areas = np.bincount(fresh.ravel())
    for cell in document.objects.values():
        if not cell.touched:
            continue
        footprint = cell.footprint or _footprint(cell.box, kept, cell.id)
        mask = footprint.mask
        window = fresh[footprint.box.slices]
        ids, overlap = np.unique(window[mask], return_counts=True)
        limit = np.minimum(areas[ids], np.count_nonzero(mask)) / 2
        for doomed in ids[(ids > 0) & (overlap > limit)]:
            # The new cell may reach out of the window
            fresh[fresh == doomed] = 0


def _footprint(box: Box, kept: NDArray[np.int64], i: int) -> Footprint:
    return Footprint.of(box, kept[box.slices] == i)


def _keep_largest(fresh: NDArray[np.int64], ids: NDArray[np.int64]) -> None:
    """Leave of each clipped cell its largest 8-connected piece."""
    for i in ids[ids > 0]:
        mask = fresh == i
        box = Box.around(mask)
        if box is None:
            continue
        pieces = label(mask[box.slices])
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        window = fresh[box.slices]
        window[(pieces > 0) & (pieces != sizes.argmax())] = 0
