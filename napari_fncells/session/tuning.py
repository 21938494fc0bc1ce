"""Drafts of a picture tried out, before one is put under the expert's work."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.cutoff import amount_for
from napari_fncells.core.params import DraftParams
from napari_fncells.core.pipeline import Pipeline
from napari_fncells.core.redraft import Effect, Standing, effect_of
from napari_fncells.core.score import ScoreMap
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.segment import Draft
from napari_fncells.io.images import Image

_BINS = 160


@dataclass(frozen=True)
class Histogram:
    """How many pixels have which score.

    Attributes
    ----------
    counts, edges
        (B,) int64 and (B + 1,) float64; the rarest ten-thousandth at either end is left out.
    """

    counts: NDArray[np.int64]
    edges: NDArray[np.float64]

    @classmethod
    def of(cls, scores: NDArray[np.float32], cutoff: float) -> Histogram:
        """Histogram of (Y, X) scores, wide enough to hold the cutoff."""
        step = max(1, min(scores.shape) // 512)
        sample = scores[::step, ::step]
        low, high = (float(v) for v in np.percentile(sample, [0.01, 99.99]))
        low, high = min(low, cutoff), max(high, cutoff)
        if high <= low:
            high = low + 1.0
        counts, edges = np.histogram(sample, _BINS, (low, high))
        return cls(counts * step * step, edges)

    def holds(self, cutoff: float) -> bool:
        """Whether a score lies within the bins."""
        return bool(self.edges[0] <= cutoff <= self.edges[-1])


@dataclass(frozen=True)
class Look:
    """What a draft would look like.

    Attributes
    ----------
    draft
        The draft itself.
    fitted
        (Y, X) int32 cells of it as they would be taken over.
    areas
        (N,) areas in px² of all pieces, those dropped by their size included.
    effect
        What it would do to the cells there are.
    histogram
        Of the scores.
    settled
        Whether it is what applying the parameters gives: the cutoff is not one tried by hand,
        the filters not those of a quick look.
    """

    draft: Draft
    fitted: NDArray[np.int32]
    areas: NDArray[np.int64]
    effect: Effect
    histogram: Histogram
    settled: bool = True

    def compared_with(self, standing: Standing) -> Look:
        """The same draft over another mask."""
        effect, fitted = effect_of(standing, self.draft.labels)
        return replace(self, effect=effect, fitted=fitted)

    @property
    def count(self) -> int:
        """Cells of the draft."""
        return int(self.draft.labels.max(initial=0))


class Tuning:
    """Drafts of one picture, each made from what the last one has left as it was.

    For one thread at a time, whichever.

    Parameters
    ----------
    image
        The picture. Its pixels are read, never written.
    scorer
        Runs the models that parameters name.
    """

    def __init__(self, image: Image, scorer: Scorer | None = None) -> None:
        self._pipeline = Pipeline(image.pixels, image.pixel_size, scorer=scorer)
        self._known: tuple[ScoreMap, Histogram] | None = None

    def look(
        self,
        params: DraftParams,
        standing: Standing,
        *,
        cutoff: float | None = None,
        quick: bool = False,
    ) -> Look:
        """Make a draft, and compare it with the mask there is.

        Parameters
        ----------
        params
            Of the draft.
        standing
            The mask there is.
        cutoff
            In place of the one that the parameters ask for.
        quick
            Whether wide filters may be done on a smaller picture, while a slider moves.

        Raises
        ------
        ParameterError
            For parameters that do not fit the picture.
        """
        draft = self._pipeline.draft(params, cutoff=cutoff, quick=quick)
        effect, fitted = effect_of(standing, draft.labels)
        areas = self._pipeline.areas(params, cutoff=cutoff, quick=quick)
        histogram = self._histogram(draft)
        settled = cutoff is None and not quick
        return Look(draft, fitted, areas, effect, histogram, settled)

    def _histogram(self, draft: Draft) -> Histogram:
        """Histogram of the scores; that of the last look where they are the same."""
        known = self._known
        if known is None or known[0] is not draft.score or not known[1].holds(draft.cutoff):
            known = self._known = draft.score, Histogram.of(draft.score.values, draft.cutoff)
        return known[1]


def with_cutoff(look: Look, cutoff: float) -> DraftParams:
    """Parameters whose cutoff, for the picture of that look, is a given score."""
    params = look.draft.params
    changed = amount_for(cutoff, look.draft.score.values, params.cutoff)
    return params.model_copy(update={"cutoff": changed})
