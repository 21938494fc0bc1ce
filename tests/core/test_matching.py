from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.matching import Matching, iou_table, match_objects
from tests.core.naive import ids_of

SHAPE = (120, 120)
SMALL = arrays(np.uint16, (7, 7), elements=st.sampled_from([0, 0, 1, 2, 3, 9]))
QUICK = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def squares(*places: tuple[int, int, int], side: int = 10) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint16)
    for i, row, column in places:
        labels[row : row + side, column : column + side] = i
    return labels


def test_v1_takes_the_nearest_below_50_px() -> None:
    truth = squares((1, 0, 0), (2, 0, 60))
    assert match_objects(squares((7, 0, 40)), truth, "v1").pairs == ((7, 2),)
    assert match_objects(squares((7, 0, 49)), squares((1, 0, 0)), "v1").tp == 1
    assert match_objects(squares((7, 0, 50)), squares((1, 0, 0)), "v1").tp == 0
    assert match_objects(squares((7, 30, 40)), squares((1, 0, 0)), "v1").tp == 0
    assert match_objects(squares((7, 30, 39)), squares((1, 0, 0)), "v1").tp == 1


def test_v1_goes_by_boxes_not_by_centroids() -> None:
    truth = squares((1, 0, 0))
    pred = squares((1, 0, 0))
    pred[0, :110] = 1  # centroid moves little, the box's centre to column 54.5
    assert match_objects(pred, truth, "v1").tp == 0


def test_v1_depends_on_the_order_of_the_predictions() -> None:
    """The first takes the nearest, though the second has no other choice."""
    truth = squares((1, 0, 40), (2, 0, 70))
    near, far = 52, 5
    both = match_objects(squares((1, 0, near), (2, 0, far)), truth, "v1")
    assert both.pairs == ((1, 1),)
    assert both.false_positives == (2,)
    assert both.false_negatives == (2,)
    swapped = match_objects(squares((2, 0, near), (1, 0, far)), truth, "v1")
    assert swapped.pairs == ((1, 1), (2, 2))


def test_iou_is_strictly_above_one_half() -> None:
    truth = np.zeros(SHAPE, np.uint16)
    truth[:10, :30] = 1
    pred = np.zeros(SHAPE, np.uint16)
    pred[:10, 10:40] = 4  # 200 / 400
    assert match_objects(pred, truth).pairs == ()
    pred[0, 9] = 4  # 201 / 400
    assert match_objects(pred, truth).pairs == ((4, 1),)


def test_iou_table() -> None:
    truth, pred = squares((5, 0, 0), (300, 50, 50)), squares((2, 0, 5))
    pred_ids, true_ids, table = iou_table(pred, truth)
    assert (pred_ids.tolist(), true_ids.tolist()) == ([2], [5, 300])
    np.testing.assert_allclose(table, [[50 / 150, 0]])


@pytest.mark.parametrize("rule", ["v1", "iou"])
def test_empty_masks(rule: str) -> None:
    none, two = squares(), squares((1, 0, 0), (2, 50, 50))
    assert match_objects(none, none, rule) == Matching((), (), ())
    assert match_objects(two, none, rule) == Matching((), (1, 2), ())
    assert match_objects(none, two, rule) == Matching((), (), (1, 2))
    same = match_objects(two, two, rule)
    assert (same.tp, same.fp, same.fn) == (2, 0, 0)


@pytest.mark.parametrize("rule", ["v1", "iou"])
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int64, np.uint32, np.uint64])
def test_any_whole_numbers(rule: str, dtype: type) -> None:
    one = squares((1, 5, 5)).astype(dtype)
    assert match_objects(one, one, rule).pairs == ((1, 1),)


@pytest.mark.parametrize("rule", ["v1", "iou"])
def test_huge_ids(rule: str) -> None:
    far = squares((1, 0, 0), (2, 50, 50)).astype(np.uint32)
    far[far == 2] = 4_294_967_294
    assert match_objects(far, far, rule).pairs == ((1, 1), (4_294_967_294, 4_294_967_294))


def test_refusals() -> None:
    with pytest.raises(UserError, match="120 x 120 and 5 x 4"):
        match_objects(squares(), np.zeros((5, 4), int))
    with pytest.raises(ParameterError, match="'V1'"):
        match_objects(squares(), squares(), "V1")


@QUICK
@given(SMALL, SMALL, st.sampled_from(["v1", "iou"]))
def test_one_to_one_and_complete(pred: np.ndarray, truth: np.ndarray, rule: str) -> None:
    found = match_objects(pred, truth, rule)
    left, right = [p for p, _ in found.pairs], [t for _, t in found.pairs]
    assert sorted([*left, *found.false_positives]) == sorted(ids_of(pred))
    assert sorted([*right, *found.false_negatives]) == sorted(ids_of(truth))
    assert len(set(left)) == len(left) == len(set(right)) == found.tp


@QUICK
@given(SMALL, SMALL)
def test_iou_is_symmetric_and_literal(pred: np.ndarray, truth: np.ndarray) -> None:
    found = match_objects(pred, truth)
    back = match_objects(truth, pred)
    assert {(t, p) for p, t in found.pairs} == set(back.pairs)
    literal = {
        (p, t)
        for p in ids_of(pred)
        for t in ids_of(truth)
        if 2 * ((pred == p) & (truth == t)).sum() > ((pred == p) | (truth == t)).sum()
    }
    assert set(found.pairs) == literal
