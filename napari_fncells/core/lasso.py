"""The cells inside a lasso."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.document import Document
from napari_fncells.core.labels import present
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
    if area.height <= 0 or area.width <= 0:
        return []
    # By the pixels: the cost grows with the lasso, not with the number of cells
    near = [document.objects[i] for i in present(document.labels[area.slices]).tolist()]
    inside = enclosed(corners, area, even_odd=True)
    found = []
    for cell in near:
        common = cell.box.overlap(area)
        mine = document.labels[common.slices] == cell.id
        if 2 * np.count_nonzero(mine & inside[common.within(area)]) > cell.area:
            found.append(cell)
    return found
