from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.auto.likeness import (
    AMONG_PIECES,
    CONSTANT,
    OF_PIECES,
    among,
    likeness,
    terms,
)
from napari_fncells.core.auto.weights import AMONG_WEIGHTS, PIECE_WEIGHTS


def test_terms_are_columns_and_products() -> None:
    table = {"a": np.array([2.0, 3.0]), "b": np.array([5.0, -1.0])}
    assert terms(table, ("a", "a x b", "b x b")).tolist() == [[2, 10, 25], [3, -3, 1]]


def test_far_figures_say_no_more() -> None:
    assert terms({"a": np.array([100.0, -100.0])}, ("a",)).tolist() == [[5.5], [-5.5]]


def test_likeness_is_logistic() -> None:
    table = {"a": np.array([0.0, 1.0])}
    found = likeness(table, {"a": 2.0, CONSTANT: -1.0})
    assert found.tolist() == pytest.approx([1 / (1 + np.e), np.e / (1 + np.e)])


def test_weights_belong_to_the_terms() -> None:
    assert set(PIECE_WEIGHTS) == {*OF_PIECES, CONSTANT}
    assert set(AMONG_WEIGHTS) == {*AMONG_PIECES, CONSTANT}


def test_among_measures_against_the_brighter_ones() -> None:
    contrast = np.array([1.0, 4.0, 4.0, 4.0])
    rest = {name: np.zeros(4) for name in ("crowd", "detail", "grain", "step")}
    found = among({"contrast": contrast, **rest}, np.full(4, 0.9))
    assert found["top"].tolist() == [4] * 4
    assert found["dimness"].tolist() == [-3, 0, 0, 0]
    assert found["faintness"].tolist() == [1, 2, 2, 2]
    assert found["number"][0] == pytest.approx(np.log1p(4 * 0.7**2))


def test_what_is_hardly_like_a_cell_says_little_of_what_is_usual() -> None:
    contrast = np.array([1.0, 1.0, 5.0, 5.0])
    rest = {name: np.zeros(4) for name in ("crowd", "detail", "grain", "step")}
    found = among({"contrast": contrast, **rest}, np.array([0.9, 0.9, 0.21, 0.21]))
    assert found["top"][0] == 1
