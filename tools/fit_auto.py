"""Fit the weights of the automatic draft, and see what it does on pictures it was not fitted to.

Writes napari_fncells/core/auto/weights.py. With `--held-out` nothing is written: every real
picture is drafted with weights fitted to the others, every simulated one with weights fitted to
other seeds, and the tables of docs/drafts.md are printed; with `--by-group` whole groups of
pictures are left out in turn. The same pictures give the same weights: nothing is drawn by
chance.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.auto import draft, weights
from napari_fncells.core.auto.choice import Choice, choose
from napari_fncells.core.auto.draft import auto_steps
from napari_fncells.core.auto.features import Features, measure
from napari_fncells.core.auto.likeness import (
    AMONG_PIECES,
    CONSTANT,
    OF_PIECES,
    among,
    likeness,
    terms,
)
from napari_fncells.core.auto.pieces import ladders
from napari_fncells.core.auto.sheet import Column
from napari_fncells.core.auto.view import View, view_of
from napari_fncells.core.evaluate import PictureScore, score_picture
from napari_fncells.core.intensity import intensity
from napari_fncells.core.meter import predicted_gestures
from napari_fncells.core.simulate import KINDS, simulate_image
from napari_fncells.core.steps import finish
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
GROUPS = {
    "yellow": "fnc/yellow_*_image.png",
    "red": "fnc/red_*_image.png",
    "green": "fnc/green_*_image.png",
    "DeepFLaSH": "deepflash/*_image.png",
}
SEEDS = range(1000, 1005)
"""Of the simulated pictures, of each kind one a seed."""
QUARTERED = {"yellow": "yellow quarters", "red": "red quarters"}
"""Groups whose pictures are looked at by quarters, too: pictures of few cells, or none."""
FIRST_SHARES = {
    "yellow": 1.5,
    "red": 1.5,
    "green": 0.5,
    "DeepFLaSH": 0.4,
    "simulated": 0.6,
    "empty": 0.6,
    "yellow quarters": 0.4,
    "red quarters": 0.4,
}
SECOND_SHARES = FIRST_SHARES | {"simulated": 0.1, "empty": 0.3}
"""How much a picture counts. Which dim cells are marked the simulator cannot tell, so it counts
little where pieces are judged beside each other; its empty pictures do tell."""
SMALLEST_CUT = 200
"""px² of a cell that a quarter's side cuts, for it to count."""
USUAL_CELLS = 20
FEWEST_CELLS = 4
FEWEST_PIECES = 15
FIRST_TARGET = (0.1, 0.5)
SECOND_TARGET = (0.1, 0.4)
"""IoU with a true cell from which on a piece is a little, and wholly, like a cell."""
FIRST_RIDGE = 30.0
SECOND_RIDGE = 10.0
INNER_FOLDS = 4
WEIGHTS_FILE = Path(weights.__file__)
ABOUT = """Weights by which pieces are judged.

Fitted to real and simulated pictures by `tools/fit_auto.py`, which writes the numbers.
"""
Weights = dict[str, float]


@dataclass(frozen=True)
class Picture:
    """A picture with all pieces that are looked at, and their best IoU with a true cell."""

    name: str
    group: str
    pixels: NDArray[np.generic]
    truth: NDArray[np.integer]
    view: View
    table: Features
    members: list[NDArray[np.int64]]
    iou: Column

    @property
    def fold(self) -> str:
        """Pictures that are left out together.

        Quarters with their picture, simulated ones of a seed, those of one stain of DeepFLaSH,
        all green ones.
        """
        if self.group == "DeepFLaSH":
            return self.name.split("_")[0]
        return self.group if self.group == "green" else self.name.split()[-1]

    @property
    def kin(self) -> str:
        """Group, of quarters that of their picture."""
        return self.group.removesuffix(" quarters")

    @property
    def cells(self) -> int:
        """Number of true cells."""
        return int(np.count_nonzero(np.unique(self.truth)))


@dataclass(frozen=True)
class Sample:
    """Rows of a fit."""

    rows: NDArray[np.float64]
    target: Column
    weight: Column


def pictures() -> Iterator[Picture]:
    for group, pattern in GROUPS.items():
        for path in sorted(REAL.glob(pattern)):
            mask = path.with_name(path.name.replace("_image", "_mask"))
            name = path.name.replace("_image.png", "")
            pixels, truth = read_image(path).pixels, load_labels(mask).values
            yield observed(name, group, pixels, truth)
            if group in QUARTERED:
                for number, (part, cells) in enumerate(quarters(pixels, truth)):
                    yield observed(f"{number} {name}", QUARTERED[group], part, cells)
    for kind in KINDS:
        for seed in SEEDS:
            pixels, truth = simulate_image(kind, seed)
            group = "empty" if kind == "empty" else "simulated"
            yield observed(f"{kind} {seed}", group, pixels, truth)


