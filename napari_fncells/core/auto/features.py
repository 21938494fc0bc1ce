"""What is measured of the pieces of a level set: size, shape, light, the step at the outline."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.pieces import Rung
from napari_fncells.core.auto.view import View

NAMES = (
    "area",
    "elongation",
    "fill",
    "roundness",
    "thickness",
    "core",
    "level",
    "peak",
    "brightness",
    "step",
    "evenness",
    "ring",
    "border",
)
_TINY = 1e-6
_BOX = np.ones((3, 3), np.uint8)


def measure(view: View, rung: Rung, steps: NDArray[np.float32]) -> NDArray[np.float64]:
    """Measure every piece of a rung.

    All figures are free of units: lengths in typical diameters, light in noises or in the
    piece's own height.

    Parameters
    ----------
    view
        The picture.
    rung
        Its pieces.
    steps
        (y, x) size of the gradient of `view.small`, per px.

    Returns
    -------
    ndarray
        (count, len(NAMES)). area: log of area / diameter². elongation: log of the ratio of the
        axes of the ellipse of equal moments. fill: log of the piece's area over that of this
        ellipse, below 0 for branched or bent pieces. roundness: log 4 pi A / P². thickness:
        radius of the largest disk inside, in diameters. core: log of that disk's area over the
        piece's. level: level over the piece's peak. peak: log of the peak in noises.
        brightness: log of the peak over the brightest of the picture. step: mean gradient on the
        outline, times diameter, over the peak. evenness: SD of the light inside over the peak.
        ring: log of the level over the mean light just outside, in noises. border: share of the
        outline that lies on the picture's border.
    """
    count, of, place = rung.count, rung.of, rung.place
    width = view.small.shape[1]
    rows, columns = np.divmod(place, width)
    light = view.small.ravel()[place].astype(np.float64)
    area = np.bincount(of, minlength=count).astype(np.float64)

    def mean(values: NDArray[np.floating] | NDArray[np.integer]) -> NDArray[np.float64]:
        return np.bincount(of, weights=values, minlength=count) / area

    y, x = mean(rows), mean(columns)
    dy, dx = rows - y[of], columns - x[of]
    yy, xx, xy = mean(dy * dy) + 1 / 12, mean(dx * dx) + 1 / 12, mean(dy * dx)
    root = np.sqrt(np.maximum((yy - xx) ** 2 / 4 + xy**2, 0))
    major, minor = (yy + xx) / 2 + root, np.maximum((yy + xx) / 2 - root, 1 / 12)
    mask = (rung.regions > 0).view(np.uint8)
    inner = cv2.erode(mask, _BOX, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rim = np.asarray(inner).ravel()[place] == 0
    perimeter = np.bincount(of[rim], minlength=count).astype(np.float64)
    distance = cv2.distanceTransform(np.pad(mask, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    radius = _highest(np.asarray(distance).ravel()[place], of, count)
    peak = np.maximum(_highest(light, of, count), rung.level)
    spread = np.sqrt(np.maximum(mean(light * light) - mean(light) ** 2, 0))
    gradient = np.bincount(of[rim], weights=steps.ravel()[place[rim]], minlength=count)
    at_border = (rows == 0) | (columns == 0)
    at_border |= (rows == view.small.shape[0] - 1) | (columns == width - 1)
    border = np.bincount(of[at_border], minlength=count)
    around = _outside(view.small, rung, max(round(view.unit / 6), 1))
    unit = view.unit
    brightest = max(float(view.small.max()), _TINY)
    return np.stack(
        [
            np.log(area / unit**2),
            np.log(major / minor) / 2,
            np.log(area / (4 * np.pi * np.sqrt(major * minor))),
            np.log(4 * np.pi * area / np.maximum(perimeter, 1) ** 2),
            radius / unit,
            np.log(np.pi * radius**2 / area),
            rung.level / peak,
            np.log(peak / view.noise),
            np.log(peak / brightest),
            gradient / np.maximum(perimeter, 1) * unit / peak,
            spread / peak,
            around / peak,
            border / np.maximum(perimeter, 1),
        ],
        axis=1,
    )


def _highest(
    values: NDArray[np.floating], of: NDArray[np.int32], count: int
) -> NDArray[np.float64]:
    """Largest value of each piece."""
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(count))
    return np.maximum.reduceat(values[order], starts).astype(np.float64)


def _outside(small: NDArray[np.float32], rung: Rung, reach: int) -> NDArray[np.float64]:
    """Mean light just outside each piece, other pieces left out."""
    size = 2 * reach + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    wide = cv2.dilate(rung.regions.astype(np.float32), disk)
    wide = np.asarray(wide).astype(np.int32).ravel()
    ring = np.flatnonzero((wide > 0) & (rung.regions.ravel() == 0))
    of = wide[ring] - 1
    total = np.bincount(of, weights=small.ravel()[ring], minlength=rung.count)
    return total / np.maximum(np.bincount(of, minlength=rung.count), 1)


def gradient_of(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """Size of the gradient, per px."""
    dx = cv2.Scharr(small, cv2.CV_32F, 1, 0, scale=1 / 32)
    dy = cv2.Scharr(small, cv2.CV_32F, 0, 1, scale=1 / 32)
    return np.asarray(cv2.magnitude(dx, dy), dtype=np.float32)
