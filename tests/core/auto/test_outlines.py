from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from napari_fncells.core.auto.choice import Choice
from napari_fncells.core.auto.outlines import draw
from napari_fncells.core.auto.view import View, view_of
from napari_fncells.core.geometry import Box
from tests.core.auto.scenes import disks, iou


@pytest.fixture(scope="module")
def view() -> View:
    found = view_of(disks((120, 150), [(60, 70, 7), (30, 30, 7)])[0])
    assert found is not None
    assert found.height.shape == (120, 150)
    return found


def choice(mask: np.ndarray) -> Choice:
    pixels = np.flatnonzero(mask)
    return Choice(0, pixels, [(1.0, pixels)])


def disk(shape: tuple[int, int], row: float, column: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - row, columns - column) <= radius


def test_at_the_same_scale_nothing_changes(view: View) -> None:
    mask = disk((120, 150), 60, 70, 9)
    assert ((draw([choice(mask)], view, (120, 150)) == 1) == mask).all()


@pytest.mark.parametrize("factor", [2.0, 2.5, 3.7])
def test_enlarged_disks_are_disks(view: View, factor: float) -> None:
    large = round(120 * factor), round(150 * factor)
    scaled = replace(view, factor=factor, box=Box.whole(large))
    found = draw([choice(disk((120, 150), 60, 70, 9))], scaled, large)
    down, right = large[0] / 120, large[1] / 150
    expected = disk(large, 60.5 * down - 0.5, 70.5 * right - 0.5, 9 * factor)
    assert iou(found == 1, expected) > 0.93


def test_a_piece_at_the_border_reaches_the_border(view: View) -> None:
    scaled = replace(view, factor=2.0, box=Box.whole((240, 300)))
    mask = np.zeros((120, 150), dtype=bool)
    mask[:10, 140:] = True
    found = draw([choice(mask)], scaled, (240, 300))
    assert (found[:19, 282:] == 1).all()
    assert np.count_nonzero(found) <= 21 * 21


def test_holes_are_filled_and_neighbours_do_not_overlap(view: View) -> None:
    ring = disk((120, 150), 60, 70, 9) & ~disk((120, 150), 60, 70, 3)
    left, right = np.zeros_like(ring), np.zeros_like(ring)
    left[20:30, 20:30] = True
    right[20:30, 30:40] = True
    found = draw([choice(ring), choice(left), choice(right)], view, (120, 150))
    assert ((found == 1) == disk((120, 150), 60, 70, 9)).all()
    assert ((found == 2) == left).all()
    assert ((found == 3) == right).all()


def test_the_margin_around_the_content_stays_empty(view: View) -> None:
    shifted = replace(view, box=Box(10, 20, 130, 170))
    mask = disk((120, 150), 60, 70, 9)
    found = draw([choice(mask)], shifted, (140, 200))
    assert ((found[10:130, 20:170] == 1) == mask).all()
    assert np.count_nonzero(found) == np.count_nonzero(mask)
