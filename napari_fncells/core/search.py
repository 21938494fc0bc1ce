"""Trying settings on pictures: what each costs the expert."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from napari_fncells.core import dials
from napari_fncells.core.dials import Dial, Facts, Samples
from napari_fncells.core.errors import ParameterError
from napari_fncells.core.evaluate import RULES, Detection
from napari_fncells.core.gestures import Gestures, corrections
from napari_fncells.core.matching import Rule, match_objects
from napari_fncells.core.meter import Measure, judged_pieces
from napari_fncells.core.params import DraftParams, Params, counts
from napari_fncells.core.subject import Subject, smallest_area

CHANGE_WEIGHT = 0.25
"""Cost of a setting changed, in gestures: few decisions change little."""
OPEN_WEIGHT = 0.05
"""Cost of a gesture on undecided places: no pieces on ground that nobody has judged."""
MISFIT_WEIGHT = 0.5
"""Cost of an outline with nothing in common with the cell's; one that fits costs nothing."""
_PATIENCE = 3
"""Cutoffs in a row that cost more each than the one before, after which a sweep ends."""
_SPARE = 1.5
"""Settings are given up on once they cost so many times more than the best so far."""


@dataclass(frozen=True)
class Figures:
    """How a draft agrees with decisions, over all pictures.

    Attributes
    ----------
    gestures
        That would have been needed.
    detections
        By each rule of matching, of those pieces of which something is known.
    """

    gestures: Gestures
    detections: dict[Rule, Detection]


@dataclass(frozen=True, eq=False)
class Trial:
    """Settings and what they cost on each picture."""

    params: DraftParams
    family: str
    changes: int
    measures: tuple[Measure, ...]

    @cached_property
    def costs(self) -> tuple[float, ...]:
        """Cost on each picture."""
        return tuple(_cost_of(measure) for measure in self.measures)

    @cached_property
    def cost(self) -> float:
        """Cost on all, and of the changes."""
        return sum(self.costs) + CHANGE_WEIGHT * self.changes

    @property
    def gestures(self) -> Gestures:
        """Gestures on all pictures."""
        return sum((measure.gestures for measure in self.measures), Gestures())


def cost_of(trial: Trial) -> float:
    """Cost of a trial, to compare by."""
    return trial.cost


def _cost_of(found: Measure) -> float:
    return found.gestures.total + OPEN_WEIGHT * found.open_gestures + MISFIT_WEIGHT * found.misfit


class Search:
    """Tries settings, each once, and remembers what they cost.

    Parameters
    ----------
    subjects
        The pictures.
    start
        The present settings, from which changes are counted.
    budget
        How many settings to try at most.
    title
        What it does, for messages.
    """

    def __init__(
        self,
        subjects: Sequence[Subject],
        start: DraftParams,
        budget: int,
        title: str = "Trying settings",
    ) -> None:
        self.title = title
        self.subjects = subjects
        self.start = start
        self.trials: list[Trial] = []
        self._known: dict[DraftParams, Trial | None] = {}
        self.budget = budget
        self._lowest = np.inf

    @property
    def spent(self) -> bool:
        """Whether no more settings may be tried."""
        return len(self._known) >= self.budget

    def facts(self, trial: Trial) -> Facts:
        """What the pictures tell about settings near these."""

        def samples(params: DraftParams) -> Samples:
            return [subject.sample(params) for subject in self.subjects]

        known = [m.offset for m in trial.measures if m.offset]
        sizes = [subject.case.pixel_size for subject in self.subjects]
        scale = float(np.median([size or 1.0 for size in sizes]))
        return Facts(
            samples,
            smallest_area(subject.case for subject in self.subjects),
            float(np.median(known)) if known else 0.0,
            scale if self.start.unit == "um" else 1.0,
        )

    def turn(
        self, best: Trial, turned: Iterable[Dial], family: str
    ) -> Generator[str, None, Trial]:
        """Turn one dial after the other to where the cost is lowest."""
        for dial in turned:
            for settings in dial(best.params, self.facts(best)):
                trial = yield from self.try_with(best, settings, family)
                if trial is not None and trial.cost < best.cost:
                    best = trial
        return best

    def sweep(self, best: Trial, family: str) -> Generator[str, None, Trial]:
        """Move the cutoff both ways until it only gets worse, then by smaller steps."""
        middle = best
        for way in (dials.higher_cutoffs, dials.lower_cutoffs):
            worse, last = 0, middle.cost
            for settings in way(middle.params, self.facts(middle)):
                trial = yield from self.try_with(middle, settings, family)
                cost = np.inf if trial is None else trial.cost
                worse, last = (worse + 1 if cost >= last else 0), cost
                if trial is not None and trial.cost < best.cost:
                    best = trial
                if worse == _PATIENCE:
                    break
        return (yield from self.turn(best, (dials.finer_cutoffs,), family))

    def try_with(
        self, trial: Trial, settings: dict[str, Any], family: str
    ) -> Generator[str, None, Trial | None]:
        """Try the settings of a trial with some changed; None where they are out of range."""
        try:
            params = trial.params.with_settings(settings)
        except ParameterError:
            return None
        if params.by_model and params.idle.issuperset(settings):
            # Filters of grey values, which a model does not see
            return None
        return (yield from self.try_(params, family))

    def try_(self, params: DraftParams, family: str) -> Generator[str, None, Trial | None]:
        """Try settings; None where the budget is spent or they are far from the best."""
        if params in self._known or self.spent:
            return self._known.get(params)
        changes = len(changes_of(self.start, params))
        measures: list[Measure] = []
        trial = None
        for subject in self.subjects:
            yield self._progress()
            try:
                subject.prepare(params)
                yield self._progress()
                labels = subject.labels(params)
            except ParameterError:
                if params == self.start:
                    raise
                break
            yield self._progress()
            measures.append(subject.measure(labels))
            if sum(map(_cost_of, measures)) > _SPARE * self._lowest + 2:
                break
        else:
            trial = Trial(params, family, changes, tuple(measures))
            self.trials.append(trial)
            self._lowest = min(self._lowest, trial.cost)
        self._known[params] = trial
        return trial

    def figures(self, trial: Trial) -> Figures:
        """What a trial's drafts agree in."""
        sums = {rule: np.zeros(3, dtype=int) for rule in RULES}
        for subject in self.subjects:
            evidence = subject.evidence
            pieces = judged_pieces(subject.labels(trial.params), evidence)
            for rule, count in sums.items():
                found = match_objects(pieces, evidence.truth, rule)
                count += found.tp, found.fp, found.fn
        return Figures(
            trial.gestures,
            {rule: Detection(tp=tp, fp=fp, fn=fn) for rule, (tp, fp, fn) in sums.items()},
        )

    def _progress(self) -> str:
        if not self.trials:
            return "Measuring the present settings"
        needed = min(self.trials, key=cost_of).gestures.total
        return f"{self.title}: {len(self._known)}, at best {corrections(needed)}"


def changes_of(start: DraftParams, params: DraftParams) -> dict[str, Any]:
    """Settings in which parameters differ from others, by name; without those of no effect."""
    changed: dict[str, Any] = {}
    for group in ("score", "cutoff", "clean_up"):
        old: Params = getattr(start, group)
        new: Params = getattr(params, group)
        for name, value in new.model_dump().items():
            if value != getattr(old, name) and counts(new, name):
                changed[f"{group}.{name}"] = value
    return changed
