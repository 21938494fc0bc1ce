"""The cells inside a lasso."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.objects import CellObject
from napari_fncells.core.path import Points, as_points, box_of, enclosed


def cells_inside(document: Document, polygon: Points) -> list[CellObject]:
    """Living cells with more than half of their area inside a polygon, in the order of ids.

    Parameters
    ----------
    document
        Read, not written.
    polygon
        (n, 2) rows and columns of the corners, closed by itself. Where it crosses itself, the
        even-odd rule decides. It may reach out of the picture.
    """
    corners = as_points(polygon)
    if corners.shape[0] < 3:
        return []
    area = box_of(corners).clip(document.shape)
    near = [cell for cell in document.cells if cell.box.meets(area)]
    if not near:
        return []
    inside = enclosed(corners, area, even_odd=True)
    found = []
    for cell in near:
        common = cell.box.overlap(area)
        mine = document.labels[common.slices] == cell.id
        if 2 * np.count_nonzero(mine & inside[common.within(area)]) > cell.area:
            found.append(cell)
    return sorted(found, key=lambda cell: cell.id)
