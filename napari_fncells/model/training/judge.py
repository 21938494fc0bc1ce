"""How good values are on pictures that they were not trained on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean

import numpy as np

from napari_fncells.core.evaluate import RULES, Evaluation, PictureScore, score_picture
from napari_fncells.core.matching import Rule
from napari_fncells.core.score import ScoreMap
from napari_fncells.core.segment import segment
from napari_fncells.model.card import ModelCard
from napari_fncells.model.device import Device
from napari_fncells.model.predict import Model, predict, ready_model
from napari_fncells.model.training.pictures import Picture
from napari_fncells.model.values import Values

CUTOFFS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
Groups = dict[str, Sequence[Picture]]


def judge_of(groups: Groups, card: ModelCard, device: Device) -> Callable[[Values], float]:
    """A judge for a training: see `score`."""

    def judge(values: Values) -> float:
        model = ready_model(values, card, device)
        return max(score(found) for found in evaluate_cutoffs(model, groups).values())

    return judge


def evaluate_cutoffs(
    model: Model, groups: Groups, cutoffs: Iterable[float] = CUTOFFS
) -> dict[float, dict[str, Evaluation]]:
    """Figures of each group of pictures at each cutoff."""
    found: dict[float, dict[str, Evaluation]] = {}
    for name, pictures in groups.items():
        scores = [(picture, predict(model, picture.pixels)) for picture in pictures]
        for cutoff in cutoffs:
            parts = tuple(_score(model, picture, score, cutoff) for picture, score in scores)
            found.setdefault(cutoff, {})[name] = Evaluation(pictures=parts)
    return found


def score(groups: dict[str, Evaluation]) -> float:
    """Mean over groups of the mean F1 by both rules of matching.

    A group without any cells, true or found, has an F1 of 1.
    """
    return fmean(_f1(found, rule) for found in groups.values() for rule in RULES)


def interval(
    pictures: Sequence[PictureScore], rule: Rule, *, draws: int = 2_000, seed: int = 0
) -> tuple[float, float]:
    """95 % interval of F1 by drawing pictures with replacement (Efron 1979).

    Parameters
    ----------
    pictures
        Of which the F1 of summed TP, FP and FN is wanted.
    rule
        'v1' or 'iou'.
    draws, seed
        How often, and of what chance.
    """
    counts = np.array([(d.tp, d.fp, d.fn) for p in pictures for d in [p.detections[rule]]])
    rng = np.random.default_rng(seed)
    drawn = counts[rng.integers(len(counts), size=(draws, len(counts)))].sum(axis=1)
    tp, errors = drawn[:, 0], drawn[:, 1] + drawn[:, 2]
    f1 = np.where(tp + errors > 0, 2 * tp / np.maximum(2 * tp + errors, 1), 1.0)
    low, high = np.percentile(f1, (2.5, 97.5))
    return float(low), float(high)


def _score(model: Model, picture: Picture, score_map: ScoreMap, cutoff: float) -> PictureScore:
    labels = segment(score_map, model.card.draft_params, cutoff=cutoff)
    return score_picture(picture.name, labels, picture.labels)


def _f1(found: Evaluation, rule: Rule) -> float:
    f1 = found.detection(rule).f1
    return 1.0 if f1 is None else f1
