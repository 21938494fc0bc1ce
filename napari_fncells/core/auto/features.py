"""What is measured of pieces: size, shape, light, the step at the outline."""

from __future__ import annotations

import numpy as np

from napari_fncells.core.auto.pieces import Pieces
from napari_fncells.core.auto.sheet import Column, Sheet
from napari_fncells.core.auto.view import View

Features = dict[str, Column]

_RING = 1 / 6
"""Width of the ring around a piece, in typical diameters."""
_DIMMEST = 0.5
_LEAST_CONTRAST = 0.1
"""In noises."""
_GRAIN_FLOOR = 0.01


def measure(view: View, pieces: Pieces) -> Features:
    """Measure pieces, one at least.

    All figures are free of units: lengths in typical diameters, light in noises of the picture
    or in the piece's own height.

    Parameters
    ----------
    view
        The picture.
    pieces
        At most 65,535.

    Returns
    -------
    dict
        Maps a name to (count,) float64. What a name means is told where it is made.
    """
    sheet = Sheet(view, pieces)
    return _shape(sheet) | _light(sheet)


def _shape(sheet: Sheet) -> Features:
    """Size and shape.

    'area': logarithm, in squared diameters. 'elongation': logarithm of the ratio of the axes of
    the ellipse of equal moments. 'fill': of the area over that of this ellipse, below 0 for
    branched or bent pieces. 'roundness': of 4 pi A / P². 'thickness': radius of the largest
    disk inside. 'core': logarithm of that disk's area over the piece's. 'border', 'cut': share
    of the rim on the picture's border, and along another piece.
    """
    area, unit = sheet.area, sheet.view.unit
    rows, columns = sheet.rows_and_columns
    down = rows - sheet.mean(rows)[sheet.pieces.of]
    right = columns - sheet.mean(columns)[sheet.pieces.of]
    # A pixel is a square, not a point
    yy, xx = sheet.mean(down * down) + 1 / 12, sheet.mean(right * right) + 1 / 12
    spread = np.sqrt((yy - xx) ** 2 / 4 + sheet.mean(down * right) ** 2)
    major, minor = (yy + xx) / 2 + spread, np.maximum((yy + xx) / 2 - spread, 1 / 12)
    return {
        "area": np.log(area / unit**2),
        "elongation": np.log(major / minor) / 2,
        "fill": np.log(area / (4 * np.pi * np.sqrt(major * minor))),
        "roundness": np.log(4 * np.pi * area / sheet.perimeter**2),
        "thickness": sheet.radius / unit,
        "core": np.log(np.pi * sheet.radius**2 / area),
        "border": sheet.rim_mean(sheet.at_border),
        "cut": sheet.rim_mean(sheet.beside_another),
    }


def _light(sheet: Sheet) -> Features:
    """Light inside, at the rim and around.

    'peak': logarithm of the peak in noises. 'brightness': of the peak over the bright parts of
    the picture. 'contrast': of the mean inside less that around, in noises. All others are in
    peaks: 'level' at the rim, 'mean' and 'spread' inside, 'ring' around, 'crowd' in the
    neighbourhood, 'detail' above the blurred light, 'grain' (its logarithm); 'step': slope at
    the rim, per diameter; 'steepest': logarithm of the steepest slope inside. 'unevenness':
    how that at the rim varies, in its mean.
    """
    view, unit = sheet.view, sheet.view.unit
    light = sheet.values(view.height)
    peak = np.maximum(sheet.highest(light), _DIMMEST * view.noise)
    mean = sheet.mean(light)
    around = sheet.outside(view.height, max(round(unit * _RING), 1))
    contrast = np.maximum(mean - around, _LEAST_CONTRAST * view.noise)
    slope = sheet.values(view.slope)
    at_rim = slope[sheet.rim]
    step = sheet.rim_mean(at_rim)
    uneven = np.sqrt(np.maximum(sheet.rim_mean(at_rim**2) - step**2, 0))
    least = 1e-12 * peak
    return {
        "peak": np.log(peak / view.noise),
        "brightness": np.log(peak / view.bright),
        "contrast": np.log(contrast / view.noise),
        "level": sheet.rim_mean(light[sheet.rim]) / peak,
        "mean": mean / peak,
        "spread": np.sqrt(np.maximum(sheet.mean(light**2) - mean**2, 0)) / peak,
        "ring": around / peak,
        "crowd": sheet.mean(sheet.values(view.around)) / peak,
        "detail": sheet.mean(sheet.values(view.detail)) / peak,
        "grain": np.log(sheet.mean(sheet.values(view.grain)) / peak + _GRAIN_FLOOR),
        "step": step * unit / peak,
        "steepest": np.log(np.maximum(sheet.highest(slope), least) * unit / peak),
        "unevenness": uneven / np.maximum(step, least),
    }
