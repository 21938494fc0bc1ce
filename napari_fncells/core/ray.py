"""What lies under points of a path, and how far a cell reaches from one in a direction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.path import STEP, Points

_HEADING = 8.0
"""Length of a stroke's end, in px, that gives its direction: less is the tremor of a hand."""


def ids_under(labels: NDArray[np.integer], points: Points) -> NDArray[np.int64]:
    """(n,) ids of the cells under points; 0 for ground and outside of the picture."""
    at = np.round(points).astype(np.int64)
    within = ((at >= 0) & (at < labels.shape)).all(axis=1)
    ids = np.zeros(at.shape[0], dtype=np.int64)
    ids[within] = labels[at[within, 0], at[within, 1]]
    return ids


def heading(path: Points) -> Points:
    """Unit vector in which a path leaves its last point; zero for a path without length."""
    last = path[-1]
    away = last - path
    distances = np.hypot(away[:, 0], away[:, 1])
    far = np.flatnonzero(distances >= _HEADING)
    at = int(far[-1]) if far.size else int(distances.argmax())
    return away[at] / distances[at] if distances[at] > 0 else np.zeros(2)


def reach_within(
    labels: NDArray[np.integer], cell: int, point: Points, direction: Points, limit: float
) -> float:
    """Distance from a point to where the cell ends in a direction, in px.

    Parameters
    ----------
    labels
        (Y, X) instance labels.
    cell
        Id of the cell; 0 px where the point lies outside it.
    point, direction
        (row, column), and a vector of length 1; the limit for one of length 0.
    limit
        Look no farther.
    """
    if not direction.any():
        return limit
    steps = np.arange(0, limit + STEP, STEP)
    inside = ids_under(labels, point + steps[:, None] * direction) == cell
    return float(limit if inside.all() else steps[int(inside.argmin())])
