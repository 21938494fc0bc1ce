"""Runs as COCO counts them, beside pycocotools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco_mask

from napari_fncells.core.geometry import Box
from napari_fncells.core.rle import drawn, from_text, runs_of

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))


def placed(mask: np.ndarray) -> tuple[np.ndarray, Box]:
    box = Box.around(mask) or Box(0, 0, 0, 0)
    return mask[box.slices], box


@given(MASKS)
@settings(max_examples=100, deadline=None)
def test_runs_are_those_of_pycocotools(mask: np.ndarray) -> None:
    code = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    runs = runs_of(*placed(mask), mask.shape)
    assert from_text(code["counts"]).tolist() == runs
    assert from_text(code["counts"].decode()).tolist() == runs
    assert coco_mask.frPyObjects({"size": mask.shape, "counts": runs}, *mask.shape) == code
    picture = np.zeros(mask.shape, bool)
    box, cut = drawn(runs, mask.shape)
    picture[box.slices] = cut
    np.testing.assert_array_equal(picture, mask)


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_runs_in_text(runs: list[int]) -> None:
    code = coco_mask.frPyObjects({"size": [1, sum(runs)], "counts": runs}, 1, sum(runs))
    assert from_text(code["counts"]).tolist() == runs


@pytest.mark.parametrize("text", ["!", "ü", "o" * 20, "oooooooo0", "0P", "p"])
def test_text_that_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="run"):
        from_text(text)


@pytest.mark.parametrize(
    "runs",
    [[], [5], [7], [3, -1, 4], [3, 4], [1 << 62, 1 << 62], [1 << 70], [1.5, 4.5], [[6]], ["6"]],
)
def test_runs_that_do_not_fill_the_picture(runs: list[int]) -> None:
    with pytest.raises(ValueError, match="run"):
        drawn(runs, (2, 3))


def test_empty_runs() -> None:
    assert from_text("").tolist() == []
    assert drawn([0, 0, 6], (2, 3))[1].size == 0
    assert drawn([0, 0, 0, 6], (2, 3))[1].all()
    assert drawn([0, 3, 0, 3], (2, 3))[1].all()
