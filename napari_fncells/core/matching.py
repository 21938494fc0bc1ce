"""Matching of predicted cells to true cells, one to one, and the figures made from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.labels import boxes, dense

Rule = Literal["v1", "iou"]

V1_DISTANCE = 50.0
IOU_THRESHOLD = 0.5


@dataclass(frozen=True)
class Matching:
    """Pairs of one picture.

    Attributes
    ----------
    pairs
        (predicted id, true id) of each true positive.
    false_positives
        Predicted ids without a true cell.
    false_negatives
        True ids without a predicted cell.
    """

    pairs: tuple[tuple[int, int], ...]
    false_positives: tuple[int, ...]
    false_negatives: tuple[int, ...]

    @property
    def tp(self) -> int:
        """Number of true positives."""
        return len(self.pairs)

    @property
    def fp(self) -> int:
        """Number of false positives."""
        return len(self.false_positives)

    @property
    def fn(self) -> int:
        """Number of false negatives."""
        return len(self.false_negatives)


@dataclass(frozen=True, eq=False)
class Overlaps:
    """Areas of predicted and true cells, and what each two of them share.

    Attributes
    ----------
    pred_ids, true_ids
        (P,) and (T,) int64, the ids that occur, in order.
    pred_areas, true_areas
        (P,) and (T,) int64, in px².
    rows, columns
        (K,) intp: the k-th pair are ``pred_ids[rows[k]]`` and ``true_ids[columns[k]]``. In
        order; only pairs that share pixels.
    pixels
        (K,) int64: how many each pair shares.
    """

    pred_ids: NDArray[np.int64]
    true_ids: NDArray[np.int64]
    pred_areas: NDArray[np.int64]
    true_areas: NDArray[np.int64]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    pixels: NDArray[np.int64]

    @property
    def iou(self) -> NDArray[np.float64]:
        """(K,) intersection over union of each pair, in 0..1."""
        both = self.pred_areas[self.rows] + self.true_areas[self.columns]
        found: NDArray[np.float64] = self.pixels / (both - self.pixels)
        return found


def match_objects(
    pred: NDArray[np.integer], truth: NDArray[np.integer], rule: Rule = "iou"
) -> Matching:
    """Match predicted to true cells, one to one.

    Parameters
    ----------
    pred, truth
        (Y, X) instance labels of the same shape, 0 = background.
    rule
        'v1': in order of the predicted ids, the nearest true cell still free whose
        bounding-box centre is less than 50 px away (evaluation of the FNC v1 authors,
        Clissa 2022). 'iou': pairs of an intersection over union above 0.5, of which a cell
        can have only one.

    Raises
    ------
    UserError
        For labels of different shapes.
    ParameterError
        For an unknown rule.
    """
    if rule not in _MATCHERS:
        raise ParameterError(
            f"There is no matching rule named {rule!r}.", f"Known are: {', '.join(_MATCHERS)}."
        )
    refuse_other_shape(pred, truth)
    return _MATCHERS[rule](pred, truth)


def refuse_other_shape(
    pred: NDArray[np.integer] | NDArray[np.bool_], truth: NDArray[np.integer]
) -> None:
    """Raise `UserError` for masks that cannot be of the same picture."""
    if pred.shape != truth.shape:
        raise UserError(
            f"The masks differ in shape: {_size(pred)} and {_size(truth)}.",
            "Compare masks of the same picture.",
        )


def _size(labels: NDArray[np.integer] | NDArray[np.bool_]) -> str:
    return " x ".join(str(side) for side in labels.shape)


def _match_by_distance(pred: NDArray[np.integer], truth: NDArray[np.integer]) -> Matching:
    """Greedy matching by bounding-box centres, as the authors do."""
    pred_ids, pred_centres = _box_centres(pred)
    true_ids, true_centres = _box_centres(truth)
    free = np.ones(len(true_ids), dtype=bool)
    pairs = []
    for predicted, centre in zip(pred_ids, pred_centres, strict=True):
        if not free.any():
            break
        distance = np.hypot(*(true_centres - centre).T)
        distance[~free] = np.inf
        nearest = int(distance.argmin())
        if distance[nearest] < V1_DISTANCE:
            free[nearest] = False
            pairs.append((predicted, true_ids[nearest]))
    return _matching(pairs, pred_ids, true_ids)


def _match_by_iou(pred: NDArray[np.integer], truth: NDArray[np.integer]) -> Matching:
    """Match by overlap: above one half, no cell can have two partners."""
    found = overlaps(pred, truth)
    matched = found.iou > IOU_THRESHOLD
    pred_ids, true_ids = found.pred_ids.tolist(), found.true_ids.tolist()
    pairs = [
        (pred_ids[row], true_ids[column])
        for row, column in zip(found.rows[matched], found.columns[matched], strict=True)
    ]
    return _matching(pairs, pred_ids, true_ids)


def _matching(
    pairs: list[tuple[int, int]], pred_ids: Sequence[int], true_ids: Sequence[int]
) -> Matching:
    matched_pred = {predicted for predicted, _ in pairs}
    matched_true = {true for _, true in pairs}
    return Matching(
        pairs=tuple(pairs),
        false_positives=tuple(i for i in pred_ids if i not in matched_pred),
        false_negatives=tuple(i for i in true_ids if i not in matched_true),
    )


def iou_table(
    pred: NDArray[np.integer], truth: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Intersection over union of every predicted with every true cell.

    Returns
    -------
    pred_ids, true_ids
        (P,) and (T,) int64, the ids that occur.
    iou
        (P, T) float64 in 0..1.
    """
    found = overlaps(pred, truth)
    table = np.zeros((found.pred_ids.size, found.true_ids.size))
    table[found.rows, found.columns] = found.iou
    return found.pred_ids, found.true_ids, table


def overlaps(pred: NDArray[np.integer], truth: NDArray[np.integer]) -> Overlaps:
    """Measure which predicted and true cells share how many pixels.

    Costs one pass over the pixels of cells, whatever the number of pairs.

    Parameters
    ----------
    pred, truth
        (Y, X) instance labels of the same shape; 0 and below is background.
    """
    inside = (pred > 0) | (truth > 0)
    pred_ids, rows = dense(pred[inside])
    true_ids, columns = dense(truth[inside])
    size = pred_ids.size + 1, true_ids.size + 1
    table = coo_array((np.ones(rows.size, dtype=np.int64), (rows, columns)), shape=size)
    table.sum_duplicates()
    # Row and column 0 are the background
    real = (table.row > 0) & (table.col > 0)
    order = np.lexsort((table.col[real], table.row[real]))
    return Overlaps(
        pred_ids,
        true_ids,
        np.bincount(rows, minlength=size[0])[1:],
        np.bincount(columns, minlength=size[1])[1:],
        table.row[real][order].astype(np.intp) - 1,
        table.col[real][order].astype(np.intp) - 1,
        table.data[real][order],
    )


def _box_centres(labels: NDArray[np.integer]) -> tuple[list[int], NDArray[np.float64]]:
    """Ids that occur, in order, and the centres (y, x) of their bounding boxes, in px."""
    found = boxes(labels)
    centres = [[(axis.start + axis.stop - 1) / 2 for axis in box] for box in found.values()]
    return list(found), np.array(centres, dtype=np.float64).reshape(-1, 2)


_MATCHERS: dict[str, Callable[[NDArray[np.integer], NDArray[np.integer]], Matching]] = {
    "v1": _match_by_distance,
    "iou": _match_by_iou,
}
