"""From a score map to labelled cells: cutoff, clean-up, splitting, numbering."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.clean import clean_mask
from napari_fncells.core.labels import Labels, compact, label
from napari_fncells.core.offset import move_outlines
from napari_fncells.core.params import AUTO, PRESETS, DraftParams, preset
from napari_fncells.core.score import ScoreMap, cutoff_of, score_map
from napari_fncells.core.split import split_necks
from napari_fncells.core.steps import finish


@dataclass(frozen=True)
class Draft:
    """A proposed mask and where it came from.

    Attributes
    ----------
    labels
        (Y, X) uint16 (uint32 above 65,535 cells), 0 = background, cells 1..n.
    score
        The score map it was cut from.
    cutoff
        The score above which a pixel belongs to a cell.
    method
        Name of the preset, or 'threshold' for other parameters.
    params
        All parameters.
    """

    labels: Labels
    score: ScoreMap
    cutoff: float
    method: str
    params: DraftParams


def draft(image: NDArray[np.generic], params: DraftParams | str = AUTO) -> Draft:
    """Propose a mask for a picture by an adaptive threshold.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.
    params
        Parameters, or the name of a preset.

    Raises
    ------
    ParameterError
        For an unknown preset or an array that is no picture.
    """
    return finish(draft_steps(image, params))


def draft_steps(
    image: NDArray[np.generic], params: DraftParams | str = AUTO
) -> Generator[str, None, Draft]:
    """Do what `draft` does in steps, yielding in words what comes next; returns the Draft."""
    method = params if isinstance(params, str) else method_name(params)
    chosen = preset(params) if isinstance(params, str) else params
    yield "Computing the score map"
    score = score_map(image, chosen.score)
    yield "Cutting and cleaning up"
    cutoff = cutoff_of(score.values, chosen.cutoff)
    labels = segment(score, chosen, cutoff=cutoff)
    return Draft(labels, score, cutoff, method, chosen)


def method_name(params: DraftParams) -> str:
    """Name of the preset with these parameters, else 'threshold'."""
    return next((name for name, known in PRESETS.items() if known == params), "threshold")


def segment(
    score: ScoreMap, params: DraftParams | None = None, *, cutoff: float | None = None
) -> Labels:
    """Cut a score map into labelled cells.

    Parameters
    ----------
    score
        Scores of a picture.
    params
        Cutoff and clean-up; the default preset where omitted.
    cutoff
        Overrides the cutoff that `params` asks for, in the score's own units.

    Returns
    -------
    ndarray
        (Y, X) uint16, or uint32 above 65,535 cells; 0 = background, cells 1..n, 8-connected.
    """
    params = params or preset(AUTO)
    if cutoff is None:
        cutoff = cutoff_of(score.values, params.cutoff)
    mask = clean_mask(score.values > cutoff, params.clean_up)
    labels = label(mask)
    if params.clean_up.split == "distance":
        labels = split_necks(labels, params.clean_up)
    return compact(move_outlines(labels, params.clean_up.outline_offset))
