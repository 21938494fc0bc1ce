"""Clean-up of a thresholded mask, and which of its pieces are cells."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.labels import Slices, cell_pixels
from napari_fncells.core.params import CleanUpParams
from napari_fncells.core.roundness import roundness_of

Mask = NDArray[np.bool_]
Shape = tuple[int, ...]

_MANY = 200
"""From so many holes or pieces on, one look at the whole mask beats one at each of them."""


def smooth_mask(mask: Mask, params: CleanUpParams) -> Mask:
    """Fill small holes, cut thin processes, close gaps of a (Y, X) mask."""
    cleaned = fill_holes(mask, params.hole_area, _connectivity(params))
    cleaned = _opened(cleaned, params.opening)
    return _with_disk(cleaned, params.closing, cv2.MORPH_CLOSE)


def drop_pieces(mask: Mask, params: CleanUpParams) -> Mask:
    """Drop the pieces of a (Y, X) mask that are too small to be cells."""
    return drop_small(mask, params.min_area, _connectivity(params))


def fill_holes(mask: Mask, max_area: int, connectivity: int = 8) -> Mask:
    """Fill holes of less than `max_area` px²; ground open to the border is no hole.

    Holes of 8-connected cells are 4-connected, and the other way round.
    """
    if max_area == 0 or not mask.any():
        return mask
    filled = mask.copy()
    for box in _around_holes(mask, connectivity):
        window = mask[box]
        ground = (~window).view(np.uint8)
        _, regions, stats, _ = cv2.connectedComponentsWithStats(
            ground, connectivity=12 - connectivity, ltype=cv2.CV_32S
        )
        left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
        right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
        height, width = window.shape
        inside = (left > 0) & (top > 0) & (right < width) & (bottom < height)
        hole = inside & (stats[:, cv2.CC_STAT_AREA] < max_area)
        hole[0] = False
        filled[box] |= hole[regions]
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


def drop_small(mask: Mask, min_area: int, connectivity: int = 8) -> Mask:
    """Drop pieces of less than `min_area` px²."""
    if min_area <= 1 or mask.size == 0:
        return mask
    count, regions = cv2.connectedComponents(
        mask.view(np.uint8), connectivity=connectivity, ltype=cv2.CV_32S
    )
    # Cells cover little of a picture: to look at them alone is several times faster
    place = np.flatnonzero(mask)
    of = np.asarray(regions).ravel()[place]
    small = np.bincount(of, minlength=count) < min_area
    kept = mask.copy()
    kept.ravel()[place[small[of]]] = False
    return kept


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
        gone |= np.isin(pixels.ids, _at_border(labels))
    if params.roundness:
        numbers = np.where(gone, 0, 1 + np.arange(gone.size))
        left = pixels.picture(numbers.astype(np.int32), labels.shape)
        gone[~gone] = roundness_of(left) < params.roundness
    if not gone.any():
        return labels
    return pixels.picture(np.where(gone, 0, pixels.ids).astype(labels.dtype), labels.shape)


def _at_border(labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Ids along the four sides."""
    return np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])


def _connectivity(params: CleanUpParams) -> int:
    """8 everywhere but where it is done as FNC v1 did."""
    return 4 if params.split == "fnc_v1" else 8


def _opened(mask: Mask, radius: int) -> Mask:
    """Open with a disk, piece by piece: a disk that fits in lies in one of them."""
    if radius == 0 or not mask.any():
        return mask
    contours, _ = cv2.findContours(mask.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if len(contours) > _MANY:
        return _with_disk(mask, radius, cv2.MORPH_OPEN)
    opened = np.zeros_like(mask)
    for contour in contours:
        # What lies within the outline, other pieces in its holes included; and of those beside
        # it, parts, which are left out
        x, y, width, height = cv2.boundingRect(contour)
        inside = np.zeros((height, width), np.uint8)
        cv2.drawContours(inside, [contour], 0, 1, cv2.FILLED, offset=(-x, -y))
        box = slice(y, y + height), slice(x, x + width)
        mine = mask[box] & inside.view(np.bool_)
        opened[box] |= _with_disk(mine, radius, cv2.MORPH_OPEN, box, mask.shape)
    return opened


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
