from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import (
    CellCounts,
    CellObject,
    Footprint,
    ObjectState,
    Origin,
)

BOX = Box(0, 0, 2, 2)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20)))
def test_footprint_keeps_every_pixel(mask: np.ndarray) -> None:
    box = Box(3, 4, 3 + mask.shape[0], 4 + mask.shape[1])
    footprint = Footprint.of(box, mask)
    assert footprint.mask.dtype == bool
    np.testing.assert_array_equal(footprint.mask, mask)
    assert footprint == Footprint.of(box, mask.copy())


def test_footprint_of_a_view() -> None:
    mask = np.random.default_rng(0).random((40, 40)) < 0.5
    np.testing.assert_array_equal(
        Footprint.of(Box(0, 0, 10, 20), mask[5:25:2, ::2]).mask, mask[5:25:2, ::2]
    )


@pytest.mark.parametrize("state", list(ObjectState))
def test_alive_and_touched(state: ObjectState) -> None:
    cell = CellObject(1, state, Origin.DRAFT, BOX, 4)
    assert cell.alive == (state != "removed")
    assert cell.touched == (state != "draft")


def test_counts() -> None:
    kinds = [
        (ObjectState.DRAFT, Origin.DRAFT),
        (ObjectState.DRAFT, Origin.DRAFT),
        (ObjectState.REMOVED, Origin.DRAFT),
        (ObjectState.REMOVED, Origin.HAND),
        (ObjectState.ADDED, Origin.HAND),
        (ObjectState.ADDED, Origin.HAND),
        (ObjectState.ADDED, Origin.HAND),
        (ObjectState.EDITED, Origin.DRAFT),
        (ObjectState.ACCEPTED, Origin.DRAFT),
        (ObjectState.UNSURE, Origin.DRAFT),
    ]
    cells = (CellObject(i, s, o, BOX, 4) for i, (s, o) in enumerate(kinds, 1))
    assert CellCounts.of(cells) == CellCounts(
        drafted=6, removed=1, added=3, edited=1, accepted=1, unsure=1, untouched=2, final=8
    )
    assert CellCounts.of([]) == CellCounts(0, 0, 0, 0, 0, 0, 0, 0)
