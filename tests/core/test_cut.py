from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core import changes
from napari_fncells.core.cut import CutParams, cut_cell
from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.geometry import Box
from napari_fncells.core.judge import judge
from napari_fncells.core.objects import ObjectState, Origin
from tests.core.naive import disk, ids_of, pieces
from tests.core.random_shapes import added, drafted

SHAPE = (60, 60)


def cut(document: Document, i: int, *path: tuple[float, float], **limits: int) -> list[int]:
    params = CutParams(**limits)
    change = cut_cell(document, document.objects[i], np.array(path), params)
    return document.commit(change).change.details["pieces"]


def round_cell() -> Document:
    return drafted(disk(SHAPE, 30, 30, 15).astype(np.uint16))


def test_the_pieces_meet_on_the_stroke_and_the_larger_keeps_the_id() -> None:
    document = round_cell()
    before = document.labels > 0
    assert cut(document, 1, (10, 24), (50, 24)) == [1, 2]
    np.testing.assert_array_equal(document.labels > 0, before)
    left, right = document.labels == 2, document.labels == 1
    assert right.sum() > left.sum()
    assert np.argwhere(left)[:, 1].max() in (23, 24)
    assert np.argwhere(right)[:, 1].min() in (24, 25)
    edit = document.history[-1]
    assert edit.change.kind is EditKind.SPLIT
    assert edit.change.summary == "cut cell 1"
    assert edit.change.details == {"cell": 1, "pieces": [1, 2]}
    document.undo()
    assert document.counts.final == 1


def test_pieces_of_a_drafted_cell_are_edited_those_of_a_made_one_added() -> None:
    document = round_cell()
    document.commit(judge(document, document.cells, ObjectState.ACCEPTED))
    cut(document, 1, (10, 24), (50, 24))
    assert [c.state for c in document.cells] == [ObjectState.EDITED] * 2
    assert [c.origin for c in document.cells] == [Origin.DRAFT] * 2
    assert document.counts.drafted == 2
    assert document.counts.added == 0
    made = Document(SHAPE)
    added(made, Box(10, 10, 30, 30))
    cut(made, 1, (5, 15), (35, 15))
    assert [c.state for c in made.cells] == [ObjectState.ADDED] * 2
    assert [c.origin for c in made.cells] == [Origin.HAND] * 2


@pytest.mark.parametrize(
    "path",
    [
        [(17, 30), (50, 30)],  # begins in the cell
        [(22, 30), (38, 30)],  # begins and ends in it
        [(30, 10), (28, 30), (31, 50)],
    ],
)
def test_ends_in_the_cell_are_led_to_the_rim(path: list[tuple[float, float]]) -> None:
    document = round_cell()
    assert len(cut(document, 1, *path)) == 2
    areas = [cell.area for cell in document.cells]
    assert min(areas) > 0.4 * sum(areas)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ([(16, 28), (16, 32)], "only 1?[0-9] px²"),  # a sliver
        ([(2, 2), (2, 50)], "does not touch"),
    ],
)
def test_refused(path: list[tuple[float, float]], reason: str) -> None:
    document = round_cell()
    with pytest.raises(UserError, match=reason):
        cut(document, 1, *path)


def test_a_stroke_through_one_arm_of_a_ring_cuts_nothing_off() -> None:
    ring = disk(SHAPE, 30, 30, 20) & ~disk(SHAPE, 30, 30, 10)
    document = drafted(ring.astype(np.uint16))
    with pytest.raises(UserError, match="nothing off"):
        cut(document, 1, (5, 30), (30, 30))
    assert cut(document, 1, (5, 30), (55, 30)) == [1, 2]
    assert all(pieces(document.labels == i) == 1 for i in (1, 2))


def test_a_u_is_cut_in_three_by_a_stroke_across_both_arms() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:50, 10:50] = 1
    labels[10:40, 25:35] = 0
    document = drafted(labels)
    assert cut(document, 1, (20, 5), (20, 55)) == [1, 2, 3]
    areas = [document.objects[i].area for i in (1, 2, 3)]
    assert areas == sorted(areas, reverse=True)


