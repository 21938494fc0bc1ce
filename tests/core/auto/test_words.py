from __future__ import annotations

import numpy as np
import pytest

from napari_fncells.core.auto.words import channel_words, found_words


@pytest.mark.parametrize(
    ("channels", "brightest", "start"),
    [
        (3, 0, "Red channel: "),
        (3, 1, "Green channel: "),
        (4, 2, "Blue channel: "),
        (5, 1, "Channel 2: "),
        (2, 0, "Channel 1: "),
        (4, 3, "Channel 4: "),
    ],
)
def test_the_channel_is_named(channels: int, brightest: int, start: str) -> None:
    image = np.zeros((20, 20, channels), np.uint8)
    image[:5, :5, brightest] = 100
    assert channel_words(image).startswith(start)


@pytest.mark.parametrize("shape", [(20, 20), (20, 20, 1)])
def test_a_picture_of_one_channel_is_grey(shape: tuple[int, ...]) -> None:
    assert channel_words(np.zeros(shape, np.uint8)) == "Grey picture"


def table(**columns: list[float]) -> dict[str, np.ndarray]:
    usual = {"area": 0.0, "elongation": 0.0, "fill": 0.0, "contrast": 3.0}
    count = len(next(iter(columns.values())))
    return {name: np.array(columns.get(name, [value] * count)) for name, value in usual.items()}


def test_kinds_of_other_pieces_are_told() -> None:
    found = found_words(
        table(area=[0, -2, 0, 0, 0], elongation=[0, 0, 1, 0, 0], contrast=[3, 3, 3, 0, 3]),
        np.zeros(5),
        np.array([True, False, False, False, False]),
    )
    assert found == (
        "One piece looks like a cell, 4 did not "
        "(fibres 1, too small 1, too faint 1, other shapes 1)."
    )


def test_all_cells() -> None:
    found = found_words(table(area=[0.0, 0.0]), np.zeros(2), np.array([True, True]))
    assert found == "2 pieces look like cells."


def test_no_cells() -> None:
    found = found_words(table(area=[0.0]), np.full(1, -2.0), np.array([False]))
    assert found == "No piece looks like a cell, 1 did not (too faint 1)."
