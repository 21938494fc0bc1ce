"""Fitting the settings of a draft to an expert's corrections."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from napari_fncells.core import dials
from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.evidence import Case
from napari_fncells.core.gestures import Gestures, corrections
from napari_fncells.core.params import MEAN_SD, PRESETS, DraftParams
from napari_fncells.core.scorer import Scorer
from napari_fncells.core.search import (
    CHANGE_WEIGHT,
    Figures,
    Search,
    Trial,
    changes_of,
    cost_of,
)
from napari_fncells.core.subject import Subject, smallest_area, step_for

BUDGET = 120
"""Settings that are tried at most."""
ENOUGH = 3
"""Decisions from which a fit is made."""
_ROUNDS = 3
_FINALISTS = 3
"""Settings next to the best on smaller pictures that are tried on the whole ones, too."""


@dataclass(frozen=True)
class FitResult:
    """What a fit found.

    Attributes
    ----------
    params
        The settings that agree best; the former ones where none is better by a gesture.
    settings
        What differs from the former, by name, as `DraftParams.with_settings` takes it.
    before, after
        Figures of the former settings and of `params`.
    left_out
        Gestures on pictures whose decisions were not used to choose the settings, each left
        out in turn; None for a single picture or where nothing was found.
    pictures
        How many there were.
    tried
        How many settings were tried.
    """

    params: DraftParams
    settings: dict[str, Any]
    before: Figures
    after: Figures
    left_out: Gestures | None
    pictures: int
    tried: int

    @property
    def improved(self) -> bool:
        """Whether there is anything to offer."""
        return bool(self.settings)

    @property
    def words(self) -> str:
        """The gain in a sentence."""
        among = f"({self.pictures} picture{'' if self.pictures == 1 else 's'})"
        before, after = self.before.gestures.total, self.after.gestures.total
        if not self.improved:
            needed = "no correction" if before == 0 else corrections(before)
            return (
                f"No other settings were found that agree better: {needed} would have been "
                f"needed with the present ones {among}."
            )
        text = (
            f"With these settings {corrections(after)} would have been needed in place of "
            f"{before} {among}."
        )
        if self.left_out is None:
            return text
        return f"{text} On pictures left out one by one: {self.left_out.total}."


def fit_steps(
    cases: Sequence[Case],
    start: DraftParams,
    budget: int = BUDGET,
    scorer: Scorer | None = None,
) -> Generator[str, None, FitResult]:
    """Find the settings that would have needed the fewest corrections.

    Large pictures are searched at a smaller size that loses no cells, and what is found there
    is checked, and its cutoff set, on the pictures as they are, which all figures are of.
    One setting after the other is moved to where the cost is lowest, beginning with the cutoff,
    in rounds until none moves; from the present settings and, where it agrees better once its
    cutoff is swept, from the default preset. The cost of settings is the sum over the pictures
    of the gestures of `predicted_gestures`, plus 0.05 for each gesture that undecided places
    would take to look as they do now (so that no pieces are strewn over ground that nobody has
    judged), plus half of the misfit of outlines, plus a quarter for each setting changed (so
    that few decisions change little). The same input gives the same result.

    With several pictures, how many settings to change and how to find the cutoff is chosen by
    leaving out one picture after the other: what was best on the others is judged on it.

    Where the present settings name a model, that stays: its cutoff and clean-up are moved alone,
    on the pictures as they are.

    Parameters
    ----------
    cases
        Pictures with decisions.
    start
        The present settings; kept where no others spare a gesture.
    budget
        How many settings to try at most.
    scorer
        Runs the model of the present settings, where they name one.

    Yields
    ------
    str
        What is done next, in words; several times for each setting and picture.

    Returns
    -------
    FitResult
        The settings, what they gain and how sure that is.

    Raises
    ------
    UserError
        Where fewer than three places are decided, or none of them is a cell.
    ParameterError
        For sizes in µm and a picture that does not tell the size of its pixels.
    """
    _refuse_too_little(cases)
    whole = Search([Subject(case, scorer=scorer) for case in cases], start, budget)
    first = yield from whole.try_(start, "start")
    if first is None:
        raise ParameterError("A fit has to try one setting at least.", "Raise the budget.")
    search, rough = yield from _smaller(whole, first)
    yield from _explore(search, rough)
    best, left_out = _choose(search.trials, rough)
    if search is not whole:
        whole.title = "Checking settings at full size"
        best = yield from _polish(whole, first, best, search.trials)
    if first.gestures.total - best.gestures.total < 1:
        best, left_out = first, None
    yield "Comparing before and after"
    before = whole.figures(first)
    yield "Comparing before and after"
    after = before if best is first else whole.figures(best)
    changes = changes_of(start, best.params)
    tried = len({trial.params for trial in [*search.trials, *whole.trials]})
    # Without changes of no effect, such as the depth of a split that is off
    params = start.with_settings(changes)
    return FitResult(params, changes, before, after, left_out, len(cases), tried)


def _refuse_too_little(cases: Sequence[Case]) -> None:
    decisions = sum(case.evidence.decisions for case in cases)
    if decisions < ENOUGH:
        raise UserError(
            f"A fit takes {ENOUGH} decisions at least; so far there "
            f"{'is' if decisions == 1 else 'are'} {decisions}.",
            "Accept, add or remove a few cells first.",
        )
    if not any(case.evidence.cells for case in cases):
        raise UserError(
            "There are only removed cells to learn from.", "Accept or add a cell first."
        )


def _smaller(whole: Search, first: Trial) -> Generator[str, None, tuple[Search, Trial]]:
    """The search on pictures made smaller, several times as fast; the same where cells are small.

    Returns
    -------
    search, first
        With its trial of the present settings.
    """
    cases = [subject.case for subject in whole.subjects]
    smallest = smallest_area(cases)
    steps = [step_for(case, smallest) for case in cases]
    if max(steps) > 1 and not whole.start.by_model:
        subjects = [Subject(*pair) for pair in zip(cases, steps, strict=True)]
        search = Search(subjects, whole.start, whole.budget)
        try:
            rough = yield from search.try_(whole.start, "start")
        except ParameterError:
            # A size that is out of range on a smaller picture
            return whole, first
        if rough is not None:
            return search, rough
    return whole, first


def _explore(search: Search, first: Trial) -> Generator[str, None, None]:
    """Try settings from the present ones, from the default, and by other methods."""
    swept = yield from search.sweep(first, "cutoff")
    best = yield from _descend(search, swept, "settings")
    if search.start.by_model:
        return
    default = PRESETS[MEAN_SD].in_unit(search.start.unit, search.facts(first).scale)
    if search.start != default:
        other = yield from search.try_(default, MEAN_SD)
        if other is not None:
            other = yield from search.sweep(other, MEAN_SD)
            if other.cost < 1.2 * best.cost:
                best = min(best, (yield from _descend(search, other, MEAN_SD)), key=cost_of)
    if len(search.subjects) > 1:
        for settings in list(dials.methods(best.params, search.facts(best))):
            family = str(settings["cutoff.method"])
            other = yield from search.try_with(best, settings, family)
            if other is not None:
                yield from search.turn(other, (dials.finer_cutoffs,) * 2, family)


def _polish(
    whole: Search, first: Trial, best: Trial, rough: Sequence[Trial]
) -> Generator[str, None, Trial]:
    """Try the best settings and others near them on the pictures as they are."""
    if best.params == first.params:
        return first
    for trial in _finalists(best, rough):
        yield from whole.try_(trial.params, best.family)
    found = min(whole.trials, key=cost_of)
    if found is first:
        return first
    return (yield from whole.turn(found, dials.LAST, best.family))


def _finalists(best: Trial, rough: Sequence[Trial]) -> list[Trial]:
    """The best trial and others that may be better at full size.

    Of a single picture the best of each family; of several, where the family was chosen for how
    it does on those left out, the next of that.
    """
    ordered = sorted(rough, key=cost_of)
    if len(best.measures) > 1:
        close = [trial for trial in ordered if trial.family == best.family]
        return [best, *close[:_FINALISTS]]
    families = dict.fromkeys(trial.family for trial in ordered)
    return [next(t for t in ordered if t.family == family) for family in families]


def _descend(search: Search, best: Trial, family: str) -> Generator[str, None, Trial]:
    """Move one setting after the other until none moves."""
    for number in range(_ROUNDS):
        former = best
        best = yield from search.turn(best, dials.FINE if number else dials.COARSE, family)
        if best is former or search.spent:
            break
    return best


def _choose(trials: Sequence[Trial], first: Trial) -> tuple[Trial, Gestures | None]:
    """The best trial; with several pictures of the family that does best on those left out."""
    pictures = len(first.measures)
    if pictures == 1:
        return min(trials, key=cost_of), None
    chosen, left_out, lowest = first, None, first.cost
    for family in dict.fromkeys(trial.family for trial in trials):
        # The present settings are always a choice
        pool = [first, *(trial for trial in trials if trial.family == family)]
        cost, gestures = 0.0, Gestures()
        for k in range(pictures):
            taken = min(pool, key=lambda trial: trial.cost - trial.costs[k])
            cost += taken.costs[k] + CHANGE_WEIGHT * taken.changes / pictures
            gestures += taken.measures[k].gestures
        if cost < lowest:
            chosen, left_out, lowest = min(pool, key=cost_of), gestures, cost
    return chosen, left_out
