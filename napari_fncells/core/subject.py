"""A picture that settings are tried on, at full size or made smaller."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.evidence import Case, Evidence, Role
from napari_fncells.core.labels import Labels
from napari_fncells.core.meter import Measure, measure
from napari_fncells.core.params import DraftParams
from napari_fncells.core.pipeline import Pipeline
from napari_fncells.core.scorer import Scorer

_SIDE = 500
"""px; no picture is made smaller than this."""
_CELL = 40
"""px² that small cells keep, at least, in a smaller picture."""


class Subject:
    """A picture that settings are tried on.

    Parameters
    ----------
    case
        The picture and what is known of it.
    step
        How many pixels of it, both ways, become one. Sizes and offsets are nevertheless those
        of the whole picture.
    scorer
        Runs the models that settings name, which see the picture as they know it: `step` is 1.

    Attributes
    ----------
    evidence
        What is known, at that size.
    """

    def __init__(self, case: Case, step: int = 1, scorer: Scorer | None = None) -> None:
        self.case = case
        self._step = step
        self.evidence = case.evidence if step == 1 else _thinned(case.evidence, step)
        pixels = case.image if step == 1 else _shrunk(case.image, step)
        self._pipeline = Pipeline(pixels, scorer=scorer)

    def prepare(self, params: DraftParams) -> None:
        """Do the first half of `labels`: the score map."""
        self._pipeline.relief(self._sized(params))

    def labels(self, params: DraftParams) -> Labels:
        """The draft that these settings make.

        Raises
        ------
        ParameterError
            For settings out of range at this size, or in µm where the picture does not tell
            the size of its pixels.
        """
        return self._pipeline.draft(self._sized(params)).labels

    def measure(self, labels: Labels) -> Measure:
        """Measure a draft against what is known."""
        found = measure(labels, self.evidence)
        return replace(found, offset=found.offset * self._step)

    def sample(self, params: DraftParams) -> NDArray[np.float32]:
        """Scores that the cutoff is found in, of every so many-th pixel both ways."""
        values = self._pipeline.relief(self._sized(params)).values
        step = max(1, min(values.shape) // 250)
        return np.ascontiguousarray(values[::step, ::step])

    def _sized(self, params: DraftParams) -> DraftParams:
        """Settings in pixels of this size."""
        sized = params.in_pixels(self.case.pixel_size)
        # As if a pixel of the whole picture were 1 µm wide, and one of this that many
        return sized.in_unit("um", 1.0).in_pixels(self._step) if self._step > 1 else sized


def step_for(case: Case, smallest: float) -> int:
    """How many pixels may become one without losing cells of that area, in px²."""
    rows, columns = case.evidence.places.shape
    limits: tuple[int, ...] = (rows // _SIDE, columns // _SIDE, int(sqrt(smallest / _CELL)))
    return max(1, min(limits))


def smallest_area(cases: Iterable[Case]) -> float:
    """Area below which a twentieth of the confirmed cells lie, in px²."""
    areas = [
        np.bincount(known.places.ravel(), minlength=known.roles.size)[known.roles == Role.CELL]
        for known in (case.evidence for case in cases)
    ]
    return float(np.quantile(np.concatenate(areas), 0.05))


def _shrunk(image: NDArray[np.generic], step: int) -> NDArray[np.float32]:
    """Means of blocks of a (Y, X) or (Y, X, C) picture; what is left over at its end is cut."""
    rows, columns = (side // step for side in image.shape[:2])
    blocks = image[: rows * step, : columns * step].reshape(
        rows, step, columns, step, *image.shape[2:]
    )
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


def _thinned(evidence: Evidence, step: int) -> Evidence:
    rows, columns = (side // step * step for side in evidence.places.shape)
    middle = step // 2
    places = np.ascontiguousarray(evidence.places[middle:rows:step, middle:columns:step])
    return replace(evidence, places=places)
