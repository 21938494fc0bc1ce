"""What is wrong with a cell in sight."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.annotator.attention import Attention
from napari_fncells.core.annotator.judging import Comparison, Fault, candidate_cell
from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.sight import TruthWindows, View
from napari_fncells.core.geometry import Box

SHAPE = (60, 80)


def labels(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    drawn = np.zeros(SHAPE, np.uint16)
    for number, box in enumerate(boxes, start=1):
        drawn[Box(*box).slices] = number
    return drawn


def view(mask: np.ndarray, truth: np.ndarray) -> View:
    return View(Box.whole(SHAPE), mask, truth)


CELL = (10, 10, 30, 30)


@pytest.mark.parametrize(
    ("mask", "truth", "fault"),
    [
        ([CELL], [CELL], Fault.NONE),
        ([CELL], [], Fault.FALSE),
        ([CELL], [(40, 40, 50, 50)], Fault.FALSE),
        ([CELL], [(10, 10, 30, 20), (10, 20, 30, 30)], Fault.MERGED),
        ([(10, 10, 30, 20), (10, 20, 30, 30)], [CELL], Fault.PART),
        ([CELL], [(15, 15, 21, 21)], Fault.OUTLINE),
        ([(15, 15, 21, 21)], [CELL], Fault.OUTLINE),
        # A scrap beside the match of a cell
        ([(10, 26, 30, 30), (10, 10, 30, 26)], [CELL], Fault.FALSE),
        # A second cell in it, though it matches the first
        ([(10, 10, 30, 36)], [CELL, (10, 30, 30, 36)], Fault.MERGED),
    ],
)
def test_faults(mask: list, truth: list, fault: Fault) -> None:
    assert Comparison(view(labels(*mask), labels(*truth))).judge(1).fault is fault


def test_missed_cells_and_candidates() -> None:
    shown = view(labels(CELL), labels(CELL, (40, 40, 50, 50)))
    assert Comparison(shown).missed() == [2]
    assert candidate_cell(shown, labels((38, 38, 52, 52)) > 0) == 2
    assert candidate_cell(shown, labels((38, 10, 52, 30)) > 0) is None
    assert candidate_cell(shown, labels(CELL) > 0) is None, "that one is there already"


def test_what_goes_on_beyond_the_screen() -> None:
    truth = labels((10, 10, 30, 30))
    box = Box(0, 0, 20, 80)
    shown = View(box, truth[box.slices], TruthWindows(truth).window(box))
    [place] = shown.beyond(SHAPE, shown.labels == 1)
    assert place[0] == 20
    assert 10 <= place[1] < 30
    assert shown.goes_on_unseen(SHAPE, shown.labels == 1, [box])
    assert not shown.goes_on_unseen(SHAPE, shown.labels == 1, [Box(15, 0, 60, 80)])
    # The picture's own side cuts nothing off
    whole = view(labels((0, 0, 20, 20)), truth)
    assert whole.beyond(SHAPE, whole.labels == 1) == []


def test_rates_of_errors_hold_and_things_are_decided_on_once() -> None:
    attention = Attention(AnnotatorParams(errors=0.2, alarms=0.1, seed=3))
    wrong = [attention.seems_wrong("cell", i, wrong=True) for i in range(2000)]
    right = [attention.seems_wrong("missed", i, wrong=False) for i in range(2000)]
    assert 0.77 < np.mean(wrong) < 0.83
    assert 0.08 < np.mean(right) < 0.12
    assert wrong == [attention.seems_wrong("cell", i, wrong=True) for i in range(2000)]
    attention.overlook("cell", 5000)
    assert not attention.seems_wrong("cell", 5000, wrong=True)
