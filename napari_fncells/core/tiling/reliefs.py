"""Scores of large pictures against their surroundings; see `relief.relief`."""

from __future__ import annotations

import cv2
import numpy as np

from napari_fncells.core.blur import Plane
from napari_fncells.core.distribution import Readable
from napari_fncells.core.params import CutoffParams, ScoreParams
from napari_fncells.core.relief import (
    RELIEFS,
    frame_of,
    window_side,
    window_sigma,
)
from napari_fncells.core.score import is_flat
from napari_fncells.core.tiling.fields import Field, Local
from napari_fncells.core.tiling.halo import window_halo
from napari_fncells.core.tiling.passes import copy
from napari_fncells.core.tiling.scores import Scoring
from napari_fncells.core.tiling.work import Steps


def write_scores(
    scoring: Scoring, image: Readable, score: ScoreParams, cutoff: CutoffParams
) -> Steps[None]:
    """Write the scores of a picture that a cutoff is one number for.

    Parameters
    ----------
    scoring
        Where to and how.
    image
        (Y, X) or (Y, X, C).
    score, cutoff
        Sizes in px.
    """
    field = yield from scoring.field(image, score)
    yield from copy(field, scoring.target, scoring.side, "Computing the score map")
    if cutoff.local:
        relief = yield from _relief(scoring, field, cutoff)
        yield from copy(relief, scoring.target, scoring.side, "Comparing with the surroundings")


def _relief(scoring: Scoring, field: Field, params: CutoffParams) -> Steps[Field]:
    if is_flat(scoring.target):
        return Local((field,), np.zeros_like)
    side = window_side(field.shape, params)
    if params.method == "local_gaussian":
        level = yield from scoring.blurred(field, window_sigma(side), cv2.BORDER_REFLECT)
        return Local((field, level), np.subtract)
    frame = frame_of(scoring.target, params)
    against = RELIEFS[params.method]

    def act(values: Plane) -> Plane:
        return against(values, side, frame, False)

    return Local((field,), act, window_halo(side))
