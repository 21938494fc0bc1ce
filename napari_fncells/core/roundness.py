"""How round cells are."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import boxes


def roundness_of(labels: NDArray[np.integer]) -> NDArray[np.float64]:
    """Roundness of every cell of (Y, X) labels, in the order of ids; see `roundness`."""
    found = [roundness(labels[box] == i) for i, box in boxes(labels).items()]
    return np.array(found, dtype=np.float64)


def roundness(mask: NDArray[np.bool_]) -> float:
    """4 pi A / P² of the outline of a piece: 1 for a disk, less the longer or the rougher it is.

    Area and perimeter are those of the polygon through the outermost pixels' centres; the
    perimeter is corrected for its staircase (Vossepoel & Smeulders 1982), which would make a
    digital disk 0.9. A piece of a few px is 1.

    Parameters
    ----------
    mask
        (Y, X) bool; of several 8-connected pieces the largest counts.
    """
    padded = np.pad(mask.view(np.uint8), 1)
    contours, _ = cv2.findContours(padded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(contours, key=len)[:, 0, :]
    if len(outline) < 8:
        return 1.0
    steps = np.diff(outline, axis=0, append=outline[:1])
    diagonal = np.abs(steps).sum(axis=1) == 2
    corners = np.count_nonzero(diagonal != np.roll(diagonal, 1))
    axial = len(outline) - int(diagonal.sum())
    length = 0.980 * axial + 1.406 * int(diagonal.sum()) - 0.091 * corners
    area = cv2.contourArea(outline)
    return float(min(4 * np.pi * area / length**2, 1.0))
