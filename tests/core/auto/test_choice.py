from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.auto.choice import choose


def span(start: int, stop: int) -> np.ndarray:
    return np.arange(start, stop, dtype=np.int64)


def test_the_best_of_overlapping_pieces_is_taken() -> None:
    chosen = choose([span(0, 20), span(0, 40), span(60, 80)], np.array([0.8, 0.6, 0.5]), 100)
    assert [choice.index for choice in chosen] == [0, 2]


def test_two_halves_are_taken_where_they_are_better_than_the_whole() -> None:
    chosen = choose([span(0, 40), span(0, 20), span(20, 40)], np.array([0.6, 0.7, 0.65]), 100)
    assert [choice.index for choice in chosen] == [1, 2]


def test_the_whole_is_taken_where_it_is_better_than_its_halves() -> None:
    chosen = choose([span(0, 40), span(0, 20), span(20, 40)], np.array([0.8, 0.7, 0.65]), 100)
    assert [choice.index for choice in chosen] == [0]


def test_a_little_overlap_is_allowed() -> None:
    chosen = choose([span(0, 20), span(18, 38)], np.array([0.8, 0.7]), 100)
    assert [choice.index for choice in chosen] == [0, 1]


def test_what_is_no_cell_is_not_taken() -> None:
    assert choose([span(0, 20)], np.array([0.1]), 100) == []


def test_pieces_much_alike_vote_for_the_outline() -> None:
    chosen = choose([span(0, 20), span(0, 24), span(0, 90)], np.array([0.8, 0.8, 0.75]), 100)
    (choice,) = chosen
    place, shares = choice.shares()
    assert place.tolist() == list(range(24))
    assert shares[:20] == pytest.approx(1)
    assert shares[20:] == pytest.approx(0.5)


def test_equal_pieces_are_taken_in_order() -> None:
    chosen = choose([span(0, 20), span(5, 25)], np.array([0.8, 0.8]), 100)
    assert [choice.index for choice in chosen] == [0]
