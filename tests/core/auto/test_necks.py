from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from napari_fncells.core.auto.necks import parts_at

SHAPE = (60, 90)


def cut(mask: NDArray[np.bool_], *limits: float) -> list[NDArray[np.int64]]:
    """Parts as planes, from 1; 0 outside."""
    distance = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)
    place = np.flatnonzero(mask)
    depth = np.asarray(distance, np.float32)[1:-1, 1:-1].ravel()[place]
    planes = []
    for part in parts_at(place, depth, mask.shape, limits):
        plane = np.zeros(mask.size, dtype=np.int64)
        plane[place] = part + 1
        planes.append(plane.reshape(mask.shape))
    return planes


def disk(row: float, column: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.hypot(rows - row, columns - column) <= radius


def test_two_disks_are_cut_at_their_neck() -> None:
    (parts,) = cut(disk(30, 25, 14) | disk(30, 50, 14), 1.0)
    assert parts.max() == 2
    left, right = parts[30, 20], parts[30, 55]
    assert left != right
    assert np.count_nonzero((parts == left) != disk(30, 25, 14)) < 60


def test_a_disk_is_left_whole() -> None:
    (parts,) = cut(disk(30, 40, 15), 1.0)
    assert parts.max() == 1


def test_separate_disks_are_separate() -> None:
    (parts,) = cut(disk(20, 20, 10) | disk(20, 60, 10), 100.0)
    assert parts.max() == 2


def test_a_shallow_neck_needs_a_low_limit() -> None:
    fine, coarse = cut(disk(30, 30, 14) | disk(30, 44, 14), 0.5, 8.0)
    assert fine.max() == 2
    assert coarse.max() == 1


def test_no_pixels_have_no_parts() -> None:
    first, second = parts_at(np.zeros(0, np.int64), np.zeros(0, np.float32), SHAPE, (1.0, 2.0))
    assert first.size == second.size == 0


centres = st.tuples(st.integers(8, 51), st.integers(8, 81), st.integers(3, 12))


@given(st.lists(centres, min_size=1, max_size=6))
def test_deeper_limits_join_parts_and_never_cut_them(
    cells: list[tuple[int, int, int]],
) -> None:
    mask = np.logical_or.reduce([disk(*cell) for cell in cells])
    fine, coarse = cut(mask, 0.7, 2.0)
    assert ((fine > 0) == mask).all()
    assert ((coarse > 0) == mask).all()
    owners = {(int(a), int(b)) for a, b in zip(fine[mask], coarse[mask], strict=True)}
    assert len(owners) == fine.max()
    pieces = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1
    assert fine.max() >= coarse.max() >= pieces


@pytest.mark.parametrize("limit", [0.5, 1.5])
def test_every_part_hangs_together(limit: float) -> None:
    mask = disk(20, 20, 12) | disk(32, 36, 12) | disk(25, 60, 14) | disk(45, 62, 11)
    (parts,) = cut(mask, limit)
    for number in range(1, int(parts.max()) + 1):
        assert cv2.connectedComponents((parts == number).astype(np.uint8))[0] == 2
