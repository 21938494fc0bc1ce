from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.changes import remove_cells
from napari_fncells.core.document import Document
from napari_fncells.core.geometry import Box, grouped
from napari_fncells.core.lasso import cells_inside, points_inside
from tests.core.random_shapes import added, drafted


def inside(document: Document, *corners: tuple[float, float]) -> list[int]:
    return [cell.id for cell in cells_inside(document, np.array(corners).reshape(-1, 2))]


def square(top: float, left: float, bottom: float, right: float) -> list[tuple[float, float]]:
    return [(top, left), (top, right), (bottom, right), (bottom, left)]


@pytest.fixture
def document() -> Document:
    labels = np.zeros((60, 60), np.uint16)
    labels[0:10, 0:10] = 1
    labels[20:30, 20:30] = 2
    labels[40, 40] = 3
    return drafted(labels)


def test_more_than_half_is_inside(document: Document) -> None:
    assert inside(document, *square(-0.5, -0.5, 9.5, 4.5)) == []  # half
    assert inside(document, *square(-0.5, -0.5, 9.5, 5.5)) == [1]
    assert inside(document, *square(-50, -50, 200, 200)) == [1, 2, 3]
    assert inside(document, *square(39.5, 39.5, 40.5, 40.5)) == [3]


def test_a_lasso_that_holds_nothing(document: Document) -> None:
    assert inside(document) == []
    assert inside(document, (5, 5)) == []
    assert inside(document, (0, 0), (59, 59)) == []
    assert inside(document, *square(31, 31, 39, 39)) == []
    assert inside(document, *square(-40, -40, -20, -20)) == []
    assert inside(document, *square(100, 100, 120, 120)) == []


def test_ground_that_a_lasso_goes_round_twice_is_outside(document: Document) -> None:
    """A pentagram: its middle by the even-odd rule is no inside."""
    angles = np.arange(5) * 4 * np.pi / 5
    star = np.stack([24.6 + 40 * np.sin(angles), 24.6 + 40 * np.cos(angles)], axis=1)
    assert inside(document, *map(tuple, star)) == []
    assert inside(document, *square(15, 15, 35, 35)) == [2]


def test_removing_many_is_one_step_and_removed_ones_are_left_out(document: Document) -> None:
    change = remove_cells(document, document.objects.values())
    assert change.summary == "remove 3 cells"
    document.commit(change)
    assert document.counts.removed == 3
    assert remove_cells(document, document.objects.values()) is None
    assert remove_cells(document, []) is None
    assert inside(document, *square(-50, -50, 200, 200)) == []
    document.undo()
    assert document.counts.final == 3
    one = remove_cells(document, [document.objects[2]])
    assert one.summary == "remove cell 2"


def test_cells_far_apart_leave_small_patches() -> None:
    document = Document((3000, 3000))
    for box in (Box(0, 0, 5, 5), Box(2, 3, 9, 8), Box(2990, 2990, 3000, 3000)):
        added(document, box)
    change = remove_cells(document, list(document.cells))
    sizes = sorted(patch.box.height * patch.box.width for patch in change.patches)
    assert sum(sizes) < 250
    document.commit(change)
    assert not document.labels.any()


def test_grouped_boxes_do_not_meet_and_hold_all() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        boxes = {}
        for k in range(int(rng.integers(0, 25))):
            top, left = rng.integers(0, 60, 2).tolist()
            boxes[k] = Box(top, left, top + int(rng.integers(1, 12)), left + 5)
        groups = grouped(boxes)
        assert sorted(k for _, members in groups for k in members) == sorted(boxes)
        for n, (box, members) in enumerate(groups):
            union = boxes[members[0]]
            for k in members:
                union = union.union(boxes[k])
            assert box == union
            assert not any(box.overlaps(other) for other, _ in groups[n + 1 :])


def test_points_inside_a_polygon_in_any_measures() -> None:
    points = np.array([[1e6, 0.1], [2e6, 0.5], [np.nan, 0.5], [9e6, 0.9], [2e6, np.inf]])
    polygon = np.array([[0.0, 0.0], [3e6, 0.0], [3e6, 1.0], [0.0, 1.0]])
    assert points_inside(points, polygon).tolist() == [True, True, False, False, False]
    assert not points_inside(points, polygon[:2]).any()
