"""The post-processing of FNC v1 against a slow version, word by word its description."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage as ndi
from skimage.segmentation import watershed

from napari_fncells.core.params import FNC_V1_BASELINE, preset
from napari_fncells.core.score import ScoreMap
from napari_fncells.core.segment import segment
from tests.core.naive import disk

SHAPE = (240, 300)


def literal(mask: np.ndarray) -> np.ndarray:
    """Holes < 600, pieces < 200, distance, maximum 30, peaks 40 x 40, markers >= 25, watershed."""
    mask = mask.copy()
    holes, count = ndi.label(~mask, np.ones((3, 3)))
    for k in range(1, count + 1):
        hole = holes == k
        rim = hole[0].any() or hole[-1].any() or hole[:, 0].any() or hole[:, -1].any()
        if hole.sum() < 600 and not rim:
            mask |= hole
    pieces, count = ndi.label(mask)
    for k in range(1, count + 1):
        if (pieces == k).sum() < 200:
            mask &= pieces != k
    distance = ndi.distance_transform_edt(mask).astype(np.float32)
    widened = ndi.maximum_filter(distance, 30)
    peaks = widened == ndi.maximum_filter(widened, footprint=np.ones((40, 40)))
    peaks &= widened > widened.min()
    markers, count = ndi.label(peaks)
    for k in range(1, count + 1):
        if (markers == k).sum() < 25:
            markers[markers == k] = 0
    return watershed(-distance, markers, mask=mask, compactness=1, watershed_line=True)


@pytest.mark.parametrize("seed", range(8))
def test_the_post_processing_of_fnc_v1(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = np.zeros(SHAPE, bool)
    for _ in range(14):
        row, column = rng.integers(0, SHAPE[0]), rng.integers(0, SHAPE[1])
        mask |= disk(SHAPE, int(row), int(column), int(rng.integers(5, 24)))
    for _ in range(6):
        row, column = rng.integers(0, SHAPE[0]), rng.integers(0, SHAPE[1])
        mask &= ~disk(SHAPE, int(row), int(column), int(rng.integers(2, 9)))
    params = preset(FNC_V1_BASELINE)
    labels = segment(ScoreMap(mask.astype(np.float32), ""), params, cutoff=0.5)
    expected = literal(mask)
    assert expected.max() > 3
    np.testing.assert_array_equal(labels > 0, expected > 0)
    pairs = {(int(a), int(b)) for a, b in zip(labels.flat, expected.flat, strict=True)}
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_touching_cells_come_apart() -> None:
    mask = disk(SHAPE, 100, 100, 26) | disk(SHAPE, 100, 148, 26)
    labels = segment(ScoreMap(mask.astype(np.float32), ""), preset(FNC_V1_BASELINE), cutoff=0.5)
    assert labels.max() == 2
    assert labels[100, 100] != labels[100, 148]
