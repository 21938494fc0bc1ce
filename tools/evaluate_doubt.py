"""How early the doubt queue and the candidates lead to the errors of a draft.

    python -m tools.evaluate_doubt LEFT_OUT

Prints the tables of docs/review.md. LEFT_OUT is the folder that `python -m tools.doubt_pictures`
has filled. Each picture is walked by weights that were fitted without it (green ones: without
both; DeepFLaSH: without those of its stain; simulated ones: without those of its seed), the
samples by weights of all others.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.likeness import likeness
from napari_fncells.core.doubt.missing import worth_a_look
from napari_fncells.core.doubt.verdicts import NO, OPEN, YES, learned
from tools.doubt_pictures import SIMULATED, Drafter, Material, samples
from tools.fit_auto import Weights
from tools.fit_doubt import candidate_weights, cell_weights, training

FNC = ("yellow", "red")
OTHERS = ("green", "DeepFLaSH", SIMULATED)
FIRST = 5
"""Candidates of a picture that are looked at first."""
SHARES = (0.1, 0.25, 0.5)
_SHUFFLES = 100
_BAND = 64  # px, rows of the reading order

Column = NDArray[np.float64]
Order = NDArray[np.int64]


def chances(one: Material, cells: Weights, candidates: Weights) -> Column:
    """Of drafted cells to be wrong, then of candidates to be cells."""
    parts = [
        likeness(table, weights) if next(iter(table.values())).size else np.zeros(0)
        for table, weights in ((one.cells, cells), (one.candidates, candidates))
    ]
    return np.concatenate(parts)


def shown(one: Material, values: Column) -> tuple[Material, Column]:
    """With those candidates only that G leads to, the likeliest first."""
    count = one.wrong.size
    order = np.argsort(-values[count:], kind="stable")
    worth = worth_a_look(one.candidates, values[count:])
    kept = order[worth[order]]
    left = replace(
        one,
        candidates={name: column[kept] for name, column in one.candidates.items()},
        candidate_places=one.candidate_places[kept],
        seen_at_candidates=[one.seen_at_candidates[k] for k in kept],
    )
    return left, np.concatenate([values[:count], values[count + kept]])


def by_keys(one: Material, values: Column) -> Order:
    """N as long as it leads on, then G."""
    count = one.wrong.size
    cells, candidates = (np.argsort(-part, kind="stable") for part in np.split(values, [count]))
    return np.concatenate([cells, count + candidates])


def fold(one: Material) -> str:
    """Pictures left out together: all green ones, those of a stain of DeepFLaSH, of a seed."""
    if one.group == SIMULATED:
        return one.picture.split()[-1]
    if one.group == "DeepFLaSH":
        return one.picture.split("_")[0]
    return one.group if one.group == "green" else one.picture


def errors(one: Material) -> int:
    return int(one.wrong.sum()) + len(one.missed)


def found(one: Material, order: Iterable[int]) -> list[int]:
    """Errors seen after each look."""
    seen: set[int] = set()
    wrong, count = 0, one.wrong.size
    steps = [0]
    for item in order:
        if item < count:
            wrong += int(one.wrong[item])
            seen |= one.seen_at_cells[item]
        else:
            seen |= one.seen_at_candidates[item - count]
        steps.append(wrong + len(seen))
    return steps


def by_reading(one: Material) -> Order:
    places = np.concatenate([one.places, one.candidate_places])
    return np.lexsort((places[:, 1], places[:, 0] // _BAND))


def best(one: Material) -> list[int]:
    """As early as errors can be found: always the item at which most are seen."""
    count = one.wrong.size
    left = {k: set(s) for k, s in enumerate([*one.seen_at_cells, *one.seen_at_candidates])}
    order, seen = [], set()
    while left:
        gain = {k: len(s - seen) + (k < count and bool(one.wrong[k])) for k, s in left.items()}
        item = max(gain, key=lambda k: (gain[k], -k))
        seen |= left.pop(item)
        order.append(item)
    return order


def adapted(one: Material, values: Column) -> list[int]:
    """The order of who decides on each cell as the truth has it, and sees it learned from.

    Candidates keep their chances here; from cells over a true one, which are to be mended, nothing
    is learned, as nobody draws their new outlines here.
    """
    count = one.wrong.size
    chance = values.copy()
    verdicts = np.full(count, OPEN, dtype=np.int8)
    left, order = set(range(values.size)), []
    while left:
        item = max(left, key=lambda k: (chance[k], -k))
        left.discard(item)
        order.append(item)
        if item < count:
            gone = not one.over_a_cell[item]
            verdicts[item] = NO if not one.wrong[item] else YES if gone else OPEN
            chance[:count] = learned(one.cells, values[:count], verdicts)
    return order


def shares(every: Sequence[Material], walk: Callable[[Material], Sequence[int]]) -> Column:
    """Share of all errors seen after shares of all looks, picture by picture."""
    total = np.zeros(len(SHARES) + 1)
    for one in every:
        steps = walk(one)
        last = len(steps) - 1
        total += [steps[round(share * last)] for share in (*SHARES, 1.0)]
    return total / max(sum(map(errors, every)), 1)


def at_random(one: Material) -> list[float]:
    rng = np.random.default_rng(0)
    count = one.wrong.size + len(one.seen_at_candidates)
    return list(np.mean([found(one, rng.permutation(count)) for _ in range(_SHUFFLES)], axis=0))


def report(title: str, known: Sequence[Material], chance: dict[int, Column]) -> None:
    pairs = [shown(one, chance[id(one)]) for one in known]
    every = [one for one, _ in pairs]
    values = {id(one): chances for one, chances in pairs}
    walks = {
        "N, then G": lambda one: found(one, by_keys(one, values[id(one)])),
        "one order": lambda one: found(one, np.argsort(-values[id(one)], kind="stable")),
        "one order, learning": lambda one: found(one, adapted(one, values[id(one)])),
        "reading": lambda one: found(one, by_reading(one)),
        "random": at_random,
        "best possible": lambda one: found(one, best(one)),
    }
    items = sum(one.wrong.size + len(one.seen_at_candidates) for one in every)
    wrong, missed = (
        sum(int(x) for x in part)
        for part in zip(*((one.wrong.sum(), len(one.missed)) for one in every), strict=True)
    )
    print(f"| {title}: {items} items, {wrong} FP, {missed} FN | 10 % | 25 % | 50 % | all |")
    print("|---|---|---|---|---|")
    for name, walk in walks.items():
        print(f"| {name} | " + " | ".join(f"{x:.2f}" for x in shares(every, walk)) + " |")
    missed_at = [np.array([bool(s) for s in one.seen_at_candidates], dtype=bool) for one in every]
    parts = [values[id(one)][one.wrong.size :] for one in every]
    rated = [auc(values[id(one)][: one.wrong.size], one.wrong) for one in every]
    v1 = [auc(values[id(one)][: one.wrong.size], one.wrong_v1) for one in every]
    likely = [auc(part, target) for part, target in zip(parts, missed_at, strict=True)]
    # The likeliest come first
    first = [target[:FIRST] for target in missed_at]
    print(f"\nWithin pictures, AUC of the cells' doubt: {mean(rated)}; by v1: {mean(v1)};")
    print(f"of the candidates: {mean(likely)}. Missed cells: {right(missed_at)} candidates,")
    print(f"{right(first)} of the first {FIRST} of each picture.\n")


def right(targets: Sequence[NDArray[np.bool_]]) -> str:
    return f"{sum(int(t.sum()) for t in targets)} of {sum(t.size for t in targets)}"


def auc(values: Column, target: NDArray[np.bool_]) -> float:
    """Chance that a wrong cell is doubted more than a right one; NaN where one is missing."""
    if not target.any() or target.all():
        return float("nan")
    above = values[target][:, None] - values[~target][None]
    return float(np.mean((above > 0) + 0.5 * (above == 0)))


def mean(values: Sequence[float]) -> str:
    known = [value for value in values if value == value]
    return f"{np.mean(known):.2f} ({len(known)} pictures)" if known else "–"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("left_out", type=Path)
    left_out = parser.parse_args().left_out
    every = training(left_out)
    left = [one for one in every if not one.strict]
    values: dict[int, Column] = {}
    for name in dict.fromkeys(fold(one) for one in left):
        others = [one for one in every if fold(one) != name]
        weights = cell_weights(others), candidate_weights(others)
        for one in (one for one in left if fold(one) == name):
            values[id(one)] = chances(one, *weights)
    weights = cell_weights(every), candidate_weights(every)
    drafter = Drafter(left_out)
    drawn = [one for picture in samples() for one in drafter.drafts(picture)]
    values |= {id(one): chances(one, *weights) for one in drawn}
    groups = {
        "FNC": [one for one in left if one.group in FNC],
        **{name: [one for one in left if one.group == name] for name in OTHERS},
        "samples": drawn,
    }
    for title, known in groups.items():
        for method, second in dict.fromkeys((one.method, one.second) for one in known):
            part = [one for one in known if (one.method, one.second) == (method, second)]
            report(f"{title}, {method}{f', second {second}' * bool(second)}", part, values)


if __name__ == "__main__":
    main()
