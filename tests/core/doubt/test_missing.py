"""Candidates of two looks at one picture."""

from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.candidates import Look, dismiss
from napari_fncells.core.changes import add_cell
from napari_fncells.core.document import Document
from napari_fncells.core.doubt.doubts import Doubts
from napari_fncells.core.doubt.missing import Candidates, measure_steps
from napari_fncells.core.doubt.sight import ScoreKind, Scores, Sight
from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import Region
from napari_fncells.core.score import ScoreMap
from napari_fncells.core.steps import finish
from tests.core.doubt.scenes import SHAPE, disk, lit
from tests.core.random_shapes import drafted

PLACES = ((30, 30), (30, 90), (80, 60))


def region(row: int, column: int, reach: int = 8) -> Region:
    box = Box.square(row, column, reach)
    return Region(box, np.ones((box.height, box.width), bool), 0.2)


def look(kind: ScoreKind, *regions: Region) -> Look:
    score = ScoreMap(np.full(SHAPE, 0.3, np.float32), "")
    return Look(Scores.of(score, 0.5, kind), regions)


@pytest.fixture
def both() -> Look:
    """The first finds two places, the second one of them, too, a little aside, and a third."""
    first = look(ScoreKind.LIKENESS, region(*PLACES[0]), region(*PLACES[1]))
    second = look(ScoreKind.PROBABILITY, region(33, 92, 7), region(*PLACES[2]))
    return first.with_second(second)


def shown(document: Document, found: Look) -> Candidates:
    light = np.zeros(SHAPE, np.uint16)
    for number, (row, column) in enumerate(PLACES, 1):
        disk(light, number, row, column, (8, 8))
    sight = Sight.of(lit(light), found.scores, found.second)
    candidates = Candidates(document, sight, found, Doubts(document, sight))
    document.committed.connect(candidates.take_in)
    return candidates


def test_one_place_is_one_candidate(both: Look) -> None:
    assert both.second is not None
    assert both.second.kind is ScoreKind.PROBABILITY
    assert dict(both.same) == {2: {1}, 3: set()}
    candidates = shown(Document(SHAPE), both)
    assert candidates.open == [0, 1, 3]
    assert set(candidates.likely().chances) <= {0, 1, 3}
    assert candidates.table([0, 1, 3])["stray"].tolist() == [0, 0, 1]


def test_where_the_first_lies_in_a_cell_the_second_takes_its_place(both: Look) -> None:
    labels = np.zeros(SHAPE, np.uint16)
    # Beside the second region, but in the first
    labels[21:24, 82:90] = 1
    assert shown(drafted(labels), both).open == [0, 2, 3]


def test_a_decision_on_one_place_is_one_on_both(both: Look) -> None:
    document = Document(SHAPE)
    candidates = shown(document, both)
    document.commit(dismiss(document, both.regions[1]))
    assert candidates.open == [0, 3]
    document.undo()
    assert candidates.open == [0, 1, 3]
    change = add_cell(document, both.regions[1])
    assert change is not None
    document.commit(change)
    assert candidates.open == [0, 3]


def test_measured_elsewhere_is_measured_here(both: Look) -> None:
    document = Document(SHAPE)
    here, elsewhere = shown(document, both), shown(document, both)
    sight = Sight.of(lit(np.zeros(SHAPE, np.uint16)), both.scores, both.second)
    elsewhere.put(finish(measure_steps(document.labels, sight, both)))
    # In other light, and not measured again
    assert here.table([0])["contrast"] != elsewhere.table([0])["contrast"]
    document.commit(dismiss(document, region(32, 50, 4)))
    np.testing.assert_array_equal(here.table([0])["contrast"], elsewhere.table([0])["contrast"])
    np.testing.assert_array_equal(
        here.table([3])["contrast"] != elsewhere.table([3])["contrast"], [True]
    )
