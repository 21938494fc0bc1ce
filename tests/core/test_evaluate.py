from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import ValidationError

from napari_fncells.core.errors import UserError
from napari_fncells.core.evaluate import (
    Detection,
    Evaluation,
    detection_figures,
    evaluate,
    ratio,
    score_picture,
)


def mask(*cells: tuple[int, int, int, int]) -> np.ndarray:
    labels = np.zeros((200, 200), np.uint16)
    for i, (top, left, bottom, right) in enumerate(cells, 1):
        labels[top:bottom, left:right] = i
    return labels


# 10 x 10 cells: one hit exactly, one hit by half, one invented; one missed
TRUTH = mask((0, 0, 10, 10), (100, 100, 110, 110), (180, 0, 190, 10))
PRED = mask((0, 0, 10, 10), (100, 105, 110, 115), (0, 180, 10, 190), (60, 60, 70, 70))
NONE = mask()


def test_figures_by_hand() -> None:
    score = score_picture("a", PRED, TRUTH)
    assert (score.predicted, score.true) == (4, 3)
    assert score.detections["v1"] == Detection(tp=2, fp=2, fn=1)
    assert score.detections["iou"] == Detection(tp=1, fp=3, fn=2)
    assert (score.overlap, score.predicted_pixels, score.true_pixels) == (150, 400, 300)
    assert score.dice == pytest.approx(300 / 700)
    figures = detection_figures(score.detections["v1"])
    assert figures == {
        "tp": 2, "fp": 2, "fn": 1, "precision": 0.5, "recall": 2 / 3, "f1": 4 / 7
    }  # fmt: skip


def test_several_pictures_are_summed_not_averaged() -> None:
    result = evaluate([("a", PRED, TRUTH), ("b", NONE, TRUTH), ("c", PRED, NONE)])
    assert result.detection("v1") == Detection(tp=2, fp=6, fn=4)
    assert result.dice == pytest.approx(300 / (400 + 300 + 300 + 400))
    # counts 4 against 3, 0 against 3, 4 against 0
    assert result.mae == pytest.approx((1 + 3 + 4) / 3)
    assert result.medae == 3
    assert result.mpe == pytest.approx(100 * (1 / 3 - 1 + 4) / 3)
    summary = json.loads(json.dumps(result.summary()))
    assert summary["pictures"] == 3
    assert (summary["predicted"], summary["true"]) == (8, 6)
    assert summary["iou"]["tp"] == 1
    assert summary["mpe_percent"] == pytest.approx(result.mpe)


def test_ratios_of_nothing_are_none() -> None:
    result = evaluate([("empty", NONE, NONE)])
    nothing = result.detection("iou")
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert result.dice is None
    assert (result.mae, result.medae, result.mpe) == (0, 0, 0)
    only_false = evaluate([("a", PRED, NONE)]).detection("v1")
    assert (only_false.precision, only_false.recall, only_false.f1) == (0, None, 0)
    only_missed = evaluate([("a", NONE, TRUTH)]).detection("v1")
    assert (only_missed.precision, only_missed.recall, only_missed.f1) == (None, 0, 0)


def test_no_pictures() -> None:
    with pytest.raises(UserError, match="no masks"):
        evaluate([])
    with pytest.raises(ValidationError):
        Evaluation(pictures=())


def test_shapes_that_differ() -> None:
    with pytest.raises(UserError, match="200 x 200 and 3 x 3"):
        evaluate([("a", PRED, np.zeros((3, 3), int))])


def test_ratio() -> None:
    assert ratio(1, 4) == 0.25
    assert ratio(0, 4) == 0
    assert ratio(0, 0) is None
