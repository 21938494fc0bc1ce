from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.filters import gaussian

from napari_fncells.core import split as module
from napari_fncells.core.labels import label
from napari_fncells.core.params import CleanUpParams
from napari_fncells.core.split import split_clumps, split_necks
from tests.core.naive import disk, ids_of, pieces

SHAPE = (80, 120)


def split(mask: np.ndarray, depth: float = 3, min_area: int = 0) -> np.ndarray:
    params = CleanUpParams(split="distance", split_depth=depth, min_area=min_area)
    return split_necks(label(mask), params)


def clump(*disks: tuple[int, int, int]) -> np.ndarray:
    return np.any([disk(SHAPE, *d) for d in disks], axis=0)


def test_two_touching_disks() -> None:
    labels = split(clump((40, 40, 18), (40, 72, 18)))
    assert labels.max() == 2
    assert labels[40, 40] != labels[40, 72]
    neck = [labels[40, column] for column in range(50, 63)]
    assert 0 not in neck
    assert abs(int((labels == 1).sum()) - int((labels == 2).sum())) < 60


def test_three_in_a_row() -> None:
    labels = split(clump((40, 20, 14), (40, 45, 14), (40, 70, 14)))
    assert labels.max() == 3


def test_one_disk_and_an_oval_stay_whole() -> None:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    oval = ((rows - 40) / 12) ** 2 + ((columns - 60) / 35) ** 2 <= 1
    assert split(clump((40, 40, 18))).max() == 1
    assert split(oval).max() == 1


def test_a_shallow_neck_is_cut_only_where_asked() -> None:
    mask = clump((40, 40, 18), (40, 58, 18))
    assert split(mask, depth=4).max() == 1
    assert split(mask, depth=1).max() == 2


def test_a_part_too_small_for_a_cell_stays() -> None:
    mask = clump((40, 40, 20), (40, 68, 9))
    small = int(disk(SHAPE, 40, 68, 9).sum())
    assert split(mask, depth=2, min_area=small // 2).max() == 2
    assert split(mask, depth=2, min_area=2 * small).max() == 1


def test_other_cells_keep_their_ids() -> None:
    mask = clump((15, 15, 8), (50, 40, 18), (50, 72, 18), (15, 100, 8))
    before = label(mask)
    after = split(mask)
    assert after.max() == 4
    for row, column in ((15, 15), (15, 100)):
        np.testing.assert_array_equal(after == after[row, column], before == before[row, column])
    assert after[15, 15] == before[15, 15]


def test_nothing_to_split() -> None:
    assert not split(np.zeros(SHAPE, bool)).any()


@pytest.mark.parametrize("depth", [0, 0.5, 3])
def test_a_clump_joined_by_a_corner(depth: float) -> None:
    """Pieces that meet at a corner alone are one clump, and each part must reach all of it."""
    mask = np.zeros((40, 40), bool)
    mask[2:16, 2:16] = True
    mask[16:30, 16:30] = True
    mask[30, 30] = mask[31, 31] = mask[32:36, 32:36] = True
    labels = split(mask, depth)
    assert labels[5, 5] != labels[20, 20]
    assert labels[34, 34] != labels[5, 5]
    for i in ids_of(labels):
        assert pieces(labels == i) == 1


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=4, max_side=16)),
    st.sampled_from([0.0, 0.3, 1.0]),
    st.integers(0, 8),
)
def test_parts_are_one_piece_each_and_cover_the_clump(
    mask: np.ndarray, depth: float, min_area: int
) -> None:
    before = label(mask)
    after = split(mask, depth, min_area)
    np.testing.assert_array_equal(after > 0, mask)
    assert ids_of(after) == set(range(1, int(after.max()) + 1))
    for i in ids_of(after):
        part = after == i
        assert pieces(part) == 1
        assert len(ids_of(before[part])) == 1
        whole = before == before[part][0]
        assert part.sum() >= min(min_area, whole.sum())


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 10_000),
    height=st.sampled_from([0.5, 1.0, 2.5]),
    method=st.sampled_from(["distance", "intensity"]),
)
def test_most_cells_are_left_alone_without_a_look_at_their_peaks(
    seed: int, height: float, method: Any
) -> None:
    """Levels are a quick way to see that there is one peak; they must never miss a second."""
    rng = np.random.default_rng(seed)
    mask = np.any(
        [disk(SHAPE, *rng.integers((10, 10, 4), (70, 110, 16))) for _ in range(5)], axis=0
    )
    scores = gaussian(rng.random(SHAPE), 5).astype(np.float32)
    params = CleanUpParams(split=method, split_depth=height, split_contrast=height / 10)
    found = split_clumps(label(mask), scores, params)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_may_part", lambda *_: True)
        np.testing.assert_array_equal(split_clumps(label(mask), scores, params), found)
