"""What the work of a simulated annotator has cost, and how good the mask was at which cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from napari_fncells.core.evaluate import Detection
from napari_fncells.core.gestures import Gestures
from napari_fncells.core.matching import match_objects
from napari_fncells.core.meter import predicted_gestures

GOALS = (0.90, 0.95, 0.99)
"""Object F1 at which the cost is noted."""


class Cost(BaseModel):
    """Work done so far.

    Attributes
    ----------
    f1
        Of the mask then, at an intersection over union above 0.5; None where neither mask nor
        truth hold a cell.
    corrections
        Gestures and keys that change the mask, and the clicks and steps back they need, by kind.
    moves
        Gestures and keys that only lead on: to the next cell, candidate or part; that agree with
        what is there or dismiss what is proposed.
    looks
        Objects, candidates and parts of the picture looked at.
    hand
        What a count of gestures hides: notches of the wheel, of which a burst is one gesture, and
        px of outlines traced.
    """

    model_config = ConfigDict(frozen=True)

    f1: float | None
    corrections: Mapping[str, int]
    moves: Mapping[str, int]
    looks: Mapping[str, int]
    hand: Mapping[str, int]

    @property
    def gestures(self) -> int:
        """All corrections."""
        return sum(self.corrections.values())

    @property
    def actions(self) -> int:
        """All corrections and moves."""
        return self.gestures + sum(self.moves.values())


class AnnotatorReport(BaseModel):
    """What it took to correct one draft.

    Attributes
    ----------
    scheme
        Whose gestures.
    strategy
        The order in which the picture was looked at: 'queue', 'sweep' or 'both'.
    errors
        In the draft: gestures that `core.meter` says it needs.
    before, after
        TP, FP and FN at an intersection over union above 0.5.
    start, end
        Before the first and after the last gesture.
    reached
        When each F1 of `GOALS` was reached first, by '0.90'; None where it never was.
    """

    model_config = ConfigDict(frozen=True)

    scheme: str
    strategy: str
    errors: Gestures
    before: Detection
    after: Detection
    start: Cost
    end: Cost
    reached: Mapping[str, Cost | None]

    @property
    def per_error(self) -> float | None:
        """Corrections per error of the draft; None where it has none."""
        return self.end.gestures / self.errors.total if self.errors.total else None

    def summary(self) -> dict[str, Any]:
        """All of it as JSON values."""

        def facts(cost: Cost | None) -> dict[str, Any] | None:
            if cost is None:
                return None
            return cost.model_dump() | {"gestures": cost.gestures, "actions": cost.actions}

        return {
            "scheme": self.scheme,
            "strategy": self.strategy,
            "errors": self.errors.total,
            "false_positives": self.before.fp,
            "false_negatives": self.before.fn,
            "left": {"false_positives": self.after.fp, "false_negatives": self.after.fn},
            "gestures_per_error": self.per_error,
            "start": facts(self.start),
            "reached": {goal: facts(cost) for goal, cost in self.reached.items()},
            "end": facts(self.end),
        }


class Tally:
    """Counts the work; who judges the mask knows all of the truth, who works on it does not.

    Parameters
    ----------
    truth
        (Y, X) instance labels of the true cells.
    draft
        (Y, X) instance labels that the work begins from.
    """

    def __init__(self, truth: NDArray[np.integer], draft: NDArray[np.integer]) -> None:
        self._truth = truth
        self._corrections, self._moves = Counter[str](), Counter[str]()
        self._looks, self._hand = Counter[str](), Counter[str]()
        self._errors = predicted_gestures(draft, truth)
        self._before = self._last = self._detection(draft)
        self._start = self._cost()
        self._reached: dict[str, Cost | None] = {f"{goal:.2f}": None for goal in GOALS}
        self._note()

    def corrected(self, kind: str, mask: NDArray[np.integer], times: int = 1) -> None:
        """Count a gesture that is to change the mask; `mask` is what came of it."""
        self._corrections[kind] += times
        self.note(mask)

    def note(self, mask: NDArray[np.integer]) -> None:
        """Judge the mask as it is now."""
        self._last = self._detection(mask)
        self._note()

    def strained(self, what: str, amount: int = 1) -> None:
        """Count what the hand does within gestures."""
        self._hand[what] += amount

    def moved(self, kind: str) -> None:
        """Count a gesture that only leads on."""
        self._moves[kind] += 1

    def looked(self, kind: str) -> None:
        """Count a look."""
        self._looks[kind] += 1

    def report(self, scheme: str, strategy: str) -> AnnotatorReport:
        """All of it, the work being done."""
        return AnnotatorReport(
            scheme=scheme,
            strategy=strategy,
            errors=self._errors,
            before=self._before,
            after=self._last,
            start=self._start,
            end=self._cost(),
            reached=dict(self._reached),
        )

    def _note(self) -> None:
        for goal, cost in self._reached.items():
            f1 = self._last.f1
            if cost is None and (f1 is None or f1 >= float(goal)):
                self._reached[goal] = self._cost()

    def _detection(self, mask: NDArray[np.integer]) -> Detection:
        found = match_objects(mask, self._truth)
        return Detection(tp=found.tp, fp=found.fp, fn=found.fn)

    def _cost(self) -> Cost:
        return Cost(
            f1=self._last.f1,
            corrections=dict(sorted(self._corrections.items())),
            moves=dict(sorted(self._moves.items())),
            looks=dict(sorted(self._looks.items())),
            hand=dict(sorted(self._hand.items())),
        )
