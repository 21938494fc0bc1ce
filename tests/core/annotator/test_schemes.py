"""What corrections cost in other programs."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.draw import disk

from napari_fncells.core.annotator.params import AnnotatorParams
from napari_fncells.core.annotator.schemes import SCHEMES, work_by_scheme
from napari_fncells.core.annotator.tally import Tally

SHAPE = (300, 400)
PERFECT = AnnotatorParams(errors=0, alarms=0)
NAPARI, CELLPOSE = SCHEMES


def picture(*cells: tuple[int, int, int]) -> np.ndarray:
    drawn = np.zeros(SHAPE, np.uint16)
    for number, (row, column, radius) in enumerate(cells, start=1):
        drawn[disk((row, column), radius, shape=SHAPE)] = number
    return drawn


CELLS = [(50, 50, 15), (50, 200, 15), (200, 60, 15), (200, 300, 15)]


def test_removals_and_additions_cost_what_is_published() -> None:
    truth = picture(*CELLS)
    draft = picture(*CELLS[:2], (100, 350, 12), (250, 150, 12))
    napari = work_by_scheme(NAPARI, truth, draft, (800, 1000), PERFECT)
    assert napari.end.corrections == {"remove": 3 + 1, "trace": 4 + 4}
    cellpose = work_by_scheme(CELLPOSE, truth, draft, (800, 1000), PERFECT)
    assert cellpose.end.corrections == {"remove": 2, "trace": 2}
    for report in (napari, cellpose):
        assert report.errors.total == 4
        assert report.end.f1 == 1.0
        assert report.per_error == report.end.gestures / 4


def test_merged_pieces_and_parts() -> None:
    truth = picture((100, 100, 20), (100, 138, 20), (200, 200, 20))
    draft = truth.copy()
    draft[draft == 2] = 1
    rows, columns = np.nonzero(draft == 3)
    draft[rows[columns < 193], columns[columns < 193]] = 4
    draft[rows[columns > 207], columns[columns > 207]] = 5
    napari = work_by_scheme(NAPARI, truth, draft, (800, 1000), PERFECT)
    assert napari.end.corrections == {"trace": 4, "join": 2 + 2}
    cellpose = work_by_scheme(CELLPOSE, truth, draft, (800, 1000), PERFECT)
    assert cellpose.end.corrections == {"remove": 1, "trace": 2, "join": 2 + 2}
    assert napari.end.f1 == cellpose.end.f1 == 1.0


def test_parts_that_would_not_fit_together_are_drawn_anew() -> None:
    truth = picture((150, 200, 30))
    draft = np.zeros_like(truth)
    draft[disk((135, 190), 8, shape=SHAPE)] = 1
    draft[disk((165, 210), 8, shape=SHAPE)] = 2
    cellpose = work_by_scheme(CELLPOSE, truth, draft, (800, 1000), PERFECT)
    assert cellpose.end.corrections == {"remove": 2, "trace": 1}
    assert cellpose.end.f1 == 1.0


@pytest.mark.parametrize("canvas", [(120, 150), (90, 400)])
def test_a_small_screen_takes_more_looks_and_the_same_corrections(canvas: tuple[int, int]) -> None:
    truth, draft = picture(*CELLS), picture(*CELLS[:1], (120, 230, 12))
    large = work_by_scheme(CELLPOSE, truth, draft, (800, 1000), PERFECT)
    small = work_by_scheme(CELLPOSE, truth, draft, canvas, PERFECT)
    assert small.end.f1 == 1.0
    assert small.end.corrections == large.end.corrections
    assert small.end.looks["part"] > large.end.looks["part"]


def test_goals_are_noted_when_they_are_reached_first() -> None:
    truth = picture(*CELLS)
    tally = Tally(truth, picture(*CELLS[:3]))
    assert tally.report("x", "sweep").reached["0.90"] is None
    tally.looked("part")
    tally.corrected("add", truth)
    tally.corrected("remove", picture(*CELLS[:3]))
    report = tally.report("x", "sweep")
    reached = report.reached["0.99"]
    assert reached is not None
    assert (reached.gestures, reached.f1) == (1, 1.0)
    assert (report.end.gestures, report.after.fn) == (2, 1)
    assert report.summary()["reached"]["0.99"]["looks"] == {"part": 1}