def test_crumbs_beside_a_wavy_stroke_go_to_the_pieces() -> None:
    document = round_cell()
    columns = np.linspace(10, 50, 80)
    path = np.stack([30 + 2 * np.sin(columns), columns], axis=1)
    assert cut(document, 1, *map(tuple, path)) == [1, 2]
    assert [pieces(document.labels == i) for i in (1, 2)] == [1, 1]


def test_neighbours_and_a_cell_in_a_hole_keep_their_ground() -> None:
    labels = np.where(disk(SHAPE, 30, 30, 20), 1, 0).astype(np.uint16)
    labels[disk(SHAPE, 30, 30, 5)] = 2
    labels[30:40, 51:60] = 3
    document = drafted(labels)
    before = document.labels.copy()
    assert cut(document, 1, (5, 30), (58, 30)) == [1, 4]
    for i in (2, 3):
        np.testing.assert_array_equal(document.labels == i, before == i)
    assert document.objects[2].state is ObjectState.DRAFT


def test_parts_of_a_cell_apart_go_with_the_nearest_piece() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[20:40, 10:40] = 1
    labels[28:32, 44:48] = 1
    labels[28:32, 2:6] = 1
    document = drafted(labels)
    cut(document, 1, (10, 20), (50, 20))
    right, left = document.labels[25, 35], document.labels[25, 12]
    assert (document.labels[28:32, 44:48] == right).all()
    assert (document.labels[28:32, 2:6] == left).all()


def test_at_the_corner_of_the_picture() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[:20, :20] = 1
    document = drafted(labels)
    assert cut(document, 1, (-5, 8), (25, 8)) == [1, 2]
    assert document.objects[1].area + document.objects[2].area == 400


def test_a_pixel_cannot_be_cut() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[5, 5] = 1
    document = drafted(labels)
    with pytest.raises(UserError, match="nothing off"):
        cut(document, 1, (5, 0), (5, 10))


def test_the_least_piece_is_a_parameter() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:12, 10:30] = 1
    document = drafted(labels)
    with pytest.raises(UserError, match="too small"):
        cut(document, 1, (5, 12), (20, 12))
    assert cut(document, 1, (5, 12), (20, 12), min_area=2) == [1, 2]


def test_a_piece_of_just_the_least_area_is_cut_off() -> None:
    labels = np.zeros(SHAPE, np.uint16)
    labels[10:30, 10:30] = 1
    path = [(5.0, 14.0), (35.0, 14.0)]
    document = drafted(labels)
    cut(document, 1, *path)
    area = document.objects[2].area
    document.undo()
    with pytest.raises(UserError, match=f"only {area} px²"):
        cut(document, 1, *path, min_area=area + 1)
    assert len(cut(document, 1, *path, min_area=area)) == 2


def test_ids_beyond_uint16() -> None:
    document = Document(SHAPE)
    labels = np.zeros(SHAPE, np.int64)
    labels[10:50, 10:50] = 65_534
    document.commit(changes.replace_labels(document, labels))
    # Three pieces need two ids more than uint16 has room for
    path = [(5, 22), (55, 22), (55, 36), (5, 36)]
    assert cut(document, 65_534, *path) == [65_534, 65_535, 65_536]
    assert document.labels.dtype == np.uint32
    assert ids_of(document.labels) == {65_534, 65_535, 65_536}
    document.undo()
    assert ids_of(document.labels) == {65_534}
    again = Document.replay(SHAPE, document.history)
    np.testing.assert_array_equal(again.labels, document.labels)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_straight_stroke_cuts_as_a_line_does(seed: int) -> None:
    """Away from the stroke every pixel is on its side."""
    rng = np.random.default_rng(seed)
    document = round_cell()
    angle, shift = rng.random() * 2 * np.pi, rng.uniform(-9, 9)
    way, across = (np.array([np.sin(a), np.cos(a)]) for a in (angle, angle + np.pi / 2))
    middle = np.array([30, 30]) + shift * across
    cut(document, 1, *map(tuple, (middle - 25 * way, middle + 25 * way)))
    side = (np.argwhere(document.labels > 0) - middle) @ across
    ids = document.labels[document.labels > 0]
    assert len(set(ids[side > 1.5])) == len(set(ids[side < -1.5])) == 1
    assert set(ids[side > 1.5]) != set(ids[side < -1.5])
