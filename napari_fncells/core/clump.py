"""A clump split by its own shape into as many cells as it shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.cut import split_change
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change
from napari_fncells.core.errors import UserError
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import CleanUpParams
from napari_fncells.core.split import split_necks


def split_by_shape(
    document: Document, cell: CellObject, plane: NDArray[np.generic] | None = None
) -> Change:
    box = cell.box
    inside = document.labels[box.slices] == cell.id
    pieces = split_necks(
        np.pad(inside.astype(np.int32), 1), CleanUpParams(split_depth=2.0, min_area=20)
    )[1:-1, 1:-1]
    if pieces.max() < 2:
        raise UserError(f"Cell {cell.id} looks like one cell.", "Ctrl+drag across it to cut it.")
    return split_change(document, cell, box, pieces)
