"""The same draft by three hands: this package, scikit-image and SciPy, written plainly."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import gaussian, threshold_local
from skimage.measure import label, regionprops_table
from skimage.morphology import remove_small_holes, remove_small_objects

from napari_fncells.core.clean import number_pieces
from napari_fncells.core.params import CleanUpParams, CutoffParams, DraftParams, ScoreParams
from napari_fncells.core.regions import region_table
from napari_fncells.core.relief import relief
from napari_fncells.core.score import plane_score
from napari_fncells.core.segment import mask_of
from napari_fncells.core.simulate import simulate_image

SIGMA, WINDOW, ABOVE, HOLE, LEAST = 2.0, 151, 8.0, 600, 300
PARAMS = DraftParams(
    score=ScoreParams(smoothing=SIGMA),
    cutoff=CutoffParams(method="local_gaussian", window=WINDOW),
    clean_up=CleanUpParams(hole_area=HOLE, min_area=LEAST),
)
FIGURES = ("label", "area", "bbox", "centroid", "mean_intensity", "max_intensity")

Plane = NDArray[np.float32]
Labels = NDArray[np.integer]


@cache
def plane_of(side: int | None = None) -> Plane:
    """Intensities of a crowded picture of 1200x1600, or of copies of it side by side."""
    pixels, _ = simulate_image("crowded", seed=4)
    light = np.ascontiguousarray(pixels[..., 0], dtype=np.float32)
    if side is None:
        return light
    rows, columns = -(-side // light.shape[0]), -(-side // light.shape[1])
    return np.ascontiguousarray(np.tile(light, (rows, columns))[:side, :side])


def ours(plane: Plane, *, exact: bool = False) -> tuple[Labels, object]:
    """As `draft` does it."""
    score = plane_score(plane, PARAMS.score, exact=exact)
    measured = relief(score, PARAMS.cutoff, exact=exact)
    labels = number_pieces(mask_of(measured, ABOVE, PARAMS), PARAMS.clean_up)
    return labels, region_table(labels, score.values)


def scikit_image(plane: Plane) -> tuple[Labels, object]:
    """As one writes it down with scikit-image."""
    smooth = gaussian(plane, SIGMA, mode="nearest", preserve_range=True)
    mask = smooth > threshold_local(smooth, WINDOW, method="gaussian", offset=-ABOVE)
    mask = remove_small_holes(mask, max_size=HOLE - 1)
    mask = remove_small_objects(mask, max_size=LEAST - 1, connectivity=2)
    labels = label(mask, connectivity=2)
    return labels, regionprops_table(labels, smooth, FIGURES)


def scipy(plane: Plane) -> tuple[Labels, object]:
    """As one writes it down with SciPy."""
    smooth = ndimage.gaussian_filter(plane, SIGMA, mode="nearest")
    level = ndimage.gaussian_filter(smooth, (WINDOW - 1) / 6, mode="reflect")
    mask = smooth > level + ABOVE
    ground, count = ndimage.label(~mask)
    sizes = ndimage.sum_labels(np.ones_like(ground), ground, np.arange(count + 1))
    mask |= (sizes < HOLE)[ground] & (ground > 0)
    eight = np.ones((3, 3))
    pieces, count = ndimage.label(mask, eight)
    sizes = ndimage.sum_labels(mask, pieces, np.arange(count + 1))
    mask &= ~(sizes < LEAST)[pieces]
    labels, count = ndimage.label(mask, eight)
    index = np.arange(1, count + 1)
    return labels, (
        ndimage.sum_labels(mask, labels, index),
        ndimage.find_objects(labels),
        ndimage.center_of_mass(mask, labels, index),
        ndimage.mean(smooth, labels, index),
        ndimage.maximum(smooth, labels, index),
    )


def overlap(one: Labels, other: Labels) -> float:
    """Intersection over union of the masks of two labels."""
    mine, theirs = one > 0, other > 0
    return float(np.count_nonzero(mine & theirs) / max(np.count_nonzero(mine | theirs), 1))
