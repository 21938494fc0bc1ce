"""The cells inside a lasso."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.measure import points_in_poly

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
        common = cell.box.clip_to(area)
        mine = document.labels[common.slices] == cell.id
        if 2 * np.count_nonzero(mine & inside[common.within(area)]) > cell.area:
            found.append(cell)
    return found


def points_inside(points: NDArray[np.float64], polygon: Points) -> NDArray[np.bool_]:
    """Which points lie inside a polygon.

    Parameters
    ----------
    points
        (n, 2) in any two measures; one that is not a number is nowhere.
    polygon
        (m, 2) corners in the same, closed by itself; see `cells_inside`.

    Returns
    -------
    NDArray
        (n,) bool.
    """
    if len(polygon) < 3:
        return np.zeros(len(points), dtype=bool)
    known = np.isfinite(points).all(axis=1)
    inside = np.zeros(len(points), dtype=bool)
    inside[known] = points_in_poly(points[known], np.asarray(polygon, dtype=np.float64))
    return inside