def quarters(
    pixels: NDArray[np.generic], truth: NDArray[np.integer]
) -> Iterator[tuple[NDArray[np.generic], NDArray[np.integer]]]:
    height, width = truth.shape[0] // 2, truth.shape[1] // 2
    for top in (0, height):
        for left in (0, width):
            part = slice(top, top + height), slice(left, left + width)
            cells = truth[part]
            kept = np.bincount(cells.ravel(), minlength=2) >= SMALLEST_CUT
            kept[0] = False
            yield pixels[part], np.where(kept[cells], cells, 0)


def observed(
    name: str, group: str, pixels: NDArray[np.generic], truth: NDArray[np.integer]
) -> Picture:
    view = view_of(intensity(pixels))
    if view is None:
        raise ValueError(f"{name} is empty")
    ladder = list(ladders(view))
    tables = [measure(view, pieces) for pieces in ladder]
    table = {key: np.concatenate([part[key] for part in tables]) for key in tables[0]}
    members = [pixels for pieces in ladder for pixels in pieces.members()]
    size = view.height.shape[1], view.height.shape[0]
    inner = truth[view.box.slices].astype(np.float32)
    small = cv2.resize(inner, size, interpolation=cv2.INTER_NEAREST).astype(np.int64)
    return Picture(
        name, group, pixels, truth, view, table, members, best_iou(members, np.asarray(small))
    )


def best_iou(members: list[NDArray[np.int64]], truth: NDArray[np.int64]) -> Column:
    flat, areas = truth.ravel(), np.bincount(truth.ravel())
    best = []
    for pixels in members:
        common = np.bincount(flat[pixels], minlength=areas.size)
        iou = common / (pixels.size + areas - common)
        best.append(float(iou[1:].max(initial=0)))
    return np.array(best)


def fitted(samples: Sequence[Sample], names: Sequence[str], ridge: float) -> Weights:
    """Weights of a logistic model with soft targets, by Newton's method.

    The ridge holds for terms brought to a mean of 0 and an SD of 1.
    """
    rows = np.concatenate([sample.rows for sample in samples])
    target = np.concatenate([sample.target for sample in samples])
    weight = np.concatenate([sample.weight for sample in samples])
    weight = weight * (weight.size / weight.sum())
    mean = np.average(rows, axis=0, weights=weight)
    spread = np.sqrt(np.average((rows - mean) ** 2, axis=0, weights=weight)) + 1e-9
    scaled = np.column_stack([(rows - mean) / spread, np.ones(len(rows))])
    penalty = np.full(scaled.shape[1], ridge)
    penalty[-1] = 1e-9
    found = np.zeros(scaled.shape[1])
    for _ in range(20):
        chance = 1 / (1 + np.exp(-np.clip(scaled @ found, -30, 30)))
        slope = scaled.T @ (weight * (target - chance)) - penalty * found
        bend = (scaled * (weight * chance * (1 - chance))[:, None]).T @ scaled
        step = np.linalg.solve(bend + np.diag(penalty), slope)
        found += step
        if np.abs(step).max() < 1e-6:
            break
    plain = found[:-1] / spread
    constant = float(found[-1] - plain @ mean)
    return dict(zip(names, plain.tolist(), strict=True)) | {CONSTANT: constant}


def soft(iou: Column, bounds: tuple[float, float]) -> Column:
    return np.clip((iou - bounds[0]) / (bounds[1] - bounds[0]), 0, 1)


def first_weights(train: Sequence[Picture]) -> Weights:
    samples = []
    for one in train:
        cells = max(one.cells, FEWEST_CELLS)
        weight = FIRST_SHARES[one.group] * np.sqrt(cells / USUAL_CELLS) / one.iou.size
        rows = terms(one.table, OF_PIECES)
        target = soft(one.iou, FIRST_TARGET)
        samples.append(Sample(rows, target, np.full(one.iou.size, weight)))
    return fitted(samples, OF_PIECES, FIRST_RIDGE)


def chosen(one: Picture, first: Weights) -> tuple[list[Choice], Features, Column, Column]:
    """Choices of a picture, what was measured of them, their likeness and their IoU."""
    merit = likeness(one.table, first)
    choices = choose(one.members, merit, one.view.height.size)
    taken = np.array([choice.index for choice in choices], dtype=np.intp)
    table = {name: column[taken] for name, column in one.table.items()}
    return choices, table, merit[taken], one.iou[taken]


