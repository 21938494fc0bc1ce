"""How far around a pixel its result depends on others."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from napari_fncells.core.blobs import answer_reach, sigmas
from napari_fncells.core.blur import gaussian_reach
from napari_fncells.core.params import CutoffParams, DraftParams, ScoreParams
from napari_fncells.core.relief import median_step


class Halo(NamedTuple):
    """How far each stage of a draft looks, in px, apart from figures of the whole picture.

    Cells are what they are as wholes: however far a piece reaches.
    """

    score: int
    surroundings: int
    smoothing: int
    """Of the mask, by opening and closing."""
    outline: int

    @property
    def total(self) -> int:
        """Of all stages one after the other."""
        return sum(self)


def halo_of(params: DraftParams) -> Halo:
    """How far each stage of a draft looks; sizes of the parameters in px."""
    clean_up = params.clean_up
    return Halo(
        _score_halo(params.score),
        _surroundings_halo(params.cutoff),
        2 * (clean_up.opening + clean_up.closing),
        outline_halo(clean_up.outline_offset),
    )


def window_halo(side: int) -> int:
    """How far the square window of an odd side looks, the grid of medians included."""
    return side // 2 + 2 * median_step(side)


def outline_halo(offset: float) -> int:
    """How far an outline that is moved looks."""
    return ceil(abs(offset)) + 2 if offset else 0


def _surroundings_halo(params: CutoffParams) -> int:
    if not params.local:
        return 0
    side = int(params.window) | 1
    if params.method == "local_gaussian":
        return gaussian_reach((side - 1) / 6)
    return window_halo(side)


def _score_halo(params: ScoreParams) -> int:
    smooth = gaussian_reach(params.smoothing)
    ground = 0
    if params.background:
        size = params.background
        ground = ceil(2 * size) if params.ground != "gaussian" else 2 * gaussian_reach(size)
    blobs = 0
    if params.blobs != "none":
        blobs = answer_reach(sigmas(params.blob_min, params.blob_max)[-1])
    contrast = gaussian_reach(params.contrast) if params.contrast else 0
    return max(smooth, ground) + blobs + contrast
