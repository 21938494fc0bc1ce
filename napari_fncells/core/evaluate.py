"""Figures that compare predicted masks with true ones, over one picture or many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from napari_fncells.core.errors import UserError
from napari_fncells.core.gestures import Gestures
from napari_fncells.core.ignore import left_out
from napari_fncells.core.matching import Rule, match_objects
from napari_fncells.core.meter import predicted_gestures

RULES: tuple[Rule, ...] = ("v1", "iou")


class Detection(BaseModel):
    """Counts by one matching rule; ratios are None where they have no meaning (0 / 0)."""

    model_config = ConfigDict(frozen=True)

    tp: int
    fp: int
    fn: int

    @property
    def precision(self) -> float | None:
        """TP / (TP + FP)."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """TP / (TP + FN)."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN)."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


class PictureScore(BaseModel):
    """One picture: counts, detections by each rule, pixel overlap."""

    model_config = ConfigDict(frozen=True)

    name: str
    predicted: int
    true: int
    detections: dict[Rule, Detection]
    overlap: int
    predicted_pixels: int
    true_pixels: int
    gestures: Gestures = Gestures()

    @property
    def dice(self) -> float | None:
        """2 |P and T| / (|P| + |T|) over pixels; None where both are empty."""
        return ratio(2 * self.overlap, self.predicted_pixels + self.true_pixels)


class Evaluation(BaseModel):
    """Several pictures: TP, FP, FN summed, counting errors averaged over pictures."""

    model_config = ConfigDict(frozen=True)

    pictures: Annotated[tuple[PictureScore, ...], Field(min_length=1)]

    def detection(self, rule: Rule) -> Detection:
        """Counts summed over all pictures."""
        parts = [picture.detections[rule] for picture in self.pictures]
        return Detection(
            tp=sum(p.tp for p in parts), fp=sum(p.fp for p in parts), fn=sum(p.fn for p in parts)
        )

    @property
    def dice(self) -> float | None:
        """Dice over all pixels of all pictures."""
        return ratio(
            2 * sum(p.overlap for p in self.pictures),
            sum(p.predicted_pixels + p.true_pixels for p in self.pictures),
        )

    @property
    def gestures(self) -> Gestures:
        """Gestures predicted to turn all predicted masks into the true ones."""
        return sum((p.gestures for p in self.pictures), Gestures())

    @property
    def mae(self) -> float:
        """Mean absolute error of the count per picture."""
        return float(np.mean(np.abs(self._count_errors())))

    @property
    def medae(self) -> float:
        """Median absolute error of the count per picture."""
        return float(np.median(np.abs(self._count_errors())))

    @property
    def mpe(self) -> float:
        """Mean percentage error of the count, in per cent.

        The authors divide by the true count plus 1e-6, which lets one false positive on an
        empty picture outweigh everything; here an empty picture divides by 1.
        """
        true = np.array([max(p.true, 1) for p in self.pictures], dtype=np.float64)
        return float(100 * np.mean(self._count_errors() / true))

    def _count_errors(self) -> NDArray[np.float64]:
        return np.array([p.predicted - p.true for p in self.pictures], dtype=np.float64)

    def summary(self) -> dict[str, object]:
        """All figures as plain numbers, for a machine."""
        rules: dict[str, object] = {
            str(rule): detection_figures(self.detection(rule)) for rule in RULES
        }
        return {
            "pictures": len(self.pictures),
            "predicted": sum(p.predicted for p in self.pictures),
            "true": sum(p.true for p in self.pictures),
            **rules,
            "dice": self.dice,
            "mae": self.mae,
            "medae": self.medae,
            "mpe_percent": self.mpe,
            "gestures": {**asdict(self.gestures), "total": self.gestures.total},
        }


def detection_figures(detection: Detection) -> dict[str, int | float | None]:
    """Counts and ratios of a detection by name."""
    return {
        "tp": detection.tp,
        "fp": detection.fp,
        "fn": detection.fn,
        "precision": detection.precision,
        "recall": detection.recall,
        "f1": detection.f1,
    }


def score_picture(
    name: str,
    pred: NDArray[np.integer],
    truth: NDArray[np.integer],
    ignored: NDArray[np.bool_] | None = None,
) -> PictureScore:
    """Compare one predicted with one true mask.

    Parameters
    ----------
    name
        The picture's name.
    pred, truth
        (Y, X) instance labels of the same shape, 0 = background.
    ignored
        (Y, X) regions left undecided: cells in them, true and predicted, count for nothing.

    Raises
    ------
    UserError
        For masks of different shapes.
    """
    if ignored is not None:
        pred, truth = left_out(pred, truth, ignored)
    matchings = {rule: match_objects(pred, truth, rule) for rule in RULES}
    by_iou = matchings["iou"]
    return PictureScore(
        name=name,
        predicted=by_iou.tp + by_iou.fp,
        true=by_iou.tp + by_iou.fn,
        detections={rule: Detection(tp=m.tp, fp=m.fp, fn=m.fn) for rule, m in matchings.items()},
        overlap=int(np.count_nonzero((pred > 0) & (truth > 0))),
        predicted_pixels=int(np.count_nonzero(pred)),
        true_pixels=int(np.count_nonzero(truth)),
        gestures=predicted_gestures(pred, truth),
    )


def evaluate(
    pairs: Iterable[tuple[str, NDArray[np.integer], NDArray[np.integer]]],
) -> Evaluation:
    """Compare (name, predicted labels, true labels) of several pictures.

    Raises
    ------
    UserError
        For no pictures, or masks of different shapes.
    """
    scores = tuple(score_picture(*pair) for pair in pairs)
    if not scores:
        raise UserError("There are no masks to compare.", "Give one pair at least.")
    return Evaluation(pictures=scores)


def ratio(part: float, whole: float) -> float | None:
    """Return part / whole, or None for 0 / 0."""
    return part / whole if whole else None
