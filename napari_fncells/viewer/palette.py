"""Colours by which the state of a cell is told."""

from __future__ import annotations

from napari_fncells.core.objects import ObjectState

STATE_COLOURS: dict[ObjectState, str] = {
    ObjectState.DRAFT: "#35c9ff",
    ObjectState.ACCEPTED: "#ffffff",
    ObjectState.ADDED: "#ff5ad9",
    ObjectState.EDITED: "#9b8cff",
    ObjectState.UNSURE: "#ff9d3c",
    ObjectState.REMOVED: "#b8b8b8",
}
"""Told apart from yellow, red and green cells and, by their lightness, from each other by the
colour-blind; unsure and removed ones have a dashed outline, too."""

STATE_TITLES: dict[ObjectState, str] = {
    ObjectState.DRAFT: "as drafted",
    ObjectState.ACCEPTED: "accepted",
    ObjectState.ADDED: "added",
    ObjectState.EDITED: "edited",
    ObjectState.UNSURE: "unsure",
    ObjectState.REMOVED: "removed",
}
"""In words, as the status bar, the legend and the counts say them."""

IGNORED_COLOUR = "#a9c0cc"
"""Hatching of ignored regions, and outlines of the cells in them."""

SELECTED_COLOUR = "#ffe600"
"""Outline of the cell that was clicked or walked to."""

CANDIDATE_COLOUR = "#d8c860"
"""Dashed outlines of what may be missed cells; the one looked at is highlighted."""

TRUTH_COLOUR = "#2effa6"
"""Outlines of ground truth that came with a data set: none of the colours of states."""

SIZE_COLOURS = ("#7ad0ff", "#8f9bff", "#c77dff", "#ff6fb5", "#ff9a5c", "#ffe14d")
"""From small to large: hue and lightness both tell the order, on a dark picture."""

DOUBT_COLOURS = ("#4fb3ff", "#9fd3e8", "#e8e2b0", "#ffb44d", "#ff5c4d")
"""From sure to doubtful, by way of a pale middle."""

COMPARISON_COLOURS = ("#4fc3f7", "#ff8f1f", "#ff6fe0")
"""In both masks, in this one alone, in the other alone: blue, orange and pink, which no kind of
colour blindness takes for one another."""

MASK_OPACITY = 0.9
"""Of the mask and of the states above it, at first."""

PREVIEW_COLOUR = "#b6ff3c"
"""Cells of a draft that is looked at before it is applied."""
