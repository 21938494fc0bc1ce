"""Region tables against scikit-image's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.measure import label, regionprops_table

from napari_fncells.core.regions import piece_areas, region_table


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(
    labels=arrays(
        np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=14), elements=st.integers(0, 9)
    )
)
def test_the_table_is_that_of_scikit_image(labels: np.ndarray) -> None:
    labels = np.where(labels > 4, labels * 7000 // 9, 0)
    light = np.random.default_rng(1).random(labels.shape)
    table = region_table(labels, light)
    names = ("label", "area", "bbox", "centroid", "mean_intensity", "max_intensity")
    expected = regionprops_table(labels, light, names)
    np.testing.assert_array_equal(table.ids, expected["label"])
    np.testing.assert_array_equal(table.area, expected["area"])
    for k in range(4):
        np.testing.assert_array_equal(table.box[:, k], expected[f"bbox-{k}"])
    for k in range(2):
        np.testing.assert_allclose(table.centroid[:, k], expected[f"centroid-{k}"])
    np.testing.assert_allclose(table.mean, expected["mean_intensity"])
    np.testing.assert_allclose(table.maximum, expected["max_intensity"])


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(mask=arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=14)))
def test_areas_of_pieces(mask: np.ndarray) -> None:
    expected = np.bincount(label(mask, connectivity=2).ravel())[1:] if mask.size else []
    assert sorted(piece_areas(mask)) == sorted(expected)
