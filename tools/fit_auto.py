"""Fit the two judges of the automatic draft and write them down as plain numbers.

    python tools/fit_auto.py            cross-validate: what pictures never seen may expect
    python tools/fit_auto.py --write    fit to all pictures and write core/auto/weights.py

Learns from simulated pictures and, where they lie beside the repository, from real ones. In
cross-validation a real FNC picture is judged by what all others taught; DeepFLaSH is left out in
two halves, green in one piece, simulated pictures seed by seed. The same pictures give the same
numbers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto.choice import Pieces, choose, measured
from napari_fncells.core.auto.ladder import ladder
from napari_fncells.core.auto.model import ALONE, AMONG, Judge, Typical, alone, among
from napari_fncells.core.auto.outlines import enlarged
from napari_fncells.core.auto.view import view_of
from napari_fncells.core.evaluate import Detection
from napari_fncells.core.intensity import intensity
from napari_fncells.core.matching import match_objects
from napari_fncells.core.meter import predicted_gestures
from napari_fncells.core.simulate import KINDS, simulate_image
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
WEIGHTS = Path(__file__).resolve().parents[1] / "napari_fncells/core/auto/weights.py"
SEEDS = tuple(range(1000, 1005))
SHARES = {"yellow": 1.5, "red": 1.5, "green": 0.3, "flash": 0.5, "simulated": 0.2, "empty": 0.3}
"""How much a picture of each kind counts."""
UNLIKE, ALIKE = 0.2, 0.7
"""IoU with a true cell from which a piece is somewhat, and wholly, like a cell."""
FOUND, EMPHASIS, MOST_UNLIKE = 0.15, 3.0, 600
"""IoU from which a piece has to do with a cell; how much more such a piece counts; how many of
the others are used of one picture."""
STRENGTH = 60.0
"""Of the ridge that holds weights near 0."""
CUTOFFS = (0.4, 0.45, 0.5, 0.55, 0.6)
Floats = NDArray[np.float64]


@dataclass
class Sample:
    """One picture, its pieces, and how well each fits a true cell."""

    name: str
    group: str
    fold: str
    shape: tuple[int, int]
    truth: NDArray[np.integer]
    pieces: Pieces
    iou: Floats

    def taught(self) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Pieces to learn from, how like cells they are, how much each counts."""
        related = np.flatnonzero(self.iou > FOUND)
        others = np.flatnonzero(self.iou <= FOUND)
        rng = np.random.default_rng(len(self.iou))
        used = rng.permutation(others)[:MOST_UNLIKE]
        target = np.clip((self.iou - UNLIKE) / (ALIKE - UNLIKE), 0, 1)
        weight = np.concatenate(
            [
                np.full(related.size, EMPHASIS),
                np.full(used.size, others.size / max(used.size, 1)),
            ]
        )
        crowd = np.clip(np.sqrt(np.unique(self.truth).size / 20), 0.6, 1.5)
        weight *= 100 * SHARES[self.group] * crowd / weight.sum()
        chosen = np.concatenate([related, used])
        return chosen, target[chosen], weight


def pictures() -> Iterator[tuple[str, str, str, NDArray[np.generic], NDArray[np.integer]]]:
    """Name, group, fold, pixels and true labels of every picture."""
    for path in sorted(REAL.glob("*/*_image.png")):
        name = path.name.removesuffix("_image.png")
        group = name.split("_")[0] if path.parent.name == "fnc" else "flash"
        truth = load_labels(path.with_name(f"{name}_mask.png")).values
        fold = {"green": "green", "flash": f"flash {name[-1] in '02'}"}.get(group, name)
        yield name, group, fold, read_image(path).pixels, truth
    for kind in KINDS:
        for seed in SEEDS:
            image, truth = simulate_image(kind, seed)
            group = "empty" if kind == "empty" else "simulated"
            yield f"{kind} {seed}", group, f"seed {seed}", image, truth


def samples() -> Iterator[Sample]:
    """Find and measure the pieces of every picture."""
    for name, group, fold, image, truth in pictures():
        view = view_of(intensity(image))
        if view is None:
            continue
        pieces = measured(view, list(ladder(view)))
        shape = view.height.shape
        small = cv2.resize(truth.astype(np.float32), shape[::-1], interpolation=cv2.INTER_NEAREST)
        iou = np.concatenate([_best_iou(r.regions, small.astype(int)) for r in pieces.rungs])
        yield Sample(name, group, fold, view.shape, truth, pieces, iou)


def _best_iou(regions: NDArray[np.int32], truth: NDArray[np.int_]) -> Floats:
    count, cells = int(regions.max()) + 1, int(truth.max()) + 1
    both = np.bincount((regions.astype(np.int64) * cells + truth).ravel(), minlength=count * cells)
    shared = both.reshape(count, cells)
    total = shared.sum(axis=1)[:, None] + np.bincount(truth.ravel(), minlength=cells) - shared
    iou: Floats = (shared / np.maximum(total, 1))[1:, 1:].max(axis=1, initial=0)
    return iou


def fitted(figures: Floats, target: Floats, weight: Floats) -> Judge:
    """Ridge-penalised logistic regression on targets in 0..1, by Newton's method."""
    mean = np.average(figures, axis=0, weights=weight)
    scale = np.sqrt(np.average((figures - mean) ** 2, axis=0, weights=weight)) + 1e-9
    rows = np.column_stack([np.ones(len(figures)), (figures - mean) / scale])
    ridge = np.full(rows.shape[1], STRENGTH)
    ridge[0] = 0
    beta = np.zeros(rows.shape[1])
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(rows @ beta, -30, 30)))
        pull = rows.T @ (weight * (likely - target)) + ridge * beta
        bend = (rows * (weight * likely * (1 - likely))[:, None]).T @ rows + np.diag(ridge)
        step = np.linalg.solve(bend, pull)
        beta -= step
        if np.abs(step).max() < 1e-6:
            break
    weights = beta[1:] / scale
    return Judge(float(beta[0] - weights @ mean), weights)


