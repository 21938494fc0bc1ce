"""Codes by which a picture shows the states of its cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.geometry import Box
from napari_fncells.core.line_drawing import outline_of
from napari_fncells.core.objects import ObjectState

OUTLINE = 16
"""Added to the code of a state where a pixel lies on a cell's outline."""
SELECTED = 30
"""Code of the outline of the selected cell."""
PROPOSED = 31
"""Code of the dashed outline of the missed-cell candidate that is looked at."""
CANDIDATE = 29
"""Code of the dashed outlines of the other candidates."""
IGNORED = 8
"""Code of the inside of an ignored cell, whatever its state; its outline as for the states."""
CLASSES = 64
"""Code of the inside of cells of the first class, where something else than the state is told."""
VEIL, HATCH, RIM = 32, 33, 34
"""Codes of ignored ground: between the lines, the lines, and along the region's edge."""
HALO = 3
"""A change of pixels changes codes no farther than this from it, in px."""
CODES: dict[ObjectState, int] = {state: code for code, state in enumerate(ObjectState, start=1)}
"""Code of the inside of a cell in a state; 0 is background."""
TILE = 1024
"""A large part of the picture is worked out in squares of this side, in px."""


def draft_codes(labels: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Codes of labels that are all as drafted: (Y, X) uint8."""
    return state_codes(labels, {}, ObjectState.DRAFT)


def state_codes(
    labels: NDArray[np.integer], states: Mapping[int, ObjectState], other: ObjectState
) -> NDArray[np.uint8]:
    """Codes of labels by the states of their cells: (Y, X) uint8.

    Parameters
    ----------
    labels
        (Y, X) instance labels, 0 = background.
    states
        Of cells by their id.
    other
        Of all other cells.
    """
    table = np.full(int(labels.max(initial=0)) + 1, CODES[other], np.uint8)
    table[0] = 0
    for i, state in states.items():
        table[i] = CODES[state]
    codes = np.zeros(labels.shape, np.uint8)
    for tile in Box.whole(labels.shape).tiles(TILE):
        window = tile.padded(HALO).clip(labels.shape)
        part = labels[window.slices]
        shown = table[part] + outline_of(part).view(np.uint8) * np.uint8(OUTLINE)
        codes[tile.slices] = shown[tile.within(window)]
    return codes
