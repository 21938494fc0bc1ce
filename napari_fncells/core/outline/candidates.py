"""All outlines that the cell under a click may have."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.outline.levels import level_outlines
from napari_fncells.core.outline.paths import path_outlines
from napari_fncells.core.outline.shapes import Outlines
from napari_fncells.core.outline.view import View

_SMALLEST = 8.0  # pixels of a view
# Outlines that differ by less than these count as one
_ALIKE_AREA = 0.06
_ALIKE_MIDDLE = 1.0
_ALIKE_POINT = 2.5
_COMPARED = 12


def candidate_outlines(view: View) -> Outlines:
    """Outlines from level sets, basins and polar paths; those much alike count as one."""
    every = np.concatenate([level_outlines(view), path_outlines(view)])
    areas = Outlines(every, np.ones(len(every), np.float32)).areas
    every, areas = every[areas > _SMALLEST], areas[areas > _SMALLEST]
    marks = np.column_stack(
        [
            every.mean(axis=1) / _ALIKE_MIDDLE,
            np.log(np.maximum(areas, 1)) / _ALIKE_AREA,
            every[:, ::_COMPARED].reshape(len(every), -1) / _ALIKE_POINT,
        ]
    )
    _, first, counts = np.unique(
        np.round(marks).astype(np.int32), axis=0, return_index=True, return_counts=True
    )
    return Outlines(every[first], counts.astype(np.float32))