def fit(known: Iterable[Sample]) -> tuple[Judge, Judge]:
    """Both judges from some pictures."""
    known = list(known)
    first = _fit(known, lambda sample, used: alone(sample.pieces.table[used]))

    def beside(sample: Sample, used: NDArray[np.int64]) -> Floats:
        likeness, typical = first_look(sample, first)
        return among(sample.pieces.table[used], likeness[used], typical)

    return first, _fit(known, beside)


def _fit(known: list[Sample], figures: Callable[[Sample, NDArray[np.int64]], Floats]) -> Judge:
    rows, targets, weights = [], [], []
    for sample in known:
        used, target, weight = sample.taught()
        rows.append(figures(sample, used))
        targets.append(target)
        weights.append(weight)
    return fitted(np.concatenate(rows), np.concatenate(targets), np.concatenate(weights))


def first_look(sample: Sample, first: Judge) -> tuple[Floats, Typical]:
    likeness = first.likeness(alone(sample.pieces.table))
    chosen = choose(sample.pieces, likeness)[0]
    return likeness, Typical.of(sample.pieces.table, likeness, chosen)


def drafted(sample: Sample, first: Judge, second: Judge) -> tuple[NDArray[np.int32], Floats]:
    """Pieces taken, by falling likeness, at the scale of the picture, and their likenesses."""
    likeness, typical = first_look(sample, first)
    likeness = second.likeness(among(sample.pieces.table, likeness, typical))
    chosen, regions = choose(sample.pieces, likeness)
    return enlarged(regions, sample.shape), likeness[chosen]


def counts(sample: Sample, pieces: NDArray[np.int32], likeness: Floats, cutoff: float) -> Floats:
    """TP, FP, FN by v1, by IoU, and gestures."""
    kept = int(np.count_nonzero(likeness > cutoff))
    labels = np.where(pieces <= kept, pieces, 0)
    v1, iou = match_objects(labels, sample.truth, "v1"), match_objects(labels, sample.truth)
    gestures = predicted_gestures(labels, sample.truth).total
    return np.array([v1.tp, v1.fp, v1.fn, iou.tp, iou.fp, iou.fn, gestures], dtype=float)


Found = dict[tuple[str, float], Floats]


def judge(known: Iterable[Sample], judges: tuple[Judge, Judge]) -> Found:
    found: Found = {}
    for sample in known:
        pieces, likeness = drafted(sample, *judges)
        for cutoff in CUTOFFS:
            found[sample.name, cutoff] = counts(sample, pieces, likeness, cutoff)
    return found


def cross_validate(known: list[Sample]) -> Found:
    found: Found = {}
    for fold in dict.fromkeys(sample.fold for sample in known):
        judges = fit(sample for sample in known if sample.fold != fold)
        found |= judge([sample for sample in known if sample.fold == fold], judges)
    return found


def report(known: list[Sample], found: Found) -> None:
    sets: dict[str, list[Sample]] = {}
    for sample in known:
        simulated = sample.fold.startswith("seed")
        title = f"simulated {sample.name.split()[0]}" if simulated else sample.group
        sets.setdefault(title, []).append(sample)
    for title, members in sets.items():
        cells = []
        for cutoff in CUTOFFS:
            total = np.sum([found[sample.name, cutoff] for sample in members], axis=0)
            v1, iou = (f1(total[at : at + 3]) for at in (0, 3))
            cells.append(f"{cutoff}: {v1:.2f} {iou:.2f} {total[6]:.0f} ({total[1]:.0f} fp)")
        print(f"{title:20}", " | ".join(cells))
    for sample in known:
        if not sample.fold.startswith("seed"):
            print(f"{sample.name:32}", found[sample.name, 0.5].astype(int).tolist())


def f1(counted: Floats) -> float:
    detection = Detection(tp=int(counted[0]), fp=int(counted[1]), fn=int(counted[2]))
    return detection.f1 if detection.f1 is not None else float("nan")


def write(first: Judge, second: Judge) -> None:
    lines = [
        '"""Weights of the automatic draft\'s judges; written by `tools/fit_auto.py --write`."""',
        "",
        "from __future__ import annotations",
        "",
        "from napari_fncells.core.auto.model import ALONE, AMONG, Judge",
        "",
    ]
    for title, judge_, names in (("FIRST", first, ALONE), ("SECOND", second, AMONG)):
        lines += [f"_{title}_WEIGHTS: dict[str, float] = {{"]
        lines += [
            f'    "{name}": {weight:.5g},'
            for name, weight in zip(names, judge_.weights, strict=True)
        ]
        lines += ["}"]
    for title, judge_, names in (("FIRST", first, "ALONE"), ("SECOND", second, "AMONG")):
        lines += [f"{title}_LOOK = Judge.of({judge_.bias:.5g}, _{title}_WEIGHTS, {names})"]
    WEIGHTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write core/auto/weights.py")
    chosen = parser.parse_args()
    known = list(samples())
    if chosen.write:
        judges = fit(known)
        write(*judges)
        report(known, judge(known, judges))
    else:
        report(known, cross_validate(known))


if __name__ == "__main__":
    main()
