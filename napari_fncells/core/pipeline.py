"""Drafts of one picture, each made from what the last one has left as it was."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blur import Plane
from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.intensity import intensity
from napari_fncells.core.labels import in_reading_order
from napari_fncells.core.params import DraftParams
from napari_fncells.core.regions import piece_areas
from napari_fncells.core.relief import relief
from napari_fncells.core.score import ScoreMap, plane_score
from napari_fncells.core.segment import Draft, cells_in, mask_of, method_name

Result = TypeVar("Result")


class Pipeline:
    """The stages of a draft, each kept until what it depends on changes.

    Any thread may call; calls wait for one another.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), any real dtype; read, never written.
    pixel_size
        Side of a pixel in µm, where known.
    """

    def __init__(self, pixels: NDArray[np.generic], pixel_size: float | None = None) -> None:
        self._pixels = pixels
        self._pixel_size = pixel_size
        self._kept: dict[str, tuple[Hashable, Any]] = {}
        self._lock = Lock()

    def draft(self, params: DraftParams, *, cutoff: float | None = None) -> Draft:
        """The draft with these parameters; see `segment.draft`.

        Parameters
        ----------
        params
            All of them.
        cutoff
            In place of the one that they ask for.

        Raises
        ------
        ParameterError
            For parameters that do not fit the picture.
        """
        sized = params.in_pixels(self._pixel_size)
        with self._lock:
            score = self._relief(sized)
            at = self._cutoff(sized) if cutoff is None else cutoff
            labels = in_reading_order(cells_in(self._mask(sized, at), score, sized))
        return Draft(labels, score, at, method_name(params), params)

    def relief(self, params: DraftParams) -> ScoreMap:
        """The scores that the cutoff is found in: for local methods, against the surroundings."""
        sized = params.in_pixels(self._pixel_size)
        with self._lock:
            return self._relief(sized)

    def areas(self, params: DraftParams, *, cutoff: float | None = None) -> NDArray[np.int64]:
        """Areas in px² of all pieces of the mask, before any is dropped or cut."""
        sized = params.in_pixels(self._pixel_size)
        with self._lock:
            at = self._cutoff(sized) if cutoff is None else cutoff
            return piece_areas(self._mask(sized, at))

    def _relief(self, params: DraftParams) -> ScoreMap:
        plane = self._keep("plane", params.score.channel, lambda: self._plane(params))
        step = 0.0 if self._pixels.dtype.kind == "f" else 1.0
        score = self._keep("score", params.score, lambda: plane_score(plane, params.score, step))
        cut = params.cutoff
        return self._keep(
            "relief",
            (params.score, cut.local and (cut.method, cut.window)),
            lambda: relief(score, cut),
        )

    def _cutoff(self, params: DraftParams) -> float:
        score = self._relief(params)
        key = (params.score, params.cutoff)
        return self._keep("cutoff", key, lambda: cutoff_of(score.values, params.cutoff))

    def _mask(self, params: DraftParams, cutoff: float) -> NDArray[np.bool_]:
        score, up = self._relief(params), params.clean_up
        key = (params.score, params.cutoff, cutoff, up.hole_area, up.opening, up.closing, up.split)
        return self._keep("mask", key, lambda: mask_of(score, cutoff, params))

    def _plane(self, params: DraftParams) -> Plane:
        return intensity(self._pixels, params.score.channel)

    def _keep(self, stage: str, key: Hashable, make: Callable[[], Result]) -> Result:
        """What a stage made of the same parameters last time, else what it makes now."""
        known = self._kept.get(stage)
        if known is not None and known[0] == key:
            found: Result = known[1]
            return found
        made = make()
        self._kept[stage] = key, made
        return made
