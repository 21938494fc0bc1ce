"""Clean-up of a thresholded mask, and which of its pieces are cells."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Slices, at_border, cell_pixels, label
from napari_fncells.core.params import CleanUpParams
from napari_fncells.core.roundness import roundness_of

Mask = NDArray[np.bool_]
Shape = tuple[int, ...]

_MANY = 200
"""From so many holes or pieces on, one look at the whole mask beats one at each of them."""
_NARROW = 4
"""px; below this radius, too."""


def smooth_mask(mask: Mask, params: CleanUpParams) -> Mask:
    """Fill small holes, cut thin processes, close gaps of a (Y, X) mask."""
    cleaned = fill_holes(mask, params.hole_area, connectivity_of(params))
    cleaned = _opened(cleaned, params.opening)
    return _with_disk(cleaned, params.closing, cv2.MORPH_CLOSE)


def number_pieces(mask: Mask, params: CleanUpParams) -> NDArray[np.int32]:
    """Number the pieces of a (Y, X) mask from 1, those too small for a cell left out.

    In no promised order, with gaps.
    """
    pieces = label(mask, connectivity_of(params))
    if params.min_area <= 1:
        return pieces
    # Cells cover little of a picture: to look at them alone is several times faster
    place = np.flatnonzero(mask)
    of = pieces.ravel()[place]
    small = np.bincount(of) < params.min_area
    pieces.ravel()[place[small[of]]] = 0
    return pieces


def fill_holes(mask: Mask, max_area: int, connectivity: int = 8) -> Mask:
    """Fill holes of less than `max_area` px²; ground open to the border is no hole.

    Holes of 8-connected cells are 4-connected, and the other way round.
    """
    if max_area == 0 or not mask.any():
        return mask
    filled = mask.copy()
    for box in _around_holes(mask, connectivity):
        regions = label(~mask[box], 12 - connectivity)
        open_ground = np.zeros(int(regions.max(initial=0)) + 1, dtype=bool)
        open_ground[at_border(regions)] = True
        open_ground[0] = True  # the cells
        inside = np.flatnonzero(~open_ground[regions])
        of = regions.ravel()[inside]
        hole = np.bincount(of, minlength=open_ground.size) < max_area
        rows, columns = np.divmod(inside[hole[of]], regions.shape[1])
        filled[box][rows, columns] = True
    return filled


def _around_holes(mask: Mask, connectivity: int) -> list[tuple[slice, slice]]:
    """Boxes that hold every hole with the cells' pixels around it; the whole where many."""
    whole = [(slice(0, mask.shape[0]), slice(0, mask.shape[1]))]
    if connectivity == 4:
        return whole  # OpenCV's contours are those of 8-connected cells
    contours, levels = cv2.findContours(
        mask.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE
    )
    inner = [c for c, level in zip(contours, levels[0], strict=True) if level[3] >= 0]
    if len(inner) > _MANY:
        return whole
    found = [cv2.boundingRect(contour) for contour in inner]
    return [(slice(y, y + height), slice(x, x + width)) for x, y, width, height in found]


def drop_cells(labels: NDArray[np.int32], params: CleanUpParams) -> NDArray[np.int32]:
    """Leave out cells too small, too large, not round enough or cut by the border.

    Parameters
    ----------
    labels
        (Y, X) instance labels.
    params
        `min_area`, `max_area` (0: no limit), `roundness` (see there), `border`.

    Returns
    -------
    ndarray
        (Y, X); the array itself where nothing is left out.
    """
    if not (params.min_area > 1 or params.max_area or params.roundness or params.border):
        return labels
    pixels = cell_pixels(labels)
    area = np.bincount(pixels.of, minlength=pixels.ids.size)
    gone = area < params.min_area
    if params.max_area:
        gone |= area > params.max_area
    if params.border:
        gone |= np.isin(pixels.ids, at_border(labels))
    if params.roundness:
        numbers = np.where(gone, 0, 1 + np.arange(gone.size))
        left = pixels.picture(numbers.astype(np.int32), labels.shape)
        gone[~gone] = roundness_of(left) < params.roundness
    if not gone.any():
        return labels
    return pixels.picture(np.where(gone, 0, pixels.ids).astype(labels.dtype), labels.shape)


def connectivity_of(params: CleanUpParams) -> int:
    """8 everywhere but where it is done as FNC v1 did."""
    return 4 if params.split == "fnc_v1" else 8


def _opened(mask: Mask, radius: int) -> Mask:
    """Open with a disk, piece by piece: a disk that fits in lies in one of them."""
    if radius == 0 or not mask.any():
        return mask
    if radius < _NARROW:
        return _with_disk(mask, radius, cv2.MORPH_OPEN)
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outlined = [(contour, cv2.boundingRect(contour)) for contour in contours]
    fitting = [(c, rect) for c, rect in outlined if _may_fit(rect, radius, mask.shape)]
    padded = sum((w + 2 * radius) * (h + 2 * radius) for _, (_, _, w, h) in fitting)
    if len(fitting) > _MANY or padded > mask.size:
        return _with_disk(mask, radius, cv2.MORPH_OPEN)
    opened = np.zeros_like(mask)
    for contour, (x, y, width, height) in fitting:
        # What lies within the outline, other pieces in its holes included; and of those beside
        # it, parts, which are left out
        inside = np.zeros((height, width), np.uint8)
        cv2.drawContours(inside, [contour], 0, 1, cv2.FILLED, offset=(-x, -y))
        box = slice(y, y + height), slice(x, x + width)
        mine = mask[box] & inside.view(np.bool_)
        opened[box] |= _with_disk(mine, radius, cv2.MORPH_OPEN, box, mask.shape)
    return opened


def _may_fit(rect: Sequence[int], radius: int, shape: Shape) -> bool:
    """Whether a disk may fit into a box; one at the border goes on beyond it."""
    x, y, width, height = rect
    return all(
        extent > 2 * radius or start == 0 or start + extent == side
        for start, extent, side in ((y, height, shape[0]), (x, width, shape[1]))
    )


def _with_disk(
    mask: Mask, radius: int, operation: int, box: Slices | None = None, shape: Shape | None = None
) -> Mask:
    """Open or close with a disk.

    At the picture's border the edge is repeated, so that cells cut there stay whole; beyond the
    other sides of a box of the picture there is ground.
    """
    if radius == 0:
        return mask
    size = 2 * radius + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    padded = np.pad(mask.view(np.uint8), radius)
    if box is None or box[0].start == 0:
        padded[:radius] = padded[radius]
    if box is None or shape is None or box[0].stop == shape[0]:
        padded[-radius:] = padded[-radius - 1]
    if box is None or box[1].start == 0:
        padded[:, :radius] = padded[:, radius, None]
    if box is None or shape is None or box[1].stop == shape[1]:
        padded[:, -radius:] = padded[:, -radius - 1, None]
    done = cv2.morphologyEx(padded, operation, disk)
    inner = slice(radius, -radius)
    return np.ascontiguousarray(done[inner, inner]).view(np.bool_)
