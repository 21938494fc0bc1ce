"""What a stroke means: a picture of three cells in a row, the last two touching."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.document import Document
from napari_fncells.core.drag import Cut, DragParams, Join, meaning_of
from napari_fncells.core.errors import UserError
from tests.core.naive import disk
from tests.core.random_shapes import drafted

SHAPE = (80, 140)
Path = list[tuple[float, float]]


@pytest.fixture
def document() -> Document:
    """Cell 1 around column 30; 2 around 80 and 3 around 110 touch at column 95."""
    labels = np.zeros(SHAPE, np.uint16)
    for i, column in enumerate((30, 80, 110), 1):
        labels[disk(SHAPE, 40, column, 15) & (labels == 0)] = i
    return drafted(labels)


def meant(document: Document, *path: tuple[float, float]) -> tuple[int, ...]:
    meaning = meaning_of(document, np.array(path))
    if isinstance(meaning, Cut):
        return (meaning.cell.id,)
    return meaning.first.id, meaning.second.id


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ([(20, 30), (60, 30)], (1,)),  # from outside to outside
        ([(60, 30), (20, 30)], (1,)),
        ([(27, 30), (60, 30)], (1,)),  # begins just inside the rim
        ([(20, 30), (52, 31)], (1,)),  # ends just inside the rim
        ([(28, 30), (52, 30)], (1,)),  # both
        ([(40, 5), (33, 30), (40, 55)], (1,)),  # bent
        ([(26.2, 27), (25, 30), (60, 30)], (1,)),  # begins along the rim
        ([(20, 80), (60, 80)], (2,)),
        ([(40, 60), (40, 95.9)], (2,)),  # ends on the border to the neighbour
        ([(22, 72), (36, 92), (40, 98)], (2,)),  # and beyond it
        ([(40, 10), (40, 62)], (1,)),  # a cut may end near another cell
        ([(40, 30), (40, 80)], (1, 2)),
        ([(40, 80), (40, 30)], (2, 1)),
        ([(40, 85), (40, 105)], (2, 3)),
        ([(40, 30), (40, 62)], (1, 2)),  # misses the second by 3 px
        ([(40, 48), (40, 62)], (1, 2)),  # misses both
    ],
)
def test_meaning(document: Document, path: Path, expected: tuple[int, ...]) -> None:
    assert meant(document, *path) == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ([], "too short"),
        ([(40, 30)], "too short"),
        ([(40, 30), (40, 30)], "too short"),
        ([(35, 30), (45, 30)], "begins and ends in cell 1"),
        ([(40, 30), (40, 60), (44, 30)], "begins and ends in cell 1"),
        ([(5, 5), (5, 100)], "no cell"),
        ([(-50, -50), (-10, 300)], "no cell"),
        ([(40, 30), (70, 60)], "neither"),  # from a cell to the ground
        ([(40, 10), (40, 130)], "crosses cells 1, 2 and 3"),
        ([(20, 75), (60, 80), (60, 115), (20, 110)], "crosses cells 2 and 3"),
        ([(40, 30), (40, 110)], "runs over cell 2"),
    ],
)
def test_refused_in_a_word(document: Document, path: Path, reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        meaning_of(document, np.array(path).reshape(-1, 2))


def test_the_cell_between_two_that_are_only_just_reached_is_cut() -> None:
    labels = np.zeros((40, 90), np.uint16)
    labels[10:30, 0:30], labels[10:30, 30:60], labels[10:30, 60:90] = 1, 2, 3
    document = drafted(labels)
    assert meant(document, (20, 27), (20, 63)) == (2,)
    with pytest.raises(UserError, match="runs over cell 2"):
        meaning_of(document, np.array([(20.0, 8.0), (20.0, 82.0)]))


def test_a_cell_that_is_grazed_does_not_count() -> None:
    labels = np.zeros((60, 60), np.uint16)
    labels[10:50, 10:50], labels[52:58, 30:36] = 1, 2
    document = drafted(labels)
    assert meant(document, (5, 33), (50, 33), (53.4, 29), (53.4, 31), (51, 29.4)) == (1,)


def test_a_hand_that_shakes_still_cuts(document: Document) -> None:
    rng = np.random.default_rng(8)
    for _ in range(30):
        angle = rng.random() * 2 * np.pi
        along = np.linspace(-19, 19, 25)[:, None] * (np.sin(angle), np.cos(angle))
        path = along + np.array([40, 30]) + rng.normal(0, 0.8, (25, 2))
        assert meant(document, *map(tuple, path)) == (1,)


def test_cells_at_the_border_are_crossed_from_outside_the_picture() -> None:
    labels = np.zeros((30, 30), np.uint16)
    labels[0:10, 0:30] = 1
    document = drafted(labels)
    assert meant(document, (-3, 15), (12, 15)) == (1,)
    assert meant(document, (0, 15), (9, 15)) == (1,)


def test_limits_are_parameters(document: Document) -> None:
    path = np.array([(40.0, 30.0), (40.0, 62.0)])
    assert isinstance(meaning_of(document, path), Join)
    with pytest.raises(UserError, match="neither"):
        meaning_of(document, path, DragParams(reach=1))
