"""Whether one variant of a model draws the masks of another."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from napari_fncells.core.evaluate import RULES, Evaluation, PictureScore, score_picture
from napari_fncells.core.segment import segment
from napari_fncells.model.predict import Model, predict
from napari_fncells.model.training.pictures import Picture

LEAST_IOU = 0.99
MOST_F1 = 0.005


@dataclass(frozen=True)
class Agreement:
    """How near the masks of two variants are, over several pictures.

    Attributes
    ----------
    pictures
        How many.
    iou
        Of all their pixels of cells, summed: both over either; 1 where neither has any.
    first, second
        F1 of objects of the two against the truth, by rule.
    farthest
        Largest difference of two probabilities.
    """

    pictures: int
    iou: float
    first: dict[str, float]
    second: dict[str, float]
    farthest: float

    @property
    def loss(self) -> float:
        """By how much the second's F1 lies below the first's, by the worse rule."""
        return max(self.first[rule] - self.second[rule] for rule in RULES)

    @property
    def agrees(self) -> bool:
        """Whether masks are the same for all that matters: IoU >= 0.99, F1 within 0.005."""
        apart = max(abs(self.first[rule] - self.second[rule]) for rule in RULES)
        return self.iou >= LEAST_IOU and apart <= MOST_F1


def agreement_steps(
    first: Model, second: Model, pictures: Iterable[Picture]
) -> Generator[str, None, Agreement]:
    """Compare two variants of a model picture by picture, yielding where it is, in words.

    Parameters
    ----------
    first, second
        The cutoff and clean-up of the first one's card are used for both.
    pictures
        With their truth.
    """
    both = either = 0
    farthest = 0.0
    scores: tuple[list[PictureScore], list[PictureScore]] = ([], [])
    params = first.card.draft_params
    for number, picture in enumerate(pictures, start=1):
        yield f"{picture.name}, picture {number}"
        maps = [predict(model, picture.pixels) for model in (first, second)]
        labels = [segment(score, params, cutoff=first.card.cutoff) for score in maps]
        one, other = (found > 0 for found in labels)
        both += int(np.count_nonzero(one & other))
        either += int(np.count_nonzero(one | other))
        farthest = max(farthest, float(np.abs(maps[0].values - maps[1].values).max()))
        for kept, found in zip(scores, labels, strict=True):
            kept.append(score_picture(picture.name, found, picture.labels))
    return Agreement(
        pictures=len(scores[0]),
        iou=both / either if either else 1.0,
        first=_f1(scores[0]),
        second=_f1(scores[1]),
        farthest=farthest,
    )


def _f1(scores: Sequence[PictureScore]) -> dict[str, float]:
    """By rule; 1 where there are no cells, true or found."""
    found = Evaluation(pictures=tuple(scores))
    by_rule = {rule: found.detection(rule).f1 for rule in RULES}
    return {rule: 1.0 if f1 is None else f1 for rule, f1 in by_rule.items()}
