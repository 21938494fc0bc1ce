"""What cells are measured in: the light of a picture, and the scores of its drafts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.params import DraftParams
from napari_fncells.core.score import ScoreMap, background_statistics

_MOST_SCORES = 1 << 24
"""Scores that are kept; of a larger picture every so many-th, both ways."""
_FARTHEST = 6.0
"""Of margins; what is farther from the cutoff says no more."""
_LEAST = 1e-3
_STEP = 0.5
"""Noise of whole numbers is never less than this."""


class ScoreKind(StrEnum):
    """What the scores of a draft are."""

    LIKENESS = "likeness"
    """Of pieces to cells, 0 to 1."""
    PROBABILITY = "probability"
    """Of pixels, by a model, 0 to 1."""
    HEIGHT = "height"
    """Of pixels above a ground, in any unit."""


def kind_of(draft: DraftParams) -> ScoreKind:
    """What the scores of a draft with these parameters are."""
    if draft.by_model:
        return ScoreKind.PROBABILITY
    return ScoreKind.LIKENESS if draft.by_likeness else ScoreKind.HEIGHT


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores that a draft was cut from.

    Attributes
    ----------
    values
        (Y, X) float32, of a large picture every `step`-th both ways.
    step
        See `values`.
    cutoff
        Score above which a pixel belongs to a cell.
    kind
        What they are.
    ground
        Median score, where they are heights.
    """

    values: NDArray[np.float32]
    step: int
    cutoff: float
    kind: ScoreKind
    ground: float = 0.0

    @classmethod
    def of(cls, score: ScoreMap, cutoff: float, kind: ScoreKind) -> Scores:
        """Keep what is needed of a score map."""
        step = 1
        while score.values.size // step**2 > _MOST_SCORES:
            step *= 2
        values = score.values if step == 1 else score.values[::step, ::step].copy()
        thin = max(1, min(values.shape) // 400)
        ground = float(np.median(values[::thin, ::thin])) if kind is ScoreKind.HEIGHT else 0.0
        return cls(values, step, float(cutoff), kind, ground)

    def at(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Scores of pixels of the picture."""
        step = self.step
        found = self.values[rows // step, columns // step]
        return found.astype(np.float64)

    @property
    def level(self) -> float:
        """Logit of the cutoff; 0 for heights, which have no level of their own."""
        return 0.0 if self.kind is ScoreKind.HEIGHT else float(_logit(np.float64(self.cutoff)))

    def margins(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far scores lie above (+) the cutoff; logits of 0..1, else logarithms of heights."""
        if self.kind is ScoreKind.HEIGHT:
            height = max(self.cutoff - self.ground, 1e-9)
            found = np.log(np.maximum((scores - self.ground) / height, _LEAST))
        else:
            found = _logit(scores) - _logit(np.float64(self.cutoff))
        return np.asarray(np.clip(found, -_FARTHEST, _FARTHEST), dtype=np.float64)


class Kinds(NamedTuple):
    """Of which kinds the scores of a sight are, and the logits of their cutoffs.

    Attributes
    ----------
    first, second
        None where they are not known.
    level, second_level
        Logits of the cutoffs; 0 for heights, which have no level of their own.
    """

    first: ScoreKind | None = None
    second: ScoreKind | None = None
    level: float = 0.0
    second_level: float = 0.0

    @classmethod
    def of(cls, scores: Scores | None, second: Scores | None) -> Kinds:
        """What is known of some scores."""
        return cls(
            scores.kind if scores is not None else None,
            second.kind if second is not None else None,
            scores.level if scores is not None else 0.0,
            second.level if second is not None else 0.0,
        )


@dataclass(frozen=True, eq=False)
class Sight:
    """What is known of a picture that its cells are measured in.

    Attributes
    ----------
    plane
        (Y, X) light of the channel that shows the cells, any real dtype; read only.
    ground, noise
        Mean and SD of what lies around the cells, in grey levels.
    scores
        Those of the draft in force, where they are known.
    second
        Those of a draft of the other kind, by threshold or by a model, where they are known.
    """

    plane: NDArray[np.generic]
    ground: float
    noise: float
    scores: Scores | None = None
    second: Scores | None = None

    @classmethod
    def of(
        cls,
        plane: NDArray[np.generic],
        scores: Scores | None = None,
        second: Scores | None = None,
    ) -> Sight:
        """Look at a plane."""
        thin = max(1, min(plane.shape) // 500)
        few = np.nan_to_num(plane[::thin, ::thin].astype(np.float64), posinf=0.0, neginf=0.0)
        ground, noise = background_statistics(few) if few.size else (0.0, 0.0)
        floor = (
            _STEP if plane.dtype.kind in "iub" else 1e-6 * float(np.ptp(few) if few.size else 0)
        )
        return cls(plane, ground, max(noise, floor, 1e-12), scores, second)

    @property
    def kinds(self) -> Kinds:
        """What is known of the scores."""
        return Kinds.of(self.scores, self.second)

    def light(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """Light of pixels above the ground, in noises."""
        found = np.nan_to_num(
            self.plane[rows, columns].astype(np.float64), posinf=self.ground, neginf=self.ground
        )
        return (found - self.ground) / self.noise


def _logit(values: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    clipped = np.clip(values, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(clipped / (1 - clipped)))
