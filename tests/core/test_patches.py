from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.errors import ParameterError
from napari_fncells.core.geometry import Box
from napari_fncells.core.params.base import validated
from napari_fncells.core.params.patches import PatchParams, WeightParams
from napari_fncells.core.patches import cut_patches, windows
from napari_fncells.core.weight_map import weight_map
from tests.core.random_shapes import random_cell


def test_the_twelve_windows_of_fnc() -> None:
    found = windows((1200, 1600, 3), PatchParams(scheme="fnc"))
    assert found == tuple(
        Box(y, x, y + 512, x + 512) for y in (0, 288, 688) for x in (0, 288, 688, 1088)
    )


def test_larger_pictures_of_fnc_are_covered_too() -> None:
    found = windows((1704, 2272), PatchParams(scheme="fnc"))
    assert sorted({box.top for box in found}) == [0, 288, 688, 1088, 1192]
    assert sorted({box.left for box in found}) == [0, 288, 688, 1088, 1488, 1760]


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 90), st.integers(1, 90), st.integers(8, 40), st.integers(0, 39),
)  # fmt: skip
def test_windows_cover_all_and_end_with_the_picture(
    height: int, width: int, size: int, overlap: int
) -> None:
    overlap = min(overlap, size - 1)
    found = windows((height, width), PatchParams(size=size, overlap=overlap))
    seen = np.zeros((max(height, size), max(width, size)), int)
    for box in found:
        assert (box.height, box.width) == (size, size)
        assert box.bottom <= seen.shape[0]
        assert box.right <= seen.shape[1]
        seen[box.slices] += 1
    assert (seen > 0).all()
    assert len(set(found)) == len(found)
    tops = sorted({box.top for box in found})
    assert all(b - a <= size - overlap for a, b in pairwise(tops))


def a_picture(seed: int = 3, shape: tuple[int, int] = (100, 130)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 60_000, (*shape, 3)).astype(np.uint16)
    labels = np.zeros(shape, np.uint16)
    for number in rng.permutation(np.arange(1, 40)):
        box, mask = random_cell(rng, shape)
        labels[box.slices][mask] = number
    return image, labels


@pytest.mark.parametrize("params", [
    PatchParams(size=48, overlap=8, weights=WeightParams(sigma=5, reach=15)),
    PatchParams(size=64, min_share=0.5, ignore_value=99, weights=WeightParams()),
    PatchParams(size=120, ignore_value=7, gap=True),
])  # fmt: skip
def test_patches_hold_what_the_picture_has(params: PatchParams) -> None:
    image, labels = a_picture()
    ignored = np.zeros(labels.shape, bool)
    ignored[40:70, :30] = True
    ignored &= labels == 0
    areas = np.bincount(labels.ravel())
    whole = None if params.weights is None else weight_map(labels, params.weights, ignored)
    found = list(cut_patches("a", image, labels, params, ignored))
    assert [patch.box for patch in found] == list(windows(labels.shape, params))
    for patch in found:
        part = patch.box.clip(labels.shape)
        inner = slice(0, part.height), slice(0, part.width)
        np.testing.assert_array_equal(patch.image[inner], image[part.slices])
        here = labels[part.slices]
        kept = [i for i in np.unique(here[here > 0])
                if (here == i).sum() >= params.min_share * areas[i]]  # fmt: skip
        assert patch.cells == len(kept)
        assert patch.dropped == len(np.unique(here[here > 0])) - len(kept)
        assert patch.cut == sum((here == i).sum() < areas[i] for i in kept)
        for i in kept:  # one to one
            numbers = np.unique(patch.labels[inner][here == i])
            assert numbers.size == 1
            assert (patch.labels == numbers[0]).sum() == (here == i).sum()
        beyond = np.ones(patch.mask.shape, bool)
        beyond[inner] = (ignored[part.slices] & (here == 0)) | ((here > 0) & ~np.isin(here, kept))
        assert (patch.mask[beyond] == params.ignore_value).all()
        in_cells = patch.labels > 0
        assert set(np.unique(patch.mask[~beyond & ~in_cells])) <= {0}
        if not params.gap:
            assert (patch.mask[in_cells] == 255).all()
        if whole is not None and patch.weights is not None:
            assert (patch.weights[beyond] == 0).all()
            expected = np.zeros(patch.mask.shape, np.float32)
            expected[inner] = whole[part.slices]
            np.testing.assert_array_equal(patch.weights[~beyond], expected[~beyond])


def test_a_small_picture_is_padded_and_it_is_said() -> None:
    image = np.full((20, 50), 9, np.uint8)
    labels = np.zeros((20, 50), np.uint16)
    labels[2:6, 3:9] = 5
    params = PatchParams(size=32, ignore_value=128, weights=WeightParams())
    first, second = cut_patches("a", image, labels, params)
    assert first.padded == second.padded == (12, 0)
    assert second.box == Box(0, 18, 32, 50)
    assert first.image.shape == first.labels.shape == (32, 32)
    assert (first.image[20:] == 0).all()
    assert (first.mask[20:] == 128).all()
    assert first.weights is not None
    assert (first.weights[20:] == 0).all()
    assert (first.labels[2:6, 3:9] == 1).all()
    assert first.cut == 0


def test_patches_without_cells_are_kept_by_share() -> None:
    image, labels = np.zeros((400, 400), np.uint8), np.zeros((400, 400), np.uint16)
    labels[10:14, 10:14] = 1
    assert len(list(cut_patches("a", image, labels, PatchParams(size=20)))) == 400
    (only,) = cut_patches("a", image, labels, PatchParams(size=20, empties=0))
    assert only.cells == 1
    half = PatchParams(size=20, empties=0.5)
    some = [patch.box for patch in cut_patches("a", image, labels, half)]
    assert 150 < len(some) < 250
    assert [patch.box for patch in cut_patches("a", image, labels, half)] == some
    other = PatchParams(size=20, empties=0.5, seed=1)
    assert [patch.box for patch in cut_patches("a", image, labels, other)] != some
    assert [patch.box for patch in cut_patches("b", image, labels, half)] != some


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": 64, "overlap": 64}, "cannot overlap"),
        ({"scheme": "fnc", "size": 256}, "go with the scheme 'grid'"),
        ({"size": 2}, "size cannot be 2"),
    ],
)
def test_wrong_parameters(given: dict[str, object], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        validated(PatchParams, given)
