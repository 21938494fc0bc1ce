from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.auto.features import Features, measure
from napari_fncells.core.auto.pieces import Pieces
from napari_fncells.core.auto.view import View, view_of
from tests.core.auto.scenes import disks

SHAPE = (160, 160)
CELLS = [(50.0, 50.0, 7.0), (110.0, 110.0, 7.0), (50.0, 120.0, 6.0)]


@pytest.fixture(scope="module")
def view() -> View:
    found = view_of(disks(SHAPE, CELLS)[0])
    assert found is not None
    assert found.height.shape == SHAPE
    return found


def pieces_of(*masks: np.ndarray) -> Pieces:
    labels = np.zeros(SHAPE, dtype=np.int64)
    for number, mask in enumerate(masks, start=1):
        labels[mask] = number
    place = np.flatnonzero(labels)
    return Pieces(place, labels.ravel()[place] - 1, np.ones(place.size, np.float32), len(masks))


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def round_mask(row: int, column: int, radius: int) -> np.ndarray:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.hypot(rows - row, columns - column) <= radius


def one(view: View, mask: np.ndarray) -> dict[str, float]:
    return {name: float(column[0]) for name, column in measure(view, pieces_of(mask)).items()}


def test_a_disk_is_round_and_full(view: View) -> None:
    found = one(view, round_mask(50, 50, 9))
    assert found["elongation"] == pytest.approx(0, abs=0.05)
    assert found["fill"] == pytest.approx(0, abs=0.03)
    assert found["area"] == pytest.approx(np.log(np.pi * 81 / view.unit**2), abs=0.05)
    assert found["border"] == found["cut"] == 0


def test_a_stripe_is_long(view: View) -> None:
    found = one(view, box(40, 20, 44, 84))
    assert found["elongation"] == pytest.approx(np.log(16), rel=0.02)


def test_a_bent_piece_is_less_full_than_a_straight_one(view: View) -> None:
    bent = box(20, 20, 24, 60) | box(20, 20, 60, 24)
    assert one(view, bent)["fill"] < one(view, box(20, 20, 24, 96))["fill"] - 0.3


def test_the_picture_s_border_and_cuts_are_seen(view: View) -> None:
    table = measure(view, pieces_of(box(0, 0, 10, 10), box(50, 50, 60, 60), box(50, 60, 60, 70)))
    assert table["border"][0] == pytest.approx(19 / 36)
    assert table["border"][1] == 0
    assert table["cut"][0] == 0
    assert table["cut"][1] == pytest.approx(10 / 36)


def test_a_cell_stands_out_and_ground_does_not(view: View) -> None:
    table = measure(view, pieces_of(round_mask(50, 50, 6), round_mask(110, 40, 6)))
    assert table["contrast"][0] > table["contrast"][1] + 2
    assert table["peak"][0] > table["peak"][1] + 1
    assert table["ring"][0] < 0.5


def test_figures_do_not_change_with_the_neighbours_numbers(view: View) -> None:
    first, second = round_mask(50, 50, 6), round_mask(110, 110, 9)
    there = measure(view, pieces_of(first, second))
    back = measure(view, pieces_of(second, first))
    assert {name: column[::-1].tolist() for name, column in there.items()} == {
        name: column.tolist() for name, column in back.items()
    }


def test_all_figures_are_finite(view: View) -> None:
    table: Features = measure(
        view, pieces_of(box(0, 0, 1, 1), box(5, 5, 6, 40), box(80, 0, 81, 160))
    )
    for name, column in table.items():
        assert np.isfinite(column).all(), name
