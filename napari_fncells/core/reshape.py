"""The outline of one cell: moved in or out, smoothed."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from napari_fncells.core.clean import fill_holes
from napari_fncells.core.document import Document
from napari_fncells.core.edits import Change, EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.labels import label
from napari_fncells.core.objects import CellObject
from napari_fncells.core.params import Params
from napari_fncells.core.pieces import Mask, largest_piece, piece_count
from napari_fncells.core.pixels import change_pixels

Sides = tuple[tuple[int, int], tuple[int, int]]


class SmoothParams(Params):
    """How much of an outline is smoothed away."""

    share: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Width of the smoothing against the cell's: the side of a square as "
            "large as the cell.",
        ),
    ] = 0.08
    narrowest: Annotated[
        float,
        Field(gt=0, description="Least width.", json_schema_extra={"unit": "px"}),
    ] = 1.0
    widest: Annotated[
        float,
        Field(gt=0, le=50, description="Greatest width.", json_schema_extra={"unit": "px"}),
    ] = 5.0
    speck_area: Annotated[
        int,
        Field(
            ge=1,
            description="Pieces apart that are smaller than this are dropped, the largest never.",
            json_schema_extra={"unit": "px²"},
        ),
    ] = 20


def resize_cell(document: Document, cell: CellObject, region: Region) -> Change | None:
    """Give a living cell another outline; None where it is the same.

    Other cells keep their ground; of what they cut in pieces, the largest stays.

    Raises
    ------
    UserError
        Where nothing of the cell would be left.
    """
    inner = region.box.clip(document.shape)
    box = inner.union(cell.box)
    after = document.labels[box.slices].copy()
    free = (after == 0) | (after == cell.id)
    wanted = np.zeros(after.shape, dtype=bool)
    wanted[inner.within(box)] = region.mask[inner.within(region.box)]
    kept = wanted & free
    if np.count_nonzero(kept) < np.count_nonzero(wanted):
        kept = largest_piece(kept)
    if not kept.any():
        raise UserError(f"Nothing would be left of cell {cell.id}.", "Remove it instead.")
    after[after == cell.id] = 0
    after[kept] = cell.id
    change = change_pixels(
        document,
        box,
        after,
        EditKind.RESIZE,
        summary=f"resize cell {cell.id}",
        details={"level": region.level},
    )
    return None if change.empty else change


def smooth_cell(
    document: Document, cell: CellObject, params: SmoothParams | None = None
) -> Change | None:
    """Smooth the outline of a living cell, fill its holes and drop its specks.

    Its area, with the holes filled, stays; so does the number of its pieces. Other cells keep
    their ground. None where nothing is to be smoothed.
    """
    params = params or SmoothParams()
    sigma = float(np.clip(params.share * cell.area**0.5, params.narrowest, params.widest))
    margin = int(np.ceil(3 * sigma))
    wide = cell.box.padded(margin)
    box = wide.clip(document.shape)
    after = document.labels[box.slices].copy()
    mine = after == cell.id
    free = mine | (after == 0)
    filled = _filled(mine, free, params.speck_area)
    smooth = _smoothed(filled, free, sigma, _cut_off(box, wide))
    after[mine] = 0
    after[smooth] = cell.id
    change = change_pixels(document, box, after, EditKind.SMOOTH, summary=f"smooth cell {cell.id}")
    return None if change.empty else change


def _filled(mine: Mask, free: Mask, speck_area: int) -> Mask:
    """A cell without specks and holes; a hole that holds another cell leaves it its ground."""
    pieces = label(mine)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    keep = (sizes >= speck_area) | (sizes == sizes.max())
    keep[0] = False
    kept: Mask = keep[pieces]
    return fill_holes(kept, kept.size) & free


def _cut_off(box: Box, wide: Box) -> Sides:
    """What the picture's sides cut off a box: ((top, bottom), (left, right))."""
    return (
        (box.top - wide.top, wide.bottom - box.bottom),
        (box.left - wide.left, wide.right - box.right),
    )


def _smoothed(mask: Mask, free: Mask, sigma: float, cut: Sides) -> Mask:
    """As many free pixels where the blurred mask is highest, in as many pieces."""
    count, number = int(np.count_nonzero(mask)), piece_count(mask)
    while sigma >= 0.3:
        best = _highest(_blurred(mask, sigma, cut), free, count)
        if piece_count(best) == number and (best & mask).any():
            return best
        # A thin part came off: less is smoothed away
        sigma /= 2
    return mask


def _blurred(mask: Mask, sigma: float, cut: Sides) -> NDArray[np.float32]:
    """Blur that takes a cell to go on beyond the sides of the picture."""
    padded = np.pad(mask.astype(np.float32), cut, mode="edge")
    blurred = cv2.GaussianBlur(padded, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    (top, _), (left, _) = cut
    inner = blurred[top : top + mask.shape[0], left : left + mask.shape[1]]
    return inner.astype(np.float32, copy=False)


def _highest(values: NDArray[np.float32], free: Mask, count: int) -> Mask:
    """The `count` free pixels of the highest values, of equal ones the topmost."""
    places = np.flatnonzero(free)
    order = np.argsort(-values.ravel()[places], kind="stable")
    best = np.zeros(values.size, dtype=bool)
    best[places[order[:count]]] = True
    return best.reshape(values.shape)
