"""Drafts by likeness: pieces of a picture at any level, judged as cells."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.draft import AutoResult, auto_steps
from napari_fncells.core.clean import drop_cells
from napari_fncells.core.intensity import intensity
from napari_fncells.core.offset import move_outlines
from napari_fncells.core.params import DraftParams
from napari_fncells.core.score import ScoreMap

MEANING = "likeness to a cell, 0 to 1"


def judge_steps(
    image: NDArray[np.generic], params: DraftParams
) -> Generator[str, None, AutoResult]:
    """Judge the pieces of a picture, in the channel that is asked for.

    Raises
    ------
    ParameterError
        For an array that is no picture, or a channel that it has not.
    """
    channel = params.score.channel
    plane = image if channel == "auto" else intensity(image, channel)
    return (yield from auto_steps(plane))


def likeness_map(judged: AutoResult) -> ScoreMap:
    """The likeness of the piece that holds each pixel, as a score map."""
    return ScoreMap(judged.likeness, MEANING)


def likely_cells(judged: AutoResult, cutoff: float, params: DraftParams) -> NDArray[np.int32]:
    """Cells of a likeness above a cutoff, outlines moved, those of no cell's size left out.

    Parameters
    ----------
    judged
        The pieces.
    cutoff
        In 0..1.
    params
        Clean-up, in px.
    """
    cells = move_outlines(judged.labels_at(cutoff), params.clean_up.outline_offset)
    return drop_cells(cells, params.clean_up)
