"""Drafts of one picture, each made from what the last one has left as it was."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import ceil, sqrt
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.draft import AutoResult
from napari_fncells.core.blur import Plane, enlarged, reduced, wide_gaussian
from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.intensity import intensity
from napari_fncells.core.labels import Labels, in_reading_order
from napari_fncells.core.likeness import judge_steps, likely_cells, likeness_map
from napari_fncells.core.params import DraftParams
from napari_fncells.core.regions import RegionTable, piece_areas, region_table
from napari_fncells.core.relief import relief
from napari_fncells.core.score import ScoreMap, plane_score
from napari_fncells.core.scorer import Scorer, model_steps
from napari_fncells.core.segment import Draft, cells_in, mask_of, method_name
from napari_fncells.core.steps import finish

Result = TypeVar("Result")

_QUICK = 500_000
"""px; scores of no more are computed for a quick look."""
_WIDE = 6.0
"""px; smoothing by less takes no time."""


class _Setting(NamedTuple):
    """Parameters in px, those of the score as they are where `step` x `step` px are one."""

    params: DraftParams
    score: DraftParams
    step: int = 1


class Pipeline:
    """The stages of a draft, each kept until what it depends on changes.

    Any thread may call; calls wait for one another. What is returned is kept and must not be
    written to. Only the newest of each stage is kept.

    Parameters
    ----------
    pixels
        (Y, X) or (Y, X, C), any real dtype; read, never written.
    pixel_size
        Side of a pixel in µm, where known.
    exact
        Whether wide filters are done at full scale, too.
    scorer
        Runs the models that parameters name.

    Notes
    -----
    With `quick`, for a look while a slider is dragged, scores are those of a smaller picture, made
    by block means, brought back to the size of the whole; so that a look takes some ten
    milliseconds however slow a filter is. Where filters are narrow, they are not.
    """

    def __init__(
        self,
        pixels: NDArray[np.generic],
        pixel_size: float | None = None,
        *,
        exact: bool = False,
        scorer: Scorer | None = None,
    ) -> None:
        self._pixels = pixels
        self._scorer = scorer
        self._pixel_size = pixel_size
        self._exact = exact
        self._kept: dict[tuple[str, bool], tuple[Hashable, Any]] = {}
        self._lock = Lock()

    def plane(self, params: DraftParams) -> Plane:
        """The intensity looked at: (Y, X) float32."""
        with self._lock:
            return self._plane(_Setting(params, params))

    def score(self, params: DraftParams, *, quick: bool = False) -> ScoreMap:
        """The score map; see `score.score_map`."""
        with self._lock:
            at = self._setting(params, quick)
            return self._enlarged(self._score(at), at)

    def relief(self, params: DraftParams, *, quick: bool = False) -> ScoreMap:
        """The scores that the cutoff is found in: for local methods, against the surroundings."""
        with self._lock:
            return self._relief(self._setting(params, quick))

    def cutoff(self, params: DraftParams, *, quick: bool = False) -> float:
        """The cutoff that the parameters ask for, in the relief's units."""
        with self._lock:
            return self._cutoff(self._setting(params, quick))

    def mask(
        self, params: DraftParams, cutoff: float | None = None, *, quick: bool = False
    ) -> NDArray[np.bool_]:
        """Pixels above a cutoff, holes filled, smoothed; small pieces are in it yet.

        Parameters
        ----------
        params
            All of them.
        cutoff
            In place of the one that they ask for.
        quick
            Whether by the scores of a smaller picture.
        """
        with self._lock:
            return self._mask(self._setting(params, quick), cutoff)

    def labels(
        self, params: DraftParams, cutoff: float | None = None, *, quick: bool = False
    ) -> Labels:
        """The cells: see `mask` and `segment.segment`."""
        with self._lock:
            return self._labels(self._setting(params, quick), cutoff)

    def regions(
        self, params: DraftParams, cutoff: float | None = None, *, quick: bool = False
    ) -> RegionTable:
        """Areas, boxes, centroids and intensities of `labels`."""
        with self._lock:
            at = self._setting(params, quick)
            labels, plane = self._labels(at, cutoff), self._plane(at)
            key = self._labels_key(at, cutoff), at.params.score.channel
            return self._keep("regions", at, key, lambda: region_table(labels, plane))

    def areas(
        self, params: DraftParams, *, cutoff: float | None = None, quick: bool = False
    ) -> NDArray[np.int64]:
        """Areas in px² of all pieces of the mask, before any is dropped or cut."""
        with self._lock:
            return piece_areas(self._mask(self._setting(params, quick), cutoff))

    def draft(
        self, params: DraftParams, *, cutoff: float | None = None, quick: bool = False
    ) -> Draft:
        """The draft with these parameters; see `segment.draft`.

        Raises
        ------
        ParameterError
            For parameters that do not fit the picture.
        """
        with self._lock:
            at = self._setting(params, quick)
            score, labels = self._relief(at), self._labels(at, cutoff)
            found = self._cutoff(at) if cutoff is None else cutoff
            words = self._judged(at).words if at.params.by_likeness else " ".join(score.notices)
        return Draft(labels, score, found, method_name(params), params, words)

    def _setting(self, params: DraftParams, quick: bool) -> _Setting:
        sized = params.in_pixels(self._pixel_size)
        rows, columns = self._pixels.shape[:2]
        step = min(ceil(sqrt(rows * columns / _QUICK)), rows, columns)
        if not quick or step <= 1 or not _slow(sized):
            return _Setting(sized, sized)
        try:
            # As if a pixel were 1 µm wide, and one of the smaller picture `step` µm
            return _Setting(sized, sized.in_unit("um", 1.0).in_pixels(float(step)), step)
        except ParameterError:
            return _Setting(sized, sized)

    def _plane(self, at: _Setting) -> Plane:
        channel = at.params.score.channel
        whole = at._replace(step=1)
        return self._keep("plane", whole, channel, lambda: intensity(self._pixels, channel))

    def _seen(self, at: _Setting) -> Plane:
        """The plane at the scale that scores are computed at."""
        if at.step == 1:
            return self._plane(at)
        channel = at.params.score.channel
        return self._keep("seen", at, channel, lambda: reduced(self._plane(at), at.step))

    def _smoothed(self, at: _Setting) -> Plane:
        score = at.score.score
        return self._keep(
            "smoothed",
            at,
            (score.channel, score.smoothing),
            lambda: wide_gaussian(self._seen(at), score.smoothing, exact=self._exact),
        )

    def _score(self, at: _Setting) -> ScoreMap:
        if at.params.by_model:
            return self._probability(at)
        score = at.score.score
        least = 0.0 if self._pixels.dtype.kind == "f" else 1.0

        def make() -> ScoreMap:
            smooth = self._smoothed(at)
            return plane_score(self._seen(at), score, least, exact=self._exact, smooth=smooth)

        return self._keep("score", at, score, make)

    def _probability(self, at: _Setting) -> ScoreMap:
        """What a model makes of the picture, at full scale."""
        return self._keep(
            "probability",
            at._replace(step=1),
            at.params.model,
            lambda: finish(model_steps(self._pixels, at.params, self._scorer)),
        )

    def _judged(self, at: _Setting) -> AutoResult:
        """The pieces of the picture, judged."""
        return self._keep(
            "judged",
            at._replace(step=1),
            at.params.score.channel,
            lambda: finish(judge_steps(self._pixels, at.params)),
        )

    def _relief(self, at: _Setting) -> ScoreMap:
        cut = at.score.cutoff

        if at.params.by_likeness:
            return likeness_map(self._judged(at))
        if at.params.by_model:
            return self._probability(at)

        def make() -> ScoreMap:
            return self._enlarged(relief(self._score(at), cut, exact=self._exact), at)

        key = (at.params.score, cut.local and (cut.method, cut.window))
        return self._keep("relief", at, key, make)

    def _cutoff(self, at: _Setting) -> float:
        score, cut = _scored_by(at.params), at.params.cutoff
        key = (score, cut.method, cut.amount, cut.local and cut.window)
        return self._keep("cutoff", at, key, lambda: cutoff_of(self._relief(at).values, cut))

    def _mask_key(self, at: _Setting, cutoff: float | None) -> Hashable:
        up = at.params.clean_up
        found = self._cutoff(at) if cutoff is None else cutoff
        four = up.split == "fnc_v1"
        by, cut = _scored_by(at.params), at.params.cutoff
        return by, cut, found, up.hole_area, up.opening, up.closing, four

    def _mask(self, at: _Setting, cutoff: float | None) -> NDArray[np.bool_]:
        def make() -> NDArray[np.bool_]:
            found = self._cutoff(at) if cutoff is None else cutoff
            if at.params.by_likeness:
                return self._judged(at).labels_at(found) > 0
            return mask_of(self._relief(at), found, at.params)

        return self._keep("mask", at, self._mask_key(at, cutoff), make)

    def _labels_key(self, at: _Setting, cutoff: float | None) -> Hashable:
        return self._mask_key(at, cutoff), at.params.clean_up

    def _labels(self, at: _Setting, cutoff: float | None) -> Labels:
        def make() -> Labels:
            if at.params.by_likeness:
                found = self._cutoff(at) if cutoff is None else cutoff
                return in_reading_order(likely_cells(self._judged(at), found, at.params))
            labels = in_reading_order(
                cells_in(self._mask(at, cutoff), self._relief(at), at.params)
            )
            labels.flags.writeable = False
            return labels

        return self._keep("labels", at, self._labels_key(at, cutoff), make)

    def _enlarged(self, score: ScoreMap, at: _Setting) -> ScoreMap:
        """The scores at the size of the whole picture."""
        if at.step == 1:
            return score
        rows, columns = self._pixels.shape[:2]
        values = np.ascontiguousarray(enlarged(score.values, at.step)[:rows, :columns])
        return ScoreMap(values, score.meaning, score.step)

    def _keep(self, stage: str, at: _Setting, key: Hashable, make: Callable[[], Result]) -> Result:
        """What a stage made of the same parameters last time, else what it makes now."""
        place = stage, at.step > 1
        known = self._kept.get(place)
        if known is not None and known[0] == key:
            found: Result = known[1]
            return found
        self._kept.pop(place, None)
        made = make()
        self._kept[place] = key, made
        return made


def _scored_by(params: DraftParams) -> Hashable:
    """What a score map depends on, beside the picture."""
    return params.model or params.score


def _slow(params: DraftParams) -> bool:
    """Whether wide filters are asked for; narrow ones are quick enough as they are."""
    score = params.score
    wide = score.smoothing >= _WIDE or score.background or score.contrast
    if params.by_likeness or params.by_model:
        return False
    return bool(wide or score.blobs != "none" or params.cutoff.local)
