from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_fncells.core.errors import UserError
from napari_fncells.core.evidence import Evidence, Role
from napari_fncells.core.gestures import Gestures, corrections
from napari_fncells.core.matching import match_objects
from napari_fncells.core.meter import judged_pieces, measure, predicted_gestures

SHAPE = (60, 120)
SMALL = arrays(np.uint16, (7, 7), elements=st.sampled_from([0, 0, 1, 2, 3, 9]))
QUICK = settings(max_examples=200, deadline=None, derandomize=True, database=None)
Box = tuple[int, int, int, int]


def boxes(*cells: Box) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint16)
    for i, (top, left, bottom, right) in enumerate(cells, 1):
        labels[top:bottom, left:right] = i
    return labels


def known(*places: tuple[Box, Role], complete: bool = False) -> Evidence:
    roles = np.array([0, *(role for _, role in places)], dtype=np.uint8)
    return Evidence(boxes(*(box for box, _ in places)).astype(np.int32), roles, complete)


LEFT, RIGHT = (10, 10, 30, 30), (10, 30, 30, 50)
BOTH, FAR = (10, 10, 30, 50), (40, 90, 55, 110)
TWO = boxes(LEFT, RIGHT)
THIRDS = boxes((10, 10, 30, 20), (10, 20, 30, 40), (10, 40, 30, 50))


@pytest.mark.parametrize(
    ("pred", "truth", "expected"),
    [
        (TWO, TWO, Gestures()),
        (boxes(), TWO, Gestures(false_negatives=2)),
        (TWO, boxes(), Gestures(false_positives=2)),
        (boxes(), boxes(), Gestures()),
        (boxes(LEFT, FAR), TWO, Gestures(1, 1)),
        (boxes(BOTH), TWO, Gestures(merges=1)),
        (TWO, boxes(BOTH), Gestures(splits=1)),
        (THIRDS, boxes(BOTH), Gestures(splits=2)),
        (boxes((10, 10, 30, 70)), boxes(LEFT, RIGHT, (10, 50, 30, 70)), Gestures(merges=2)),
    ],
)
def test_by_hand(pred: np.ndarray, truth: np.ndarray, expected: Gestures) -> None:
    assert predicted_gestures(pred, truth) == expected


def test_a_chain_of_a_merge_and_a_split() -> None:
    """One piece with the first cell and half of the second, another with its other half."""
    pred = boxes((10, 10, 30, 42), (10, 42, 30, 50))
    assert predicted_gestures(pred, TWO) == Gestures(merges=1, splits=1)


def test_a_speck_on_a_well_found_cell_is_joined_or_removed_by_one_gesture() -> None:
    pred = boxes((10, 10, 30, 45), (15, 46, 18, 49))
    assert predicted_gestures(pred, boxes(BOTH)) == Gestures(splits=1)


def test_a_bad_outline_is_one_gesture() -> None:
    """Two would make an empty draft better than one with narrow outlines."""
    narrow = boxes((15, 15, 25, 25))
    assert predicted_gestures(narrow, boxes(LEFT)) == Gestures(false_negatives=1)
    wide = boxes((0, 0, 40, 40))
    assert predicted_gestures(wide, boxes(LEFT)) == Gestures(false_negatives=1)


def test_a_fog_over_many_cells_is_removed_and_they_are_added() -> None:
    cells = boxes(*((5, left, 10, left + 5) for left in range(5, 115, 20)))
    assert predicted_gestures(boxes((0, 0, 60, 120)), cells) == Gestures(1, 6)


def test_a_piece_on_less_than_half_of_itself_and_of_the_cell_is_on_none() -> None:
    assert predicted_gestures(boxes((10, 21, 30, 41)), boxes(LEFT)) == Gestures(1, 1)
    assert predicted_gestures(boxes((10, 19, 30, 39)), boxes(LEFT)) == Gestures(false_negatives=1)


def test_large_ids_and_other_dtypes() -> None:
    pred = np.where(boxes(BOTH) > 0, 4_000_000_000, 0).astype(np.uint32)
    assert predicted_gestures(pred, TWO.astype(np.int64) * 70_000) == Gestures(merges=1)


def test_masks_of_different_shapes() -> None:
    with pytest.raises(UserError, match="differ in shape"):
        predicted_gestures(TWO, TWO[:-1])


@QUICK
@given(SMALL, SMALL)
def test_never_more_than_matching_counts(pred: np.ndarray, truth: np.ndarray) -> None:
    found, matching = predicted_gestures(pred, truth), match_objects(pred, truth)
    assert 0 <= found.total <= matching.fp + matching.fn
    assert min(found.false_positives, found.false_negatives, found.merges, found.splits) >= 0


@QUICK
@given(SMALL)
def test_the_truth_needs_nothing_and_an_empty_draft_every_cell(truth: np.ndarray) -> None:
    assert predicted_gestures(truth, truth) == Gestures()
    cells = np.unique(truth[truth > 0]).size
    assert predicted_gestures(np.zeros_like(truth), truth) == Gestures(false_negatives=cells)
    assert predicted_gestures(truth, np.zeros_like(truth)) == Gestures(false_positives=cells)


