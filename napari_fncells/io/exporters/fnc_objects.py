"""Objects as FNC v2 tells them: outer contours through border pixels, boxes, dots.

Source: clissa/fluocells-scientific-data, fluocells/utils/annotations.py. There contours are those
of the binary mask; here of each cell, so that touching cells stay apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes, label
from napari_fncells.io.exporters.base import GroundTruth

Contour = list[list[int]]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class FncObject:
    """One part of a cell.

    Attributes
    ----------
    contour
        Its outer border pixels (x, y), each the neighbour of the next; none is left out.
    box
        [x, y, width, height].
    area
        Pixels within the contour, holes included.
    dot
        Centroid (x, y) of those, cut to whole pixels.
    """

    contour: Contour
    box: list[int]
    area: int
    dot: list[int]


def objects_of(truth: GroundTruth) -> list[FncObject]:
    """Contours of all 8-connected parts of all cells, cell by cell."""
    found: list[FncObject] = []
    for cell in truth.cells:
        mask = (truth.labels[cell.box.slices] == cell.id).astype(np.uint8)
        contours, _ = cv2.findContours(
            mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(cell.box.left, cell.box.top)
        )
        found.extend(_object(contour.reshape(-1, 2)) for contour in contours)
    return found


def drawn(contour: Contour, shape: tuple[int, int]) -> tuple[Box, Mask]:
    """Draw a contour and what it encloses.

    Raises
    ------
    ValueError
        It is none, or leaves the picture.
    """
    points = np.asarray(contour)
    if points.ndim != 2 or points.shape[1] != 2 or points.dtype.kind != "i":
        raise ValueError("a contour is no list of pixels")
    if (points < 0).any() or (points >= shape[::-1]).any():
        raise ValueError("a contour leaves the picture")
    left, top = points.min(axis=0).tolist()
    right, bottom = points.max(axis=0).tolist()
    box = Box(top, left, bottom + 1, right + 1)
    mask = np.zeros((box.height, box.width), dtype=np.uint8)
    cv2.fillPoly(mask, [points.astype(np.int32)], 1, offset=(-left, -top))
    return box, mask.astype(bool)


def expected(truth: GroundTruth) -> list[tuple[int, Box, Mask]]:
    """All parts of cells with their holes filled, by other means than contours; with their ids."""
    found = []
    for cell in truth.cells:
        parts = label(truth.labels[cell.box.slices] == cell.id)
        for number, place in boxes(parts).items():
            box = Box.of(place).shifted(cell.box.top, cell.box.left)
            found.append((cell.id, box, ndi.binary_fill_holes(parts[place] == number)))
    return found


def _object(points: NDArray[np.int32]) -> FncObject:
    left, top, width, height = cv2.boundingRect(points)
    mask = np.zeros((height, width), dtype=np.uint8)
    cv2.drawContours(mask, [points], 0, 1, cv2.FILLED, offset=(-left, -top))
    y, x = np.nonzero(mask)
    dot = [int(left + x.mean()), int(top + y.mean())]
    return FncObject(points.tolist(), [left, top, width, height], len(x), dot)
