from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_fncells.core.doubt.beside import beside
from napari_fncells.core.doubt.features import NAMES, measure
from napari_fncells.core.doubt.sight import Kinds, ScoreKind, Scores, Sight
from napari_fncells.core.doubt.windows import Shape
from napari_fncells.core.geometry import Box
from napari_fncells.core.labels import boxes
from napari_fncells.core.score import ScoreMap
from tests.core.doubt.scenes import SHAPE, disk, lit, measured
from tests.core.random_shapes import random_draft


@pytest.fixture
def labels() -> np.ndarray:
    """1 round, 2 long, 3 at the border, 4 and 5 side by side."""
    found = np.zeros(SHAPE, np.uint16)
    disk(found, 1, 30, 30, (12, 12))
    disk(found, 2, 30, 90, (30, 6))
    disk(found, 3, 118, 30, (12, 12))
    found[70:90, 90:110] = 4
    found[70:90, 110:130] = 5
    return found


def test_shapes(labels: np.ndarray) -> None:
    found = measured(labels, lit(labels))
    assert found[1]["elongation"] < 0.05 < 1.2 < found[2]["elongation"]
    assert found[1]["area"] == pytest.approx(np.log((labels == 1).sum()))
    assert found[1]["solidity"] > 0.93
    assert found[1]["roundness"] == pytest.approx(0, abs=0.2)
    assert found[2]["roundness"] < -0.4
    assert found[3]["border"] > 0.2
    assert found[4]["contact"] == pytest.approx(0.25, abs=0.02)
    assert [found[i]["border"] for i in (1, 2, 4)] == [0, 0, 0]
    assert [found[i]["contact"] for i in (1, 2, 3)] == [0, 0, 0]


def test_light(labels: np.ndarray) -> None:
    sharp, blurred = measured(labels, lit(labels))[1], measured(labels, lit(labels, blur=6))[1]
    dim = measured(labels, lit(labels, height=20))[1]
    assert sharp["contrast"] > dim["contrast"]
    assert sharp["sharpness"] > 0.6 > blurred["sharpness"]
    assert sharp["spread"] < blurred["spread"]


def test_two_lobes_are_less_solid(labels: np.ndarray) -> None:
    disk(labels, 1, 30, 54, (12, 12))
    assert measured(labels, lit(labels))[1]["solidity"] < 0.92


@pytest.mark.parametrize("kind", list(ScoreKind))
def test_margins(labels: np.ndarray, kind: ScoreKind) -> None:
    values = np.full(SHAPE, 0.1, np.float32)
    values[labels == 1], values[labels == 2] = 0.55, 0.95
    found = measured(labels, lit(labels), Scores.of(ScoreMap(values, "test"), 0.5, kind))
    assert 0 < found[1]["margin"] < found[2]["margin"]
    assert found[4]["margin"] < 0
    assert found[1]["peak"] == pytest.approx(found[1]["margin"])


def test_a_large_score_map_is_thinned_out(
    labels: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_fncells.core.doubt import sight

    values = np.where(labels == 2, np.float32(0.9), np.float32(0.2))
    monkeypatch.setattr(sight, "_MOST_SCORES", 5000)
    scores = Scores.of(ScoreMap(values, "test"), 0.5, ScoreKind.PROBABILITY)
    assert scores.step == 2
    assert scores.values.size <= 5000
    assert measured(labels, lit(labels), scores)[2]["margin"] > 1


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_each_is_as_it_is_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = random_draft(rng, (40, 52))
    plane = rng.integers(0, 255, labels.shape).astype(np.uint8)
    sight = Sight.of(
        plane, Scores.of(ScoreMap(plane.astype(np.float32), ""), 99, ScoreKind.HEIGHT)
    )
    shapes = [Shape(Box.of(box), i) for i, box in boxes(labels).items()]
    together = measure(sight, labels, shapes)
    alone = [measure(sight, labels, [shape])[0] for shape in shapes]
    assert np.isfinite(together).all()
    np.testing.assert_array_equal(together, np.reshape(alone, together.shape))


def test_a_mask_is_measured_as_the_cell_it_was(labels: np.ndarray) -> None:
    plane = lit(labels)
    box = Box.of(boxes(labels)[2])
    mask = labels[box.slices] == 2
    cell = measure(Sight.of(plane), labels, [Shape(box, 2)])
    labels[labels == 2] = 0
    np.testing.assert_array_equal(measure(Sight.of(plane), labels, [Shape(box, 0, mask)]), cell)


def test_odd_values_and_no_pixels() -> None:
    labels = np.zeros((30, 30), np.uint16)
    labels[5:9, 5:9] = 1
    plane = np.full((30, 30), np.nan)
    shapes = [Shape(Box(5, 5, 9, 9), 1), Shape(Box(10, 10, 12, 12), 7)]
    found = measure(Sight.of(plane), labels, shapes)
    assert np.isfinite(found).all()
    assert not found[1].any()
    assert measure(Sight.of(plane), labels, []).shape == (0, len(NAMES))


def test_what_is_known_of_second_scores(labels: np.ndarray) -> None:
    values = np.where(labels == 1, 0.9, 0.2).astype(np.float32)
    second = Scores.of(ScoreMap(values, ""), 0.8, ScoreKind.PROBABILITY)
    shapes = [Shape(Box.of(box), i) for i, box in boxes(labels).items()]
    found = measure(Sight.of(lit(labels), None, second), labels, shapes)
    left_out = found[:, NAMES.index("left_out")]
    margin = found[:, NAMES.index("second")]
    assert left_out[0] == 0
    assert (left_out[1:] == 1).all()
    assert margin[0] > 0 > margin[1:].max()


def test_levels_do_not_depend_on_the_cutoff(labels: np.ndarray) -> None:
    score = ScoreMap(np.where(labels > 0, 0.7, 0.1).astype(np.float32), "")
    shapes = [Shape(Box.of(box), i) for i, box in boxes(labels).items()]
    tables = []
    for cutoff in (0.5, 0.9):
        scores = Scores.of(score, cutoff, ScoreKind.LIKENESS)
        sight = Sight.of(lit(labels), scores, replace(scores, kind=ScoreKind.PROBABILITY))
        rows = measure(sight, labels, shapes)
        tables.append(beside(rows, sight.kinds, np.ones(len(rows), bool)))
    for name in ("likeness level", "second probability level"):
        np.testing.assert_allclose(tables[0][name], np.log(0.7 / 0.3), atol=1e-6)
        np.testing.assert_allclose(tables[1][name], tables[0][name], atol=1e-6)
    assert (tables[1]["likeness margin"] < 0).all()
    assert not tables[0]["second likeness level"].any()


def test_beside_the_others() -> None:
    table = np.zeros((9, len(NAMES)))
    table[:, NAMES.index("area")] = [5, 5.1, 4.9, 5, 5.2, 4.8, 5, 8, 2]
    found = beside(table, Kinds(ScoreKind.LIKENESS), np.ones(9, bool))
    assert found["large"][7] > 2
    assert found["small"][8] > 2
    assert found["large"][8] == found["small"][7] == 0
    assert found["likeness"].all()
    assert not found["probability"].any()
    # Two cells say little of what is usual
    few = beside(table[7:], Kinds(), np.ones(2, bool))
    assert few["large"].max() < found["large"].max()
    nothing = beside(table[:0], Kinds(), np.zeros(0, bool))
    assert nothing["large"].size == 0
