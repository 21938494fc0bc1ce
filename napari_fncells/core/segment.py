"""From a score map to labelled cells: cutoff, clean-up, splitting, numbering."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.clean import drop_cells, number_pieces, smooth_mask
from napari_fncells.core.cutoff import cutoff_of, threshold
from napari_fncells.core.labels import Labels, in_reading_order
from napari_fncells.core.likeness import judge_steps, likely_cells, likeness_map
from napari_fncells.core.offset import move_outlines
from napari_fncells.core.params import AUTO, MEAN_SD, PRESETS, DraftParams, preset
from napari_fncells.core.relief import against_surroundings, relief
from napari_fncells.core.score import ScoreMap, meaning_of, score_map
from napari_fncells.core.scorer import Scorer, model_steps
from napari_fncells.core.split import split_clumps
from napari_fncells.core.steps import finish
from napari_fncells.core.tiling.draft import cut_tiles, draft_tiles

MODEL = "model"
"""Method of drafts by a model; which one, the parameters say."""
LARGE = 64_000_000
"""Pixels; a larger picture is drafted tile by tile."""
_TOO_LARGE = (
    "The picture is too large to judge its pieces one by one: it was cut at mean + SD and cleaned."
)


@dataclass(frozen=True)
class Draft:
    """A proposed mask and where it came from.

    Attributes
    ----------
    labels
        (Y, X) uint16 (uint32 above 65,535 cells), 0 = background, cells 1..n.
    score
        The scores it was cut from: the score map, against the surroundings for local methods.
    cutoff
        The score above which a pixel belongs to a cell.
    method
        Name of the preset, 'model', or 'threshold' for other parameters.
    params
        All parameters.
    words
        What was chosen by itself and why; empty where nothing was.
    """

    labels: Labels
    score: ScoreMap
    cutoff: float
    method: str
    params: DraftParams
    words: str = ""


def draft(
    image: NDArray[np.generic],
    params: DraftParams | str = AUTO,
    pixel_size: float | None = None,
    *,
    exact: bool = False,
    scorer: Scorer | None = None,
) -> Draft:
    """Propose a mask for a picture by an adaptive threshold or by a model.

    Parameters
    ----------
    image
        (Y, X) or (Y, X, C), any real dtype.
    params
        Parameters, or the name of a preset.
    pixel_size
        Side of a pixel in µm, where known.
    exact
        Whether wide filters are done at full scale, too.
    scorer
        Runs the model, where the parameters name one.

    Raises
    ------
    ParameterError
        For an unknown preset, an array that is no picture, sizes in µm without a pixel size, or
        a model without a scorer.
    """
    return finish(draft_steps(image, params, pixel_size, exact=exact, scorer=scorer))


def draft_steps(
    image: NDArray[np.generic],
    params: DraftParams | str = AUTO,
    pixel_size: float | None = None,
    *,
    exact: bool = False,
    scorer: Scorer | None = None,
) -> Generator[str, None, Draft]:
    """Do what `draft` does in steps, yielding in words what comes next; returns the Draft."""
    chosen = preset(params) if isinstance(params, str) else params
    method = params if isinstance(params, str) else method_name(params)
    sized = chosen.in_pixels(pixel_size)
    large = image.ndim > 1 and image.shape[0] * image.shape[1] > LARGE
    if sized.by_likeness and large:
        found = yield from draft_steps(image, MEAN_SD, pixel_size, exact=exact)
        return replace(found, words=f"{_TOO_LARGE} {found.words}")
    if sized.by_likeness:
        judged = yield from judge_steps(image, sized)
        cutoff = sized.cutoff.amount
        labels = in_reading_order(likely_cells(judged, cutoff, sized))
        return Draft(labels, likeness_map(judged), cutoff, method, chosen, judged.words)
    if sized.by_model:
        score = yield from model_steps(image, sized, scorer)
        if large:
            tiled = yield from cut_tiles(score.values, sized)
            labels, words = np.asarray(tiled.labels), " ".join(score.notices)
            return Draft(labels, score, tiled.cutoff, method, chosen, words)
    elif large and not exact:
        return (yield from _by_tiles(image, sized, method, chosen))
    else:
        yield "Computing the score map"
        score = score_map(image, sized.score, exact=exact)
        score = relief(score, sized.cutoff, exact=exact)
    yield "Cutting and cleaning up"
    cutoff = cutoff_of(score.values, sized.cutoff)
    labels = in_reading_order(cells_of(score, cutoff, sized))
    return Draft(labels, score, cutoff, method, chosen, " ".join(score.notices))


def _by_tiles(
    image: NDArray[np.generic], sized: DraftParams, method: str, chosen: DraftParams
) -> Generator[str, None, Draft]:
    """The same draft of a large picture, in a fraction of the memory."""
    tiled = yield from draft_tiles(image, sized)
    meaning = meaning_of(sized.score)
    if sized.cutoff.local:
        meaning = against_surroundings(meaning)
    plain = not (sized.score.contrast or sized.cutoff.local or image.dtype.kind == "f")
    score = ScoreMap(np.asarray(tiled.scores), meaning, 1.0 if plain else 0.0)
    words = "The picture is large: it was drafted part by part, with the result of the whole."
    return Draft(np.asarray(tiled.labels), score, tiled.cutoff, method, chosen, words)


def method_name(params: DraftParams) -> str:
    """Name of the preset with these parameters, 'model', else 'threshold'."""
    if params.by_model:
        return MODEL
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
        Cutoff and clean-up, sizes in px; those of 'mean-sd' where omitted.
    cutoff
        Overrides the cutoff that `params` asks for, in the score's own units.

    Returns
    -------
    ndarray
        (Y, X) uint16, or uint32 above 65,535 cells; 0 = background, cells 1..n, 8-connected.
    """
    params = params or preset(MEAN_SD)
    measured = relief(score, params.cutoff)
    if cutoff is None:
        cutoff = cutoff_of(measured.values, params.cutoff)
    return in_reading_order(cells_of(measured, cutoff, params))


def cells_of(measured: ScoreMap, cutoff: float, params: DraftParams) -> NDArray[np.int32]:
    """Cells above a cutoff, cleaned, split, with their outlines moved; any numbers, int32.

    Parameters
    ----------
    measured
        The relief.
    cutoff
        In its units.
    params
        Sizes in px.
    """
    return cells_in(mask_of(measured, cutoff, params), measured, params)


def mask_of(measured: ScoreMap, cutoff: float, params: DraftParams) -> NDArray[np.bool_]:
    """Pixels above a cutoff, holes filled, smoothed; small pieces are in it yet."""
    return smooth_mask(threshold(measured, cutoff, params.cutoff), params.clean_up)


def cells_in(
    mask: NDArray[np.bool_], measured: ScoreMap, params: DraftParams
) -> NDArray[np.int32]:
    """Cells of what `mask_of` gave."""
    clean_up = params.clean_up
    cells = split_clumps(number_pieces(mask, clean_up), measured.values, clean_up)
    return drop_cells(move_outlines(cells, clean_up.outline_offset), clean_up)
