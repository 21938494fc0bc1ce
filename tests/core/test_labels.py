from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage as ndi

from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes, dense, in_reading_order, label, present
from tests.core.naive import EIGHT, ids_of

QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)
SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=10)
FAR = st.sampled_from([0, 0, 1, 2, 7, 300, 65_535, 2**20, 2**20 + 1, 2**31, 2**32 - 2])


@st.composite
def any_labels(draw: st.DrawFn) -> np.ndarray:
    kind = draw(st.sampled_from([np.uint16, np.int32, np.uint32, np.int64, np.uint64, bool]))
    top = 1 if kind is bool else np.iinfo(kind).max
    return draw(arrays(np.int64, draw(SHAPES), elements=FAR)).clip(0, min(top, 2**62)).astype(kind)


@QUICK
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=16)))
def test_label_finds_the_8_connected_pieces(mask: np.ndarray) -> None:
    found = label(mask)
    expected, count = ndi.label(mask, EIGHT)
    assert found.dtype == np.int32
    assert found.shape == mask.shape
    assert ids_of(found) == set(range(1, count + 1))
    pairs = set(zip(found.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@QUICK
@given(any_labels())
def test_present_dense_and_boxes_by_any_ids(labels: np.ndarray) -> None:
    ids = sorted(int(i) for i in np.unique(labels) if i)
    assert present(labels).tolist() == ids
    known, numbers = dense(labels)
    assert known.tolist() == ids
    assert numbers.dtype == np.int32
    np.testing.assert_array_equal(np.array([0, *ids])[numbers], labels.astype(np.int64))
    found = boxes(labels)
    assert list(found) == ids
    assert all(Box.of(found[i]) == Box.around(labels == i) for i in ids)


def test_values_below_zero_are_background() -> None:
    labels = np.array([[-3, 0], [5, 5]])
    assert present(labels).tolist() == [5]
    assert dense(labels)[1].tolist() == [[0, 0], [1, 1]]
    assert list(boxes(labels)) == [5]


@pytest.mark.parametrize("shape", [(0,), (0, 4), (3, 3)])
def test_nothing_there(shape: Any) -> None:
    assert present(np.zeros(shape, np.uint16)).size == 0


def test_numbers_promote_only_where_they_must() -> None:
    values = np.arange(65_536, dtype=np.int64).reshape(256, 256)
    assert in_reading_order(values).dtype == np.uint16
    assert in_reading_order(values + 10).dtype == np.uint32
    assert in_reading_order(values + 10).max() == 65_536
    assert in_reading_order(values * 60_000).tolist() == values.tolist()


@QUICK
@given(any_labels())
def test_numbers_are_in_reading_order(labels: np.ndarray) -> None:
    ordered = in_reading_order(labels)
    seen = [int(i) for i in dict.fromkeys(ordered.ravel().tolist()) if i]
    assert seen == list(range(1, len(ids_of(labels)) + 1))
    pairs = set(zip(labels.ravel().tolist(), ordered.ravel().tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})
