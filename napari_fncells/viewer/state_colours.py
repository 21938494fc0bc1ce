"""Colours of the codes by which a picture shows the states of its cells."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from napari.utils.colormaps import DirectLabelColormap
from napari.utils.colormaps.standardize_color import transform_color

from napari_fncells.core.objects import ObjectState
from napari_fncells.core.state_codes import (
    CANDIDATE,
    CLASSES,
    CODES,
    HATCH,
    IGNORED,
    OUTLINE,
    PROPOSED,
    RIM,
    SELECTED,
    VEIL,
)
from napari_fncells.viewer.palette import (
    CANDIDATE_COLOUR,
    IGNORED_COLOUR,
    SELECTED_COLOUR,
    STATE_COLOURS,
)

_FILL = 0.38  # of the colour of the outline
_VEIL, _HATCHING = 0.22, 0.6


def state_colormap(
    states: Collection[ObjectState], class_colours: Sequence[str], *, filled: bool
) -> DirectLabelColormap:
    """Colours of the codes: a cell's outline in full, its inside fainter.

    Parameters
    ----------
    states
        Those whose cells are shown.
    class_colours
        Of the classes of a colouring.
    filled
        Whether cells are filled.
    """
    clear = transform_color("#00000000")[0]
    colours: dict[int | None, Any] = {None: clear, 0: clear}
    for state, code in CODES.items():
        outline = transform_color(STATE_COLOURS[state])[0]
        inside = outline * (1, 1, 1, _FILL if filled else 0)
        shown = state in states
        colours[code] = inside if shown else clear
        colours[code + OUTLINE] = outline if shown else clear
    for number, colour in enumerate(class_colours):
        outline = transform_color(colour)[0]
        colours[CLASSES + number] = outline * (1, 1, 1, _FILL if filled else 0)
        colours[CLASSES + number + OUTLINE] = outline
    colours[CANDIDATE] = transform_color(CANDIDATE_COLOUR)[0]
    colours[SELECTED] = colours[PROPOSED] = transform_color(SELECTED_COLOUR)[0]
    ignored = transform_color(IGNORED_COLOUR)[0]
    colours[IGNORED], colours[IGNORED + OUTLINE] = clear, ignored
    colours[RIM] = ignored
    colours[VEIL], colours[HATCH] = ignored * (1, 1, 1, _VEIL), ignored * (1, 1, 1, _HATCHING)
    return DirectLabelColormap(color_dict=colours)
