"""The difference of a mask to the one it came from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core.difference import difference
from napari_fncells.core.errors import UserError
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.state_codes import CODES, OUTLINE


def boxes(*places: tuple[int, int, int, int]) -> np.ndarray:
    labels = np.zeros((60, 80), np.uint16)
    for i, (top, left, bottom, right) in enumerate(places, 1):
        labels[top:bottom, left:right] = i
    return labels


SAME, GROWN, GONE, NEW = (5, 5, 15, 15), (5, 30, 15, 40), (30, 5, 40, 15), (30, 30, 40, 40)


def test_each_kind_is_counted_and_shown() -> None:
    found = difference(boxes((5, 30, 15, 42), SAME, NEW), boxes(SAME, GROWN, GONE))
    assert (found.added, found.removed, found.changed, found.same) == (1, 1, 1, 1)
    assert (found.pixels_added, found.pixels_removed) == (120, 100)
    inside = {
        (10, 10): ObjectState.ACCEPTED,
        (10, 35): ObjectState.EDITED,
        (35, 35): ObjectState.ADDED,
        (35, 10): ObjectState.UNSURE,
    }
    for place, state in inside.items():
        assert found.codes[place] == CODES[state], state
    assert found.codes[5, 5] == CODES[ObjectState.ACCEPTED] + OUTLINE
    assert found.codes[0, 0] == 0
    assert str(found) == (
        "Against the original: 1 added, 1 removed, 1 of 2 others changed; +120 −100 pixels."
    )


def test_a_cell_that_gave_pixels_to_a_neighbour_has_changed() -> None:
    before = boxes((5, 5, 15, 15), (5, 15, 15, 25))
    after = boxes((5, 5, 15, 17), (5, 17, 15, 25))
    found = difference(after, before)
    assert (found.changed, found.same) == (2, 0)
    assert (found.pixels_added, found.pixels_removed) == (0, 0)


def test_another_shape_is_refused() -> None:
    with pytest.raises(UserError):
        difference(np.zeros((3, 3), np.uint8), np.zeros((3, 4), np.uint8))


@given(
    places=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 6)), unique=True),
    seed=st.integers(0, 99),
)
def test_nothing_differs_under_other_ids(places: list[tuple[int, int]], seed: int) -> None:
    labels = boxes(*((12 * y, 11 * x, 12 * y + 9, 11 * x + 8) for y, x in places))
    ids = np.random.default_rng(seed).permutation(np.arange(1, 200))[: len(places)]
    other = np.concatenate(([0], ids)).astype(np.uint16)[labels]
    found = difference(other, labels)
    assert (found.added, found.removed, found.changed) == (0, 0, 0)
    assert found.same == len(places)
