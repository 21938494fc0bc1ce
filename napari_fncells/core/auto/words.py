"""What the automatic draft found, in words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.features import Features
from napari_fncells.core.auto.view import View
from napari_fncells.core.blur import Plane
from napari_fncells.core.intensity import brightest_channel

_COLOURS = ("Red", "Green", "Blue")
_SMALL = -1.2
_LONG = 0.8
_BENT = -0.35
_FAINT = 1.0
_DIM = -0.6
"""Of features by which a piece that is no cell is called small, a fibre or faint."""


def channel_words(image: NDArray[np.generic]) -> str:
    """Which channel is looked at, and why."""
    if image.ndim == 2 or image.shape[2] == 1:
        return "Grey picture"
    number = brightest_channel(image)
    coloured = image.shape[2] in (3, 4) and number < len(_COLOURS)
    name = f"{_COLOURS[number]} channel" if coloured else f"Channel {number + 1}"
    return f"{name}: its bright parts stand out most"


def nothing_words(where: str) -> str:
    """What is said where there is nothing to be seen."""
    return f"{where}. Nothing stands out from the ground, so the draft is empty."


def view_words(plane: Plane, view: View) -> str:
    """What the light and the cells are like."""
    inner = plane[view.box.slices]
    low, span = float(inner.min()), float(np.ptp(inner))
    ground, noise = low + view.ground * span, view.noise * span
    return (
        f"Ground {_number(ground)}, noise {_number(noise)} grey levels. "
        f"Typical cell about {view.diameter:.0f} px across."
    )


def found_words(table: Features, dimness: NDArray[np.float64], cell: NDArray[np.bool_]) -> str:
    """How many pieces look like cells, and what the others are."""
    cells = int(np.count_nonzero(cell))
    start = f"{cells} pieces look like cells"
    if cells < 2:
        start = f"{'One' if cells else 'No'} piece looks like a cell"
    others = cell.size - cells
    if not others:
        return start + "."
    kinds = ", ".join(f"{kind} {count}" for kind, count in _kinds(table, dimness, ~cell) if count)
    return f"{start}, {others} did not ({kinds})."


def _kinds(
    table: Features, dimness: NDArray[np.float64], other: NDArray[np.bool_]
) -> list[tuple[str, int]]:
    small = other & (table["area"] < _SMALL)
    fibre = other & ~small & ((table["elongation"] > _LONG) | (table["fill"] < _BENT))
    faint = other & ~small & ~fibre & ((table["contrast"] < _FAINT) | (dimness < _DIM))
    rest = other & ~small & ~fibre & ~faint
    named = ("fibres", fibre), ("too small", small), ("too faint", faint), ("other shapes", rest)
    return [(name, int(np.count_nonzero(which))) for name, which in named]


def _number(value: float) -> str:
    """Three digits are plenty."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
