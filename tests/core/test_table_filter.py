"""Filters of the object table: what they let pass, and what is said of those that are none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_fncells.core.object_table import STATES
from napari_fncells.core.objects import ObjectState
from napari_fncells.core.table_filter import MOST, FilterError, parse_filter

NAN = float("nan")
VALUES = {
    "id": np.array([1.0, 2, 3, 4]),
    "state": np.array([float(STATES.index(s)) for s in (
        ObjectState.DRAFT, ObjectState.ACCEPTED, ObjectState.UNSURE, ObjectState.DRAFT)]),
    "area": np.array([100.0, 150, 200, 400]),
    "size": np.array([25.0, 37.5, 50, 100]),
    "mean": np.array([10.0, 20, 30, NAN]),
    "contrast": np.array([-2.0, 1, 5, NAN]),
}  # fmt: skip
UNSIZED = {name: column for name, column in VALUES.items() if name != "size"}


def passing(text: str) -> list[int]:
    test = parse_filter(text, VALUES, 0.5)
    return VALUES["id"][test(VALUES)].astype(int).tolist()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", [1, 2, 3, 4]),
        ("area < 150", [1]),
        ("area<=150", [1, 2]),
        ("AREA ≥ 2e2", [3, 4]),
        ("150 < area <= 200", [3]),
        ("area < 150 or area > 200 and mean > 5", [1]),
        ("(area < 150 or area > 200) and state = draft", [1, 4]),
        ("not area < 150", [2, 3, 4]),
        ("not not area < 150", [1]),
        ("state is unsure", [3]),
        ("state != draft", [2, 3]),
        ("draft = state", [1, 4]),
        ("contrast < -1", [1]),
        ("contrast > -.5 and mean != 30", [2]),
        ("mean < area", [1, 2, 3]),
        ("mean < 1000", [1, 2, 3]),
        ("area < 37.5 µm2", [1]),
        ("area < 37.5 μm²", [1]),
        ("area < 150 px", [1]),
        ("size < 37.5", [1]),
        ("size > 150 px²", [3, 4]),
        ("1 < 2", [1, 2, 3, 4]),
    ],
)
def test_rows_that_pass(text: str, ids: list[int]) -> None:
    assert passing(text) == ids


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("aera < 150", 0, "no column and no state 'aera'"),
        ("area < ", 6, "ends where a column or a number"),
        ("area", 4, "a comparison is expected"),
        ("area < 150 mean > 2", 11, "'mean' is not expected"),
        ("(area < 150", 11, "opened at character 1 is not closed"),
        ("area < 150)", 10, "')' is not expected"),
        ("area < and", 7, "'and' stands where"),
        ("area ; 2", 5, "';' is not understood"),
        ("area < 1 @", 9, "'@' is not understood"),
        ("state < draft", 6, "states have no order"),
        ("state = 2", 8, "compared with something else"),
        ("area = draft", 7, "compared with something else"),
        ("mean < 2 px", 7, "only areas have a unit"),
        ("__import__('os') < 2", 11, "''' is not understood"),
        ("(" * 99 + "area < 2", 40, "too many brackets"),
        ("not " * 99 + "area < 2", 160, "too many brackets"),
        ("a" * (MOST + 1), MOST, "longer than"),
    ],
)
def test_what_is_no_filter_is_told_with_its_place(text: str, place: int, words: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, VALUES, 0.5)
    assert caught.value.place == place
    assert words in caught.value.sentence
    assert caught.value.sentence.startswith(f"Character {place + 1}: ")


@pytest.mark.parametrize("text", ["area < 2 µm²", "size < 2"])
def test_without_the_size_of_a_pixel_there_are_no_micrometres(text: str) -> None:
    with pytest.raises(FilterError, match="size of a pixel is not known"):
        parse_filter(text, UNSIZED, None)


WORDS = st.sampled_from([
    "area", "mean", "state", "draft", "and", "or", "not", "is", "(", ")", "<", ">", "=", "!=", "-",
    "3", "1e9", ".5", "px", "µm²", "size", "²", "'", "lambda", "__class__",
])  # fmt: skip


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_a_filter_or_an_error_with_a_place(text: str) -> None:
    problem = None
    try:
        test = parse_filter(text, VALUES, 0.5)
    except FilterError as error:
        problem = error
    if problem is not None:
        assert 0 <= problem.place <= len(text)
        return
    found = test(VALUES)
    assert (found.dtype, found.shape) == (bool, (4,))
