"""Score maps of large pictures; see `score.plane_score`, of which each step has its like here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.blobs import answer_of, answer_reach, sigmas
from napari_fncells.core.blur import TRANSFORM_FROM, gaussian, gaussian_reach, reduction, sigma_at
from napari_fncells.core.distribution import Readable, extremes, rough_median
from napari_fncells.core.ground import (
    ball_height,
    disk_reduction,
    median_deviation,
    opened,
    rolled,
)
from napari_fncells.core.intensity import reader
from napari_fncells.core.params import BlobMethod, GroundMethod, ScoreParams
from napari_fncells.core.score import (
    above,
    above_rounding,
    background_statistics,
    in_spreads,
    is_flat,
)
from napari_fncells.core.tiling.fields import Enlarged, Field, Held, Local, Picture, Reduced
from napari_fncells.core.tiling.passes import Writable, copy, hold
from napari_fncells.core.tiling.work import Steps


@dataclass(frozen=True)
class Scoring:
    """How score maps are worked out tile by tile.

    Attributes
    ----------
    target
        (Y, X) float32 array for the scores; what a figure of the whole picture is taken from is
        written there first.
    side
        Of a tile, in px.
    """

    target: Writable
    side: int

    def field(self, image: Readable, params: ScoreParams) -> Steps[Field]:
        """The score map of a picture."""
        plane = Picture(image, reader(image, params.channel))
        values = yield from self.blurred(plane, params.smoothing)
        if params.background:
            level = yield from self._ground(plane, params.background, params.ground)
            values = Local((values, level), above)
        if params.blobs != "none":
            sizes = sigmas(params.blob_min, params.blob_max)
            values = yield from self._blobs(values, sizes, params.blobs)
            low, high = yield from self._extremes(plane)
            values = Local((values,), partial(above_rounding, highest=max(-low, high)))
        if params.contrast:
            values = yield from self._contrast(values, params.contrast)
        return values

    def blurred(
        self, field: Field, sigma: float, border: int = cv2.BORDER_REPLICATE
    ) -> Steps[Field]:
        """Gaussian blur, at a reduced scale where sigma is wide; see `blur.wide_gaussian`."""
        factor = reduction(field.shape, sigma)
        small = yield from self._reduced(field, factor)
        blurred = _gaussian(small, sigma_at(sigma, factor), border)
        return (yield from self._enlarged(blurred, factor, field.shape))

    def _ground(self, plane: Field, size: float, method: GroundMethod) -> Steps[Field]:
        if method == "gaussian":
            return (yield from self._clipped_blur(plane, size))
        size = min(size, max(plane.shape))
        factor = disk_reduction(plane.shape, size, method)
        radius = max(round(size / factor), 1)
        small = yield from self._reduced(plane, factor)
        if method == "top_hat":
            level = Local((small,), partial(opened, radius=radius), 2 * radius)
        else:
            height = ball_height(size, *(yield from self._extremes(plane)))
            level = Local((small,), partial(rolled, radius=radius, height=height), radius)
        return (yield from self._enlarged(level, factor, plane.shape))

    def _clipped_blur(self, plane: Field, sigma: float) -> Steps[Field]:
        factor = reduction(plane.shape, sigma)
        small = yield from self._reduced(plane, factor)
        first = yield from self._settled(_gaussian(small, sigma_at(sigma, factor)), factor)
        if isinstance(small, Held) and isinstance(first, Held):
            spread = median_deviation(small.array, first.array)
        else:
            yield from copy(Local((small, first), np.subtract), self.target, self.side, _FIGURES)
            spread = median_deviation(self.target, np.broadcast_to(np.float32(0), plane.shape))
        clipped = Local((small, first), partial(_clipped, spread=spread))
        level = _gaussian(clipped, sigma_at(sigma, factor))
        return (yield from self._enlarged(level, factor, plane.shape))

    def _blobs(self, values: Field, sizes: list[float], method: BlobMethod) -> Steps[Field]:
        yield from copy(values, self.target, self.side, _FIGURES)
        centred = Local((values,), partial(_less, level=np.float32(rough_median(self.target))))
        reduced: dict[int, Field] = {}
        answers: list[Field] = []
        for sigma in sizes:
            factor = reduction(centred.shape, 2 * sigma)
            if factor not in reduced:
                reduced[factor] = yield from self._reduced(centred, factor)
            act = answer_of(method, sigma / factor)
            answer = Local((reduced[factor],), act, answer_reach(sigma / factor))
            answers.append((yield from self._enlarged(answer, factor, values.shape)))
        return Local(tuple(answers), _strongest)

    def _contrast(self, values: Field, sigma: float) -> Steps[Field]:
        yield from copy(values, self.target, self.side, _FIGURES)
        if is_flat(self.target):
            return Local((values,), np.zeros_like)
        height = Local((values,), partial(_less, level=np.float32(rough_median(self.target))))
        yield from copy(height, self.target, self.side, _FIGURES)
        _, noise = background_statistics(self.target)
        mean = yield from self.blurred(height, sigma)
        square = yield from self.blurred(Local((height,), np.square), sigma)
        return Local((height, mean, square), partial(in_spreads, noise=noise))

    def _extremes(self, plane: Field) -> Steps[tuple[float, float]]:
        yield from copy(plane, self.target, self.side, _FIGURES)
        return extremes(self.target)

    def _reduced(self, field: Field, factor: int) -> Steps[Field]:
        """The field at a reduced scale, in memory; itself where the factor is 1."""
        if factor == 1:
            return field
        side = max(self.side // factor, 1)
        return (yield from hold(Reduced(field, factor), side, "Reducing the picture"))

    def _enlarged(self, small: Local, factor: int, shape: tuple[int, int]) -> Steps[Field]:
        """A filtered field at full scale; itself where the factor is 1."""
        settled = yield from self._settled(small, factor)
        return settled if factor == 1 else Enlarged(settled, factor, shape)

    def _settled(self, field: Local, factor: int) -> Steps[Field]:
        """The field in memory where it is reduced, or looks so far that it is done as a whole."""
        far = field.reach > TRANSFORM_FROM  # at full scale, of a picture too narrow to reduce
        if factor == 1 and not far:
            return field
        side = max(field.shape) if far else self.side
        return (yield from hold(field, side, "Filtering the reduced picture"))


_FIGURES = "Measuring the picture"


def _gaussian(field: Field, sigma: float, border: int = cv2.BORDER_REPLICATE) -> Local:
    act = partial(gaussian, sigma=sigma, border=border)
    return Local((field,), act, gaussian_reach(sigma))


def _clipped(
    plane: NDArray[np.float32], first: NDArray[np.float32], spread: np.float32
) -> NDArray[np.float32]:
    return np.minimum(plane, np.add(first, spread, dtype=np.float32))


def _less(values: NDArray[np.float32], level: np.float32) -> NDArray[np.float32]:
    return values - level


def _strongest(*answers: NDArray[np.float32]) -> NDArray[np.float32]:
    """The strongest answer at each pixel; none is below 0."""
    best = np.zeros_like(answers[0])
    for answer in answers:
        np.maximum(best, answer, out=best)
    return best
