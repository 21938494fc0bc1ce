"""What the automatic draft says of itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.features import NAMES
from napari_fncells.core.auto.model import Typical
from napari_fncells.core.auto.view import View
from napari_fncells.core.intensity import brightest_channel

_COLOURS = ("Red", "Green", "Blue")
_LONG = 0.8
_THIN = -1.2
_SMALL = -1.1
_LARGE = 1.2
_FAINT = -1.1
_SOFT = -0.7
"""Limits on the features by which the reasons are told: logarithms, against the typical cell for
size, contrast and step."""


@dataclass(frozen=True)
class Story:
    """What is to be told.

    Attributes
    ----------
    where
        Which channel was looked at.
    view
        The picture.
    table
        (k, len(NAMES)) features of the pieces taken.
    kept
        (k,) bool: those that look like cells.
    typical
        What the cells are like.
    """

    where: str
    view: View
    table: NDArray[np.float64]
    kept: NDArray[np.bool_]
    typical: Typical


def channel_words(image: NDArray[np.generic]) -> str:
    """Which channel is looked at, and why."""
    if image.ndim == 2 or image.shape[2] == 1:
        return "Grey picture"
    number = brightest_channel(image)
    name = f"{_COLOURS[number]} channel" if image.shape[2] == 3 else f"Channel {number + 1}"
    return f"{name}: its bright parts stand out most"


def nothing_words(where: str) -> str:
    """What is said where there is nothing to be seen."""
    return f"{where}. Nothing stands out from the ground, so the draft is empty."


def words_of(story: Story) -> str:
    """The whole story, in sentences."""
    view = story.view
    count = int(np.count_nonzero(story.kept))
    cells = "1 piece looks like a cell" if count == 1 else f"{count} pieces look like cells"
    rejected = _reasons(story)
    others = f"{_none(count, cells)}{rejected}."
    return (
        f"{story.where}. Ground {_number(view.level)}, noise "
        f"{_number(view.noise * view.span)} grey levels. "
        f"Typical cell {view.diameter:.0f} px across. {others}"
    )


def _none(count: int, cells: str) -> str:
    return "No piece looks like a cell" if count == 0 else cells


def _reasons(story: Story) -> str:
    """How many other pieces there were, and what spoke against them."""
    table = story.table[~story.kept]
    if len(table) == 0:
        return ""
    column = {name: table[:, number] for number, name in enumerate(NAMES)}
    typical = story.typical
    tests = {
        "fibres": (column["elongation"] > _LONG) | (column["core"] < _THIN),
        "too small": column["area"] < typical.feature("area") + _SMALL,
        "too large": column["area"] > typical.feature("area") + _LARGE,
        "too faint": column["contrast"] < typical.feature("contrast") + _FAINT,
        "out of focus": column["step"] < typical.feature("step") * (1 + _SOFT / 2),
    }
    left = np.ones(len(table), dtype=bool)
    found = []
    for name, test in tests.items():
        count = int(np.count_nonzero(left & test))
        left &= ~test
        if count:
            found.append(f"{count} {name}")
    unlike = int(np.count_nonzero(left))
    if unlike:
        found.append(f"{unlike} of doubtful shape or light")
    return f"; {len(table)} did not ({', '.join(found)})"


def _number(value: float) -> str:
    """Three digits are plenty."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
