"""Where a hand clicks, and what it draws."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk

from napari_fncells.core.annotator import drawing
from napari_fncells.core.annotator.judging import iou
from napari_fncells.core.geometry import Box
from napari_fncells.core.path import enclosed
from napari_fncells.core.pieces import deepest

SHAPE = (100, 120)


def blob(row: int, column: int, radius: int) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[disk((row, column), radius, shape=SHAPE)] = True
    return mask


def inside(path: np.ndarray) -> np.ndarray:
    return enclosed(path, Box.whole(SHAPE), even_odd=False)


def test_the_deepest_point_of_a_ring_lies_on_it() -> None:
    ring = blob(50, 50, 30) & ~blob(50, 50, 15)
    row, column = deepest(ring)
    assert ring[row, column]


@pytest.mark.parametrize("wobble", [0.0, 1.5])
def test_a_traced_outline_is_nearly_the_cell(wobble: float) -> None:
    cell = blob(50, 60, 20)
    path = drawing.outline(cell, wobble, np.random.default_rng(1))
    assert iou(inside(path), cell) > 0.85
    exact = drawing.outline(cell, 0.0, np.random.default_rng(1))
    strayed = [drawing.outline(cell, wobble, np.random.default_rng(s)) - exact for s in range(50)]
    assert np.std(strayed) == pytest.approx(wobble, rel=0.1)


def test_a_cut_runs_between_the_cells_from_outside_to_outside() -> None:
    one, rest = blob(50, 40, 20), blob(50, 75, 16)
    piece = one | rest
    path = drawing.cut(piece, one, rest)
    for row, column in np.rint(path).astype(int):
        assert not piece[row, column]
    along, places = path[1] - path[0], np.argwhere(piece) - path[0]
    side = np.sign(along[0] * places[:, 1] - along[1] * places[:, 0])
    of_one = one[piece]
    assert abs(np.mean(side[of_one])) > 0.95
    assert np.mean(side[of_one]) * np.mean(side[~of_one]) < 0


def test_a_lasso_takes_what_lies_together_and_nothing_else() -> None:
    wrong = {1: blob(20, 20, 5), 2: blob(20, 40, 5), 3: blob(40, 30, 5), 4: blob(80, 100, 5)}
    right = blob(60, 65, 5)
    ids, path = drawing.lasso(wrong, right, 3)
    assert sorted(ids) == [1, 2, 3]
    assert all((inside(path) & wrong[i]).sum() == wrong[i].sum() for i in ids)
    assert not (inside(path) & right).any()
    assert drawing.lasso(wrong, blob(27, 30, 3), 3)[0] == []


@pytest.mark.parametrize(("radius", "wanted"), [(10, 14), (14, 10), (12, 12)])
def test_evenly_grown_or_shrunk_it_has_the_area(radius: int, wanted: int) -> None:
    reached = drawing.evenly(blob(50, 60, radius), int(blob(50, 60, wanted).sum()), most=8)
    assert reached is not None
    assert iou(reached, blob(50, 60, wanted)) > 0.9


def test_evenly_goes_no_farther_than_a_hand_turns() -> None:
    area = int(blob(50, 60, 25).sum())
    assert drawing.evenly(blob(50, 60, 10), area, most=8) is None
    assert drawing.evenly(blob(50, 60, 10), area, most=16) is not None


def test_the_sides_of_a_cut_are_the_whole() -> None:
    one, other = blob(50, 40, 15), blob(50, 66, 15)
    piece = one | other
    path = drawing.cut(piece, one & ~other, other & ~one)
    first, second = drawing.sides(piece, path)
    assert not (first & second).any()
    np.testing.assert_array_equal(first | second, piece)
    assert max(iou(first, one), iou(second, one)) > 0.9
