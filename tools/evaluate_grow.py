"""Click on every true cell of the samples and of real pictures, and see what grows.

Prints the table of docs/growing.md. With `--fit` the weights are fitted anew and written to
napari_fncells/core/outline/weights.py; with `--leave-one-out` each real picture is grown with
weights fitted to the other pictures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from unittest.mock import patch

import cv2
import numpy as np
from scipy.optimize import minimize

from napari_fncells.core.geometry import Box
from napari_fncells.core.grow import (
    GrowParams,
    NothingToGrowError,
    OutlinePrior,
    OutlineSample,
    Region,
    grow_steps,
    outline_sample,
)
from napari_fncells.core.labels import boxes, label
from napari_fncells.core.outline import merit, weights
from napari_fncells.core.outline.candidates import candidate_outlines
from napari_fncells.core.outline.features import features
from napari_fncells.core.outline.view import mirrored, view_around
from napari_fncells.core.params import ScoreParams
from napari_fncells.core.score import ScoreMap, score_map
from napari_fncells.core.simulate import simulate_image
from napari_fncells.io.images import read_image
from napari_fncells.io.masks import load_labels
from napari_fncells.io.samples import SAMPLES, sample_image_path, sample_truth_path

REAL = Path(__file__).resolve().parents[2] / "shared" / "data"
FNC = {"yellow": "fnc/yellow_*_image.png", "red": "fnc/red_*_image.png"}
JITTERS = (0, 3, 3, 6, 6)
"""Distances of the clicks from the deepest point of a cell, in px."""
CONFIRMED = 3
SMALLEST = 80
MOST_CELLS = 60
FIT_SHARES = {"yellow": 1.0, "red": 1.0, "DeepFLaSH": 0.1, "simulated": 0.3}
"""How much a picture counts in the fit; the latter two for breadth."""
FIT_CELLS = 12
"""Cells of a picture of those latter groups that are fitted to."""
SEED = 1
CAP = 20
NOTCHES = 2
WEIGHTS_FILE = Path(weights.__file__)
Weights = tuple[dict[str, float], dict[str, float]]


@dataclass
class Cell:
    """A true cell, and its deepest point."""

    region: Region
    centre: tuple[int, int]
    sample: OutlineSample | None


@dataclass
class Picture:
    """A picture with its true cells."""

    name: str
    group: str
    score: ScoreMap
    truth: np.ndarray
    cells: list[Cell]


@dataclass
class Trial:
    """What one click gave: IoU of every step, and the one proposed."""

    jitter: int
    ious: np.ndarray
    chosen: int
    seconds: float

    @property
    def first(self) -> float:
        """IoU of the outline proposed."""
        return float(self.ious[self.chosen])

    @property
    def near(self) -> float:
        """Best IoU within two notches."""
        low = max(self.chosen - NOTCHES, 0)
        return float(self.ious[low : self.chosen + NOTCHES + 1].max())

    @property
    def clicks(self) -> int:
        """Clicks and notches to IoU 0.85."""
        reached = np.flatnonzero(self.ious >= 0.85)
        return min(1 + int(np.abs(reached - self.chosen).min()), CAP) if reached.size else CAP


def pictures(smoothing: float, groups: list[str]) -> Iterator[Picture]:
    rng = np.random.default_rng(SEED)
    for group, name, pixels, truth in sources():
        if not groups or group in groups:
            score = score_map(pixels, ScoreParams(smoothing=smoothing))
            yield picture_of(name, group, score, truth, rng)


def sources() -> Iterator[tuple[str, str, np.ndarray, np.ndarray]]:
    for group, pattern in {**FNC, "DeepFLaSH": "deepflash/*_image.png"}.items():
        for path in sorted(REAL.glob(pattern)):
            mask = load_labels(path.with_name(path.name.replace("_image", "_mask"))).values
            yield group, path.name.removesuffix("_image.png"), read_image(path).pixels, mask
    for name in SAMPLES:
        truth = load_labels(sample_truth_path(name)).values
        yield "samples", name, read_image(sample_image_path(name)).pixels, truth
    for kind in ("crowded", "dim", "red"):
        yield "simulated", kind, *simulate_image(kind, seed=11)


def picture_of(
    name: str, group: str, score: ScoreMap, truth: np.ndarray, rng: np.random.Generator
) -> Picture:
    """Take the 8-connected pieces of 80 px² or more; of very many, some drawn by chance."""
    pieces = label(truth > 0) if group in ("yellow", "red", "DeepFLaSH") else truth
    known = [(i, Box.of(s)) for i, s in boxes(pieces).items()]
    known = [(i, b) for i, b in known if (pieces[b.slices] == i).sum() >= SMALLEST]
    if len(known) > MOST_CELLS and group not in FNC:
        known = [known[k] for k in sorted(rng.choice(len(known), MOST_CELLS, replace=False))]
    cells = []
    for number, box in known:
        mask = pieces[box.slices] == number
        depth = cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 5)
        row, column = np.unravel_index(int(depth.argmax()), depth.shape)
        region = Region(box, mask, 0.0)
        centre = box.top + int(row) - 1, box.left + int(column) - 1
        cells.append(Cell(region, centre, outline_sample(score, region)))
    return Picture(name, group, score, pieces, cells)


def clicks(
    cell: Cell, shape: tuple[int, ...], rng: np.random.Generator
) -> Iterator[tuple[int, tuple[int, int]]]:
    for jitter in JITTERS:
        angle = rng.random() * 2 * np.pi
        row = round(cell.centre[0] + jitter * np.sin(angle))
        column = round(cell.centre[1] + jitter * np.cos(angle))
        yield jitter, (min(max(row, 0), shape[0] - 1), min(max(column, 0), shape[1] - 1))


def prior_of(picture: Picture, cell: Cell, count: int, rng: np.random.Generator) -> OutlinePrior:
    others = [c.sample for c in picture.cells if c is not cell and c.sample is not None]
    drawn = rng.permutation(len(others))[:count]
    return OutlinePrior.of(others[k] for k in drawn)


def trial(
    picture: Picture,
    cell: Cell,
    jitter: int,
    point: tuple[int, int],
    labels: np.ndarray,
    prior: OutlinePrior | None,
) -> Trial:
    start = process_time()
    try:
        growth = grow_steps(picture.score, labels, point, prior=prior)
    except NothingToGrowError:
        return Trial(jitter, np.zeros(1), 0, process_time() - start)
    seconds = process_time() - start
    return Trial(
        jitter, np.array([iou(step, cell.region) for step in growth.steps]), growth.chosen, seconds
    )


def iou(one: Region, other: Region) -> float:
    hull = one.box.union(other.box)
    both = np.zeros((2, hull.height, hull.width), np.bool_)
    for plane, region in zip(both, (one, other), strict=True):
        plane[region.box.within(hull)] = region.mask
    return np.count_nonzero(both[0] & both[1]) / np.count_nonzero(both[0] | both[1])


def trials(picture: Picture) -> dict[str, list[Trial]]:
    """Clicks without help, with three confirmed cells, with all neighbours marked."""
    rng = np.random.default_rng(SEED)
    empty = np.zeros(picture.truth.shape, np.uint8)
    found: dict[str, list[Trial]] = {"first": [], "confirmed": [], "neighbours": []}
    for cell in picture.cells:
        box = cell.region.box
        own = np.where(cell.region.mask, 0, picture.truth[box.slices])
        marked = picture.truth.copy()
        marked[box.slices] = own
        for jitter, point in clicks(cell, empty.shape, rng):
            prior = prior_of(picture, cell, CONFIRMED, rng)
            found["first"].append(trial(picture, cell, jitter, point, empty, None))
            found["confirmed"].append(trial(picture, cell, jitter, point, empty, prior))
            if jitter == 0:
                found["neighbours"].append(trial(picture, cell, jitter, point, marked, None))
    return found


def figures(found: dict[str, list[Trial]]) -> dict[str, float]:
    first, confirmed = found["first"], found["confirmed"]
    row: dict[str, float] = {"cells": len(first) / len(JITTERS)}
    for jitter in sorted(set(JITTERS)):
        values = np.array([t.first for t in first if t.jitter == jitter])
        row |= {f"{jitter}px@{q}": float((values >= q).mean()) for q in (0.5, 0.7)}
    for title, some in (("first", first), ("confirmed", confirmed)):
        values = np.array([t.first for t in some])
        row |= {f"{title}@{q}": float((values >= q).mean()) for q in (0.5, 0.7)}
        row[f"{title} notches@0.5"] = float(np.mean([t.near >= 0.5 for t in some]))
        row[f"{title} notches@0.7"] = float(np.mean([t.near >= 0.7 for t in some]))
        row[f"{title} NoC@85"] = float(np.mean([t.clicks for t in some]))
    row["neighbours@0.5"] = float(np.mean([t.first >= 0.5 for t in found["neighbours"]]))
    seconds = [t.seconds * 1e3 for t in first]
    row["CPU ms p50"], row["CPU ms p95"] = (float(np.percentile(seconds, p)) for p in (50, 95))
    return row


@dataclass
class Example:
    """Candidates of one click: their figures, and their IoU with the truth."""

    picture: str
    share: float
    table: np.ndarray
    misfit: np.ndarray
    ious: np.ndarray
    counts: np.ndarray


def examples(picture: Picture, names: list[str], prior_names: list[str]) -> list[Example]:
    """What the weights are fitted to: candidates of every click."""
    rng = np.random.default_rng(SEED)
    reach = GrowParams().reach
    empty = np.zeros(picture.truth.shape, np.uint8)
    found = []
    cells = (
        picture.cells
        if picture.group in FNC
        else picture.cells[:: -(-len(picture.cells) // FIT_CELLS)]
    )
    for cell in cells:
        whole = np.zeros(empty.shape, np.float32)
        whole[cell.region.box.slices] = cell.region.mask
        for _, point in clicks(cell, empty.shape, rng):
            view = view_around(picture.score.values, empty, point, reach)
            outlines = candidate_outlines(view)
            masks = outlines.masks(view.size)
            table = features(view, outlines, masks)
            prior = prior_of(picture, cell, int(rng.integers(1, 7)), rng)
            misfit = prior.misfit(table, view.height)
            truth = cv2.resize(
                mirrored(whole, view.box), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA
            ).ravel()
            shared = masks.reshape(len(masks), -1) @ truth
            ious = shared / (masks.sum(axis=(1, 2)) + truth.sum() - shared)
            found.append(
                Example(
                    picture.name,
                    FIT_SHARES[picture.group],
                    np.stack([table[n] for n in names], axis=1),
                    np.stack([misfit[n] for n in prior_names], axis=1),
                    ious,
                    outlines.counts,
                )
            )
    return found


def fitted(known: list[Example]) -> Weights:
    """Weights of the figures, then, with those held, weights of the misfits."""
    names, prior_names = list(weights.WEIGHTS), list(weights.PRIOR_WEIGHTS)
    known = [e for e in known if e.ious.max() >= 0.3]
    base = fit([e.table for e in known], [np.zeros(len(e.ious)) for e in known], known, 1.0)
    merits = [e.table.astype(np.float64) @ base for e in known]
    extra = fit([e.misfit for e in known], merits, known, 0.01)
    return (
        {n: float(f"{w:.4g}") for n, w in zip(names, base, strict=True)},
        {n: float(f"{w:.4g}") for n, w in zip(prior_names, extra, strict=True)},
    )


def fit(
    tables: list[np.ndarray], offsets: list[np.ndarray], known: list[Example], ridge: float
) -> np.ndarray:
    """Weights that give the greatest mean IoU of an outline drawn by the softmax of its merit.

    Each picture counts by the root of its number of clicks. `ridge` punishes the square of the
    weights, in standard deviations of the figures within a click.
    """
    temperature = 0.03
    rows = np.concatenate([t - t.mean(axis=0) for t in tables]).astype(np.float32)
    spread = np.sqrt((rows.astype(np.float64) ** 2).mean(axis=0)) + 1e-9
    rows /= spread.astype(np.float32)
    offset = np.concatenate(offsets)
    ious, counts = (np.concatenate([getattr(e, a) for e in known]) for a in ("ious", "counts"))
    sizes = np.array([len(e.ious) for e in known])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    group = np.repeat(np.arange(len(known)), sizes)
    clicks_of = {p: sum(e.picture == p for e in known) for p in {e.picture for e in known}}
    share = np.array([e.share * clicks_of[e.picture] ** -0.5 for e in known])
    share /= share.sum()

    def loss(beta: np.ndarray) -> tuple[float, np.ndarray]:
        merits = (rows @ beta.astype(np.float32) + offset) / temperature
        power = np.exp(merits - np.maximum.reduceat(merits, starts)[group]) * counts
        power /= np.add.reduceat(power, starts)[group]
        mean = np.add.reduceat(power * ious, starts)
        slope = power * (ious - mean[group]) / temperature * share[group]
        gradient = rows.T @ slope.astype(np.float32)
        return (
            float(ridge * beta @ beta - share @ mean),
            2 * ridge * beta - gradient.astype(np.float64),
        )

    start = np.zeros(rows.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150})
    return np.asarray(found.x / spread)


def write_weights(found: Weights) -> None:
    """Replace the numbers in the weights' module, leaving its words alone."""
    lines = WEIGHTS_FILE.read_text(encoding="utf-8").splitlines()
    part = -1
    for number, line in enumerate(lines):
        part += ": dict[str, float] = {" in line
        name = line.strip().split('"')[1] if line.startswith('    "') else ""
        if name and part >= 0 and name in found[part]:
            lines[number] = f'    "{name}": {found[part][name]!r},'
    WEIGHTS_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def evaluate(some: list[Picture], per_picture: dict[str, Weights]) -> dict[str, dict[str, float]]:
    by_row: dict[str, dict[str, list[Trial]]] = {}
    for picture in some:
        base, prior = per_picture.get(picture.name, (merit.WEIGHTS, merit.PRIOR_WEIGHTS))
        with patch.multiple(merit, WEIGHTS=base, PRIOR_WEIGHTS=prior):
            found = trials(picture)
        rows = [picture.group]
        if picture.group in FNC:
            rows.append(f"{picture.group}: {picture.name}")
        for row in rows:
            into = by_row.setdefault(row, {name: [] for name in found})
            for name, some_trials in found.items():
                into[name] += some_trials
    return {row: figures(found) for row, found in by_row.items() if found["first"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--leave-one-out", action="store_true")
    parser.add_argument("--smoothing", type=float, default=2.0)
    parser.add_argument("--group", action="append", default=[])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    known = list(pictures(options.smoothing, options.group))
    per_picture: dict[str, Weights] = {}
    if options.fit or options.leave_one_out:
        names, prior_names = list(weights.WEIGHTS), list(weights.PRIOR_WEIGHTS)
        used = [p for p in pictures(options.smoothing, list(FIT_SHARES)) if p.cells]
        made = {p.name: examples(p, names, prior_names) for p in used}
        if options.fit:
            found = fitted([e for some in made.values() for e in some])
            write_weights(found)
            merit.WEIGHTS, merit.PRIOR_WEIGHTS = found
        if options.leave_one_out:
            for left in (p.name for p in used if p.group in FNC):
                rest = [e for name, some in made.items() if name != left for e in some]
                per_picture[left] = fitted(rest)
    table = evaluate(known, per_picture)
    for row, values in table.items():
        print(row, *(f"{name}={value:.3g}" for name, value in values.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(table, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
