from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import distance_transform_edt

from napari_fncells.core.params.patches import WeightParams
from napari_fncells.core.weight_map import weight_map


def by_the_book(labels: np.ndarray, params: WeightParams, ignored: np.ndarray) -> np.ndarray:
    """The formula, cell by cell over the whole picture, in double precision."""
    total = np.zeros(labels.shape)
    for number in np.unique(labels[labels > 0]):
        distance = distance_transform_edt(labels != number)
        share = np.exp(-(distance**2) / (2 * params.sigma**2))
        total += np.where(distance <= params.reach, share, 0)
    weights = np.maximum(total, 1) * np.where(labels > 0, params.cell_weight, 1)
    return np.where(ignored & (labels == 0), 0, weights)


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.uint16, st.tuples(st.integers(1, 24), st.integers(1, 24)),
           elements=st.sampled_from([0, 0, 0, 0, 0, 0, 1, 2, 700])),
    st.sampled_from([1.0, 4.0, 25.0]), st.sampled_from([0.0, 3.0, 6.5, 75.0]),
)  # fmt: skip
def test_it_is_the_formula(labels: np.ndarray, sigma: float, reach: float) -> None:
    params = WeightParams(sigma=sigma, reach=reach)
    ignored = np.zeros(labels.shape, dtype=bool)
    ignored[::3] = True
    weights = weight_map(labels, params, ignored)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, by_the_book(labels, params, ignored), rtol=1e-5)


def test_figures_of_the_published_training() -> None:
    labels = np.zeros((200, 300), np.uint16)
    labels[80:120, 60:100] = 1
    alone = weight_map(labels, WeightParams())
    assert alone[100, 80] == 1.5
    assert alone[100, 110] == alone[0, 299] == 1
    labels[80:120, 110:150] = 2
    both = weight_map(labels, WeightParams())
    # 105 is 6 px from the one and 5 px from the other
    expected = np.exp(-(6**2) / 1250) + np.exp(-(5**2) / 1250)
    assert both[100, 105] == pytest.approx(expected, rel=1e-6)
    assert both[100, 109] > 1.5


def test_no_cell() -> None:
    assert (weight_map(np.zeros((5, 7), np.uint16), WeightParams()) == 1).all()


def test_each_run_gives_the_same() -> None:
    rng = np.random.default_rng(1)
    labels = (rng.random((90, 120)) > 0.99).astype(np.uint16) * rng.integers(1, 9, (90, 120))
    first = weight_map(labels.astype(np.uint16), WeightParams())
    held = []  # so that each comes to lie elsewhere in memory
    for at in range(20):
        held.append(np.empty(100 + 4 * at, np.uint8))
        held.append(weight_map(labels.astype(np.uint16), WeightParams()))
        np.testing.assert_array_equal(held[-1], first)