@QUICK
@given(SMALL, SMALL, st.permutations([1, 2, 3, 4]))
def test_numbers_do_not_matter(pred: np.ndarray, truth: np.ndarray, order: list[int]) -> None:
    table = np.zeros(10, np.uint16)
    table[[1, 2, 3, 9]] = order
    assert predicted_gestures(table[pred], truth) == predicted_gestures(pred, truth)


@QUICK
@given(SMALL, SMALL)
def test_what_is_decided_never_needs_more_than_the_whole(
    pred: np.ndarray, truth: np.ndarray
) -> None:
    """With every cell confirmed only the ground is open: pieces there cost nothing."""
    finished = Evidence.finished(truth)
    open_ground = Evidence(finished.places, finished.roles, complete=False)
    whole, part = measure(pred, finished), measure(pred, open_ground)
    assert part.gestures.total <= whole.gestures.total
    assert part.gestures.total + part.open_gestures == whole.gestures.total
    assert part.gestures.false_negatives == whole.gestures.false_negatives


def test_pieces_on_open_ground_count_nothing() -> None:
    evidence = known((LEFT, Role.CELL))
    assert predicted_gestures(boxes(LEFT, FAR), evidence) == Gestures()
    assert predicted_gestures(boxes(FAR), evidence) == Gestures(false_negatives=1)
    assert measure(boxes(LEFT, FAR), evidence).open_gestures == 1


def test_pieces_on_tombstones_are_false_positives() -> None:
    evidence = known((LEFT, Role.CELL), (FAR, Role.REJECTED))
    assert predicted_gestures(boxes(LEFT, FAR), evidence) == Gestures(false_positives=1)
    larger, speck = (35, 85, 58, 112), (45, 95, 48, 98)
    assert predicted_gestures(boxes(LEFT, larger), evidence) == Gestures(false_positives=1)
    assert predicted_gestures(boxes(LEFT, speck), evidence) == Gestures(false_positives=1)
    beside = (40, 101, 55, 120)
    assert predicted_gestures(boxes(LEFT, beside), evidence) == Gestures()


def test_a_piece_over_two_tombstones_is_removed_once() -> None:
    evidence = known(((0, 80, 10, 90), Role.REJECTED), ((0, 91, 10, 101), Role.REJECTED))
    assert predicted_gestures(boxes((0, 80, 10, 101)), evidence) == Gestures(false_positives=1)


def test_open_cells_count_neither_way() -> None:
    evidence = known((LEFT, Role.CELL), (FAR, Role.OPEN))
    assert measure(boxes(LEFT, FAR), evidence).open_gestures == 0
    assert predicted_gestures(boxes(LEFT), evidence) == Gestures()
    assert measure(boxes(LEFT), evidence).open_gestures == 1
    done = known((LEFT, Role.CELL), (FAR, Role.OPEN), complete=True)
    for pred in (boxes(LEFT), boxes(LEFT, FAR)):
        assert measure(pred, done).gestures == Gestures()
        assert measure(pred, done).open_gestures == 0


def test_pixels_of_open_cells_spoil_no_outline() -> None:
    """A cell drafted together with an open neighbour four times its size."""
    neighbour = (10, 30, 30, 110)
    pred = boxes((10, 10, 30, 110))
    assert predicted_gestures(pred, known((LEFT, Role.CELL))) == Gestures(false_negatives=1)
    evidence = known((LEFT, Role.CELL), (neighbour, Role.OPEN))
    assert predicted_gestures(pred, evidence) == Gestures()
    assert measure(pred, evidence).open_gestures == 1


def test_a_leak_into_a_cell_is_no_piece_of_it() -> None:
    neighbour = (10, 30, 30, 50)
    evidence = known((LEFT, Role.CELL), (neighbour, Role.OPEN))
    pred = boxes((10, 10, 30, 28), (10, 28, 30, 50))
    assert predicted_gestures(pred, evidence) == Gestures()


def test_outlines_are_measured() -> None:
    found = measure(boxes((12, 12, 28, 28)), boxes(LEFT))
    assert found.misfit == pytest.approx(1 - 256 / 400)
    assert found.offset == pytest.approx((20 - 16) / np.sqrt(np.pi))
    assert measure(boxes(), TWO).offset == 0


def test_judged_pieces() -> None:
    evidence = known((LEFT, Role.CELL), (FAR, Role.REJECTED))
    pred = boxes((12, 12, 30, 30), (40, 10, 50, 20), FAR)
    assert np.unique(judged_pieces(pred, evidence)).tolist() == [0, 1, 3]
    assert np.array_equal(judged_pieces(pred, Evidence.finished(TWO)), pred)


def test_sums_and_words() -> None:
    summed = Gestures(1, 2, 3, 4) + Gestures(1, 0, 0, 1)
    assert summed == Gestures(2, 2, 3, 5)
    assert summed.total == 12
    assert str(summed) == "2 to remove, 2 to add, 3 to cut, 5 to join"
    assert str(Gestures(merges=1)) == "1 to cut"
    assert str(Gestures()) == "none"
    assert [corrections(n) for n in (0, 1, 2)] == [
        "0 corrections", "1 correction", "2 corrections",
    ]  # fmt: skip
