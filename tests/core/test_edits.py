from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_fncells.core import edits
from napari_fncells.core.edits import Change, EditKind, ObjectChange, Patch, patches_between
from napari_fncells.core.geometry import Box
from napari_fncells.core.objects import CellObject, ObjectState, Origin

QUICK = settings(max_examples=100, deadline=None, derandomize=True, database=None)
CELL = CellObject(4, ObjectState.DRAFT, Origin.DRAFT, Box(0, 0, 2, 2), 4)


@st.composite
def two_arrays(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    dtype = draw(st.sampled_from([np.uint16, np.uint32]))
    numbers = arrays(dtype, shape, elements=st.integers(0, 3))
    return draw(numbers), draw(numbers)


@QUICK
@given(two_arrays(), st.integers(1, 6))
def test_patches_turn_one_into_the_other(pair: tuple[np.ndarray, np.ndarray], tile: int) -> None:
    before, after = pair
    box = Box(7, 5, 7 + before.shape[0], 5 + before.shape[1])
    canvas = np.full((30, 30), 9, before.dtype)
    canvas[box.slices] = before
    wanted = canvas.copy()
    wanted[box.slices] = after
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(edits, "TILE", tile)
        patches = patches_between(box, before, after)
    start = canvas.copy()
    visits = np.zeros(canvas.shape, int)
    for patch in patches:
        assert max(patch.box.height, patch.box.width) <= tile
        assert (patch.before != patch.after).any()
        np.testing.assert_array_equal(canvas[patch.box.slices], patch.before)
        visits[patch.box.slices] += 1
        canvas[patch.box.slices] = patch.after
    np.testing.assert_array_equal(canvas, wanted)
    assert visits.max() <= 1
    assert (visits[start != wanted] == 1).all()
    for patch in Change(EditKind.STROKE, patches, (), "").inverse.patches:
        canvas[patch.box.slices] = patch.after
    np.testing.assert_array_equal(canvas, start)
    assert bool(patches) == (before != after).any()


def test_a_long_diagonal_stays_small() -> None:
    before = np.zeros((3000, 3000), np.uint16)
    after = before.copy()
    np.fill_diagonal(after, 1)
    patches = patches_between(Box.whole((3000, 3000)), before, after)
    area = sum(p.box.height * p.box.width for p in patches)
    assert area <= 6 * 512**2


def test_patch_keeps_its_dtype_and_takes_views() -> None:
    big = np.arange(64, dtype=np.uint32).reshape(8, 8)
    patch = Patch.of(Box(0, 0, 4, 4), big[::2, ::2], big[1::2, 1::2])
    np.testing.assert_array_equal(patch.before, big[::2, ::2])
    np.testing.assert_array_equal(patch.after, big[1::2, 1::2])
    assert patch.after.dtype == np.uint32


def test_the_inverse_of_the_inverse_is_the_change() -> None:
    before, after = np.zeros((9, 9), np.uint16), np.eye(9, dtype=np.uint16)
    patches = patches_between(Box(0, 0, 9, 9), before, after)
    items = (ObjectChange(None, CELL), ObjectChange(CELL, None))
    change = Change(EditKind.ADD, patches, items, "add", {"level": 2.0})
    assert change.inverse.inverse == change
    assert change.inverse != change
    assert [o.before for o in change.inverse.objects] == [None, CELL]
    assert change.inverse.summary == "add"
    assert change.inverse.details == {"level": 2.0}


def test_empty() -> None:
    assert Change(EditKind.DRAFT, (), (), "").empty
    assert not Change(EditKind.DRAFT, (), (ObjectChange(None, CELL),), "").empty


def test_object_change_knows_its_id() -> None:
    assert ObjectChange(None, CELL).id == 4
    assert ObjectChange(CELL, None).id == 4
    with pytest.raises(ValueError, match="before or after"):
        _ = ObjectChange(None, None).id
