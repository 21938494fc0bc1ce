"""Candidate outlines from the connected parts of level sets and from watershed basins."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from napari_fncells.core.labels import label
from napari_fncells.core.outline.shapes import POINTS, outline_of
from napari_fncells.core.outline.view import View

_LEVELS = np.linspace(0.94, 0.16, 18)
_RADII = (0, 1, 2)
"""Radii of the disks that cut off processes, in pixels of a view."""
_DISKS = {
    radius: cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    for radius in _RADII
}
_PEAK_REACH = 3
_PEAK_LIGHT = 0.3
_BASIN_LIGHT = 0.2


def level_outlines(view: View) -> NDArray[np.float32]:
    """Outlines of the parts around the click that are brighter than a level.

    Levels are shares of the light at the click, in the plain and in the soft light; parts are
    taken whole, opened by a small disk, and cut to the basin of the click's peak.

    Returns
    -------
    ndarray
        (n, POINTS, 2) float32, in pixels of the view; n may be 0.
    """
    basin = _basin(view)
    found = []
    for plane in (view.light, view.soft):
        seed = view.brightest(plane)
        top = float(plane[seed])
        for share in _LEVELS:
            above = (plane > np.float32(share * top)) & view.free
            pieces = [_piece(above, seed, radius) for radius in _RADII]
            if basin is not None:
                pieces.append(_piece(above & basin, seed, 1))
            outlines = [outline_of(piece) for piece in pieces if piece is not None]
            found += [outline for outline in outlines if outline is not None]
    return np.stack(found) if found else np.empty((0, POINTS, 2), np.float32)


def _piece(
    above: NDArray[np.bool_], seed: tuple[int, int], radius: int
) -> NDArray[np.bool_] | None:
    """The part at the seed after an opening, None where there is none or it leaves the view."""
    opened = above
    if radius:
        opened = cv2.morphologyEx(above.astype(np.uint8), cv2.MORPH_OPEN, _DISKS[radius]) > 0
    if not opened[seed]:
        return None
    regions = label(opened)
    piece: NDArray[np.bool_] = regions == regions[seed]
    sides = piece[0].any() or piece[-1].any() or piece[:, 0].any() or piece[:, -1].any()
    return None if sides else piece


def _basin(view: View) -> NDArray[np.bool_] | None:
    """Ground from which the light rises to the click's peak; None where it is the only one."""
    window = np.ones((2 * _PEAK_REACH + 1, 2 * _PEAK_REACH + 1), np.uint8)
    peaks = (view.soft >= cv2.dilate(view.soft, window)) & (view.soft > _PEAK_LIGHT)
    markers = label(peaks)
    if markers.max() <= 1:
        return None
    basins = watershed(-view.soft, markers, mask=view.soft > _BASIN_LIGHT)
    seed = view.brightest(view.soft)
    return np.asarray(basins == basins[seed]) if basins[seed] else None
