"""Where two drafts of a picture, by threshold and by a model, do not agree."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Labels
from napari_fncells.core.objects import CellObject

WORDS = "draft and model disagree"
"""What a doubt of this kind is called."""
DOUBTFUL = 0.5
"""Disagreement above which it is told: the other draft leaves most of the cell out."""


def disagreement(
    labels: Labels, cells: Iterable[CellObject], above: NDArray[np.bool_]
) -> dict[int, float]:
    """How far another draft of the same picture leaves each cell out.

    Only the windows of the cells are looked at, so that the cost is that of the cells, however
    large the picture is.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    cells
        Living cells of them.
    above
        (Y, X) pixels whose score is above the cutoff in the other draft's score map.

    Returns
    -------
    dict
        By id, 0 where the other draft has all of the cell's pixels, 1 where it has none.
    """
    found: dict[int, float] = {}
    for cell in cells:
        mine = labels[cell.box.slices] == cell.id
        shared = int(np.count_nonzero(above[cell.box.slices] & mine))
        found[cell.id] = 1.0 - shared / max(int(np.count_nonzero(mine)), 1)
    return found
