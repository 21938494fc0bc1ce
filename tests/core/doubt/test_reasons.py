from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.doubt.beside import beside
from napari_fncells.core.doubt.features import NAMES
from napari_fncells.core.doubt.reasons import LEARNED, UNLIKE, reasons
from napari_fncells.core.doubt.sight import Kinds, ScoreKind

PLAIN = {"contrast": 3.0, "solidity": 0.95, "sharpness": 0.7, "margin": 3.0}


def told(
    kind: ScoreKind | None = ScoreKind.LIKENESS,
    doubt: float = 0.3,
    before: float = 0.3,
    second: ScoreKind | None = ScoreKind.PROBABILITY,
    **values: float,
) -> tuple[str, ...]:
    row = np.array([[(PLAIN | values).get(name, 0.0) for name in NAMES]])
    return reasons(beside(row, Kinds(kind, second), np.zeros(1, bool)), 0, doubt, before)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"margin": 0.1}, "close to the cutoff"),
        ({"elongation": 1.2}, "elongated (neurite?)"),
        ({"border": 0.1}, "touches the border"),
        ({"left_out": 0.9}, "draft and model disagree"),
        ({"contact": 0.4}, "touches another cell (one or two?)"),
        ({"contrast": 0.2}, "hardly brighter than around it"),
        ({"haze": 1.5}, "in bright surroundings"),
        ({"sharpness": 0.2}, "blurred"),
        ({"solidity": 0.7}, "rough outline"),
    ],
)
def test_one_by_one(values: dict[str, float], words: str) -> None:
    assert told(**values) == (words,)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (ScoreKind.PROBABILITY, ScoreKind.LIKENESS, "draft and model disagree"),
        (ScoreKind.HEIGHT, ScoreKind.PROBABILITY, "draft and model disagree"),
        (ScoreKind.HEIGHT, ScoreKind.LIKENESS, "not in the automatic draft"),
    ],
)
def test_who_leaves_it_out(first: ScoreKind, second: ScoreKind, words: str) -> None:
    assert told(first, second=second, left_out=0.9) == (words,)


def test_nothing_to_say() -> None:
    assert told() == ()
    assert told(doubt=0.6, before=0.6) == (UNLIKE,)


def test_a_cutoff_is_of_a_score() -> None:
    assert told(kind=None, margin=0.0) == ()


def test_the_strongest_first_and_three_at_most() -> None:
    found = told(elongation=0.9, sharpness=0.05, solidity=0.7, border=0.1, contact=0.2)
    assert found[0] == "blurred"
    assert len(found) == 3


def test_what_was_learned_comes_first() -> None:
    found = told(doubt=0.8, before=0.4, elongation=1.2, haze=1.0, border=0.3)
    assert found[0] == LEARNED
    assert len(found) == 3
