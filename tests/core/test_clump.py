from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.clump import ClumpParams, parts_by_shape, split_by_shape
from napari_fncells.core.document import Document
from napari_fncells.core.errors import UserError
from napari_fncells.core.labels import boxes, label, present
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.simulate import simulate_image
from tests.core.naive import disk, ids_of, pieces
from tests.core.random_shapes import drafted

SHAPE = (90, 120)


def clump(*disks: tuple[float, float, float]) -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    for row, column, radius in disks:
        mask |= disk(SHAPE, row, column, radius)
    return mask


def split(document: Document, i: int = 1) -> list[int]:
    change = split_by_shape(document, document.objects[i])
    return document.commit(change).change.details["pieces"]


@pytest.mark.parametrize(
    "disks",
    [
        [(40, 30, 15), (40, 54, 15)],
        [(40, 30, 15), (40, 52, 9)],
        [(40, 20, 12), (40, 40, 12), (40, 60, 12)],
        [(20, 30, 12), (20, 54, 12), (41, 42, 12)],
        [(2, 20, 12), (2, 40, 12)],  # at the picture's side
    ],
)
def test_as_many_cells_as_the_shape_shows(disks: list[tuple[float, float, float]]) -> None:
    mask = clump(*disks)
    document = drafted(mask.astype(np.uint16))
    assert split(document) == list(range(1, len(disks) + 1))
    np.testing.assert_array_equal(document.labels > 0, mask)
    middles = {int(document.labels[row, column]) for row, column, _ in disks}
    assert len(middles) == len(disks)
    assert all(pieces(document.labels == i) == 1 for i in ids_of(document.labels))
    assert all(cell.state is ObjectState.EDITED for cell in document.cells)


@pytest.mark.parametrize(
    "mask",
    [
        clump((40, 40, 20)),
        clump((40, 40, 0)),
        clump((40, 40, 1)),
        clump((40, 40, 15), (40, 44, 15)),
        np.pad(np.ones((12, 60), bool), 20),
        np.pad(np.ones((1, 60), bool), 20),
        clump((40, 40, 20)) & ~clump((40, 40, 8)),  # a hole is no neck
        clump((0, 0, 20)),
    ],
    ids=["disk", "pixel", "dot", "bean", "bar", "line", "ring", "corner"],
)
def test_one_cell_is_refused_in_a_word(mask: np.ndarray) -> None:
    document = drafted(mask.astype(np.uint16))
    with pytest.raises(UserError, match="looks like one cell"):
        split_by_shape(document, document.objects[1])


def test_pieces_apart_are_cells_and_specks_go_with_the_nearest() -> None:
    mask = clump((30, 30, 12), (30, 80, 9))
    mask[60, 84] = True
    document = drafted(mask.astype(np.uint16))
    assert split(document) == [1, 2]
    assert document.labels[60, 84] == document.labels[30, 80] == 2


@pytest.mark.parametrize("seed", [10, 16, 36, 46, 49, 50])
def test_parts_of_a_cell_full_of_holes_are_whole(seed: int) -> None:
    """Where holes are filled to measure, parts hang together that do not without them."""
    rng = np.random.default_rng(seed)
    clumped = clump((30, 30, 18), (30, 60, 18), (55, 45, 14))
    mask = label(clumped & (rng.random(SHAPE) < 0.6))
    mask = mask == np.bincount(mask[mask > 0]).argmax()
    parts = parts_by_shape(mask, ClumpParams(min_area=5))
    np.testing.assert_array_equal(parts > 0, mask)
    assert all(pieces(parts == part) == 1 for part in present(parts))


def test_small_parts_are_not_cut_off() -> None:
    mask = clump((40, 40, 15))
    mask[39:42, 55:58] = mask[40, 55:60] = mask[38:43, 60:64] = True
    parts = parts_by_shape(mask, ClumpParams(min_area=1))
    assert parts.max() == 2
    assert parts_by_shape(mask, ClumpParams(min_area=60)).max() == 1


def test_neighbours_and_a_cell_in_a_hole_stay() -> None:
    labels = clump((40, 30, 16), (40, 56, 16)).astype(np.uint16)
    labels[disk(SHAPE, 40, 30, 4)] = 2
    labels[clump((40, 84, 13)) & (labels == 0)] = 3
    document = drafted(labels)
    before = document.labels.copy()
    split(document)
    for i in (2, 3):
        np.testing.assert_array_equal(document.labels == i, before == i)


def test_clumps_and_cells_of_a_simulated_picture() -> None:
    """The figures of tools/evaluate_split.py, on one picture with room to spare."""
    truth = simulate_image("crowded", seed=1)[1]
    regions = label(truth > 0)
    right = clumps = wrong = singles = 0
    for region, box in boxes(regions).items():
        mask = regions[box] == region
        cells = present(truth[box][mask]).size
        parts = int(parts_by_shape(mask).max())
        clumps, right = clumps + (cells > 1), right + (cells > 1 and parts == cells)
        singles, wrong = singles + (cells == 1), wrong + (cells == 1 and parts > 1)
    assert clumps >= 10
    assert right >= 0.8 * clumps
    assert wrong <= 0.05 * singles