def second_sample(one: Picture, first: Weights) -> Sample | None:
    choices, table, merit, iou = chosen(one, first)
    if not choices:
        return None
    rows = terms(among(table, merit), AMONG_PIECES)
    pieces = max(iou.size, FEWEST_PIECES)
    weight = SECOND_SHARES[one.group] * np.sqrt(pieces / USUAL_CELLS) / pieces
    return Sample(rows, soft(iou, SECOND_TARGET), np.full(iou.size, weight))


def second_weights(train: Sequence[Picture]) -> Weights:
    """Fitted to pieces chosen with weights of the first model that did not see their picture."""
    folds = sorted({one.fold for one in train})
    samples = []
    for number in range(INNER_FOLDS):
        out = set(folds[number::INNER_FOLDS])
        first = first_weights([one for one in train if one.fold not in out])
        samples += [second_sample(one, first) for one in train if one.fold in out]
    return fitted([one for one in samples if one is not None], AMONG_PIECES, SECOND_RIDGE)


@dataclass(frozen=True)
class Outcome:
    """What a draft is worth."""

    picture: Picture
    score: PictureScore
    gestures: int


def drafted(one: Picture, first: Weights, second: Weights) -> Outcome:
    with patch.multiple(draft, PIECE_WEIGHTS=first, AMONG_WEIGHTS=second):
        labels = finish(auto_steps(one.pixels)).labels
    score = score_picture(one.name, labels, one.truth)
    return Outcome(one, score, predicted_gestures(labels, one.truth).total)


def held_out(every: Sequence[Picture], *, by_group: bool) -> list[Outcome]:
    outcomes = []
    for fold in dict.fromkeys(one.kin if by_group else one.fold for one in every):
        left = [one for one in every if fold == (one.kin if by_group else one.fold)]
        train = [one for one in every if fold != (one.kin if by_group else one.fold)]
        first, second = first_weights(train), second_weights(train)
        outcomes += [drafted(one, first, second) for one in left]
    return outcomes


def report(outcomes: Sequence[Outcome]) -> None:
    print("| pictures | v1: TP / FP / FN | F1 | IoU > 0.5: TP / FP / FN | F1 | gestures |")
    print("|---|---|---|---|---|---|")
    real = [one for one in outcomes if one.picture.group in GROUPS]
    for one in real:
        print(line(one.picture.name, [one]))
    for group in dict.fromkeys(one.picture.group for one in outcomes):
        of_group = [one for one in outcomes if one.picture.group == group]
        print(line(f"**{group} ({len(of_group)})**", of_group))
    for kind in KINDS:
        of_kind = [one for one in outcomes if one.picture.name.startswith(f"{kind} ")]
        if of_kind:
            print(line(f"simulated {kind} ({len(of_kind)})", of_kind))


def line(title: str, outcomes: Sequence[Outcome]) -> str:
    cells = []
    for rule in ("v1", "iou"):
        found = [one.score.detections[rule] for one in outcomes]
        tp, fp, fn = (sum(getattr(one, key) for one in found) for key in ("tp", "fp", "fn"))
        f1 = f"{2 * tp / (2 * tp + fp + fn):.2f}" if tp + fn else "–"
        cells.append(f"{tp} / {fp} / {fn} | {f1}")
    return f"| {title} | {cells[0]} | {cells[1]} | {sum(one.gestures for one in outcomes)} |"


def write(file: Path, about: str, models: Mapping[str, tuple[Weights, str]]) -> None:
    """Write a module that holds the weights of models, to be read by people, too.

    Parameters
    ----------
    file
        The module.
    about
        Its docstring.
    models
        By name: the weights of the terms, and what they are.
    """
    lines = [f'"""{about}"""', "", "from __future__ import annotations", ""]
    for name, (values, meaning) in models.items():
        lines.append(f"{name}: dict[str, float] = {{")
        lines += [f'    "{key}": {value:.4g},' for key, value in values.items()]
        lines += ["}", f'"""{meaning}"""', ""]
    file.write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--held-out", action="store_true")
    options.add_argument("--by-group", action="store_true")
    chosen_options = options.parse_args()
    every = list(pictures())
    if chosen_options.held_out or chosen_options.by_group:
        report(held_out(every, by_group=chosen_options.by_group))
        return
    first, second = first_weights(every), second_weights(every)
    write(
        WEIGHTS_FILE,
        ABOUT,
        {
            "PIECE_WEIGHTS": (first, "Of the terms of a piece by itself."),
            "AMONG_WEIGHTS": (second, "Of the terms of a piece beside the others of its picture."),
        },
    )
    report([drafted(one, first, second) for one in every])


if __name__ == "__main__":
    main()
