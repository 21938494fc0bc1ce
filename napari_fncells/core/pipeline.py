"""Drafts of one picture, each made from what the last one has left as it was."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import ceil, sqrt
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blur import Plane, reduced, wide_gaussian
from napari_fncells.core.cutoff import cutoff_of
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.intensity import intensity
from napari_fncells.core.labels import Labels, in_reading_order
from napari_fncells.core.params import Channel, DraftParams
from napari_fncells.core.regions import RegionTable, piece_areas, region_table
from napari_fncells.core.relief import relief
from napari_fncells.core.score import ScoreMap, plane_score
from napari_fncells.core.segment import Draft, cells_in, mask_of, method_name

Result = TypeVar("Result")

_QUICK = 500_000
"""px; a quick look is at no more."""


class _Setting(NamedTuple):
    """Parameters in px of the picture, or of one in which `step` x `step` px are one."""

    params: DraftParams
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

    Notes
    -----
    All methods but `plane` take `quick`: for a look while a slider is dragged, large pictures are
    made smaller first, by block means, so that the look takes some ten milliseconds whatever
    their size. What is returned is in px of the whole picture nevertheless. Sizes that are nothing
    in the smaller picture, and the splits of FNC v1, whose sizes are fixed, get a full look.
    """

    def __init__(
        self,
        pixels: NDArray[np.generic],
        pixel_size: float | None = None,
        *,
        exact: bool = False,
    ) -> None:
        self._pixels = pixels
        self._pixel_size = pixel_size
        self._exact = exact
        self._kept: dict[tuple[str, bool], tuple[Hashable, Any]] = {}
        self._lock = Lock()

    def plane(self, params: DraftParams) -> Plane:
        """The intensity looked at: (Y, X) float32."""
        with self._lock:
            return self._plane(_Setting(params))

    def score(self, params: DraftParams, *, quick: bool = False) -> ScoreMap:
        """The score map; see `score.score_map`."""
        with self._lock:
            at = self._setting(params, quick)
            return self._enlarged(self._score(at), at)

    def relief(self, params: DraftParams, *, quick: bool = False) -> ScoreMap:
        """The scores that the cutoff is found in: for local methods, against the surroundings."""
        with self._lock:
            at = self._setting(params, quick)
            return self._enlarged(self._relief(at), at)

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
            Of a smaller picture.
        """
        with self._lock:
            at = self._setting(params, quick)
            return self._whole(self._mask(at, cutoff), at)

    def labels(
        self, params: DraftParams, cutoff: float | None = None, *, quick: bool = False
    ) -> Labels:
        """The cells: see `mask` and `segment.segment`."""
        with self._lock:
            at = self._setting(params, quick)
            return self._whole(self._labels(at, cutoff), at)

    def regions(
        self, params: DraftParams, cutoff: float | None = None, *, quick: bool = False
    ) -> RegionTable:
        """Areas, boxes, centroids and intensities of `labels`, in px of the whole picture."""
        with self._lock:
            at = self._setting(params, quick)
            key = self._labels_key(at, cutoff)

            def make() -> RegionTable:
                return region_table(self._whole(self._labels(at, cutoff), at), self._plane(at))

            return self._keep("regions", at, key, make)

    def areas(
        self, params: DraftParams, *, cutoff: float | None = None, quick: bool = False
    ) -> NDArray[np.int64]:
        """Areas in px² of all pieces of the mask, before any is dropped or cut."""
        with self._lock:
            at = self._setting(params, quick)
            return piece_areas(self._mask(at, cutoff)) * at.step**2

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
            score = self._enlarged(self._relief(at), at)
            found = self._cutoff(at) if cutoff is None else cutoff
            labels = self._whole(self._labels(at, cutoff), at)
        return Draft(labels, score, found, method_name(params), params)

    def _setting(self, params: DraftParams, quick: bool) -> _Setting:
        sized = params.in_pixels(self._pixel_size)
        rows, columns = self._pixels.shape[:2]
        step = ceil(sqrt(rows * columns / _QUICK)) if quick else 1
        step = min(step, rows, columns)
        if step <= 1 or sized.clean_up.split == "fnc_v1":
            return _Setting(sized)
        try:
            # As if a pixel were 1 µm wide, and one of the smaller picture `step` µm
            return _Setting(sized.in_unit("um", 1.0).in_pixels(float(step)), step)
        except ParameterError:
            return _Setting(sized)

    def _plane(self, at: _Setting) -> Plane:
        channel = at.params.score.channel
        return self._keep("plane", _Setting(at.params), channel, lambda: self._intensity(channel))

    def _intensity(self, channel: Channel) -> Plane:
        return intensity(self._pixels, channel)

    def _smoothed(self, at: _Setting) -> Plane:
        score = at.params.score

        def make() -> Plane:
            plane = self._plane(at) if at.step == 1 else reduced(self._plane(at), at.step)
            return wide_gaussian(plane, score.smoothing, exact=self._exact)

        return self._keep("smoothed", at, (score.channel, score.smoothing), make)

    def _score(self, at: _Setting) -> ScoreMap:
        score = at.params.score
        least = 0.0 if self._pixels.dtype.kind == "f" else 1.0

        def make() -> ScoreMap:
            smooth = self._smoothed(at)
            return plane_score(self._plane(at), score, least, exact=self._exact, smooth=smooth)

        return self._keep("score", at, score, make)

    def _relief(self, at: _Setting) -> ScoreMap:
        score, cut = at.params.score, at.params.cutoff
        key = (score, cut.local and (cut.method, cut.window))
        return self._keep(
            "relief", at, key, lambda: relief(self._score(at), cut, exact=self._exact)
        )

    def _cutoff(self, at: _Setting) -> float:
        score, cut = at.params.score, at.params.cutoff
        key = (score, cut.method, cut.amount, cut.local and cut.window)
        return self._keep("cutoff", at, key, lambda: cutoff_of(self._relief(at).values, cut))

    def _mask_key(self, at: _Setting, cutoff: float | None) -> Hashable:
        up = at.params.clean_up
        found = self._cutoff(at) if cutoff is None else cutoff
        four = up.split == "fnc_v1"
        return at.params.score, at.params.cutoff, found, up.hole_area, up.opening, up.closing, four

    def _mask(self, at: _Setting, cutoff: float | None) -> NDArray[np.bool_]:
        def make() -> NDArray[np.bool_]:
            found = self._cutoff(at) if cutoff is None else cutoff
            return mask_of(self._relief(at), found, at.params)

        return self._keep("mask", at, self._mask_key(at, cutoff), make)

    def _labels_key(self, at: _Setting, cutoff: float | None) -> Hashable:
        return self._mask_key(at, cutoff), at.params.clean_up

    def _labels(self, at: _Setting, cutoff: float | None) -> Labels:
        def make() -> Labels:
            labels = in_reading_order(
                cells_in(self._mask(at, cutoff), self._relief(at), at.params)
            )
            labels.flags.writeable = False
            return labels

        return self._keep("labels", at, self._labels_key(at, cutoff), make)

    def _enlarged(self, score: ScoreMap, at: _Setting) -> ScoreMap:
        return ScoreMap(self._whole(score.values, at), score.meaning, score.step)

    def _whole(self, small: NDArray[Any], at: _Setting) -> NDArray[Any]:
        """Each pixel of the smaller picture as the block that it stands for."""
        if at.step == 1:
            return small
        rows, columns = self._pixels.shape[:2]
        large = np.repeat(np.repeat(small, at.step, axis=0), at.step, axis=1)
        return np.ascontiguousarray(large[:rows, :columns])

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
